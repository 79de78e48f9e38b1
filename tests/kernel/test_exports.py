import csv
import io
from dataclasses import dataclass
from datetime import UTC, date, datetime

import openpyxl
import pytest
from werkzeug.exceptions import BadRequest

from kernel.exports import CellKind, Column, ListFormat, list_file, wanted_format
from kernel.money import Fen


@dataclass
class Sale:
    who: str | None
    fen: Fen | None
    count: int | None
    on: date | None
    at: datetime | None


COLUMNS = [
    Column("Who", lambda sale: sale.who),
    Column("Amount", lambda sale: sale.fen, CellKind.MONEY),
    Column("Count", lambda sale: sale.count, CellKind.NUMBER),
    Column("On", lambda sale: sale.on, CellKind.DAY),
    Column("At", lambda sale: sale.at, CellKind.MOMENT),
]
SALE = Sale(
    "+86 (call me)", Fen(-1_234_567), 3, date(2026, 11, 23), datetime(2026, 11, 23, 16, tzinfo=UTC)
)
NOTHING = Sale(None, None, None, None, None)


def saved(app, file_format):
    with app.test_request_context("/desk/"):
        answer = list_file([SALE, NOTHING], COLUMNS, name="sales", file_format=file_format)
        answer.direct_passthrough = False
        return answer.get_data()


def test_csv_opens_as_utf8_and_runs_nothing(app):
    content = saved(app, ListFormat.CSV)

    assert content.startswith(b"\xef\xbb\xbf")
    assert list(csv.reader(io.StringIO(content.decode("utf-8-sig")))) == [
        ["Who", "Amount", "Count", "On", "At"],
        ["'+86 (call me)", "-12345.67", "3", "2026-11-23", "2026-11-24 00:00"],
        ["", "", "", "", ""],
    ]


def test_a_workbook_holds_numbers_dates_and_text(app):
    book = openpyxl.load_workbook(io.BytesIO(saved(app, ListFormat.XLSX)))

    rows = list(book.active.iter_rows(values_only=True))
    assert rows[1] == (
        "'+86 (call me)",
        -12345.67,
        3,
        datetime(2026, 11, 23),
        datetime(2026, 11, 24),
    )
    assert rows[2] == (None,) * 5


def test_the_format_is_asked_for_in_the_address(app):
    with app.test_request_context("/desk/?format=csv"):
        assert wanted_format() is ListFormat.CSV
    with app.test_request_context("/desk/"):
        assert wanted_format() is None
    with app.test_request_context("/desk/?format=pdf"), pytest.raises(BadRequest):
        wanted_format()
