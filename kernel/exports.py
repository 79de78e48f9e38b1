"""Lists as files: the same rows as CSV or XLSX, harmless when a spreadsheet program opens them."""

import csv
import io
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import IO, Any, Generic, TypeVar

import xlsxwriter
from flask import Response, abort, request, stream_with_context

from kernel.clock import SHANGHAI
from kernel.money import yuan
from kernel.pages import attachment
from kernel.sheets import defused

EXPORT_ROWS_MAX = 100_000
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_COLUMN_WIDTH = 18
_PART_BYTES = 64 * 1024
# Tells spreadsheet programs that a CSV file is UTF-8; without it Chinese comes out broken.
_MARK = "\ufeff"

Row = TypeVar("Row")


class ListFormat(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"


class CellKind(StrEnum):
    """How a column's values are written; `MONEY` takes fen and writes yuan."""

    TEXT = "text"
    NUMBER = "number"
    MONEY = "money"
    DAY = "day"
    MOMENT = "moment"


_NUMBER_FORMATS = {
    CellKind.NUMBER: "0",
    CellKind.MONEY: "#,##0.00",
    CellKind.DAY: "yyyy-mm-dd",
    CellKind.MOMENT: "yyyy-mm-dd hh:mm",
}


@dataclass(frozen=True)
class Column(Generic[Row]):
    """One column of an exported list: its heading in the reader's language, its cell of a row."""

    heading: str
    cell: Callable[[Row], object]
    kind: CellKind = CellKind.TEXT


def wanted_format() -> ListFormat | None:
    """Return the format in which this request wants its list, None for a page. 400 for another."""
    asked = request.args.get("format")
    if not asked:
        return None
    try:
        return ListFormat(asked)
    except ValueError:
        abort(HTTPStatus.BAD_REQUEST)


def list_file(
    rows: Iterable[Row], columns: Sequence[Column[Row]], *, name: str, file_format: ListFormat
) -> Response:
    """Answer with `rows` as a file called `name` with the format's ending."""
    if file_format is ListFormat.CSV:
        content, mimetype = _csv(rows, columns), "text/csv"
    else:
        content, mimetype = _xlsx(rows, columns), _XLSX
    return attachment(content, filename=f"{name}.{file_format}", mimetype=mimetype)


def streamed_file(
    rows: Iterable[Row], columns: Sequence[Column[Row]], *, name: str, file_format: ListFormat
) -> Response:
    """Answer like `list_file`, with flat memory however many rows there are.

    `rows` is walked once, while the file is sent; it holds no transaction open between rows. A
    workbook is written to the disk first: its end must be known before its beginning is sent.
    """
    if file_format is ListFormat.CSV:
        answer = Response(stream_with_context(_csv_parts(rows, columns)), mimetype="text/csv")
    else:
        file = _xlsx_file(rows, columns)
        answer = Response(_parts_of(file), mimetype=_XLSX)
        # Also where nobody begins to read it.
        answer.call_on_close(file.close)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.{file_format}"'
    answer.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return answer


def _csv_parts(rows: Iterable[Row], columns: Sequence[Column[Row]]) -> Iterator[bytes]:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    text.write(_MARK)
    writer.writerow([column.heading for column in columns])
    for row in rows:
        writer.writerow([_as_text(column.kind, column.cell(row)) for column in columns])
        if text.tell() >= _PART_BYTES:
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode()


def _xlsx_file(rows: Iterable[Row], columns: Sequence[Column[Row]]) -> IO[bytes]:
    """Write the workbook row by row into a file that is gone when it is closed."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 (closed by whoever sends it)
    _write_book(file, rows, columns, {"constant_memory": True})
    file.seek(0)
    return file


def _parts_of(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while part := file.read(_PART_BYTES):
            yield part


def _csv(rows: Iterable[Row], columns: Sequence[Column[Row]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([column.heading for column in columns])
    for row in rows:
        writer.writerow([_as_text(column.kind, column.cell(row)) for column in columns])
    # The mark tells spreadsheet programs that it is UTF-8; without it Chinese comes out broken.
    return text.getvalue().encode("utf-8-sig")


def _as_text(kind: CellKind, value: Any) -> object:
    if value is None:
        return ""
    if kind is CellKind.MONEY:
        return yuan(value).replace(",", "")
    if kind is CellKind.MOMENT:
        return f"{value.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
    if kind is CellKind.DAY:
        return value.isoformat()
    return value if kind is CellKind.NUMBER else defused(str(value))


def _xlsx(rows: Iterable[Row], columns: Sequence[Column[Row]]) -> bytes:
    file = io.BytesIO()
    _write_book(file, rows, columns, {"in_memory": True})
    return file.getvalue()


def _write_book(
    file: IO[bytes],
    rows: Iterable[Row],
    columns: Sequence[Column[Row]],
    options: Mapping[str, bool],
) -> None:
    plain = {
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(file, {**plain, **options}) as book:
        sheet = book.add_worksheet()
        bold = book.add_format({"bold": True})
        formats = {k: book.add_format({"num_format": f}) for k, f in _NUMBER_FORMATS.items()}
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(columns) - 1, _COLUMN_WIDTH)
        for place, column in enumerate(columns):
            sheet.write_string(0, place, column.heading, bold)
        for line, row in enumerate(rows, start=1):
            for place, column in enumerate(columns):
                sheet.write(
                    line, place, _as_cell(column.kind, column.cell(row)), formats.get(column.kind)
                )


def _as_cell(kind: CellKind, value: Any) -> object:
    if value is None:
        return ""
    if kind is CellKind.MONEY:
        # A spreadsheet knows only binary fractions; two decimals of them are exact when shown.
        return value / 100
    if kind is CellKind.MOMENT:
        return value.astimezone(SHANGHAI).replace(tzinfo=None)
    return defused(str(value)) if kind is CellKind.TEXT else value
