"""What the issuer signs: a CWT (RFC 8392) that holds nothing personal.

A device's credential carries the phone's public key and is worth nothing without its signature
(presentation.py). The paper card and the slice stand alone, so they promise less.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

import cbor2
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

from cards.uc1.answers import malformed
from cards.uc1.cbor import (
    UINT32_MAX,
    UINT64_MAX,
    Value,
    array,
    byte_string,
    decode,
    mapping,
    text,
    uint,
)
from cards.uc1.cose import Sign1, read_sign1, write_sign1
from cards.uc1.keys import COORDINATE_BYTES, KID_BYTES, Signer, compressed, point_of, split_point
from cards.uc1.terms import Form, Profile
from cards.uc1.text import write_text

CTI_BYTES = 8
TIER_MAX = 23
STATUS_LIST_MAX = 0xFFFF
STATUS_INDEX_MAX = 0xFFFFF
HINT_BYTES_MAX = 16  # keeps a paper card with a hint inside QR version 8-M

_EXP = 4
_CTI = 7
_CNF = 8
_CARD = -65537  # [profile, tier, status list, status index]
_HINT = -65538
_COSE_KEY = 1
_KTY, _EC2 = 1, 2
_CRV, _P256 = -1, 1
_X = -2
_Y = -3

_PROTECTED = b"\xa2\x01\x26\x04\x44"  # {1: -7, 4: kid}, the kid's four bytes follow
_STATIC_PROFILES = (Profile.PAPER, Profile.SLICE)


@dataclass(frozen=True, slots=True)
class Credential:
    """The facts of one credential. `exp` is Unix seconds.

    `device_point` is the phone's key, compressed, in a device's credential only. The online service
    makes one from its own rows to answer for a code that names its credential by `cti` alone.
    """

    profile: Profile
    kid: bytes
    cti: bytes
    exp: int
    tier: int
    status_list: int
    status_index: int
    device_point: bytes | None = None
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class SignedCredential:
    """A credential as read, with the signature that has yet to be verified."""

    facts: Credential
    sign1: Sign1


def new_cti() -> bytes:
    """Return a fresh credential id: random, so that two of one card cannot be linked by it."""
    return secrets.token_bytes(CTI_BYTES)


def issue_credential(
    issuer: Signer,
    *,
    device_key: EllipticCurvePublicKey,
    cti: bytes,
    exp: int,
    status_list: int,
    status_index: int,
    tier: int = 0,
) -> bytes:
    """Return a device's credential: an untagged CWT of at most 158 bytes.

    The same facts give the same bytes. Raises ValueError for a number outside the format's range.
    """
    card = _checked(
        Profile.CARD,
        cti=cti,
        exp=exp,
        tier=tier,
        status_list=status_list,
        status_index=status_index,
    )
    x, y_is_odd = split_point(compressed(device_key))
    claims = {
        _EXP: exp,
        _CTI: cti,
        _CNF: {_COSE_KEY: {_KTY: _EC2, _CRV: _P256, _X: x, _Y: y_is_odd}},
        _CARD: card,
    }
    return write_sign1(
        issuer.key, protected=_PROTECTED + issuer.kid, payload=cbor2.dumps(claims), tagged=False
    )


def issue_static(
    issuer: Signer,
    *,
    profile: Profile,
    cti: bytes,
    exp: int,
    status_list: int,
    status_index: int,
    tier: int = 0,
    hint: str | None = None,
) -> str:
    """Return the QR text of a paper card or of a slice.

    `hint` is for paper only: a surname and a star ("张*"), nothing else personal. Raises ValueError
    for another profile, a hint on a slice or too long, or a number outside the format's range.
    """
    if profile not in _STATIC_PROFILES:
        raise ValueError("a device's credential is issued by issue_credential()")
    card = _checked(
        profile,
        cti=cti,
        exp=exp,
        tier=tier,
        status_list=status_list,
        status_index=status_index,
    )
    claims: dict[int, int | bytes | str | list[int]] = {_EXP: exp, _CTI: cti, _CARD: card}
    if hint is not None:
        if profile is not Profile.PAPER or len(hint.encode()) > HINT_BYTES_MAX:
            raise ValueError(f"a hint is for paper, and has at most {HINT_BYTES_MAX} bytes")
        claims[_HINT] = hint
    message = write_sign1(
        issuer.key, protected=_PROTECTED + issuer.kid, payload=cbor2.dumps(claims)
    )
    return write_text(Form.STATIC, message)


def read_credential(raw: bytes) -> SignedCredential:
    """Return a device's credential, its signature not yet verified. Raises Rejected."""
    sign1 = read_sign1(raw, tagged=False)
    kid = _kid(sign1.protected)
    claims = mapping(decode(sign1.payload), detail="claims")
    # The format leaves room here for claims of later versions, which an older verifier ignores.
    if any(isinstance(name, str) for name in claims):
        raise malformed("claims")
    profile, tier, status_list, status_index = _card(claims)
    if profile is not Profile.CARD:
        raise malformed("profile")
    facts = Credential(
        profile=profile,
        kid=kid,
        cti=_cti(claims),
        exp=uint(claims.get(_EXP), maximum=UINT32_MAX, detail="claims"),
        tier=tier,
        status_list=status_list,
        status_index=status_index,
        device_point=_device_point(claims.get(_CNF)),
    )
    return SignedCredential(facts, sign1)


