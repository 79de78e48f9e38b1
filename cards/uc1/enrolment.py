"""How a phone proves, once, that it holds the key that it asks to be enrolled."""

import hmac
from dataclasses import dataclass

import cbor2
from cryptography.hazmat.primitives.asymmetric.ec import (
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
)

from cards.uc1.answers import Refused, Rejected, malformed
from cards.uc1.cbor import UINT32_MAX, byte_string, decode, mapping, uint
from cards.uc1.cose import read_sign1, write_sign1
from cards.uc1.keys import base64url, bytes_of_base64url
from cards.uc1.policy import POLICY, Policy
from cards.uc1.terms import Reason

NONCE_BYTES = 16
_PROOF_LENGTH_MAX = 256  # a proof has 134 characters
_PURPOSE = b"UE1:"  # keeps a signature made for a till from enrolling a phone, and the reverse
_PROTECTED = b"\xa1\x01\x26"  # {1: -7}
_IAT = 6
_NONCE = 39


@dataclass(frozen=True, slots=True)
class Proven:
    """The phone holds the private key. `iat` is its clock, Unix seconds."""

    iat: int


def enrolment_proof(device_key: EllipticCurvePrivateKey, *, nonce: bytes, iat: int) -> str:
    """Return what a phone sends with its public key, in base64url."""
    payload = cbor2.dumps({_IAT: iat, _NONCE: nonce})
    return base64url(
        write_sign1(device_key, protected=_PROTECTED, payload=payload, external_aad=_PURPOSE)
    )


def verify_enrolment(
    proof: str,
    *,
    device_key: EllipticCurvePublicKey,
    nonce: bytes,
    now: int,
    policy: Policy = POLICY,
) -> Proven | Refused:
    """Return whether `proof` was made by `device_key` for `nonce`, within a minute of `now`.

    That the nonce belongs to this session, lives 120 seconds and is used once is the caller's to
    see to. Refused is `malformed`, `bad_signature`, `wrong_audience` (another nonce) or `stale`.
    """
    try:
        return _verify(proof, device_key, nonce, now, policy)
    except Rejected as rejected:
        return rejected.refused


def _verify(
    proof: str, device_key: EllipticCurvePublicKey, nonce: bytes, now: int, policy: Policy
) -> Proven:
    if len(proof) > _PROOF_LENGTH_MAX:
        raise malformed("length")
    try:
        message = bytes_of_base64url(proof)
    except ValueError:
        raise malformed("base64url") from None
    sign1 = read_sign1(message)
    if sign1.protected != _PROTECTED:
        raise malformed("protected")
    claims = mapping(decode(sign1.payload), detail="enrolment")
    if claims.keys() != {_IAT, _NONCE}:
        raise malformed("enrolment")
    iat = uint(claims[_IAT], maximum=UINT32_MAX, detail="enrolment")
    shown = byte_string(
        claims[_NONCE], minimum=NONCE_BYTES, maximum=NONCE_BYTES, detail="enrolment"
    )
    if not sign1.is_signed_by(device_key, external_aad=_PURPOSE):
        raise Rejected(Reason.BAD_SIGNATURE, "holder")
    if not hmac.compare_digest(shown, nonce):
        raise Rejected(Reason.WRONG_AUDIENCE, "nonce")
    if abs(now - iat) > policy.enrolment_skew_seconds:
        raise Rejected(Reason.STALE, "clock ahead" if iat > now else "too old")
    return Proven(iat)
