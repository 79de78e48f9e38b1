"""Text as people type and paste it: full-width forms, odd spaces, invisible characters."""

import re
from dataclasses import dataclass
from unicodedata import category

_FULL_TO_HALF = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: " "}
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−－﹣"), "-")
# Whether there is anything to do is asked first: it costs a tenth of doing it.
_HAS_FULL = re.compile("[\u3000\uff01-\uff5e]")
_HAS_DASH = re.compile(f"[{''.join(map(chr, _DASHES))}]")


@dataclass(frozen=True, slots=True)
class Refused:
    """What a reader of typed text answers when it cannot accept it.

    `reason` is one of the few codes that callers count and translate; `detail` is a finer code with
    a sentence of its own for the person who has to mend the text.
    """

    reason: str
    detail: str


def half_width(text: str) -> str:
    """Return `text` with full-width Latin letters, digits, signs and spaces made ordinary."""
    return text.translate(_FULL_TO_HALF) if _HAS_FULL.search(text) else text


def plain_dashes(text: str) -> str:
    """Return `text` with every kind of dash and minus written as `-`."""
    return text.translate(_DASHES) if _HAS_DASH.search(text) else text


def without_blanks(text: str) -> str:
    """Return `text` without white space of any kind and without invisible format characters.

    Invisible are Unicode's Cf: zero-width space and joiners, byte order mark, direction marks, soft
    hyphen. Control characters that are no white space stay, so that a charset check sees them.
    """
    if text.isascii():
        return "".join(text.split())
    if text.isprintable():  # so the only blank in it is the ordinary one
        return text.replace(" ", "")
    return "".join(char for char in text if not char.isspace() and category(char) != "Cf")


def single_spaced(text: str) -> str:
    """Return `text` stripped, without invisible characters, each run of white space one space."""
    if not text.isascii() and not text.isprintable():
        text = "".join(char for char in text if category(char) != "Cf")
    return " ".join(text.split())


def ascii_upper(text: str) -> str:
    """Return `text` with a-z made A-Z and nothing else touched (`ß` does not become `SS`)."""
    return text.upper() if text.isascii() else text.translate(_ASCII_UPPER)


_ASCII_UPPER = {code: code - 32 for code in range(ord("a"), ord("z") + 1)}


def cell_text(cell: object) -> str:
    """Return a cell of text or number as it is shown: 13800000000.0 reads 13800000000.

    A float too big to be exact (a document number that a spreadsheet has rounded) keeps its
    exponent, so that no reader takes it for the number it once was.
    """
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < _EXACT_FLOAT_MAX:
        return str(int(cell))
    return str(cell)


_EXACT_FLOAT_MAX = 2**53
