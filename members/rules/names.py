"""Names of persons: domain.md 3.8, rule R35."""

import re
from unicodedata import category, name, normalize

from kernel.text import Refused, half_width, plain_dashes, single_spaced, without_blanks

_LENGTH_MIN = 2
_LENGTH_MAX = 50
_TEXT_LENGTH_MAX = 400  # beyond it, nothing is worth normalising
_DOTS = re.compile("[•‧．.・･∙⋅●]")
_LATIN_SIGNS = frozenset(" .-',’")


def normal_name(text: str) -> str:
    """Return a name in the one form that names are kept and compared in.

    NFC, half width, one spelling of the dot between the parts of a minority name (`·`). A name in
    Latin letters is upper case with single spaces and keeps its points; no other name has blanks
    (people pad 张　明 to the width of three characters).
    """
    spaced = single_spaced(half_width(normalize("NFC", text)))
    if is_latin(spaced):
        return normalize("NFC", "".join(map(_upper, plain_dashes(spaced).replace("’", "'"))))
    return normalize("NFC", _DOTS.sub("·", without_blanks(spaced)))


def read_name(text: str) -> str | Refused:  # noqa: PLR0911 (one guard for each thing to tell)
    """Return the normal form of a name, or why it cannot be one. Nothing is raised."""
    if len(text) > _TEXT_LENGTH_MAX:
        return Refused("name_invalid", "name_too_long")
    normal = normal_name(text)
    if not normal:
        return Refused("name_missing", "name_missing")
    if any(not _belongs_in_name(char) for char in normal):
        return Refused("name_invalid", "name_character")
    if normal.startswith("·") or normal.endswith("·"):
        return Refused("name_invalid", "name_dot")
    if len(normal) < _LENGTH_MIN:
        return Refused("name_invalid", "name_too_short")
    if len(normal) > _LENGTH_MAX:
        return Refused("name_invalid", "name_too_long")
    return normal


def match_name(registered: str, given: str) -> bool:
    """Say whether a person gave the name that stands in the register, however it is spelled.

    Only spelling is forgiven (`normal_name`): nothing is left out, no dot and no part of a name.
    """
    return len(given) <= _TEXT_LENGTH_MAX and normal_name(registered) == normal_name(given)


def is_latin(text: str) -> bool:
    """Say whether a text has letters, and Latin ones only."""
    letters = [char for char in text if char.isalpha()]
    return bool(letters) and all(
        char.isascii() or name(char, "").startswith("LATIN") for char in letters
    )


def _upper(char: str) -> str:
    """Return a capital, where there is one: `ß` stays, because `SS` would be two letters."""
    capital = char.upper()
    return capital if len(capital) == 1 else char


def _belongs_in_name(char: str) -> bool:
    """Letters and their marks, 〇 (a number to Unicode), the dot, what Latin names contain."""
    return category(char)[0] in "LM" or char in "〇·" or char in _LATIN_SIGNS
