"""What a till shows when it wants an answer made for it alone: its code and a fresh number."""

from dataclasses import dataclass

import cbor2

from cards.uc1 import base45
from cards.uc1.answers import Refused, Rejected, malformed
from cards.uc1.cbor import byte_string, decode, mapping, text
from cards.uc1.policy import POLICY
from cards.uc1.presentation import (
    AUDIENCE_BYTES_MAX,
    NONCE_BYTES_MAX,
    NONCE_BYTES_MIN,
    check_audience,
    check_nonce,
)

_PREFIX = "UM1:"
_AUD = 3
_NONCE = 39


@dataclass(frozen=True, slots=True)
class Challenge:
    audience: str
    nonce: bytes


def challenge_text(audience: str, nonce: bytes) -> str:
    """Return the QR text of a challenge. Whoever issues it lets `nonce` be answered once only.

    Raises ValueError outside the format's lengths.
    """
    claims = {_AUD: check_audience(audience), _NONCE: check_nonce(nonce)}
    return _PREFIX + base45.encode(cbor2.dumps(claims))


def read_challenge(text_shown: str) -> Challenge | Refused:
    """Return the challenge in a text that a phone has scanned."""
    try:
        return _read(text_shown)
    except Rejected as rejected:
        return rejected.refused


def _read(text_shown: str) -> Challenge:
    if len(text_shown) > POLICY.text_length_max:
        raise malformed("length")
    if not text_shown.startswith(_PREFIX):
        raise malformed("prefix")
    claims = mapping(decode(base45.decode(text_shown.removeprefix(_PREFIX))), detail="challenge")
    if claims.keys() != {_AUD, _NONCE}:
        raise malformed("challenge")
    return Challenge(
        audience=text(claims[_AUD], minimum=1, maximum=AUDIENCE_BYTES_MAX, detail="challenge"),
        nonce=byte_string(
            claims[_NONCE], minimum=NONCE_BYTES_MIN, maximum=NONCE_BYTES_MAX, detail="challenge"
        ),
    )
