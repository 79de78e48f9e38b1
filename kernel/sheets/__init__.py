"""Reads table files: CSV as offices save it, and XLSX. What a file is, its content decides.

A reader is told which columns it needs and how their headings are spelled in the wild. It finds the
heading within the first ten rows, names what is missing, and then yields line after line without
holding the file's lines in memory. Everything that a file can be instead of a table is a `Refusal`.
"""

from kernel.sheets.cells import COVERED, Covered, Formula, Limits, defused
from kernel.sheets.errors import (
    ColumnsMissing,
    ColumnTwice,
    HeadingMissing,
    OldWorkbook,
    OtherWorkbook,
    QuotesUnbalanced,
    TableFileBroken,
    TableFileEmpty,
    TableFileKindUnknown,
    TableFileRefused,
    TableFileTooLarge,
    TableFileUnpacksTooLarge,
    TooManyColumns,
    TooManyLines,
    TooManyMergedCells,
    WorkbookLocked,
)
from kernel.sheets.table import Line, Table, read_table

__all__ = [
    "COVERED",
    "ColumnTwice",
    "ColumnsMissing",
    "Covered",
    "Formula",
    "HeadingMissing",
    "Limits",
    "Line",
    "OldWorkbook",
    "OtherWorkbook",
    "QuotesUnbalanced",
    "Table",
    "TableFileBroken",
    "TableFileEmpty",
    "TableFileKindUnknown",
    "TableFileRefused",
    "TableFileTooLarge",
    "TableFileUnpacksTooLarge",
    "TooManyColumns",
    "TooManyLines",
    "TooManyMergedCells",
    "WorkbookLocked",
    "defused",
    "read_table",
]
