"""A member brings a lost card back with one of its phones (docs/decisions/0019)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from cards.errors import DeviceNotFound, EnrolmentRefused, RestoreElsewhere
from cards.models import Card, CardState, Device
from cards.services.devices import device_of
from cards.services.lifecycle import lock_card_of
from cards.services.proofs import answer_nonce
from cards.services.states import is_still_frozen, live_devices_of, note, reopen, retire_devices
from cards.uc1.keys import key_from_point
from cards.uc1.terms import Reason
from kernel.actors import Actor, ActorKind
from kernel.states import MoveNotAllowed
from members.errors import NoStanding
from members.queries import member_by_id


def restore_by_device(
    session: Session,
    *,
    member_id: UUID,
    session_id: UUID,
    device_id: UUID | None,
    proof: str,
    replace: bool,
    now: datetime,
) -> Card:
    """Let a lost card be used again, for a phone of it that signs the session's question.

    `device_id` of None is whichever of its phones signed: an app that was signed out knows its key
    and not its number.

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
    device = _device_that_signed(
        session, card, device_id=device_id, session_id=session_id, proof=proof, now=now
    )
    to_frozen = is_still_frozen(card, now=now)
    reopen(session, card, reason=None, to_frozen=to_frozen, now=now)
    retire_devices(session, card, but=None if replace else device.id, now=now)
    actor = Actor(ActorKind.MEMBER, id=member_id)
    note(session, card, "replaced" if replace else "restored", actor=actor, now=now)
    return card


def _device_that_signed(
    session: Session,
    card: Card,
    *,
    device_id: UUID | None,
    session_id: UUID,
    proof: str,
    now: datetime,
) -> Device:
    named = None if device_id is None else device_of(session, card, device_id)
    for device in live_devices_of(session, card) if named is None else [named]:
        try:
            answer_nonce(
                session,
                session_id=session_id,
                proof=proof,
                device_key=key_from_point(device.public_key),
                now=now,
            )
        except EnrolmentRefused as refusal:
            if named is None and refusal.facts.get("reason") == Reason.BAD_SIGNATURE.value:
                continue
            raise
        # Said only to whoever holds the key: which phone is held to be lost is nobody else's.
        if device.lost_at is not None:
            raise RestoreElsewhere
        return device
    raise DeviceNotFound
