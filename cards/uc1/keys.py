"""P-256 keys as the format writes them: points, kids, JWKs, scalars."""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

_CURVE = ec.SECP256R1()
COORDINATE_BYTES = 32
_ODD = b"\x03"
_EVEN = b"\x02"
KID_BYTES = 4


class KeyRejected(ValueError):
    """A key that was sent is not a public P-256 key. The message says which rule it breaks."""


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key of the service with its name. Made once, kept: the name costs a hash."""

    key: ec.EllipticCurvePrivateKey
    kid: bytes

    @classmethod
    def of(cls, key: ec.EllipticCurvePrivateKey) -> "Signer":
        return cls(key, kid_of(key.public_key()))


def new_private_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(_CURVE)


def private_key_from_bytes(scalar: bytes) -> ec.EllipticCurvePrivateKey:
    """Return the key of a 32-byte scalar. Raises ValueError outside 1..n-1."""
    if len(scalar) != COORDINATE_BYTES:
        raise ValueError(f"a P-256 scalar has {COORDINATE_BYTES} bytes, not {len(scalar)}")
    return ec.derive_private_key(int.from_bytes(scalar), _CURVE)


def private_key_bytes(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return the 32-byte scalar: a secret, to be sealed before it is stored."""
    return key.private_numbers().private_value.to_bytes(COORDINATE_BYTES)


def compressed(key: ec.EllipticCurvePublicKey) -> bytes:
    """Return the point in 33 bytes (SEC 1): 02 or 03 by the parity of y, then x."""
    return key.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)


def key_from_point(point: bytes) -> ec.EllipticCurvePublicKey:
    """Return the key of a SEC 1 point, compressed or not. Raises ValueError off the curve."""
    return ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, point)


def point_of(x: bytes, *, y_is_odd: bool) -> bytes:
    return (_ODD if y_is_odd else _EVEN) + x


def split_point(point: bytes) -> tuple[bytes, bool]:
    """Return x, and whether y is odd, of a compressed point."""
    return point[1:], point[:1] == _ODD


def thumbprint(key: ec.EllipticCurvePublicKey) -> bytes:
    """Return the SHA-256 thumbprint of RFC 9679: over the COSE_Key, y in full, deterministic."""
    point = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    x, y = point[1 : 1 + COORDINATE_BYTES], point[1 + COORDINATE_BYTES :]
    return hashlib.sha256(b"\xa4\x01\x02\x20\x01\x21\x58\x20" + x + b"\x22\x58\x20" + y).digest()


def kid_of(key: ec.EllipticCurvePublicKey) -> bytes:
    """Return the 4 bytes by which a credential names its issuer's key."""
    return thumbprint(key)[:KID_BYTES]


def public_jwk(key: ec.EllipticCurvePublicKey) -> dict[str, str]:
    numbers = key.public_numbers()
    return {
        "kty": "EC",
        "crv": "P-256",
        "x": base64url(numbers.x.to_bytes(COORDINATE_BYTES)),
        "y": base64url(numbers.y.to_bytes(COORDINATE_BYTES)),
    }


def key_from_jwk(jwk: Mapping[str, object]) -> ec.EllipticCurvePublicKey:
    """Return the key of a public JWK (RFC 7518, 6.2). Raises KeyRejected.

    What WebCrypto adds (`ext`, `key_ops`) is ignored; a private part is refused, since a device
    that sends it has given its key away.
    """
    if "d" in jwk:
        raise KeyRejected("a private key was sent")
    if jwk.get("kty") != "EC" or jwk.get("crv") != "P-256":
        raise KeyRejected("not a P-256 key")
    try:
        x, y = (bytes_of_base64url(jwk[name]) for name in ("x", "y"))
    except (KeyError, ValueError):
        raise KeyRejected("x and y must be base64url without padding") from None
    if len(x) != COORDINATE_BYTES or len(y) != COORDINATE_BYTES:
        raise KeyRejected(f"x and y must have {COORDINATE_BYTES} bytes")
    try:
        return key_from_point(b"\x04" + x + y)
    except ValueError:
        raise KeyRejected("the point is not on the curve") from None


def base64url(data: bytes) -> str:
    """Return `data` in base64url without padding (RFC 4648, 5)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def bytes_of_base64url(value: object) -> bytes:
    """Return the bytes of what `base64url` writes, and of nothing else. Raises ValueError."""
    data = None
    if isinstance(value, str) and value.isascii():
        with suppress(binascii.Error):
            data = base64.b64decode(value + "=" * (-len(value) % 4), b"-_", validate=True)
    # Padding, and spare bits that are not zero, would be second spellings of the same bytes.
    if data is None or base64url(data) != value:
        raise ValueError("not base64url")
    return data
