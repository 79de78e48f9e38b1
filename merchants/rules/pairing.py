"""What a device shows when it pairs: a typed code, its key, and where it calls from."""

import base64
import binascii
import re
from collections.abc import Mapping
from ipaddress import IPv6Address, ip_address, ip_network

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicNumbers
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from kernel.text import ascii_upper, half_width, plain_dashes, without_blanks

# Of each pair that people mistake for one another (0 O, 1 I L, 2 Z, 5 S, 8 B, U V) at most one.
READABLE = "346789ACDEFGHJKMNPQRTUWXY"
PAIRING_CODE_LENGTH = 10
TERMINAL_CODE_LENGTH = 8

_COORDINATE = re.compile(r"[A-Za-z0-9_-]{43}")
_IPV6_CUSTOMER_BITS = 64


def normal_pairing_code(typed: str) -> str:
    """Return a pairing code as it was made, however it was typed: small, spaced, with dashes."""
    return ascii_upper(without_blanks(plain_dashes(half_width(typed)))).replace("-", "")


def grouped_code(code: str) -> str:
    """Return a pairing code as it is shown: two groups of five, read more surely than ten."""
    half = len(code) // 2
    return f"{code[:half]}-{code[half:]}"


def network_of(address: str) -> str:
    """Return what wrong codes are counted by: an IPv4 address, or the /64 of an IPv6 one.

    One customer has a whole /64, so counting its single addresses would count nothing. An IPv4
    address written as IPv6 is the IPv4 address.
    """
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        # A unix socket has no address; all such callers share one count.
        return "unknown"
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is None:
            return str(ip_network((parsed, _IPV6_CUSTOMER_BITS), strict=False))
        parsed = parsed.ipv4_mapped
    return str(parsed)


def public_key_point(jwk: Mapping[str, object]) -> bytes | None:
    """Return the compressed P-256 point (33 bytes) of a public JWK, or None if it is not one.

    None too for a point that is not on the curve, for coordinates that are not exactly 32 bytes
    (RFC 7518, 6.2.1.2), and for a key with a private part, which no device may send.
    """
    if jwk.get("kty") != "EC" or jwk.get("crv") != "P-256" or "d" in jwk:
        return None
    x, y = _coordinate(jwk.get("x")), _coordinate(jwk.get("y"))
    if x is None or y is None:
        return None
    try:
        key = EllipticCurvePublicNumbers(x, y, SECP256R1()).public_key()
    except ValueError:
        return None
    return key.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)


def _coordinate(text: object) -> int | None:
    if not isinstance(text, str) or not _COORDINATE.fullmatch(text):
        return None
    try:
        return int.from_bytes(base64.urlsafe_b64decode(text + "="))
    except binascii.Error:
        return None
