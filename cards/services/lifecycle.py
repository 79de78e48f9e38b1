"""A card's states: activated, lost, frozen, restored, cancelled. Each locks the card first."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.services import record
from cards.errors import (
    CardNotFound,
    CardNotUsable,
    ConsentMissing,
    FreezeEndInvalid,
    ReasonMissing,
)
from cards.models import CARD_MOVES, Card, CardState, CredentialState, Device, RecordKind
from cards.rules import FREEZE_MAX
from cards.services.records import add_record
from cards.services.status import end_credentials
from cards.uc1.terms import Profile
from kernel.actors import Actor, ActorKind
from kernel.states import move
from members.errors import NoStanding, RealNameRequired
from members.models import Member
from members.queries import live_consents, member_by_id, union_path_of
from members.services import CARD_CONSENT, CONSENT_VERSIONS, end_other_sessions


class LostWhat(StrEnum):
    """What the member lost: the phone and with it everything, or only the paper card."""

    ALL = "all"
    PAPER = "paper"


def lock_card(session: Session, *, card_id: UUID) -> Card:
    """Return the card as it is now, locked until the transaction ends. Raises CardNotFound."""
    card = session.get(Card, card_id, with_for_update=True, populate_existing=True)
    if card is None:
        raise CardNotFound
    return card


def lock_card_of(session: Session, *, member_id: UUID) -> Card:
    """Return the member's card that is not cancelled, locked. Raises CardNotFound."""
    query = (
        select(Card)
        .where(Card.member_id == member_id, Card.state != CardState.CANCELLED)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    card = session.scalars(query).one_or_none()
    if card is None:
        raise CardNotFound
    return card


def lock_card_to_show(session: Session, *, member_id: UUID, now: datetime) -> Card:
    """Return the member's card, locked and active: its first credential is about to be made.

    Activates an issued card (decision 0010). Raises CardNotFound, CardNotUsable, NoStanding,
    RealNameRequired, ConsentMissing.
    """
    card = lock_card_of(session, member_id=member_id)
    member = member_by_id(session, member_id=member_id)
    assert member is not None
    if not member.has_standing():
        raise NoStanding
    if member.real_name_at is None:
        raise RealNameRequired
    wanted = (CARD_CONSENT, CONSENT_VERSIONS[CARD_CONSENT])
    held = live_consents(session, member_id=member_id)
    if wanted not in {(each.purpose, each.version) for each in held}:
        raise ConsentMissing
    if card.state is CardState.ISSUED:
        _activate(session, card, member, now=now)
    if not card.is_usable():
        raise CardNotUsable(state=card.state)
    return card


def report_lost(
    session: Session, *, member_id: UUID, session_id: UUID, what: LostWhat, now: datetime
) -> Card:
    """Take a lost card, or only its paper form, out of use at once; twice changes nothing.

    All of the card's credentials are suspended and every other sign-in of the member ends, so that
    a found phone cannot ask for new ones. Locks the card. Raises CardNotFound, MoveNotAllowed.
    """
    card = lock_card_of(session, member_id=member_id)
    actor = Actor(ActorKind.MEMBER, id=member_id)
    if what is LostWhat.PAPER:
        ended = end_credentials(
            session,
            card_id=card.id,
            state=CredentialState.INVALID,
            profile=Profile.PAPER,
            now=now,
        )
        if ended:
            _note(session, card, "paper_lost", actor=actor, now=now)
        return card
    end_other_sessions(session, member_id=member_id, but=session_id, now=now)
    _lose(session, card, reason=None, actor=actor, now=now)
    return card


def report_lost_at_desk(
    session: Session, *, card_id: UUID, reason: str, actor: Actor, now: datetime
) -> Card:
    """The same for a member who stands at a desk: every sign-in ends.

    Raises CardNotFound, MoveNotAllowed, ReasonMissing.
    """
    reason = _said(reason)
    card = lock_card(session, card_id=card_id)
    end_other_sessions(session, member_id=card.member_id, but=None, now=now)
    _lose(session, card, reason=reason, actor=actor, now=now)
    return card


def freeze_card(
    session: Session, *, card_id: UUID, reason: str, until: datetime, actor: Actor, now: datetime
) -> Card:
    """Stop a card until `until` (not included), for a reason that the member reads.

    A frozen card is frozen anew with the new reason and end. Locks the card. Raises CardNotFound,
    MoveNotAllowed, FreezeEndInvalid, ReasonMissing.
    """
    reason = _said(reason)
    if not now < until <= now + FREEZE_MAX:
        raise FreezeEndInvalid
    card = lock_card(session, card_id=card_id)
    if card.state is not CardState.FROZEN:
        card.state = move(CARD_MOVES, card.state, CardState.FROZEN)
        _suspend(session, card, now=now)
    card.state_reason = reason
    card.frozen_until = until
    _note(session, card, "frozen", actor=actor, now=now, until=until)
    return card


def restore_card(
    session: Session, *, card_id: UUID, reason: str, actor: Actor, now: datetime
) -> Card:
    """Let a lost or frozen card be used again, with new credentials: the old ones become invalid.

    The phones of a lost card are retired, since one of them may be in other hands; those of a
    frozen card stay. A card that was lost while frozen goes back to frozen, until that ends. Locks
    the card. Raises CardNotFound, MoveNotAllowed, ReasonMissing.
    """
    reason = _said(reason)
    card = lock_card(session, card_id=card_id)
    was_lost = card.state is CardState.LOST
    still_frozen = card.frozen_until is not None and now < card.frozen_until
    _reopen(session, card, reason=reason, to_frozen=was_lost and still_frozen, now=now)
    if was_lost:
        _retire_devices(session, card, now=now)
    _note(session, card, "restored", actor=actor, now=now)
    return card


def end_freeze(session: Session, *, card_id: UUID, actor: Actor, now: datetime) -> bool:
    """Let a card be used again whose freeze is over; say whether it was. Locks the card."""
    card = lock_card(session, card_id=card_id)
    is_over = card.frozen_until is not None and card.frozen_until <= now
    if card.state is not CardState.FROZEN or not is_over:
        return False
    _reopen(session, card, reason=None, to_frozen=False, now=now)
    _note(session, card, "freeze_ended", actor=actor, now=now)
    return True


def cancel_card(session: Session, *, card_id: UUID, actor: Actor, now: datetime) -> Card:
    """End a card for good: its number never returns. Raises CardNotFound, MoveNotAllowed."""
    card = lock_card(session, card_id=card_id)
    card.state = move(CARD_MOVES, card.state, CardState.CANCELLED)
    card.frozen_until = None
    end_credentials(session, card_id=card.id, state=CredentialState.INVALID, now=now)
    _retire_devices(session, card, now=now)
    _note(session, card, "cancelled", actor=actor, now=now)
    return card


def _activate(session: Session, card: Card, member: Member, *, now: datetime) -> None:
    card.state = move(CARD_MOVES, card.state, CardState.ACTIVE)
    card.activated_at = now
    actor = Actor(ActorKind.MEMBER, id=member.id)
    _note(session, card, "activated", actor=actor, now=now)


def _lose(session: Session, card: Card, *, reason: str | None, actor: Actor, now: datetime) -> None:
    if card.state is CardState.LOST:
        return
    card.state = move(CARD_MOVES, card.state, CardState.LOST)
    # The reason of a freeze outlives the loss, as the freeze does.
    card.state_reason = card.state_reason if card.frozen_until else reason
    _suspend(session, card, now=now)
    _note(session, card, "lost", actor=actor, now=now)


def _suspend(session: Session, card: Card, *, now: datetime) -> None:
    end_credentials(session, card_id=card.id, state=CredentialState.SUSPENDED, now=now)


def _reopen(
    session: Session, card: Card, *, reason: str | None, to_frozen: bool, now: datetime
) -> None:
    target = CardState.ACTIVE if card.activated_at else CardState.ISSUED
    card.state = move(CARD_MOVES, card.state, CardState.FROZEN if to_frozen else target)
    end_credentials(session, card_id=card.id, state=CredentialState.INVALID, now=now)
    if not to_frozen:
        card.state_reason = reason
        card.frozen_until = None


def _retire_devices(session: Session, card: Card, *, now: datetime) -> None:
    query = select(Device).where(Device.card_id == card.id, Device.retired_at.is_(None))
    for device in session.scalars(query.order_by(Device.id)):
        device.retired_at = now


def _said(reason: str) -> str:
    reason = reason.strip()
    if not reason:
        raise ReasonMissing
    return reason


# What the member reads in the timeline, by event.
_TITLES = {
    "activated": ("会员卡已激活", "Card activated"),
    "paper_lost": ("纸质卡已挂失", "Paper card reported lost"),
    "lost": ("会员卡已挂失", "Card reported lost"),
    "frozen": ("会员卡已冻结", "Card frozen"),
    "restored": ("会员卡已恢复使用", "Card restored"),
    "freeze_ended": ("冻结期满,会员卡恢复使用", "Freeze over, card restored"),
    "cancelled": ("会员卡已注销", "Card cancelled"),
}


def _note(
    session: Session,
    card: Card,
    event: str,
    *,
    actor: Actor,
    now: datetime,
    until: datetime | None = None,
) -> None:
    """Write what happened to the card into the audit trail and the member's timeline."""
    card.version += 1
    session.flush()
    member = member_by_id(session, member_id=card.member_id)
    assert member is not None
    entry = record(
        session,
        actor=actor,
        action=f"card.{event}",
        object_type="card",
        object_id=card.id,
        member_id=card.member_id,
        union_path=union_path_of(session, union_id=member.union_id),
        now=now,
        until=until,
    )
    title_zh, title_en = _TITLES[event]
    # The same may happen to a card again and again: each time has an audit entry of its own.
    add_record(
        session,
        card_id=card.id,
        kind=RecordKind.CARD,
        event=event,
        source_type="audit_entry",
        source_id=entry.id,
        title_zh=title_zh,
        title_en=title_en,
        occurred_at=now,
        now=now,
    )
