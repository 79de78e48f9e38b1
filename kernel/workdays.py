"""Working days by the Chinese calendar: holidays, and weekends worked to make up for them.

The State Council publishes the days of a year in the November before. Until a release of
`chinesecalendar` knows them, a day of that year is judged by its weekday and by the holidays that
never move: docs/decisions/0032.
"""

from datetime import date, timedelta

import chinese_calendar

_ONE_DAY = timedelta(days=1)
_SATURDAY = 5
# (month, day) of the statutory holidays that are the same in the solar calendar each year.
_ALWAYS_FREE = frozenset({(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)})


def is_workday(day: date) -> bool:
    """Say whether offices work on a Shanghai day."""
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return day.weekday() < _SATURDAY and (day.month, day.day) not in _ALWAYS_FREE


def add_workdays(day: date, count: int) -> date:
    """Return the working day that is `count` of them after `day`, which itself does not count."""
    assert count >= 0
    while count:
        day += _ONE_DAY
        count -= is_workday(day)
    return day


def workdays_between(first: date, last: date) -> int:
    """Return how many working days lie after `first` up to `last`, none if `last` is not later."""
    days = (last - first).days
    return sum(is_workday(first + _ONE_DAY * each) for each in range(1, days + 1))
