"""Cells that a spreadsheet would run, in files that people take away."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.sheets import (
    Formula,
    TableFileRefused,
    defused,
)
from tests.kernel.sheets import (
    read,
)


@pytest.mark.parametrize(
    ("cell", "out"),
    [
        ("=1+1", "'=1+1"),
        ("+86 154", "'+86 154"),
        ("-5", "'-5"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        (" =1", "' =1"),
        ("＝1", "'＝1"),
        (Formula("=1"), "'=1"),
        ("张明", "张明"),
        ("", ""),
        (-5, -5),
        (None, None),
    ],
)
def test_cells_that_a_spreadsheet_would_run_are_defused(cell, out):
    assert defused(cell) == out


@given(st.text(max_size=20))
def test_what_was_defused_reads_as_it_was(text):
    stream = io.StringIO(newline="")
    csv.writer(stream).writerows([["姓名", "手机号码"], [defused(text), "1"]])
    try:
        lines = list(read(stream.getvalue().encode()))
    except (TableFileRefused, UnicodeEncodeError):
        return
    if defused(text) != text:
        assert lines[0].cells["name"] == text
