"""Reads for staff, each bounded by the union paths that the caller reaches."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from cards.errors import BatchNotFound, CardNotFound
from cards.models import BatchState, Card, CardBatch, CardState
from members.models import Member, MembershipStatus, UnionOrg
from members.queries import within

PAGE_ROWS_MAX = 100


@dataclass(frozen=True)
class CardLine:
    """One card as a list at the desk shows it: the number is no secret, the name is masked."""

    id: UUID
    number: str
    state: CardState
    issued_at: datetime
    activated_at: datetime | None
    name_masked: str
    union_code: str
    union_name: str
    standing: MembershipStatus


_LINE = (
    select(
        Card.id,
        Card.number,
        Card.state,
        Card.issued_at,
        Card.activated_at,
        Member.name_masked,
        UnionOrg.code,
        UnionOrg.name,
        Member.status,
    )
    .join(Member, Member.id == Card.member_id)
    .join(UnionOrg, UnionOrg.id == Member.union_id)
)


def cards_within(
    session: Session,
    *,
    paths: Sequence[str],
    number: str | None = None,
    union_code: str | None = None,
    state: CardState | None = None,
    after: UUID | None = None,
    rows: int = PAGE_ROWS_MAX,
) -> list[CardLine]:
    """Return cards by id, newest first, from below `after`. `number` is a whole one."""
    query = _LINE.where(within(paths)).order_by(Card.id.desc()).limit(rows)
    if number is not None:
        query = query.where(Card.number == number)
    if union_code is not None:
        query = query.where(UnionOrg.code == union_code)
    if state is not None:
        query = query.where(Card.state == state)
    if after is not None:
        query = query.where(Card.id < after)
    return [CardLine(*row) for row in session.execute(query)]


@dataclass(frozen=True)
class ShownCard:
    """A card with what the desk shows of its member."""

    card: Card
    name_masked: str
    standing: MembershipStatus
    union_name: str
    union_code: str


def card_within(session: Session, *, card_id: UUID, paths: Sequence[str]) -> ShownCard:
    """Return the card if one of `paths` reaches its member's union. Raises CardNotFound."""
    query = (
        select(Card, Member.name_masked, Member.status, UnionOrg.name, UnionOrg.code)
        .join(Member, Member.id == Card.member_id)
        .join(UnionOrg, UnionOrg.id == Member.union_id)
        .where(Card.id == card_id, within(paths))
    )
    row = session.execute(query).one_or_none()
    if row is None:
        raise CardNotFound
    return ShownCard(*row)


@dataclass(frozen=True)
class BatchLine:
    """One batch of cards, with the union that it is for."""

    id: UUID
    union_name: str
    union_code: str
    state: BatchState
    total: int
    done: int
    issued: int
    already: int
    created_at: datetime
    finished_at: datetime | None


_BATCH = select(
    CardBatch.id,
    UnionOrg.name.label("union_name"),
    UnionOrg.code.label("union_code"),
    CardBatch.state,
    CardBatch.total,
    CardBatch.done,
    CardBatch.issued,
    CardBatch.already,
    CardBatch.created_at,
    CardBatch.finished_at,
).join(UnionOrg, UnionOrg.id == CardBatch.union_id)


def batches_within(
    session: Session, *, paths: Sequence[str], rows: int = PAGE_ROWS_MAX
) -> list[BatchLine]:
    """Return the batches for unions that the caller reaches, newest first."""
    query = _BATCH.where(within(paths)).order_by(CardBatch.id.desc()).limit(rows)
    return [BatchLine(**row) for row in session.execute(query).mappings()]


def batch_within(session: Session, *, batch_id: UUID, paths: Sequence[str]) -> BatchLine:
    """Return the batch if one of `paths` reaches its union. Raises BatchNotFound."""
    found = session.execute(_BATCH.where(CardBatch.id == batch_id, within(paths)))
    row = found.mappings().one_or_none()
    if row is None:
        raise BatchNotFound
    return BatchLine(**row)
