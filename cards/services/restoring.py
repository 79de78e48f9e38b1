"""A member brings a lost card back with one of its phones (docs/decisions/0019)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from cards.errors import RestoreElsewhere
from cards.models import Card, CardState
from cards.services.devices import device_of
from cards.services.lifecycle import lock_card_of
from cards.services.proofs import answer_nonce
from cards.services.states import is_still_frozen, note, reopen, retire_devices
from cards.uc1.keys import key_from_point
from kernel.actors import Actor, ActorKind
from kernel.states import MoveNotAllowed
from members.errors import NoStanding
from members.queries import member_by_id


def restore_by_device(
    session: Session,
    *,
    member_id: UUID,
    session_id: UUID,
    device_id: UUID,
    proof: str,
    replace: bool,
    now: datetime,
) -> Card:
    """Let a lost card be used again, for a phone of it that signs the session's question.

    That phone stays and the others are retired; with `replace` it is retired too and enrols anew.
    All credentials of before become invalid. A card that was lost while frozen goes back to frozen.
    Locks the card: of two phones that restore at once, one does.

    Raises CardNotFound, NoStanding, MoveNotAllowed, DeviceNotFound, RestoreElsewhere,
    EnrolmentExpired, EnrolmentRefused.
    """
    card = lock_card_of(session, member_id=member_id)
    member = member_by_id(session, member_id=member_id)
    assert member is not None
    if not member.has_standing():
        raise NoStanding
    if card.state is not CardState.LOST:
        raise MoveNotAllowed(current=card.state, target=CardState.ACTIVE)
    device = device_of(session, card, device_id)
    if device.lost_at is not None:
        raise RestoreElsewhere
    answer_nonce(
        session,
        session_id=session_id,
        proof=proof,
        device_key=key_from_point(device.public_key),
        now=now,
    )
    to_frozen = is_still_frozen(card, now=now)
    reopen(session, card, reason=None, to_frozen=to_frozen, now=now)
    retire_devices(session, card, but=None if replace else device.id, now=now)
    actor = Actor(ActorKind.MEMBER, id=member_id)
    note(session, card, "replaced" if replace else "restored", actor=actor, now=now)
    return card
