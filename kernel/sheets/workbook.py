"""Rows of an XLSX workbook, read with openpyxl once the package has been found harmless."""

import io
import re
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, NamedTuple

import openpyxl
from openpyxl.utils.cell import coordinate_to_tuple
from openpyxl.worksheet.formula import ArrayFormula, DataTableFormula

from kernel.sheets.cells import COVERED, Formula, Limits, Row, text_or_formula
from kernel.sheets.errors import (
    OtherWorkbook,
    TableFileBroken,
    TableFileKindUnknown,
    TableFileRefused,
    TableFileUnpacksTooLarge,
    TooManyMergedCells,
    WorkbookLocked,
)

_BATCH_ROWS = 500
_CHUNK_BYTES = 64 * 1024
_ROW_NUMBER_MAX = 1_048_576  # of the file format
_MEMBER_COUNT_MAX = 2_000
_ENCRYPTED_FLAG = 0x1
_COMPRESSIONS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*?\bref\s*=\s*[\"']([A-Z]+\d+:[A-Z]+\d+)[\"']")
_MERGED_BYTES_MAX = 256


def workbook_rows(content: bytes, *, limits: Limits) -> Iterator[Iterator[Row]]:
    """Yield the rows of each visible sheet, in the workbook's order.

    Raises a `TableFileRefused` before any XML is parsed if the package is none of ours, is locked,
    or unpacks to more than it may.
    """
    with _reading():
        archive = zipfile.ZipFile(io.BytesIO(content))
        _check_package(archive, limits)
        # Formulas come as text and not as the values that someone stored beside them: `Formula`.
        workbook = openpyxl.load_workbook(
            io.BytesIO(content), read_only=True, data_only=False, keep_links=False
        )
        sheets = [sheet for sheet in workbook.worksheets if sheet.sheet_state == "visible"]
    for sheet in sheets:
        with _reading():
            merged = _merged_ranges(archive, sheet, limits)
        yield _rows(sheet, merged, limits)


@contextmanager
def _reading() -> Iterator[None]:
    """Turn whatever openpyxl and zipfile trip over into one refusal, and keep their advice quiet.

    A hostile or half-written package makes them raise almost anything (KeyError, TypeError,
    ParseError, zlib.error, EntitiesForbidden …), so the list of what to catch would never be whole.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (TableFileRefused, MemoryError):
        raise
    except Exception:  # noqa: BLE001 (see above)
        raise TableFileBroken from None


def _check_package(archive: zipfile.ZipFile, limits: Limits) -> None:
    """Refuse a package by its directory, before anything of it is unpacked.

    The sizes in a directory are what the sender says, but they bind: zipfile unpacks no part
    beyond its declared size, and then finds the checksum wrong. That holds for deflate only; of
    bzip2 and LZMA it unpacks whole blocks at once, so they are refused (Excel writes neither).
    """
    members = archive.infolist()
    names = {member.filename for member in members}
    if any(member.flag_bits & _ENCRYPTED_FLAG for member in members):
        raise WorkbookLocked
    if "mimetype" in names or "xl/workbook.bin" in names or "word/document.xml" in names:
        raise OtherWorkbook
    if "[Content_Types].xml" not in names:
        raise TableFileKindUnknown
    if len(members) > _MEMBER_COUNT_MAX:
        raise TableFileBroken
    if any(member.compress_type not in _COMPRESSIONS for member in members):
        raise TableFileBroken
    if sum(member.file_size for member in members) > limits.unpacked_bytes:
        raise TableFileUnpacksTooLarge(bytes_max=limits.unpacked_bytes)


class _Merged(NamedTuple):
    row_min: int
    row_max: int
    column_min: int
    column_max: int


def _merged_ranges(archive: zipfile.ZipFile, sheet: Any, limits: Limits) -> list[_Merged]:
    """Return the merged ranges of a sheet, by first row.

    openpyxl tells them only where it loads the whole sheet into memory, and the file lists them
    after the last row: hence one pass over the raw text.
    """
    found: set[bytes] = set()
    with archive.open(sheet._worksheet_path) as stream:  # noqa: SLF001 (no public name for it)
        tail = b""
        while piece := stream.read(_CHUNK_BYTES):
            window = tail + piece
            found.update(_MERGED.findall(window))
            tail = window[-_MERGED_BYTES_MAX:]
            if len(found) > limits.merged_range_count:
                raise TooManyMergedCells(ranges_max=limits.merged_range_count)
    merged = []
    for reference in found:
        first, last = reference.decode().split(":")
        row_min, column_min = coordinate_to_tuple(first)
        row_max, column_max = coordinate_to_tuple(last)
        merged.append(_Merged(row_min, row_max, column_min, column_max))
    return sorted(merged)


def _rows(sheet: Any, merged: Sequence[_Merged], limits: Limits) -> Iterator[Row]:
    # What the sheet says of its own size is often wrong, and rows beyond it would be lost.
    sheet.reset_dimensions()
    values = sheet.iter_rows(values_only=True)
    number = 0
    waiting = list(reversed(merged))
    active: list[_Merged] = []
    while True:
        with _reading():
            batch = list(islice(values, _BATCH_ROWS))
        if not batch:
            return
        for cells in batch:
            number += 1
            if number > _ROW_NUMBER_MAX:
                raise TableFileBroken
            while waiting and waiting[-1].row_min <= number:
                active.append(waiting.pop())
            active = [area for area in active if area.row_max >= number]
            row = [_cell(value) for value in cells]
            if active:
                _cover(row, number, active, limits)
            yield number, row


def _cell(value: object) -> object:
    if isinstance(value, str):
        return text_or_formula(value)
    if isinstance(value, ArrayFormula):
        return Formula(str(value.text))
    if isinstance(value, DataTableFormula):
        return Formula("=TABLE()")
    return value


def _cover(row: list[object], number: int, active: Sequence[_Merged], limits: Limits) -> None:
    """Mark in `row` every cell that a merged range hides: all of the range but its first cell."""
    for area in active:
        last = min(area.column_max, limits.column_count)
        row.extend([None] * (last - len(row)))
        for column in range(area.column_min, last + 1):
            if (number, column) != (area.row_min, area.column_min):
                row[column - 1] = COVERED
