"""Finds the heading of a table and yields the lines below it."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from itertools import chain, islice

from kernel.sheets.cells import Limits, Row, is_blank
from kernel.sheets.delimited import delimited_rows
from kernel.sheets.errors import (
    ColumnsMissing,
    ColumnTwice,
    HeadingMissing,
    OldWorkbook,
    OtherWorkbook,
    QuotesUnbalanced,
    TableFileEmpty,
    TableFileTooLarge,
    TooManyColumns,
    TooManyLines,
    WorkbookLocked,
)
from kernel.sheets.workbook import workbook_rows
from kernel.text import cell_text, half_width, without_blanks

_HEADING_ROW_MAX = 10
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = b"PK\x03\x04"
_NOTE = re.compile(r"\([^()]*\)$")


@dataclass(frozen=True, slots=True)
class Line:
    """One line below the heading.

    `number` is the row that a spreadsheet program shows beside it. `cells` holds the known columns
    by field name: text from a CSV; text, numbers, dates, `Formula` or `COVERED` from a workbook;
    None where the row ends early.
    """

    number: int
    cells: Mapping[str, object]
    row: Sequence[object] = field(repr=False)

    @property
    def originals(self) -> tuple[str, ...]:
        """Every cell of the row as text, known column or not, to be handed back with a refusal."""
        return tuple(_shown(cell) for cell in self.row)


@dataclass(frozen=True, slots=True)
class Table:
    """A heading that was found, and the lines below it: read as they are asked for, and once.

    `above` are the rows over the heading: a title, whose account it is, for which days.
    """

    heading: tuple[str, ...]
    heading_number: int
    above: tuple[Row, ...] = field(repr=False)
    lines: Iterator[Line] = field(repr=False)

    def __iter__(self) -> Iterator[Line]:
        return self.lines


def read_table(
    content: bytes,
    *,
    header_synonyms: Mapping[str, Sequence[str]],
    required_headers: Iterable[str],
    limits: Limits = Limits(),  # noqa: B008 (frozen, so shared safely)
) -> Table:
    """Find the heading in `content` now, and return a table whose lines are read on demand.

    `header_synonyms` gives for each field name the spellings of its heading, the preferred one
    first; `required_headers` are the field names that must be there. Columns that nobody asked for
    are ignored, except in `Line.originals`. Blank rows are skipped, but counted.

    Raises a `TableFileRefused`: at once or, for what only reading can show, while lines are taken.
    """
    if not content.strip(b"\x00 \t\r\n"):
        raise TableFileEmpty
    if len(content) > limits.content_bytes:
        raise TableFileTooLarge(bytes_max=limits.content_bytes)
    required = tuple(required_headers)
    best: _Heading | None = None
    quotes: QuotesUnbalanced | None = None
    for rows in _candidates(content, limits):
        try:
            head = list(islice(rows, _HEADING_ROW_MAX))
        except QuotesUnbalanced as refusal:
            # Only the wrong delimiter may be to blame: the other ones are still to be tried.
            quotes = quotes or refusal
            continue
        for index, row in enumerate(head):
            heading = _heading_in(row, header_synonyms, limits)
            if all(name in heading.columns for name in required):
                below = chain(head[index + 1 :], rows)
                above = tuple(head[:index])
                return Table(heading.titles, heading.number, above, _lines(heading, below, limits))
            if best is None or len(heading.columns) > len(best.columns):
                best = heading
    if best is None or not best.columns:
        raise quotes or HeadingMissing(columns=[header_synonyms[name][0] for name in required])
    missing = [header_synonyms[name][0] for name in required if name not in best.columns]
    raise ColumnsMissing(columns=missing, line=best.number)


def _candidates(content: bytes, limits: Limits) -> Iterator[Iterator[Row]]:
    """Yield each way to read `content` as rows: the sheets of a workbook, a CSV by delimiter."""
    if content.startswith(_OLE):
        # Excel wraps an encrypted .xlsx in the container of the old .xls.
        if "EncryptedPackage".encode("utf-16-le") in content:
            raise WorkbookLocked
        raise OldWorkbook
    if content.startswith(_ZIP):
        return workbook_rows(content, limits=limits)
    if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        # Web systems like to "export to Excel" by naming a web page .xls.
        raise OtherWorkbook
    return delimited_rows(content)


@dataclass(frozen=True, slots=True)
class _Heading:
    number: int
    titles: tuple[str, ...]
    columns: Mapping[str, int]  # field name to index in the row


def _heading_in(row: Row, synonyms: Mapping[str, Sequence[str]], limits: Limits) -> _Heading:
    """Return what of a heading `row` holds: possibly nothing.

    Where two columns fit one field, the one whose spelling is preferred wins; two columns with the
    same spelling leave no way to choose.
    """
    number, cells = row
    _check_width(cells, limits)
    places: dict[str, list[int]] = {}
    for index, cell in enumerate(cells):
        places.setdefault(_heading_key(cell), []).append(index)
    columns: dict[str, int] = {}
    for name, spellings in synonyms.items():
        spelling = next((s for s in spellings if _heading_key(s) in places), None)
        if spelling is None:
            continue
        found = places[_heading_key(spelling)]
        if len(found) > 1:
            raise ColumnTwice(column=spelling, line=number)
        columns[name] = found[0]
    return _Heading(number, tuple(_shown(cell) for cell in cells), columns)


def _heading_key(cell: object) -> str:
    """Return a heading without what people decorate it with: `*`, blanks, a note in brackets."""
    if not isinstance(cell, str):
        return ""
    text = without_blanks(half_width(cell)).casefold().strip("*:")
    return _NOTE.sub("", text).strip("*:")


def _lines(heading: _Heading, rows: Iterable[Row], limits: Limits) -> Iterator[Line]:
    columns = tuple(heading.columns.items())
    line_count = 0
    for number, row in rows:
        if all(map(is_blank, row)):
            continue
        _check_width(row, limits)
        line_count += 1
        if line_count > limits.line_count:
            raise TooManyLines(lines_max=limits.line_count)
        width = len(row)
        yield Line(
            number, {name: row[index] if index < width else None for name, index in columns}, row
        )


def _check_width(row: Sequence[object], limits: Limits) -> None:
    if len(row) > limits.column_count and not all(map(is_blank, row[limits.column_count :])):
        raise TooManyColumns(columns_max=limits.column_count)


def _shown(cell: object) -> str:
    """Return a cell as its owner would write it: a date without the midnight that Excel adds."""
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ")
    return cell_text(cell)
