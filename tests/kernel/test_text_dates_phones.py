"""Text, dates and mobile numbers in the spellings found in the wild."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.dates import parse_date
from kernel.phones import parse_phone
from kernel.text import cell_text, half_width, plain_dashes, single_spaced, without_blanks

DAY = date(2016, 6, 21)


@pytest.mark.parametrize(
    "cell",
    [
        DAY,
        datetime(2016, 6, 21, 13, 5),
        42542,
        42542.0,
        42542.75,
        20160621,
        20160621.0,
        "2016-06-21",
        "2016/6/21",
        "2016.06.21",
        "20160621",
        "2016年6月21日",
        "2016 年 6 月 21 日",
        "2016年06月21号",
        "２０１６－０６－２１",
        "2016–06–21",
        " 2016-06-21\u3000",
        "2016-06-21 00:00:00",
        "2016-06-21T08:30",
        "42542",
    ],
)
def test_a_date_is_read_in_every_spelling(cell):
    assert parse_date(cell) == DAY


@pytest.mark.parametrize(
    "cell",
    [
        None,
        "",
        "昨天",
        "长期",
        "2020-13-01",
        "2021-02-29",
        "2016-06/21",
        "21-06-2016",
        "2016-6",
        "2016",
        "６月21日",
        "٢٠١٦-06-21",
        "0000-01-01",
        "2016-06-21" + " " * 1_000 + "x",
        2016,
        0,
        -1,
        1.5,
        999_999_999_999,
        float("inf"),
        float("nan"),
        True,
        b"2016-06-21",
        timedelta(days=1),
    ],
)
def test_what_is_no_date_is_none(cell):
    assert parse_date(cell) is None


@given(st.dates())
def test_every_date_is_read_back_from_its_spellings(day):
    assert parse_date(day.isoformat()) == day
    assert parse_date(f"{day.year:04}年{day.month}月{day.day}日") == day
    assert parse_date(f"{day.year:04}{day.month:02}{day.day:02}") == day


@given(st.text(max_size=50) | st.floats() | st.integers())
def test_any_cell_is_a_date_or_none(cell):
    assert parse_date(cell) is None or isinstance(parse_date(cell), date)


@pytest.mark.parametrize(
    ("text", "phone"),
    [
        ("15400000001", "+8615400000001"),
        ("+86 154-0000-0001", "+8615400000001"),
        ("0086 15400000001", "+8615400000001"),
        ("8615400000001", "+8615400000001"),
        ("(+86)154 0000 0001", "+8615400000001"),
        ("１５４００００００００１", None),
        ("１５４０００００００１", "+8615400000001"),
        ("154–0000–0001\u200b", "+8615400000001"),
        ("+852 5123 4567", "+85251234567"),
        ("00852 51234567", "+85251234567"),
        ("+853 6123 4567", "+85361234567"),
        ("+886 912 345 678", "+886912345678"),
        ("+886 0912 345 678", "+886912345678"),
    ],
)
def test_mobile_numbers_have_one_form(text, phone):
    assert parse_phone(text) == phone


@pytest.mark.parametrize(
    "text",
    [
        "",
        "12345",
        "0755-8888",
        "0755-88881234",
        "2540000abcd",
        "12400000001",
        "1064800000000",  # IoT, 13 digits
        "1440000000000",
        "1540000000",
        "154000000011",
        "51234567",  # Hong Kong or Macao: only with the code
        "+852 21234567",
        "+853 51234567",
        "+1 2025550100",
        "++8615400000001",
        "154٠٠٠٠0001",
        "1.54E+10",
        "15400000001" + " " * 100,
    ],
)
def test_other_numbers_are_none(text):
    assert parse_phone(text) is None


@given(st.text(max_size=50) | st.text(alphabet="0123456789+-() ８", max_size=20))
def test_any_text_is_a_number_or_none_and_a_number_reads_as_itself(text):
    phone = parse_phone(text)

    assert phone is None or parse_phone(phone) == phone


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (None, ""),
        (15400000001, "15400000001"),
        (15400000001.0, "15400000001"),
        (1.5, "1.5"),
        (4.40399199003070e17, "4.4039919900307e+17"),
        ("０1", "０1"),
    ],
)
def test_cells_read_as_they_are_shown(cell, text):
    assert cell_text(cell) == text


@given(st.text(max_size=30))
def test_normalising_text_twice_changes_nothing(text):
    for normal in (half_width, plain_dashes, without_blanks, single_spaced):
        assert normal(normal(text)) == normal(text)
