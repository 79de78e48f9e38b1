"""The card's record: each benefit writes its line in its own transaction."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Table, bindparam, insert
from sqlalchemy.orm import Session

from cards.models import CardRecord, RecordKind
from kernel.db import Statement
from kernel.ids import new_id
from kernel.money import Fen

_NOTHING = Fen(0)
# The table, not the class, and made once: each sale runs it.
_TABLE = cast("Table", CardRecord.__table__)
_INSERT = Statement(insert(_TABLE))
_PREFIX = "record_"
# For a statement that writes more: its parameters are those of `record_parameters`.
RECORD = (
    insert(_TABLE)
    .values(
        {column.key: bindparam(f"{_PREFIX}{column.key}", type_=column.type) for column in _TABLE.c}
    )
    .cte("card_record")
)


def record_parameters(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of one line as RECORD asks for them."""
    return {f"{_PREFIX}{name}": value for name, value in values.items()}


def record_insert_values(
    *,
    card_id: UUID,
    kind: RecordKind,
    event: str,
    source_type: str,
    source_id: UUID,
    title_zh: str,
    title_en: str,
    occurred_at: datetime,
    now: datetime,
    member_pays_fen: Fen = _NOTHING,
    merchant_bears_fen: Fen = _NOTHING,
    union_pays_fen: Fen = _NOTHING,
) -> dict[str, Any]:
    """Return the columns of one line, for a caller that merges its INSERT into another statement.

    The gross amount is the sum of who bore it. Taking something back has negative amounts.
    """
    return {
        "id": new_id(),
        "card_id": card_id,
        "occurred_at": occurred_at,
        "recorded_at": now,
        "kind": kind,
        "event": event,
        "source_type": source_type,
        "source_id": source_id,
        "title_zh": title_zh,
        "title_en": title_en,
        "gross_fen": member_pays_fen + merchant_bears_fen + union_pays_fen,
        "member_pays_fen": member_pays_fen,
        "merchant_bears_fen": merchant_bears_fen,
        "union_pays_fen": union_pays_fen,
    }


def add_record(
    session: Session,
    *,
    card_id: UUID,
    kind: RecordKind,
    event: str,
    source_type: str,
    source_id: UUID,
    title_zh: str,
    title_en: str,
    occurred_at: datetime,
    now: datetime,
    member_pays_fen: Fen = _NOTHING,
    merchant_bears_fen: Fen = _NOTHING,
    union_pays_fen: Fen = _NOTHING,
) -> UUID:
    """Write one line of a card's timeline and return its id. One statement.

    `source_type`, `source_id` and `event` together are given once: the same line twice is an
    IntegrityError of uq_card_records_source, a bug of the caller.
    """
    values = record_insert_values(
        card_id=card_id,
        kind=kind,
        event=event,
        source_type=source_type,
        source_id=source_id,
        title_zh=title_zh,
        title_en=title_en,
        occurred_at=occurred_at,
        now=now,
        member_pays_fen=member_pays_fen,
        merchant_bears_fen=merchant_bears_fen,
        union_pays_fen=union_pays_fen,
    )
    _INSERT.all(session, values)
    row_id: UUID = values["id"]
    return row_id
