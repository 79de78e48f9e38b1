"""A card's states: activated, lost, frozen, restored, replaced, cancelled; each locks the card."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from cards.errors import (
    CardNotFound,
    CardNotUsable,
    ConsentMissing,
    DeviceNotFound,
    FreezeEndInvalid,
)
from cards.models import CARD_MOVES, AppealState, Card, CardState, CredentialState
from cards.rules import FREEZE_MAX
from cards.services.states import (
    answer_appeal,
    is_still_frozen,
    live_devices_of,
    note,
    reopen,
    retire_devices,
    said,
    suspend,
)
from cards.services.status import end_credentials
from cards.uc1.terms import Profile
from kernel.actors import Actor, ActorKind
from kernel.states import move
from members.errors import NoStanding, RealNameRequired
from members.models import Member
from members.queries import live_consents, member_by_id
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
    session: Session,
    *,
    member_id: UUID,
    session_id: UUID,
    what: LostWhat,
    now: datetime,
    device_id: UUID | None = None,
) -> Card:
    """Take a lost card, or only its paper form, out of use at once; twice changes nothing.

    All of the card's credentials are suspended and every other sign-in of the member ends, so that
    a found phone cannot ask for new ones. `device_id` is the phone in the member's hand: the others
    are the lost ones. Locks the card. Raises CardNotFound, DeviceNotFound, MoveNotAllowed.
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
            note(session, card, "paper_lost", actor=actor, now=now)
        return card
    end_other_sessions(session, member_id=member_id, but=session_id, now=now)
    lose(session, card, reason=None, in_hand=device_id, actor=actor, now=now)
    return card


def report_lost_at_desk(
    session: Session, *, card_id: UUID, reason: str, actor: Actor, now: datetime
) -> Card:
    """The same for a member who stands at a desk: every sign-in ends.

    Raises CardNotFound, MoveNotAllowed, ReasonMissing.
    """
    reason = said(reason)
    card = lock_card(session, card_id=card_id)
    end_other_sessions(session, member_id=card.member_id, but=None, now=now)
    lose(session, card, reason=reason, in_hand=None, actor=actor, now=now)
    return card


def lose(
    session: Session,
    card: Card,
    *,
    reason: str | None,
    in_hand: UUID | None,
    actor: Actor,
    now: datetime,
) -> None:
    """Stop a card, and note which of its phones may be in other hands (docs/decisions/0019).

    The only phone is: it is what was lost. Of several, all but the one `in_hand`; where nobody says
    which that is, none is held to be lost. The caller holds the card's lock. Raises DeviceNotFound,
    MoveNotAllowed.
    """
    devices = live_devices_of(session, card)
    if in_hand is not None and in_hand not in {device.id for device in devices}:
        raise DeviceNotFound
    if card.state is CardState.LOST:
        return
    card.state = move(CARD_MOVES, card.state, CardState.LOST)
    # The reason of a freeze outlives the loss, as the freeze does.
    card.state_reason = card.state_reason if card.frozen_until else reason
    for device in devices:
        if len(devices) == 1 or (in_hand is not None and device.id != in_hand):
            device.lost_at = now
    suspend(session, card, now=now)
    note(session, card, "lost", actor=actor, now=now)


def freeze_card(
    session: Session, *, card_id: UUID, reason: str, until: datetime, actor: Actor, now: datetime
) -> Card:
    """Stop a card until `until` (not included), for a reason that the member reads.

    A frozen card is frozen anew with the new reason and end. Locks the card. Raises CardNotFound,
    MoveNotAllowed, FreezeEndInvalid, ReasonMissing.
    """
    reason = said(reason)
    if not now < until <= now + FREEZE_MAX:
        raise FreezeEndInvalid
    card = lock_card(session, card_id=card_id)
    if card.state is not CardState.FROZEN:
        card.state = move(CARD_MOVES, card.state, CardState.FROZEN)
        suspend(session, card, now=now)
    card.state_reason = reason
    card.frozen_until = until
    note(session, card, "frozen", actor=actor, now=now, until=until)
    return card


