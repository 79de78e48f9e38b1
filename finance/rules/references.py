"""The end-to-end reference of a payment: we make it, the bank carries it and says it back."""

import re
import secrets

from kernel.text import ascii_upper, half_width, plain_dashes, without_blanks

PREFIX = "UC"
# Crockford's base32: neither I, L, O nor U. As no U can follow, "UC" begins a reference only once.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
BODY_LENGTH = 16  # 80 bits
LOOK_ALIKES = str.maketrans("OIL", "011")

_FOUND = re.compile(rf"{PREFIX}([{ALPHABET}OIL]{{{BODY_LENGTH}}})")


def new_reference() -> str:
    """Return a reference nobody can guess: 18 characters, well within a bank's 35."""
    return PREFIX + "".join(secrets.choice(ALPHABET) for _ in range(BODY_LENGTH))


def find_reference(text: str) -> str | None:
    """Return the one reference of ours that a bank's text names, or None.

    Banks print it in the middle of a sentence, full-width, in small letters, broken by blanks or
    dashes, with O and I for 0 and 1, and with a number of their own stuck to its end. A text with
    two different references names neither: that is for a person to read.
    """
    plain = ascii_upper(without_blanks(plain_dashes(half_width(text)))).replace("-", "")
    found = {body.translate(LOOK_ALIKES) for body in _FOUND.findall(plain)}
    return PREFIX + found.pop() if len(found) == 1 else None
