"""Reads of one member's card, and of who is to have one."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cards.errors import CardNotFound
from cards.models import (
    Card,
    CardBatch,
    CardPolicy,
    CardState,
    Credential,
    CredentialState,
    Device,
    EnrolmentNonce,
)
from cards.rules import confirmation_due, number_tail
from members.models import MEMBER_NAME, STANDING, Member, MembershipStatus, UnionOrg
from members.queries import within

PAGE_ROWS_MAX = 100


def card_of_member(session: Session, *, member_id: UUID) -> Card | None:
    """Return the member's card; a cancelled one only if there is no other."""
    query = (
        select(Card)
        .where(Card.member_id == member_id)
        .order_by(Card.state == CardState.CANCELLED, Card.id.desc())
        .limit(1)
    )
    return session.scalars(query).one_or_none()


@dataclass(frozen=True)
class OwnCard:
    """A card as its member sees it: number and name whole."""

    card_id: UUID
    number: str = field(repr=False)
    state: CardState
    state_reason: str | None
    frozen_until: datetime | None
    issued_at: datetime
    activated_at: datetime | None
    confirm_by: datetime | None  # else it expires; None: nothing to confirm now
    name: str = field(repr=False)
    union_name: str
    standing: MembershipStatus

    @property
    def tail(self) -> str:
        return number_tail(self.number)

    @property
    def has_standing(self) -> bool:
        return self.standing in STANDING


def own_card(session: Session, *, member_id: UUID) -> OwnCard:
    """Return the member's card; a cancelled one only if there is no other. Raises CardNotFound."""
    card = card_of_member(session, member_id=member_id)
    if card is None:
        raise CardNotFound
    query = (
        select(Member, UnionOrg.name)
        .join(UnionOrg, UnionOrg.id == Member.union_id)
        .where(Member.id == member_id)
    )
    member, union_name = session.execute(query).one()
    return OwnCard(
        card_id=card.id,
        number=card.number,
        state=card.state,
        state_reason=card.state_reason,
        frozen_until=card.frozen_until,
        issued_at=card.issued_at,
        activated_at=card.activated_at,
        confirm_by=confirm_by(card, every_days=card_policy(session).confirm_every_days),
        name=MEMBER_NAME.open(member.id, member.name_sealed),
        union_name=union_name,
        standing=member.status,
    )


def confirm_by(card: Card, *, every_days: int | None) -> datetime | None:
    """Return until when an active card's member, who was asked, is to confirm their membership."""
    asked_at = card.confirmation_asked_at
    if every_days is None or asked_at is None or card.state is not CardState.ACTIVE:
        return None
    begun_at = card.confirmed_from()
    return confirmation_due(begun_at=begun_at, asked_at=asked_at, every_days=every_days)


def members_with_standing(session: Session, *, member_ids: Sequence[UUID]) -> list[UUID]:
    query = select(Member.id).where(Member.id.in_(member_ids), Member.status.in_(STANDING))
    return list(session.scalars(query))


def standing_members(
    session: Session, *, path: str | None, after: UUID | None, rows: int
) -> list[UUID]:
    """Return the ids of the next members with standing, by id, from above `after`.

    `path` is the union whose subtree they are of, None the whole register.
    """
    query = select(Member.id).where(Member.status.in_(STANDING)).order_by(Member.id).limit(rows)
    if path is not None:
        query = query.join(UnionOrg, UnionOrg.id == Member.union_id).where(within([path]))
    if after is not None:
        query = query.where(Member.id > after)
    return list(session.scalars(query))


def standing_count(session: Session, *, path: str) -> int:
    query = (
        select(func.count())
        .select_from(Member)
        .join(UnionOrg, UnionOrg.id == Member.union_id)
        .where(Member.status.in_(STANDING), within([path]))
    )
    return session.scalar(query) or 0


def union_within(session: Session, *, code: str, paths: Sequence[str]) -> UnionOrg | None:
    query = select(UnionOrg).where(UnionOrg.code == code, within(paths))
    return session.scalars(query).one_or_none()


def batch_path(session: Session, *, batch_id: UUID) -> str | None:
    """Return the path of the union that a batch of cards is for."""
    query = (
        select(UnionOrg.path)
        .join(CardBatch, CardBatch.union_id == UnionOrg.id)
        .where(CardBatch.id == batch_id)
    )
    return session.scalar(query)


def card_policy(session: Session) -> CardPolicy:
    return session.get_one(CardPolicy, 1)


@dataclass(frozen=True)
class DeviceLine:
    """One live phone of a card, and until when it can be shown without being online."""

    device_id: UUID
    name: str
    enrolled_at: datetime
    may_restore: bool
    credential_issued_at: datetime | None
    credential_expires_at: datetime | None


def live_devices(session: Session, *, card_id: UUID, now: datetime) -> list[DeviceLine]:
    """Return the phones that are not retired, in the order in which they were enrolled."""
    query = (
        select(
            Device.id,
            Device.name,
            Device.enrolled_at,
            Device.lost_at.is_(None),
            func.max(Credential.issued_at),
            func.max(Credential.expires_at),
        )
        .outerjoin(
            Credential,
            (Credential.device_id == Device.id)
            & (Credential.state == CredentialState.VALID)
            & (Credential.expires_at > now),
        )
        .where(Device.card_id == card_id, Device.retired_at.is_(None))
        .group_by(Device.id)
        .order_by(Device.enrolled_at, Device.id)
    )
    return [DeviceLine(*row) for row in session.execute(query)]


def open_nonces(
    session: Session, *, session_id: UUID, now: datetime, rows: int
) -> list[EnrolmentNonce]:
    """Return the questions that a session may still answer, the newest first."""
    query = (
        select(EnrolmentNonce)
        .where(
            EnrolmentNonce.session_id == session_id,
            EnrolmentNonce.used_at.is_(None),
            EnrolmentNonce.expires_at > now,
        )
        .order_by(EnrolmentNonce.expires_at.desc())
        .limit(rows)
    )
    return list(session.scalars(query))
