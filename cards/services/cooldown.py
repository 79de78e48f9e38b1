"""After a new phone number: what its sessions may not do yet (docs/decisions/0019)."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from cards.errors import NumberTooNew
from cards.models import Card
from cards.queries import card_policy
from cards.services.states import live_devices_of
from members.models import Member


def cooling_until(session: Session, *, member_id: UUID, now: datetime) -> datetime | None:
    """Return until when the member's number is too new, None if it is not."""
    member = session.get_one(Member, member_id)
    if member.phone_changed_at is None:
        return None
    hours = card_policy(session).phone_cooldown_hours
    until = member.phone_changed_at + timedelta(hours=hours)
    return until if now < until else None


def refuse_too_new(session: Session, *, card: Card, now: datetime) -> None:
    """Refuse what would let a new number show the card, while the card is on a phone.

    The caller holds the card's lock. Raises NumberTooNew.
    """
    until = cooling_until(session, member_id=card.member_id, now=now)
    if until is not None and live_devices_of(session, card):
        raise NumberTooNew(until=until.isoformat())
