"""Phones: enrolled by proving that they hold their key, given credentials, retired."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from audit.services import record
from cards.errors import (
    DeviceKeyTaken,
    DeviceLimit,
    DeviceNotFound,
    EnrolmentExpired,
    EnrolmentRefused,
    PublicKeyInvalid,
)
from cards.models import Card, CredentialState, Device, EnrolmentNonce, RecordKind
from cards.queries import card_policy, open_nonces
from cards.rules import ENROLMENT_LIFE
from cards.services.keys import current_signer
from cards.services.lifecycle import lock_card_of, lock_card_to_show
from cards.services.records import add_record
from cards.services.status import end_credentials, place_phone_credential
from cards.uc1.answers import Refused
from cards.uc1.credential import issue_credential
from cards.uc1.enrolment import NONCE_BYTES, Proven, verify_enrolment
from cards.uc1.keys import KeyRejected, compressed, key_from_jwk, key_from_point
from cards.uc1.terms import KeyUse, Reason
from kernel.actors import Actor, ActorKind
from kernel.clock import from_unix, unix
from kernel.ids import new_id
from kernel.refusals import refused_by

# Several windows of one browser may each be enrolling: the newest questions of a session count.
_OPEN_NONCES_MAX = 5


@dataclass(frozen=True, slots=True)
class IssuedCredential:
    """What a phone is given: an untagged CWT of 158 bytes, usable until before `expires_at`."""

    device_id: UUID
    credential: bytes
    expires_at: datetime


def start_enrolment(session: Session, *, session_id: UUID, now: datetime) -> EnrolmentNonce:
    """Return the question that the signed-in session's phone answers, once, within 120 seconds."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    question = EnrolmentNonce(nonce=nonce, session_id=session_id, expires_at=now + ENROLMENT_LIFE)
    session.add(question)
    session.flush()
    return question


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

    The same key again gives the same device a fresh credential. The card's first device makes it
    active (decision 0010). Locks the card, so that the limit of devices holds.

    Raises PublicKeyInvalid, EnrolmentExpired, EnrolmentRefused, DeviceLimit, DeviceKeyTaken, what
    lock_card_to_show() raises, and IssuerKeysMissing.
    """
    try:
        device_key = key_from_jwk(public_key)
    except KeyRejected as error:
        raise PublicKeyInvalid(detail=str(error)) from None
    card = lock_card_to_show(session, member_id=member_id, now=now)
    # Read after the lock: of two answers to one question, the second finds it answered.
    _answer_nonce(session, session_id=session_id, proof=proof, device_key=device_key, now=now)
    point = compressed(device_key)
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
    return _give_credential(session, card, _device_of(session, card, device_id), now=now)


def retire_device(session: Session, *, member_id: UUID, device_id: UUID, now: datetime) -> None:
    """Take the card off a phone: its credentials are invalid at once.

    Locks the card. Raises CardNotFound, DeviceNotFound.
    """
    card = lock_card_of(session, member_id=member_id)
    device = _device_of(session, card, device_id)
    device.retired_at = now
    end_credentials(
        session, card_id=card.id, device_id=device.id, state=CredentialState.INVALID, now=now
    )
    _note(session, card, device, "device_retired", now=now)


def _answer_nonce(
    session: Session,
    *,
    session_id: UUID,
    proof: str,
    device_key: EllipticCurvePublicKey,
    now: datetime,
) -> None:
    """Find the session's question that `proof` answers, and note that it was.

    Raises EnrolmentExpired, EnrolmentRefused.
    """
    refused: Refused | None = None
    for question in open_nonces(session, session_id=session_id, now=now, rows=_OPEN_NONCES_MAX):
        answer = verify_enrolment(proof, device_key=device_key, nonce=question.nonce, now=unix(now))
        if isinstance(answer, Proven):
            question.used_at = now
            session.flush()
            return
        refused = answer
        if refused.code is not Reason.WRONG_AUDIENCE:
            break
    if refused is None:
        raise EnrolmentExpired
    raise EnrolmentRefused(reason=refused.code.value, detail=refused.detail)


def _add_device(session: Session, card: Card, *, name: str, point: bytes, now: datetime) -> Device:
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
    return device


def _device_of(session: Session, card: Card, device_id: UUID) -> Device:
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
    title_zh, title_en = _TITLES[event]
    add_record(
        session,
        card_id=card.id,
        kind=RecordKind.CARD,
        event=event,
        source_type="device",
        source_id=device.id,
        title_zh=title_zh,
        title_en=title_en,
        occurred_at=now,
        now=now,
    )
