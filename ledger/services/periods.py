"""Months of the books."""

from datetime import date

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from kernel.clock import shanghai_month
from ledger import queries
from ledger.errors import PeriodClosed
from ledger.models import Period, PeriodState

_DECEMBER = 12


def ensure_period(session: Session, *, day: date) -> Period:
    """Return the month that a Shanghai day belongs to, opening it if it is new.

    A new month is opened in the caller's transaction; whoever needs the same month meanwhile waits
    for it.

    Raises PeriodClosed if the month is new and a later one is closed already.
    """
    month = shanghai_month(day)
    period = queries.period_by_month(session, month=month)
    if period is not None:
        return period
    starts_on = day.replace(day=1)
    later = select(Period.month).where(
        Period.starts_on > starts_on, Period.state == PeriodState.CLOSED
    )
    if session.scalars(later.limit(1)).first() is not None:
        raise PeriodClosed(month=month)
    session.execute(
        insert(Period)
        .values(month=month, starts_on=starts_on, ends_on=_next_month(starts_on))
        .on_conflict_do_nothing(index_elements=[Period.month])
    )
    return session.get_one(Period, month, populate_existing=True)


def _next_month(first: date) -> date:
    if first.month == _DECEMBER:
        return date(first.year + 1, 1, 1)
    return date(first.year, first.month + 1, 1)
