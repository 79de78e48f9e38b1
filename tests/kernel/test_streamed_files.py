"""Lists of any length as files: sent while they are read, in memory that does not grow."""

import csv
import io
import tracemalloc

import openpyxl
import pytest
from flask import Flask

from kernel.exports import CellKind, Column, ListFormat, streamed_file

COLUMNS = [
    Column("No.", lambda row: row, CellKind.NUMBER),
    Column("Receipt", lambda row: f"=SUM(A{row})"),
    Column("The union pays", lambda row: row * 100 + 1, CellKind.MONEY),
]


def sent(count, file_format):
    """Return the answer's parts, read inside the request that it belongs to."""
    with Flask(__name__).test_request_context():
        answer = streamed_file(
            iter(range(1, count + 1)), COLUMNS, name="statement-7", file_format=file_format
        )
        yield answer
        yield from answer.iter_encoded()
        answer.close()


@pytest.mark.parametrize("count", [0, 1, 5_000])
def test_every_row_is_in_the_text_and_none_is_a_formula(count):
    answer, *parts = sent(count, ListFormat.CSV)

    heading, *rows = csv.reader(io.StringIO(b"".join(parts).decode("utf-8-sig")))
    assert answer.headers["Content-Disposition"] == 'attachment; filename="statement-7.csv"'
    assert heading == ["No.", "Receipt", "The union pays"]
    assert len(rows) == count
    assert not any(receipt.startswith("=") for _, receipt, _ in rows)
    assert sum(int(amount.replace(".", "")) for _, _, amount in rows) == sum(
        number * 100 + 1 for number in range(1, count + 1)
    )


@pytest.mark.parametrize("count", [0, 3_000])
def test_every_row_is_in_the_workbook(count):
    _, *parts = sent(count, ListFormat.XLSX)

    book = openpyxl.load_workbook(io.BytesIO(b"".join(parts)), read_only=True)
    heading, *rows = book.active.iter_rows(values_only=True)
    book.close()
    assert heading == ("No.", "Receipt", "The union pays")
    assert [row[0] for row in rows] == list(range(1, count + 1))


def peak_while_sent(count, file_format):
    tracemalloc.start()
    parts = sent(count, file_format)
    next(parts)
    for _ in parts:
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


@pytest.mark.parametrize("file_format", ListFormat)
def test_ten_times_the_rows_take_no_more_memory(file_format):
    peak_while_sent(500, file_format)  # what is loaded once

    few, many = (peak_while_sent(count, file_format) for count in (1_000, 10_000))

    assert many < few + 1_000_000