def read_static(message: bytes) -> SignedCredential:
    """Return a paper card or a slice, its signature not yet verified. Raises Rejected."""
    sign1 = read_sign1(message)
    kid = _kid(sign1.protected)
    claims = mapping(decode(sign1.payload), detail="claims")
    if _CNF in claims:
        # Anyone who has seen a phone's code has its credential. Bare, it proves nothing.
        raise malformed("possession proof missing")
    if not claims.keys() <= {_EXP, _CTI, _CARD, _HINT}:
        raise malformed("claims")
    profile, tier, status_list, status_index = _card(claims)
    if profile not in _STATIC_PROFILES:
        raise malformed("profile")
    hint = claims.get(_HINT)
    if hint is not None:
        hint = text(hint, minimum=0, maximum=len(sign1.payload), detail="claims")
    facts = Credential(
        profile=profile,
        kid=kid,
        cti=_cti(claims),
        exp=uint(claims.get(_EXP), maximum=UINT64_MAX, detail="claims"),
        tier=tier,
        status_list=status_list,
        status_index=status_index,
        hint=hint,
    )
    return SignedCredential(facts, sign1)


def _checked(
    profile: Profile, *, cti: bytes, exp: int, tier: int, status_list: int, status_index: int
) -> list[int]:
    """Return the card's claim. Raises ValueError: an issuer that is wrong here has a bug."""
    if len(cti) != CTI_BYTES:
        raise ValueError(f"a cti has {CTI_BYTES} bytes, not {len(cti)}")
    for name, value, maximum in (
        ("exp", exp, UINT32_MAX),
        ("tier", tier, TIER_MAX),
        ("status_list", status_list, STATUS_LIST_MAX),
        ("status_index", status_index, STATUS_INDEX_MAX),
    ):
        if not 0 <= value <= maximum:
            raise ValueError(f"{name} must be 0 to {maximum}, not {value}")
    return [int(profile), tier, status_list, status_index]


def _kid(protected: bytes) -> bytes:
    if len(protected) != len(_PROTECTED) + KID_BYTES or not protected.startswith(_PROTECTED):
        raise malformed("cred-protected")
    return protected[len(_PROTECTED) :]


def _cti(claims: Mapping[int | str, Value]) -> bytes:
    return byte_string(claims.get(_CTI), minimum=CTI_BYTES, maximum=CTI_BYTES, detail="claims")


def _card(claims: Mapping[int | str, Value]) -> tuple[Profile, int, int, int]:
    profile, tier, status_list, status_index = array(claims.get(_CARD), length=4, detail="claims")
    try:
        known = Profile(uint(profile, maximum=TIER_MAX, detail="profile"))
    except ValueError:
        raise malformed("profile") from None
    return (
        known,
        uint(tier, maximum=TIER_MAX, detail="claims"),
        uint(status_list, maximum=STATUS_LIST_MAX, detail="claims"),
        # An index beyond every list is well formed, and nothing is known about it: that is for
        # the status check to say (vector "index out of the list").
        uint(status_index, maximum=UINT32_MAX, detail="claims"),
    )


def _device_point(cnf: Value | None) -> bytes:
    """Return the compressed point. That it lies on the curve is checked after the signature."""
    confirmation = mapping(cnf, detail="cnf")
    if confirmation.keys() != {_COSE_KEY}:
        raise malformed("cnf")
    key = mapping(confirmation[_COSE_KEY], detail="cnf")
    if key.keys() != {_KTY, _CRV, _X, _Y}:
        raise malformed("cnf")
    kty = uint(key[_KTY], maximum=_EC2, detail="cnf")
    crv = uint(key[_CRV], maximum=_P256, detail="cnf")
    y_is_odd = key[_Y]
    if not isinstance(y_is_odd, bool) or (kty, crv) != (_EC2, _P256):
        raise malformed("cnf")
    x = byte_string(key[_X], minimum=COORDINATE_BYTES, maximum=COORDINATE_BYTES, detail="cnf")
    return point_of(x, y_is_odd=y_is_odd)
