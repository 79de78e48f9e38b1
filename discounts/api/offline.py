"""JSON endpoints of a till without a network: its lease, what it sold, what became of that."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, NamedTuple
from uuid import UUID

from flask import request
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, gettext
from marshmallow import ValidationError

from cards.uc1.keys import public_jwk
from discounts.errors import TillSuspended
from discounts.models import BorneBy, OfflineRecord, RecordVerdict, Redemption
from discounts.queries import OfflineLine, chain_end, chain_gaps, offline_lines
from discounts.rules import offline_sentence, receipt_number
from discounts.schemas import (
    BatchRequest,
    BatchResponse,
    LeaseResponse,
    OfflineRecordPage,
    OfflineRecordQuery,
)
from discounts.services import SentRecord, Unread, grant_lease, judge_record, read_records
from kernel.actors import Actor
from kernel.clock import utc_now
from kernel.db import transaction
from kernel.web import Blueprint, current_actor, decode_cursor, encode_cursor

BATCH_BYTES_MAX = 2 * 1024 * 1024

api = Blueprint("offline_api", __name__, description="Tills: sell without a network")

View = Callable[..., ResponseReturnValue]


def _takes_batches(view: View) -> View:
    """Let a view read a body of a batch's size, before anybody reads it."""

    @wraps(view)
    def reading(*args: Any, **kwargs: Any) -> ResponseReturnValue:
        request.max_content_length = BATCH_BYTES_MAX
        return view(*args, **kwargs)

    return reading


@api.get("/terminals/me/lease")
@api.response(200, LeaseResponse)
def show_lease() -> ResponseReturnValue:
    """Say what this till may grant without a network, until when, signed."""
    actor = current_actor()
    if actor.is_suspended:
        raise TillSuspended
    with transaction() as session:
        granted = grant_lease(session, till=actor.till, now=utc_now())
    return {
        "lease": granted.jws,
        "lease_id": granted.lease.id,
        "key": public_jwk(granted.key),
        "expires_at": granted.lease.expires_at,
    }


@api.post("/redemptions/batch")
@_takes_batches
@api.arguments(BatchRequest)
@api.response(200, BatchResponse)
def send_records(body: dict[str, Any]) -> ResponseReturnValue:
    """Judge what this till sold without a network: a verdict per record, in the order given.

    A record that was judged before hears the same again. The order in a file does not matter:
    records are judged by their numbers. One that waits is to be sent again.
    """
    actor = current_actor()
    with transaction() as session:
        read = read_records(session, till=actor.till, records=body["records"])
    # In the order in which they were made, each in a transaction of its own.
    places = sorted(
        (place for place, each in enumerate(read) if isinstance(each, SentRecord)),
        key=lambda place: _made(read[place]),
    )
    strangers = {place for place in places if not _judged(read[place], actor=actor)}
    ids = {read[place].sale.id for place in places if place not in strangers}  # type: ignore[union-attr]
    with transaction() as session:
        lines = offline_lines(session, sent_by=None, ids=list(ids), rows=max(len(ids), 1))
        end = chain_end(session, terminal_id=actor.till.terminal_id)
        gaps = chain_gaps(session, terminal_id=actor.till.terminal_id)
    found = {line.record.id: line for line in lines}
    return {
        "verdicts": [
            _verdict(found[each.sale.id])
            if isinstance(each, SentRecord) and place not in strangers
            else _not_kept(each)
            for place, each in enumerate(read)
        ],
        "next_seq": end.next_seq,
        "gaps": [list(gap) for gap in gaps],
    }


@api.get("/terminals/me/offline-records")
@api.arguments(OfflineRecordQuery, location="query")
@api.response(200, OfflineRecordPage)
def list_records(query: dict[str, Any]) -> ResponseReturnValue:
    """List what this till made or sent of sales without a network, the newest first."""
    terminal_id = current_actor().till.terminal_id
    with transaction() as session:
        lines = offline_lines(
            session,
            sent_by=terminal_id,
            after=_place(query["cursor"]) if "cursor" in query else None,
            rows=query["rows"],
        )
        end = chain_end(session, terminal_id=terminal_id)
        gaps = chain_gaps(session, terminal_id=terminal_id)
    more = len(lines) == query["rows"]
    return {
        "items": [_line(line) for line in lines],
        "next_cursor": _cursor(lines[-1].record) if more else None,
        "next_seq": end.next_seq,
        "gaps": [list(gap) for gap in gaps],
    }


