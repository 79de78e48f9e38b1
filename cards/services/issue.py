"""Cards are given numbers: one person on application, or a whole union in batches."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from audit.services import record
from cards.errors import BatchNotFound, UnionNotYours
from cards.models import (
    BATCH_MOVES,
    CARD_SERIAL,
    BatchState,
    Card,
    CardBatch,
    CardState,
)
from cards.queries import (
    card_of_member,
    members_with_standing,
    standing_count,
    standing_members,
    union_within,
)
from cards.rules import card_number, issue_year
from kernel.actors import Actor, ActorKind
from kernel.ids import new_id
from kernel.states import move
from members.errors import NoStanding

BATCH_MEMBERS = 5_000


@dataclass(frozen=True, slots=True)
class Issued:
    """What one batch came to. `last_member_id` is where the next begins; None: there is no more."""

    issued: int
    already: int
    last_member_id: UUID | None


def apply_for_card(session: Session, *, member_id: UUID, now: datetime) -> tuple[Card, bool]:
    """Return the member's card and whether it is new: a second application returns the first.

    Two at once give one card: the constraint decides. Raises NoStanding.
    """
    if not members_with_standing(session, member_ids=[member_id]):
        raise NoStanding
    issued = _issue(session, member_ids=[member_id], now=now)
    card = card_of_member(session, member_id=member_id)
    assert card is not None
    if issued:
        record(
            session,
            actor=Actor(ActorKind.MEMBER, id=member_id),
            action="card.issued",
            object_type="card",
            object_id=card.id,
            member_id=member_id,
            now=now,
        )
    return card, bool(issued)


def issue_cards(
    session: Session, *, member_ids: Sequence[UUID], actor: Actor, now: datetime
) -> Issued:
    """Give a card to each of `member_ids` that has standing and none; the others keep theirs.

    Each new card's line stands in its record; the audit trail has one entry for all of them.
    """
    standing = members_with_standing(session, member_ids=member_ids)
    return _issue_to_all(session, member_ids=standing, actor=actor, now=now)


def _issue_to_all(
    session: Session, *, member_ids: Sequence[UUID], actor: Actor, now: datetime
) -> Issued:
    issued = _issue(session, member_ids=member_ids, now=now)
    if issued:
        record(
            session,
            actor=actor,
            action="card.issued_in_batch",
            object_type="card",
            object_id=None,
            now=now,
            issued=len(issued),
        )
    last = max(member_ids, default=None)
    return Issued(len(issued), len(member_ids) - len(issued), last)


def issue_next(
    session: Session,
    *,
    path: str | None,
    after: UUID | None,
    actor: Actor,
    now: datetime,
    rows: int = BATCH_MEMBERS,
) -> Issued:
    """Issue cards to the next `rows` members after the id `after`: one transaction's worth.

    `path` is the union whose subtree they are of, None the whole register.
    """
    member_ids = standing_members(session, path=path, after=after, rows=rows)
    return _issue_to_all(session, member_ids=member_ids, actor=actor, now=now)


def start_batch(
    session: Session,
    *,
    union_code: str,
    paths: Sequence[str],
    actor: Actor,
    now: datetime,
) -> CardBatch:
    """Note that cards are to be issued to a union and all below it; the job does the issuing.

    Raises UnionNotYours when `union_code` is not within `paths`.
    """
    union = union_within(session, code=union_code, paths=paths)
    if union is None:
        raise UnionNotYours
    batch = CardBatch(
        id=new_id(),
        union_id=union.id,
        requested_by=actor.staff_id,
        total=standing_count(session, path=union.path),
        created_at=now,
    )
    session.add(batch)
    session.flush()
    record(
        session,
        actor=actor,
        action="card_batch.started",
        object_type="card_batch",
        object_id=batch.id,
        union_path=union.path,
        now=now,
        total=batch.total,
    )
    return batch


def step_batch(session: Session, *, batch_id: UUID, path: str, now: datetime) -> bool:
    """Issue the next cards of a batch and count them; say whether to go on.

    Locks the batch: a second worker with the same job takes turns and repeats nothing. Raises
    BatchNotFound.
    """
    batch = session.get(CardBatch, batch_id, with_for_update=True, populate_existing=True)
    if batch is None:
        raise BatchNotFound
    if batch.state is BatchState.DONE:
        return False
    batch.state = move(BATCH_MOVES, batch.state, BatchState.RUNNING)
    actor = Actor(ActorKind.STAFF, id=batch.requested_by)
    step = issue_next(session, path=path, after=batch.last_member_id, actor=actor, now=now)
    if step.last_member_id is None:
        batch.state = move(BATCH_MOVES, batch.state, BatchState.DONE)
        batch.finished_at = now
        return False
    batch.last_member_id = step.last_member_id
    batch.issued += step.issued
    batch.already += step.already
    batch.done = batch.issued + batch.already
    session.flush()
    return True


def _issue(session: Session, *, member_ids: Sequence[UUID], now: datetime) -> list[UUID]:
    """Insert a card for each member that has none; return the new cards' ids. Set-wise."""
    held = set(
        session.scalars(
            select(Card.member_id).where(
                Card.member_id.in_(member_ids), Card.state != CardState.CANCELLED
            )
        )
    )
    # In the order of ids: two batches that meet wait for each other, and never in a circle.
    without = sorted(set(member_ids) - held)
    if not without:
        return []
    numbers = func.generate_series(1, len(without)).alias()
    serials = session.scalars(select(CARD_SERIAL.next_value()).select_from(numbers)).all()
    year = issue_year(now)
    issued = session.execute(
        _ISSUE,
        {
            "member_ids": without,
            "card_ids": [new_id() for _ in without],
            "numbers": [card_number(serial, year=year) for serial in serials],
            "record_ids": [new_id() for _ in without],
            "now": now,
        },
    )
    return list(issued.scalars())


# One statement for the cards and their first lines: a hundred thousand of each in seconds. The
# index's condition is written out, as a parameter would hide the index from a prepared statement.
_ISSUE = text(
    """
    WITH wanted AS (
        SELECT * FROM unnest(CAST(:member_ids AS uuid[]), CAST(:card_ids AS uuid[]),
            CAST(:numbers AS text[]), CAST(:record_ids AS uuid[]))
            AS w (member_id, card_id, number, record_id)
    ), issued AS (
        INSERT INTO cards (id, member_id, number, state, issued_at, version)
        SELECT card_id, member_id, number, 'issued', :now, 1 FROM wanted
        ON CONFLICT (member_id) WHERE state <> 'cancelled' DO NOTHING
        RETURNING id
    )
    INSERT INTO card_records (id, card_id, occurred_at, recorded_at, kind, event, source_type,
        source_id, title_zh, title_en, gross_fen, member_pays_fen, merchant_bears_fen,
        union_pays_fen)
    SELECT record_id, card_id, :now, :now, 'card', 'issued', 'card', card_id, '会员卡已制卡',
        'Card issued', 0, 0, 0, 0
    FROM issued JOIN wanted ON wanted.card_id = issued.id
    RETURNING card_id
    """
)
