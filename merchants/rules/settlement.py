"""How a merchant is settled: what its agreement says, and what stands where there is none."""

from dataclasses import dataclass
from datetime import date, timedelta

from kernel.i18n import N_
from kernel.money import Fen
from merchants.models import SettlementCycle

CYCLE_WORDS = {
    SettlementCycle.WEEKLY: N_("Each week, Monday to Sunday"),
    SettlementCycle.BIWEEKLY: N_("Every two weeks"),
    SettlementCycle.MONTHLY: N_("Each month"),
}
# A Monday: from here on, fortnights are counted for everybody alike.
_FIRST_FORTNIGHT = date(1970, 1, 5)
_WEEK = timedelta(days=7)
_LATEST_DAY_OF_EVERY_MONTH = 28
_NOTHING = Fen(0)


@dataclass(frozen=True)
class SettlementTerms:
    """The settlement part of an agreement; the values here hold where nothing was agreed."""

    cycle: SettlementCycle = SettlementCycle.WEEKLY
    confirm_workdays: int = 5
    min_payout_fen: Fen = _NOTHING
    hold_days: int = 0
    invoice_buyer_uscc: str | None = None


USUAL_TERMS = SettlementTerms()


def period_of(day: date, cycle: SettlementCycle) -> tuple[date, date]:
    """Return the days [first, end) of the period in which `day` lies.

    Weeks begin on Monday, months on the 1st.
    """
    if cycle is SettlementCycle.MONTHLY:
        first = day.replace(day=1)
        later = first.replace(day=_LATEST_DAY_OF_EVERY_MONTH) + _WEEK
        return first, later.replace(day=1)
    weeks = 2 if cycle is SettlementCycle.BIWEEKLY else 1
    length = _WEEK * weeks
    first = day - (day - _FIRST_FORTNIGHT) % length
    return first, first + length


def last_period(today: date, cycle: SettlementCycle) -> tuple[date, date]:
    """Return the days [first, end) of the newest period that was over when `today` began."""
    first, _ = period_of(today, cycle)
    return period_of(first - timedelta(days=1), cycle)
