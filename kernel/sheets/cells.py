"""The cells and limits that both kinds of file share."""

from collections.abc import Sequence
from dataclasses import dataclass

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


def is_blank(cell: object) -> bool:
    return cell is None or cell is COVERED or (isinstance(cell, str) and not cell.strip())
