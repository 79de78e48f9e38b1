"""Phones: enrolled by proving that they hold their key, given credentials, retired."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from audit.services import record
from cards.errors import (
    DeviceKeyTaken,
    DeviceLimit,
    DeviceNotFound,
    PublicKeyInvalid,
)
from cards.models import Card, CredentialState, Device
from cards.queries import card_policy
from cards.services.cooldown import refuse_too_new
from cards.services.keys import current_signer
from cards.services.lifecycle import lock_card_of, lock_card_to_show
from cards.services.proofs import answer_nonce
from cards.services.status import end_credentials, place_phone_credential
from cards.services.timeline import add_card_event
from cards.uc1.credential import issue_credential
from cards.uc1.keys import KeyRejected, compressed, key_from_jwk, key_from_point
from cards.uc1.terms import KeyUse
from kernel.actors import Actor, ActorKind
from kernel.clock import from_unix, unix
from kernel.ids import new_id
from kernel.refusals import refused_by
from members.models import NoticeKind
from members.queries import member_by_id
from members.services import confirm_phone, notify


@dataclass(frozen=True, slots=True)
class IssuedCredential:
    """What a phone is given: an untagged CWT of 158 bytes, usable until before `expires_at`."""

    device_id: UUID
    credential: bytes
    expires_at: datetime


def enrol_device(
    session: Session,
    *,
    member_id: UUID,
    session_id: UUID,
    name: str,
    public_key: Mapping[str, object],
    proof: str,
    now: datetime,
) -> IssuedCredential:
    """Put the member's card on a phone that proves to hold the key of the JWK `public_key`.

    The same key again gives the same device a fresh credential, and proves a new phone number to be
    the member's own. The card's first device makes it active (decision 0010). Locks the card, so
    that the limit of devices holds, and before it the member where the number is new.

    Raises PublicKeyInvalid, EnrolmentExpired, EnrolmentRefused, DeviceLimit, DeviceKeyTaken,
    NumberTooNew, what lock_card_to_show() raises, and IssuerKeysMissing.
    """
    try:
        device_key = key_from_jwk(public_key)
    except KeyRejected as error:
        raise PublicKeyInvalid(detail=str(error)) from None
    point = compressed(device_key)
    _settle_number(session, member_id=member_id, point=point, now=now)
    card = lock_card_to_show(session, member_id=member_id, now=now)
    answer_nonce(session, session_id=session_id, proof=proof, device_key=device_key, now=now)
    query = select(Device).where(Device.public_key == point, Device.retired_at.is_(None))
    device = session.scalars(query).one_or_none()
    if device is None:
        device = _add_device(session, card, name=name, point=point, now=now)
    elif device.card_id != card.id:
        raise DeviceKeyTaken
    else:
        device.name = name
    return _give_credential(session, card, device, now=now)


def refresh_credential(
    session: Session, *, member_id: UUID, device_id: UUID, now: datetime
) -> IssuedCredential:
    """Give a device a fresh credential, unlinkable to the last, which becomes invalid.

    Locks the card. Raises DeviceNotFound, what lock_card_to_show() raises, IssuerKeysMissing.
    """
    card = lock_card_to_show(session, member_id=member_id, now=now)
    return _give_credential(session, card, device_of(session, card, device_id), now=now)


def rename_device(
    session: Session, *, member_id: UUID, device_id: UUID, name: str, now: datetime
) -> Device:
    """Call a phone something else. Locks the card. Raises CardNotFound, DeviceNotFound."""
    card = lock_card_of(session, member_id=member_id)
    device = device_of(session, card, device_id)
    device.name = name
    session.flush()
    record(
        session,
        actor=Actor(ActorKind.MEMBER, id=member_id),
        action="card.device_renamed",
        object_type="device",
        object_id=device.id,
        member_id=member_id,
        now=now,
    )
    return device


def retire_device(session: Session, *, member_id: UUID, device_id: UUID, now: datetime) -> None:
    """Take the card off a phone: its credentials are invalid at once.

    Locks the card. Raises CardNotFound, DeviceNotFound, NumberTooNew.
    """
    card = lock_card_of(session, member_id=member_id)
    device = device_of(session, card, device_id)
    refuse_too_new(session, card=card, now=now)
    device.retired_at = now
    end_credentials(
        session, card_id=card.id, device_id=device.id, state=CredentialState.INVALID, now=now
    )
    _note(session, card, device, "device_retired", now=now)


def _add_device(session: Session, card: Card, *, name: str, point: bytes, now: datetime) -> Device:
    refuse_too_new(session, card=card, now=now)
    devices_max = card_policy(session).devices_max
    live = select(func.count()).where(Device.card_id == card.id, Device.retired_at.is_(None))
    if (session.scalar(live) or 0) >= devices_max:
        raise DeviceLimit(devices_max=devices_max)
    device = Device(id=new_id(), card_id=card.id, name=name, public_key=point, enrolled_at=now)
    session.add(device)
    # Two members may enrol one key at the same moment: the first has it.
    with refused_by({"uq_devices_live_key": DeviceKeyTaken}):
        session.flush()
    _note(session, card, device, "device_enrolled", now=now)
    _tell_of(session, card, device, now=now)
    return device


def _tell_of(session: Session, card: Card, device: Device, *, now: datetime) -> None:
    """Tell the member of a further phone; whoever puts the card on its first knows it."""
    others = select(func.count()).where(Device.card_id == card.id, Device.id != device.id)
    if not session.scalar(others):
        return
    notify(
        session,
        member_id=card.member_id,
        kind=NoticeKind.DEVICE_ADDED,
        title_zh=f"会员卡已添加到另一部手机：{device.name}",
        title_en=f"Your card was put on another phone: {device.name}",
        place="devices",
        now=now,
    )


def _settle_number(session: Session, *, member_id: UUID, point: bytes, now: datetime) -> None:
    """Let a phone of the card confirm a new number: its proof is checked next, or all is undone.

    Before the card is locked, since whoever holds a member may be waiting for their card.
    """
    member = member_by_id(session, member_id=member_id)
    if member is None or member.phone_changed_at is None:
        return
    query = select(Device.id).join(Card, Card.id == Device.card_id)
    known = query.where(
        Card.member_id == member_id, Device.public_key == point, Device.retired_at.is_(None)
    )
    if session.scalar(known) is not None:
        actor = Actor(ActorKind.MEMBER, id=member_id)
        confirm_phone(session, member_id=member_id, actor=actor, now=now)


def device_of(session: Session, card: Card, device_id: UUID) -> Device:
    """Return one live phone of the card. The caller holds its lock. Raises DeviceNotFound."""
    device = session.get(Device, device_id, populate_existing=True)
    if device is None or device.card_id != card.id or device.retired_at is not None:
        raise DeviceNotFound
    return device


def _give_credential(
    session: Session, card: Card, device: Device, *, now: datetime
) -> IssuedCredential:
    session.flush()
    signer = current_signer(session, use=KeyUse.CARD, now=now)
    expires_at = from_unix(unix(now)) + timedelta(days=card_policy(session).credential_days)
    entry = place_phone_credential(
        session,
        card_id=card.id,
        device_id=device.id,
        kid=signer.kid,
        now=now,
        expires_at=expires_at,
    )
    end_credentials(
        session,
        card_id=card.id,
        device_id=device.id,
        state=CredentialState.INVALID,
        but=entry.cti,
        now=now,
    )
    credential = issue_credential(
        signer,
        device_key=key_from_point(device.public_key),
        cti=entry.cti,
        exp=unix(expires_at),
        status_list=entry.status_list,
        status_index=entry.status_index,
    )
    return IssuedCredential(device.id, credential, expires_at)


_TITLES = {
    "device_enrolled": ("会员卡已绑定手机", "Card put on a phone"),
    "device_retired": ("会员卡已从手机移除", "Card taken off a phone"),
}


def _note(session: Session, card: Card, device: Device, event: str, *, now: datetime) -> None:
    session.flush()
    record(
        session,
        actor=Actor(ActorKind.MEMBER, id=card.member_id),
        action=f"card.{event}",
        object_type="device",
        object_id=device.id,
        member_id=card.member_id,
        now=now,
    )
    add_card_event(
        session,
        card_id=card.id,
        event=event,
        title=_TITLES[event],
        source_type="device",
        source_id=device.id,
        now=now,
    )