class _Made(NamedTuple):
    """By what records are judged in turn: the till that made them, and its numbers."""

    terminal_id: UUID
    seq: int


def _made(read: SentRecord | Unread) -> _Made:
    assert isinstance(read, SentRecord)
    return _Made(read.terminal_id, read.sale.seq)


def _judged(read: SentRecord | Unread, *, actor: Actor) -> bool:
    """Judge one record and commit; False where its id is that of another sale."""
    assert isinstance(read, SentRecord)
    with transaction() as session:
        kept = judge_record(
            session, sent=read, till=actor.till, is_suspended=actor.is_suspended, now=utc_now()
        )
    return kept is not None


def _not_kept(read: SentRecord | Unread) -> dict[str, Any]:
    """Return the answer to a record that stands nowhere: nobody signed it, or its id is taken."""
    reason = read.reason if isinstance(read, Unread) else "request_key_reused"
    sale = read.sale
    return {
        "id": None if sale is None else sale.id,
        "seq": None if sale is None else sale.seq,
        "verdict": RecordVerdict.REFUSED,
        "borne_by": BorneBy.MERCHANT,
        "gross_fen": None if sale is None else sale.gross_fen,
        **_said(reason, borne_by=BorneBy.MERCHANT),
        **_parts(None, ""),
    }


def _verdict(line: OfflineLine) -> dict[str, Any]:
    record = line.record
    return {
        "id": record.id,
        "seq": record.seq,
        "verdict": record.verdict,
        "borne_by": record.borne_by,
        "gross_fen": record.gross_fen,
        **_said(record.reason, borne_by=record.borne_by),
        **_parts(line.redemption, line.terminal_code),
    }


def _line(line: OfflineLine) -> dict[str, Any]:
    record = line.record
    is_chinese = str(get_locale()).startswith("zh")
    return {
        **_verdict(line),
        "offer_title": line.title_zh if is_chinese else line.title_en,
        "occurred_at": record.occurred_at,
        "signed_at": record.signed_at,
        "received_at": record.received_at,
        "after_gap": record.after_gap,
    }


def _parts(sale: Redemption | None, terminal_code: str) -> dict[str, Any]:
    """Return who bears what of a sale and its receipt; nothing where there is none."""
    if sale is None:
        none = ("receipt_no", "member_pays_fen", "merchant_bears_fen", "union_pays_fen")
        return dict.fromkeys(none)
    assert sale.receipt_on is not None
    assert sale.receipt_seq is not None
    return {
        "receipt_no": receipt_number(terminal_code, sale.receipt_on, sale.receipt_seq),
        "member_pays_fen": sale.member_pays_fen,
        "merchant_bears_fen": sale.merchant_bears_fen,
        "union_pays_fen": sale.union_pays_fen,
    }


def _said(reason: str | None, *, borne_by: BorneBy | None) -> dict[str, str | None]:
    """Return why, and what to do, in the caller's language."""
    if reason is None:
        return dict.fromkeys(("reason", "reason_text", "next_step"))
    text, next_step = offline_sentence(reason, is_risk=borne_by is BorneBy.OFFLINE_RISK)
    return {"reason": reason, "reason_text": gettext(text), "next_step": gettext(next_step)}


def _cursor(record: OfflineRecord) -> str:
    return encode_cursor(record.received_at.isoformat(), str(record.id))


def _place(cursor: str) -> tuple[datetime, UUID]:
    """Return where a page goes on. Raises ValidationError."""
    received_at, record_id = decode_cursor(cursor, parts=2)
    try:
        return datetime.fromisoformat(received_at), UUID(record_id)
    except ValueError:
        raise ValidationError({"cursor": ["Not a cursor of this list."]}) from None