def restore_card(
    session: Session, *, card_id: UUID, reason: str, actor: Actor, now: datetime
) -> Card:
    """Let a lost or frozen card be used again, with new credentials: the old ones become invalid.

    The phones of a lost card are retired, since one of them may be in other hands; those of a
    frozen card stay. A card that was lost while frozen goes back to frozen, until that ends. An
    appeal against the freeze is granted by it. Locks the card. Raises CardNotFound, MoveNotAllowed,
    ReasonMissing.
    """
    reason = said(reason)
    card = lock_card(session, card_id=card_id)
    was_lost = card.state is CardState.LOST
    if card.state is CardState.FROZEN:
        granted = AppealState.GRANTED
        answer_appeal(session, card=card, to=granted, answer=reason, actor=actor, now=now)
    to_frozen = was_lost and is_still_frozen(card, now=now)
    reopen(session, card, reason=reason, to_frozen=to_frozen, now=now)
    if was_lost:
        retire_devices(session, card, now=now)
    note(session, card, "restored", actor=actor, now=now)
    return card


def replace_card(
    session: Session, *, card_id: UUID, reason: str, actor: Actor, now: datetime
) -> Card:
    """Make a card as new (补卡): its number stays, every code and phone of before is worth nothing.

    For a card that is in use or lost; one that was lost while frozen goes back to frozen. Every
    sign-in of the member ends. Locks the card. Raises CardNotFound, CardNotUsable, ReasonMissing.
    """
    reason = said(reason)
    card = lock_card(session, card_id=card_id)
    if card.state not in {CardState.ISSUED, CardState.ACTIVE, CardState.LOST}:
        raise CardNotUsable(state=card.state)
    end_other_sessions(session, member_id=card.member_id, but=None, now=now)
    if card.state is CardState.LOST:
        to_frozen = is_still_frozen(card, now=now)
        reopen(session, card, reason=reason, to_frozen=to_frozen, now=now)
    else:
        card.state_reason = reason
        end_credentials(session, card_id=card.id, state=CredentialState.INVALID, now=now)
    retire_devices(session, card, now=now)
    note(session, card, "replaced", actor=actor, now=now)
    return card


def end_freeze(session: Session, *, card_id: UUID, actor: Actor, now: datetime) -> bool:
    """Let a card be used again whose freeze is over; say whether it was. Locks the card."""
    card = lock_card(session, card_id=card_id)
    is_over = card.frozen_until is not None and card.frozen_until <= now
    if card.state is not CardState.FROZEN or not is_over:
        return False
    reopen(session, card, reason=None, to_frozen=False, now=now)
    note(session, card, "freeze_ended", actor=actor, now=now)
    return True


def cancel_card(
    session: Session, *, card_id: UUID, actor: Actor, now: datetime, reason: str | None = None
) -> Card:
    """End a card for good: its number never returns. Raises CardNotFound, MoveNotAllowed."""
    card = lock_card(session, card_id=card_id)
    card.state = move(CARD_MOVES, card.state, CardState.CANCELLED)
    card.frozen_until = None
    card.state_reason = reason
    end_credentials(session, card_id=card.id, state=CredentialState.INVALID, now=now)
    retire_devices(session, card, now=now)
    overtaken = AppealState.OVERTAKEN
    answer_appeal(session, card=card, to=overtaken, answer=None, actor=actor, now=now)
    note(session, card, "cancelled", actor=actor, now=now)
    return card


def _activate(session: Session, card: Card, member: Member, *, now: datetime) -> None:
    card.state = move(CARD_MOVES, card.state, CardState.ACTIVE)
    card.activated_at = now
    actor = Actor(ActorKind.MEMBER, id=member.id)
    note(session, card, "activated", actor=actor, now=now)
