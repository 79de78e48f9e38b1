"""The papers of a claim: what kind of file they are, and how their numbers are compared."""

import hashlib
from dataclasses import dataclass, field

from aid.rules.formulas import LineAmounts
from kernel.text import ascii_upper, half_width, plain_dashes, without_blanks

PAPER_BYTES_MAX = 5 * 1024 * 1024

_PNG_END = b"IEND\xaeB`\x82"
# By the first bytes, never by the name or by what the sender calls it.
_BEGINNINGS = {
    b"%PDF-": "application/pdf",
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG\r\n\x1a\n": "image/png",
}
ENDINGS = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png"}


@dataclass(frozen=True, slots=True)
class PaperLine:
    """One line of a claim as it was typed. The three facts never show in a `repr` or a log."""

    invoice_no: str = field(repr=False)
    hospital: str = field(repr=False)
    admission_no: str = field(repr=False)
    amounts: LineAmounts


def media_type_of(content: bytes) -> str | None:
    """Return what a paper is by its content, or None if it is none of PDF, JPEG and PNG.

    A file that was cut short is none: a member should hear it now, not the assessor later.
    """
    found = next((kind for start, kind in _BEGINNINGS.items() if content.startswith(start)), None)
    if found == "application/pdf" and b"%%EOF" not in content[-2048:]:
        return None
    if found == "image/png" and not content.endswith(_PNG_END):
        return None
    if found == "image/jpeg" and b"\xff\xd9" not in content[-65_536:]:
        return None
    return found


def plain_number(text: str) -> str:
    """Return a number or a name as it is compared: width, case, blanks and dashes do not count."""
    return ascii_upper(without_blanks(plain_dashes(half_width(text)))).replace("-", "")


def content_mark(content: bytes) -> str:
    """Return what a paper's blind index is made from, so that the same file is noticed again."""
    return hashlib.sha256(content).hexdigest()
