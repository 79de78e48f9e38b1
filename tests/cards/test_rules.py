from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn

from cards.rules import (
    SERIAL_MAX,
    card_number,
    card_period,
    card_period_end,
    grouped_number,
    issue_year,
    number_tail,
    year_bounds,
)

moments = st.datetimes(
    min_value=datetime(2026, 1, 1), max_value=datetime(2099, 1, 1), timezones=st.just(UTC)
)


@pytest.mark.parametrize(
    ("serial", "number"),
    [
        (1, "4403260000000013"),
        (2, "4403260000000021"),
        (123456, "4403260001234561"),
        (999_999_999, "4403269999999994"),
    ],
)
def test_numbers_are_those_of_the_domain(serial, number):
    assert card_number(serial, year=2026) == number
    assert number_tail(number) == number[12:]
    assert grouped_number(number).split() == [number[i : i + 4] for i in (0, 4, 8, 12)]


@given(serial=st.integers(1, SERIAL_MAX), year=st.integers(2000, 2099))
def test_every_number_has_sixteen_digits_and_passes_luhn(serial, year):
    number = card_number(serial, year=year)

    assert len(number) == 16
    assert luhn.is_valid(number)


@given(first=st.integers(1, SERIAL_MAX), second=st.integers(1, SERIAL_MAX))
def test_two_serials_never_give_one_number(first, second):
    same = card_number(first, year=2026) == card_number(second, year=2026)

    assert same == (first == second)


def test_the_year_of_a_number_is_that_of_shanghai():
    assert issue_year(datetime(2026, 12, 31, 15, 59, tzinfo=UTC)) == 2026
    assert issue_year(datetime(2026, 12, 31, 16, 0, tzinfo=UTC)) == 2027


@given(expires_at=moments)
def test_a_list_outlives_every_credential_of_its_week(expires_at):
    end = card_period_end(expires_at)

    assert expires_at < end <= expires_at + timedelta(days=7)
    assert card_period(end - timedelta(seconds=1)) == card_period(expires_at)
    assert card_period(end) != card_period(expires_at)


def test_a_year_has_its_own_moments_in_shanghai():
    start, end = year_bounds(2026)

    assert start == datetime(2025, 12, 31, 16, tzinfo=UTC)
    assert end == datetime(2026, 12, 31, 16, tzinfo=UTC)
