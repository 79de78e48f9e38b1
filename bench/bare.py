"""The floor of a sale: its own statements in bare psycopg, under the same server.

No framework, no pool, no schema, no access table, no log: a WSGI function, a connection per thread,
a cursor, and the three statements of `redeem_at_once` with the parameters that the bench's own
offer comes to. What is verified before a sale is verified by the service itself.
"""

import hashlib
import json
import os
import threading
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.rows import dict_row

from bench.world import BILL_FEN
from benefits.rules import window_key
from discounts.queries.till import BEFORE_A_SALE
from discounts.services.redeem_once import WITH_JOURNAL
from kernel.ids import new_id
from merchants.queries.tills import TERMINAL_BY_TOKEN
from wsgi import app as service

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse

_SALE = "/api/v1/redemptions"
_UNION_FEN, _MERCHANT_FEN = 3000, 1000
_MEMBER_FEN = BILL_FEN - _UNION_FEN - _MERCHANT_FEN
_SHANGHAI = timedelta(hours=8)
_here = threading.local()


def app(environ: dict[str, Any], start_response: "StartResponse") -> Iterable[bytes]:
    if environ["PATH_INFO"] != _SALE:
        answer: Iterable[bytes] = service(environ, start_response)
        return answer
    body = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
    content = json.dumps(_sell(environ["HTTP_AUTHORIZATION"].split(" ")[1], body)).encode()
    start_response("201 CREATED", [("Content-Length", str(len(content)))])
    return [content]


def _cursor() -> Any:
    if not hasattr(_here, "connection"):
        url = os.environ["DATABASE_URL"].replace("postgresql+psycopg", "postgresql", 1)
        _here.connection = psycopg.connect(url, autocommit=True, row_factory=dict_row)
    return _here.connection.cursor()


def _sell(token: str, body: dict[str, Any]) -> dict[str, Any]:
    now = datetime.now(UTC)
    day = (now + _SHANGHAI).date()
    cursor = _cursor()
    hashed = hashlib.sha256(token.encode()).digest()
    till = cursor.execute(TERMINAL_BY_TOKEN.sql, {"token_hash": hashed}).fetchone()
    place = {name: till[name] for name in ("merchant_id", "site_id")} | {"terminal_id": till["id"]}
    windows = {name: window_key(name, day) for name in ("day", "week", "month", "year")}
    ids = {name: uuid.UUID(body[name]) for name in ("id", "offer_id", "verification_id")}
    rows = cursor.execute(
        BEFORE_A_SALE.sql, {**place, **windows, **ids, "now": now, "today": day}
    ).fetchall()
    head = rows[0]
    facts = {
        **place,
        **ids,
        **{name: head[name] for name in ("card_id", "member_id", "programme_id", "stack_group")},
        "offer_version_id": head["version_id"],
        "facts_digest": hashlib.sha256(json.dumps(body).encode()).digest(),
        "terminal_seq": None,
        "gross_fen": BILL_FEN,
        "member_pays_fen": _MEMBER_FEN,
        "merchant_bears_fen": _MERCHANT_FEN,
        "union_pays_fen": _UNION_FEN,
        "occurred_at": now,
        "received_at": now,
        "state": "captured",
        "expires_at": None,
        "captured_at": now,
        "today": day,
        **_limits(rows, windows, ids["id"]),
        **_booking(head, place, ids["id"], now, day),
    }
    written = cursor.execute(WITH_JOURNAL.sql, facts).fetchone()
    return {"id": body["id"], "receipt_seq": written["receipt_seq"]}


def _limits(rows: list[Any], windows: dict[str, str], source_id: uuid.UUID) -> dict[str, Any]:
    return {
        "source_id": source_id,
        "is_held": False,
        "rules": [row["rule_id"] for row in rows],
        "scopes": [row["scope_id"] for row in rows],
        "wins": [windows.get(row["window"], "total") for row in rows],
        "stripes": [0 for _ in rows],
        "maxima": [row["maximum"] for row in rows],
        "quantities": [1 if row["unit"] == "uses" else _UNION_FEN for row in rows],
        "units": [row["unit"] for row in rows],
        "take_count": len(rows),
    }


def _booking(
    head: Any, place: dict[str, Any], sale_id: uuid.UUID, now: datetime, day: Any
) -> dict[str, Any]:
    return {
        "ledger_id": new_id(),
        "ledger_source_type": "redemption",
        "ledger_source_id": sale_id,
        "ledger_kind": "captured",
        "ledger_family": "discount",
        "ledger_fund_source": head["fund_source"],
        "ledger_event": "captured",
        "ledger_book_date": day,
        "ledger_month": f"{day:%Y-%m}",
        "ledger_year": day.year,
        "ledger_occurred_at": now,
        "ledger_received_at": now,
        "ledger_amount_fen": _UNION_FEN,
        "ledger_party_type": "merchant",
        "ledger_party_id": place["merchant_id"],
        "ledger_programme_id": head["programme_id"],
        "record_id": new_id(),
        "record_card_id": head["card_id"],
        "record_occurred_at": now,
        "record_recorded_at": now,
        "record_kind": "discount",
        "record_event": "captured",
        "record_source_type": "redemption",
        "record_source_id": sale_id,
        "record_title_zh": head["title_zh"],
        "record_title_en": head["title_en"],
        "record_gross_fen": BILL_FEN,
        "record_member_pays_fen": _MEMBER_FEN,
        "record_merchant_bears_fen": _MERCHANT_FEN,
        "record_union_pays_fen": _UNION_FEN,
    }
