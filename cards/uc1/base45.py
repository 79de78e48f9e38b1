"""Base45 (RFC 9285), strict: one text for each sequence of bytes, no case folding, no white space.

Not the `base45` package, which strips line feeds and takes twice as long (decision 0005).
"""

import struct

from cards.uc1.answers import malformed

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_BASE = len(_ALPHABET)
_DIGITS = bytes(max(0, _ALPHABET.find(chr(code))) for code in range(256))
_FOREIGN = bytes(code for code in range(256) if chr(code) not in _ALPHABET)
_PAIR_MAX = 0xFFFF
_BYTE_MAX = 0xFF


def encode(data: bytes) -> str:
    whole = len(data) & ~1
    text: list[str] = []
    for (pair,) in struct.iter_unpack(">H", data[:whole]):
        rest, low = divmod(pair, _BASE)
        high, middle = divmod(rest, _BASE)
        text += (_ALPHABET[low], _ALPHABET[middle], _ALPHABET[high])
    if whole < len(data):
        high, low = divmod(data[-1], _BASE)
        text += (_ALPHABET[low], _ALPHABET[high])
    return "".join(text)


def decode(text: str) -> bytes:
    """Return the bytes of `text`. Raises Rejected for anything that `encode` never writes."""
    try:
        raw = text.encode("ascii")
    except UnicodeEncodeError:
        raise malformed("base45") from None
    if len(raw) != len(raw.translate(None, _FOREIGN)):
        raise malformed("base45")
    digits = raw.translate(_DIGITS)
    whole = len(digits) // 3 * 3
    pairs = [
        low + 45 * middle + 2025 * high  # 45 and its square: a name is slower by a quarter
        for low, middle, high in zip(
            digits[0:whole:3], digits[1:whole:3], digits[2:whole:3], strict=True
        )
    ]
    if pairs and max(pairs) > _PAIR_MAX:
        raise malformed("base45")
    return struct.pack(f">{len(pairs)}H", *pairs) + _last_byte(digits[whole:])


def _last_byte(digits: bytes) -> bytes:
    """Return the byte of the two characters left after the triples, if any are left."""
    match list(digits):
        case []:
            return b""
        case [low, high] if low + _BASE * high <= _BYTE_MAX:
            return bytes((low + _BASE * high,))
        case _:
            raise malformed("base45")
