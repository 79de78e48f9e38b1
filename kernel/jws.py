"""Compact JWS with ES256 (RFC 7515, RFC 7518): what a till signs, and what is signed for a till.

One header, byte for byte: `{"alg":"ES256"}`. A verifier that looks for its algorithm in what it
verifies can be told which one to use.
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.hashes import SHA256

_ES256 = ec.ECDSA(SHA256())
_CURVE = ec.SECP256R1()
_HEADER = '{"alg":"ES256"}'
_COORDINATE_BYTES = 32
_SIGNATURE_BYTES = 2 * _COORDINATE_BYTES


@dataclass(frozen=True, slots=True)
class Jws:
    """What a compact JWS says, not verified yet."""

    payload: bytes
    signed: bytes
    signature: bytes

    def is_signed_by(self, key: ec.EllipticCurvePublicKey) -> bool:
        r = int.from_bytes(self.signature[:_COORDINATE_BYTES])
        s = int.from_bytes(self.signature[_COORDINATE_BYTES:])
        try:
            key.verify(encode_dss_signature(r, s), self.signed, _ES256)
        except InvalidSignature:
            return False
        return True


def base64url(data: bytes) -> str:
    """Return `data` in base64url without padding (RFC 4648, 5)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(_CURVE)


def scalar_of(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return the 32 bytes of a private key: a secret, to be sealed before it is stored."""
    return key.private_numbers().private_value.to_bytes(_COORDINATE_BYTES)


def key_from_scalar(scalar: bytes) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(scalar), _CURVE)


def jwk_text(key: ec.EllipticCurvePublicKey) -> str:
    """Return a public key as the JSON of which RFC 7638 makes a thumbprint: one spelling."""
    numbers = key.public_numbers()
    x, y = (base64url(each.to_bytes(_COORDINATE_BYTES)) for each in (numbers.x, numbers.y))
    return f'{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}'


def jwk_thumbprint(key: ec.EllipticCurvePublicKey) -> str:
    """Return the SHA-256 thumbprint of RFC 7638, in base64url: 43 characters."""
    return base64url(hashlib.sha256(jwk_text(key).encode()).digest())


def write_jws(key: ec.EllipticCurvePrivateKey, payload: bytes) -> str:
    """Return `payload` as a compact JWS, signed by `key`."""
    signed = f"{base64url(_HEADER.encode())}.{base64url(payload)}"
    r, s = decode_dss_signature(key.sign(signed.encode(), _ES256))
    signature = r.to_bytes(_COORDINATE_BYTES) + s.to_bytes(_COORDINATE_BYTES)
    return f"{signed}.{base64url(signature)}"


def read_jws(text: str) -> Jws | None:
    """Return what a compact JWS with our header holds; None for anything else."""
    parts = text.split(".") if text.isascii() else []
    if len(parts) != 3 or parts[0] != base64url(_HEADER.encode()):  # noqa: PLR2004 (RFC 7515, 7.1)
        return None
    payload, signature = _bytes_of(parts[1]), _bytes_of(parts[2])
    if payload is None or signature is None or len(signature) != _SIGNATURE_BYTES:
        return None
    return Jws(payload, f"{parts[0]}.{parts[1]}".encode(), signature)


def _bytes_of(text: str) -> bytes | None:
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    # Spare bits that are not zero would be a second spelling of the same bytes.
    return data if base64url(data) == text else None
