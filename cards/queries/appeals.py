"""Reads of appeals: the member's newest, the desk's open ones."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cards.errors import AppealNotFound
from cards.models import APPEAL_TEXT, AppealState, Card, CardAppeal
from kernel.actors import Actor, Role
from members.models import Member, UnionOrg
from members.queries import within

PAGE_ROWS_MAX = 100


@dataclass(frozen=True)
class AppealLine:
    """What a member said against a freeze, and what was answered."""

    id: UUID
    state: AppealState
    text: str = field(repr=False)
    answer: str | None
    created_at: datetime
    decided_at: datetime | None


def open_appeal(session: Session, *, card_id: UUID) -> CardAppeal | None:
    query = select(CardAppeal).where(
        CardAppeal.card_id == card_id, CardAppeal.state == AppealState.OPEN
    )
    return session.scalars(query).one_or_none()


def appeals_of_card(
    session: Session, *, card_id: UUID, rows: int = PAGE_ROWS_MAX
) -> list[AppealLine]:
    """Return the appeals of a card, the newest first."""
    query = select(CardAppeal).where(CardAppeal.card_id == card_id)
    newest = query.order_by(CardAppeal.created_at.desc(), CardAppeal.id.desc()).limit(rows)
    return [
        AppealLine(
            each.id,
            each.state,
            APPEAL_TEXT.open(each.id, each.text_sealed),
            each.answer,
            each.created_at,
            each.decided_at,
        )
        for each in session.scalars(newest)
    ]


@dataclass(frozen=True)
class OpenAppealLine:
    """One appeal that waits, as the desk lists it."""

    id: UUID
    card_id: UUID
    number: str
    name_masked: str
    union_name: str
    union_code: str
    created_at: datetime
    frozen_until: datetime | None


_OPEN = (
    select(
        CardAppeal.id,
        CardAppeal.card_id,
        Card.number,
        Member.name_masked,
        UnionOrg.name.label("union_name"),
        UnionOrg.code.label("union_code"),
        CardAppeal.created_at,
        Card.frozen_until,
    )
    .join(Card, Card.id == CardAppeal.card_id)
    .join(Member, Member.id == Card.member_id)
    .join(UnionOrg, UnionOrg.id == Member.union_id)
)


def open_appeals_within(
    session: Session,
    *,
    paths: Sequence[str],
    after: UUID | None = None,
    rows: int = PAGE_ROWS_MAX,
) -> list[OpenAppealLine]:
    """Return the appeals that wait in the unions of `paths`, the oldest first, above `after`."""
    query = _OPEN.where(CardAppeal.state == AppealState.OPEN, within(paths))
    if after is not None:
        query = query.where(CardAppeal.id > after)
    return [
        OpenAppealLine(*row) for row in session.execute(query.order_by(CardAppeal.id).limit(rows))
    ]


def appeal_within(session: Session, *, appeal_id: UUID, paths: Sequence[str]) -> OpenAppealLine:
    """Return an appeal, open or not, if `paths` reach its member. Raises AppealNotFound."""
    row = session.execute(_OPEN.where(CardAppeal.id == appeal_id, within(paths))).one_or_none()
    if row is None:
        raise AppealNotFound
    return OpenAppealLine(*row)


def appeals_waiting(session: Session, actor: Actor) -> int:
    """Return how many appeals wait for the actor, for the desk's home."""
    paths = actor.paths(Role.REGISTER_OFFICER)
    waiting = _OPEN.where(CardAppeal.state == AppealState.OPEN, within(paths))
    return session.scalar(select(func.count()).select_from(waiting.subquery())) or 0
