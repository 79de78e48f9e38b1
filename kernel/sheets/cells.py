"""The cells and limits that both kinds of file share."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from kernel.text import half_width

Row = tuple[int, Sequence[object]]  # the number that a spreadsheet shows, and the row's cells


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a file is taken. A workbook of 60 columns is bad input (issue 2)."""

    content_bytes: int = 32 * 1024 * 1024
    unpacked_bytes: int = 200 * 1024 * 1024
    column_count: int = 50
    line_count: int = 200_000
    merged_range_count: int = 2_000


@dataclass(frozen=True, slots=True)
class Formula:
    """A cell that begins with `=`: its text, never its value.

    The value stored beside a formula may be old, missing, or the work of whoever wrote the file, so
    it is not taken: a line that needs such a cell goes back to its owner, to be pasted as values.
    """

    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Covered:
    """A cell hidden under a merged one: nobody can tell which value was meant for it."""

    def __str__(self) -> str:
        return ""


COVERED = Covered()


# What a spreadsheet program may take for the beginning of a formula.
_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n")
_CONSTANT = re.compile(r'="([^"]*)"')


def text_or_formula(text: str) -> str | Formula:
    """Return a cell of text as its reader should see it.

    ="0123" is how programs keep a spreadsheet from eating zeros: a constant, so its text is taken.
    A quote before a formula sign is what `defused` put there, and comes off again.
    """
    if text.startswith("="):
        constant = _CONSTANT.fullmatch(text)
        return constant.group(1) if constant else Formula(text)
    if text.startswith("'") and _may_run(text[1:]):
        return text[1:]
    return text


def defused(cell: object) -> object:
    """Return `cell` made safe to export: text that a spreadsheet would run gets a leading quote.

    A spreadsheet program takes text that begins with = + - @ or a tab for a formula, and a formula
    can send what is beside it elsewhere. Numbers and dates go out as they are.
    """
    if isinstance(cell, Formula):
        return "'" + cell.text
    return "'" + cell if isinstance(cell, str) and _may_run(cell) else cell


def _may_run(text: str) -> bool:
    return half_width(text).lstrip(" ").startswith(_FORMULA_SIGNS)


def is_blank(cell: object) -> bool:
    return cell is None or cell is COVERED or (isinstance(cell, str) and not cell.strip())
