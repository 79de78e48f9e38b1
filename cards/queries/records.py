"""Reads of the card's record: one timeline, and the sums of a year."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from cards.models import (
    Card,
    CardRecord,
    RecordKind,
)
from cards.rules import year_bounds
from kernel.money import Fen

PAGE_ROWS_MAX = 100


@dataclass(frozen=True)
class RecordLine:
    """One line of the timeline: what happened and who bore what of it."""

    id: UUID
    occurred_at: datetime
    kind: RecordKind
    event: str
    source_type: str
    source_id: UUID
    title_zh: str
    title_en: str
    gross_fen: Fen
    member_pays_fen: Fen
    merchant_bears_fen: Fen
    union_pays_fen: Fen


@dataclass(frozen=True)
class RecordPlace:
    """Where a page of the timeline ended: the next one holds what is older."""

    occurred_at: datetime
    id: UUID


def records_of_member(
    session: Session,
    *,
    member_id: UUID,
    kind: RecordKind | None = None,
    before: RecordPlace | None = None,
    rows: int = PAGE_ROWS_MAX,
) -> list[RecordLine]:
    """Return the timeline of all of a member's cards, newest first, from before `before`."""
    query = (
        select(
            CardRecord.id,
            CardRecord.occurred_at,
            CardRecord.kind,
            CardRecord.event,
            CardRecord.source_type,
            CardRecord.source_id,
            CardRecord.title_zh,
            CardRecord.title_en,
            CardRecord.gross_fen,
            CardRecord.member_pays_fen,
            CardRecord.merchant_bears_fen,
            CardRecord.union_pays_fen,
        )
        .join(Card, Card.id == CardRecord.card_id)
        .where(Card.member_id == member_id)
        .order_by(CardRecord.occurred_at.desc(), CardRecord.id.desc())
        .limit(rows)
    )
    if kind is not None:
        query = query.where(CardRecord.kind == kind)
    if before is not None:
        place = tuple_(CardRecord.occurred_at, CardRecord.id)
        query = query.where(place < tuple_(before.occurred_at, before.id))
    return [RecordLine(**row) for row in session.execute(query).mappings()]


@dataclass(frozen=True)
class YearTotals:
    """Sums of one Shanghai year, by who bore them."""

    year: int
    gross_fen: Fen
    member_pays_fen: Fen
    merchant_bears_fen: Fen
    union_pays_fen: Fen


def year_totals(session: Session, *, member_id: UUID, year: int) -> YearTotals:
    start, end = year_bounds(year)
    amounts = (
        CardRecord.gross_fen,
        CardRecord.member_pays_fen,
        CardRecord.merchant_bears_fen,
        CardRecord.union_pays_fen,
    )
    query = (
        select(*(func.coalesce(func.sum(amount), 0) for amount in amounts))
        .join(Card, Card.id == CardRecord.card_id)
        .where(
            Card.member_id == member_id,
            CardRecord.occurred_at >= start,
            CardRecord.occurred_at < end,
        )
    )
    return YearTotals(year, *(Fen(int(amount)) for amount in session.execute(query).one()))
