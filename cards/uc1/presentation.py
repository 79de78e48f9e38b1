"""What the phone signs over its credential, anew every 15 seconds while it is shown."""

from dataclasses import dataclass

import cbor2
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from cards.uc1.answers import malformed
from cards.uc1.cbor import UINT32_MAX, byte_string, decode, mapping, text, uint
from cards.uc1.cose import Sign1, read_sign1, write_sign1
from cards.uc1.credential import CTI_BYTES
from cards.uc1.terms import Form
from cards.uc1.text import write_text

AUDIENCE_BYTES_MAX = 16
NONCE_BYTES_MIN = 8
NONCE_BYTES_MAX = 16

_AUD = 3
_IAT = 6
_NONCE = 39

_FULL = b"\xa2\x01\x26\x0d"  # {1: -7, 13: credential}, the credential follows as it was issued
_REFERENCE = b"\xa2\x01\x26\x04\x48"  # {1: -7, 4: cti}, the cti's eight bytes follow


@dataclass(frozen=True, slots=True)
class Presentation:
    """What the phone says. `iat` is its corrected clock, in Unix seconds."""

    iat: int
    audience: str | None
    nonce: bytes | None


def present(
    credential: bytes,
    device_key: EllipticCurvePrivateKey,
    *,
    iat: int,
    audience: str | None = None,
    nonce: bytes | None = None,
) -> str:
    """Return the QR text that shows `credential`, signed at `iat`: what a phone does.

    With the `audience` and `nonce` of a challenge, the answer to it. Raises ValueError outside the
    format's ranges.
    """
    message = write_sign1(
        device_key,
        protected=_FULL + credential,
        payload=_payload(iat, audience, nonce),
        external_aad=Form.FULL.encode(),
    )
    return write_text(Form.FULL, message)


def present_reference(
    cti: bytes,
    device_key: EllipticCurvePrivateKey,
    *,
    iat: int,
    audience: str | None = None,
    nonce: bytes | None = None,
) -> str:
    """Return the small QR text that only names the credential, for verifiers that are online."""
    if len(cti) != CTI_BYTES:
        raise ValueError(f"a cti has {CTI_BYTES} bytes, not {len(cti)}")
    message = write_sign1(
        device_key,
        protected=_REFERENCE + cti,
        payload=_payload(iat, audience, nonce),
        external_aad=Form.REFERENCE.encode(),
    )
    return write_text(Form.REFERENCE, message)


def read_full(message: bytes) -> tuple[bytes, Sign1]:
    """Return the credential's bytes and the phone's signature over them. Raises Rejected."""
    sign1 = read_sign1(message)
    if not sign1.protected.startswith(_FULL):
        raise malformed("protected")
    return sign1.protected[len(_FULL) :], sign1


def read_reference(message: bytes) -> tuple[bytes, Sign1]:
    """Return the credential's cti and the phone's signature. Raises Rejected."""
    sign1 = read_sign1(message)
    protected = sign1.protected
    if len(protected) != len(_REFERENCE) + CTI_BYTES or not protected.startswith(_REFERENCE):
        raise malformed("protected")
    return protected[len(_REFERENCE) :], sign1


def read_presentation(payload: bytes) -> Presentation:
    """Return what the phone signed. Raises Rejected: a claim that is not known is refused."""
    claims = mapping(decode(payload), detail="presentation")
    if not {_IAT} <= claims.keys() <= {_AUD, _IAT, _NONCE}:
        raise malformed("presentation")
    audience, nonce = claims.get(_AUD), claims.get(_NONCE)
    if audience is not None:
        audience = text(audience, minimum=1, maximum=AUDIENCE_BYTES_MAX, detail="presentation")
    if nonce is not None:
        nonce = byte_string(
            nonce, minimum=NONCE_BYTES_MIN, maximum=NONCE_BYTES_MAX, detail="presentation"
        )
    iat = uint(claims[_IAT], maximum=UINT32_MAX, detail="presentation")
    return Presentation(iat, audience, nonce)


def _payload(iat: int, audience: str | None, nonce: bytes | None) -> bytes:
    if not 0 <= iat <= UINT32_MAX:
        raise ValueError(f"iat must be 0 to {UINT32_MAX}, not {iat}")
    claims: dict[int, int | str | bytes] = {}  # in the order of the keys on the wire
    if audience is not None:
        claims[_AUD] = check_audience(audience)
    claims[_IAT] = iat
    if nonce is not None:
        claims[_NONCE] = check_nonce(nonce)
    return cbor2.dumps(claims)


def check_audience(audience: str) -> str:
    """Return `audience`. Raises ValueError outside the format's length."""
    if not 1 <= len(audience.encode()) <= AUDIENCE_BYTES_MAX:
        raise ValueError(f"an audience has 1 to {AUDIENCE_BYTES_MAX} bytes")
    return audience


def check_nonce(nonce: bytes) -> bytes:
    """Return `nonce`. Raises ValueError outside the format's length."""
    if not NONCE_BYTES_MIN <= len(nonce) <= NONCE_BYTES_MAX:
        raise ValueError(f"a nonce has {NONCE_BYTES_MIN} to {NONCE_BYTES_MAX} bytes")
    return nonce
