"""Where a deployment wants it, a membership is confirmed again and again, or the card expires."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from cards.errors import CardNotUsable
from cards.models import CARD_MOVES, Card, CardState
from cards.queries import card_policy, confirm_by
from cards.rules import CONFIRMATION_NOTICE
from cards.services.lifecycle import lock_card, lock_card_of
from cards.services.states import note, reopen, suspend
from kernel.actors import Actor, ActorKind
from kernel.states import move
from members.errors import NoStanding
from members.queries import member_by_id


def ask_for_confirmation(session: Session, *, card_id: UUID, actor: Actor, now: datetime) -> bool:
    """Tell a member that their card expires unless they confirm; say whether it was time to.

    Asked once, thirty days before at the earliest. Locks the card.
    """
    card = lock_card(session, card_id=card_id)
    every_days = card_policy(session).confirm_every_days
    if every_days is None or card.state is not CardState.ACTIVE or card.confirmation_asked_at:
        return False
    if now < card.confirmed_from() + timedelta(days=every_days) - CONFIRMATION_NOTICE:
        return False
    card.confirmation_asked_at = now
    note(session, card, "confirmation_asked", actor=actor, now=now)
    return True


def expire_card(session: Session, *, card_id: UUID, actor: Actor, now: datetime) -> bool:
    """Stop a card whose membership nobody confirmed in time; say whether it was time to.

    Never sooner than thirty days after the member was asked. Locks the card.
    """
    card = lock_card(session, card_id=card_id)
    due = confirm_by(card, every_days=card_policy(session).confirm_every_days)
    if due is None or now < due:
        return False
    card.state = move(CARD_MOVES, card.state, CardState.EXPIRED)
    suspend(session, card, now=now)
    note(session, card, "expired", actor=actor, now=now)
    return True


def confirm_membership(session: Session, *, member_id: UUID, now: datetime) -> Card:
    """Note that the member still is one; an expired card can be used again. Twice changes nothing.

    Locks the card. Raises CardNotFound, NoStanding, CardNotUsable.
    """
    card = lock_card_of(session, member_id=member_id)
    member = member_by_id(session, member_id=member_id)
    assert member is not None
    if not member.has_standing():
        raise NoStanding
    if card.state not in {CardState.ACTIVE, CardState.EXPIRED}:
        raise CardNotUsable(state=card.state)
    if card.state is CardState.ACTIVE and card.confirmation_asked_at is None:
        return card
    if card.state is CardState.EXPIRED:
        reopen(session, card, reason=None, to_frozen=False, now=now)
    card.confirmed_at = now
    card.confirmation_asked_at = None
    note(session, card, "confirmed", actor=Actor(ActorKind.MEMBER, id=member_id), now=now)
    return card
