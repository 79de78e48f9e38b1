"""Working days: holidays, make-up Saturdays, and years that nobody has published yet."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.workdays import add_workdays, is_workday, workdays_between

# 2026: National Day is 1 to 7 October; Sunday 20 September and Saturday 10 October are worked.
WORKED_WEEKENDS = (date(2026, 9, 20), date(2026, 10, 10))


@pytest.mark.parametrize("day", WORKED_WEEKENDS)
def test_a_make_up_day_is_worked(day):
    assert day.weekday() >= 5
    assert is_workday(day)


def test_a_holiday_on_a_weekday_is_free():
    assert [is_workday(date(2026, 10, day)) for day in range(1, 12)] == (
        [False] * 7 + [True] * 3 + [False]
    )


def test_five_working_days_over_the_national_holiday():
    # Issued on Wednesday 30 September; 8, 9, 10 (a Saturday), 12 and 13 October are worked.
    assert add_workdays(date(2026, 9, 30), 5) == date(2026, 10, 13)


def test_a_year_that_is_not_published_yet_goes_by_weekdays_and_fixed_holidays():
    assert is_workday(date(2095, 3, 1)) is (date(2095, 3, 1).weekday() < 5)
    assert not is_workday(date(2094, 10, 1))
    assert date(2094, 10, 1).weekday() < 5


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(0, 40))
def test_counting_back_finds_what_was_counted_on(day, count):
    end = add_workdays(day, count)

    assert workdays_between(day, end) == count
    assert count == 0 or is_workday(end)
    assert workdays_between(end, day - timedelta(days=1)) == 0
