"""Mobile numbers of people: one normal form for each, `+` country code number."""

import re

from kernel.text import half_width, plain_dashes, without_blanks

# domain.md 3.6. A mainland number may come bare; the others only with their code, because eight
# digits could be Hong Kong's, Macao's, or a landline's. IoT numbers have 13 digits, so none passes.
_FORMS = (
    ("+86", re.compile(r"(?:(?:\+|00)?86)?(1[3-9]\d{9})", re.ASCII)),
    ("+852", re.compile(r"(?:\+|00)852([4-9]\d{7})", re.ASCII)),
    ("+853", re.compile(r"(?:\+|00)853(6\d{7})", re.ASCII)),
    ("+886", re.compile(r"(?:\+|00)8860?(9\d{8})", re.ASCII)),
)
_TEXT_LENGTH_MAX = 40


def parse_phone(text: str) -> str | None:
    """Return the mobile number as one string, `+8615400000001`, or None if `text` is none.

    Takes +86, 0086, 86 or nothing before a mainland number; blanks, dashes, brackets, full width.
    The same number always gives the same string, so that one phone is one member's.
    """
    if len(text) > _TEXT_LENGTH_MAX:
        return None
    plain = re.sub(r"[-()]", "", plain_dashes(without_blanks(half_width(text))))
    for code, form in _FORMS:
        if found := form.fullmatch(plain):
            return code + found.group(1)
    return None
