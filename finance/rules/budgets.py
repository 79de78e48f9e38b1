"""How a budget is used up: by month, and how long it will last at the pace of the last days."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from kernel.money import Fen

PACE_DAYS = 30
_MONTHS = 12


@dataclass(frozen=True)
class Forecast:
    """What will be spent by the year's end at the present pace, and when nothing is left.

    `runs_out_on` is None where the budget outlasts its year.
    """

    by_year_end_fen: Fen
    runs_out_on: date | None


def forecast(*, held_fen: Fen, by_day: Mapping[date, Fen], year: int, today: date) -> Forecast:
    """Go on from `today` as in the thirty days up to it; a year that is over stays as it is."""
    spent = sum(fen for day, fen in by_day.items() if day <= today)
    ends_on = date(year + 1, 1, 1)
    days_left = (ends_on - today).days - 1
    since = today - timedelta(days=PACE_DAYS)
    recent = sum(fen for day, fen in by_day.items() if since < day <= today)
    if not 0 < days_left < (ends_on - date(year, 1, 1)).days or recent <= 0:
        runs_out = today if spent > held_fen else None
        return Forecast(Fen(spent), runs_out)
    left = held_fen - spent
    # Rounded up: the day on which the last fen goes.
    days = max(0, -(-left * PACE_DAYS // recent))
    runs_out_on = today + timedelta(days=days) if days <= days_left else None
    return Forecast(Fen(spent + recent * days_left // PACE_DAYS), runs_out_on)


@dataclass(frozen=True)
class BurnDown:
    """What is left at the end of each month: known up to this one, expected from the next on."""

    known: list[int]
    expected: list[int]


def burn_down(*, held_fen: Fen, by_day: Mapping[date, Fen], year: int, today: date) -> BurnDown:
    """Return twelve columns; a month has either what is known or what is expected, never both.

    What is below zero is shown as nothing left.
    """
    at_end = forecast(held_fen=held_fen, by_day=by_day, year=year, today=today).by_year_end_fen
    spent = sum(fen for day, fen in by_day.items() if day <= today)
    days_left = (date(year, 12, 31) - today).days
    known, expected = [0] * _MONTHS, [0] * _MONTHS
    for number in range(1, _MONTHS + 1):
        last = (date(year, number, 28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
        if date(year, number, 1) <= today:
            until = sum(fen for day, fen in by_day.items() if day <= min(last, today))
            known[number - 1] = max(0, held_fen - until)
        else:
            more = (at_end - spent) * (last - today).days // max(days_left, 1)
            expected[number - 1] = max(0, held_fen - spent - more)
    return BurnDown(known, expected)
