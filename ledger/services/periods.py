"""Months of the books."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from kernel.clock import shanghai_month
from kernel.states import move
from ledger import queries
from ledger.errors import PeriodClosed
from ledger.models import PERIOD_MOVES, Period, PeriodState

# The class of advisory locks that journals take shared for their month: guard_journal().
PERIOD_LOCK = 101

_DECEMBER = 12
_KEEP_BALANCES = text(
    f"""
    INSERT INTO period_balances (month, account_id, fund_source, opening_fen, debit_fen, credit_fen,
        closing_fen)
    SELECT :month, account_id, fund_source, opening_fen, debit_fen, credit_fen, closing_fen
    FROM ({queries.BALANCES}) AS b
    """  # noqa: S608 (a literal of ours)
)


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


def lock_period(session: Session, *, month: str) -> Period | None:
    """Return a month that nobody else may close, and nobody may post into, until we commit.

    Waits for whoever is closing it and for the journals under way; those that come after us wait.
    Taken before a month's books are looked at for the last time.
    """
    lock = select(func.pg_advisory_xact_lock(PERIOD_LOCK, int(month.replace("-", ""))))
    session.execute(lock)
    # Locked in one statement and read in the next: what the closing before us did is seen.
    return queries.period_by_month(session, month=month)


def close_period(
    session: Session, *, period: Period, maker_id: UUID, approver_id: UUID, now: datetime
) -> None:
    """Close a month that lock_period() returned, for good, in the names of two people.

    What each account stood at is kept with it. Raises MoveNotAllowed if it is closed already.
    """
    period.state = move(PERIOD_MOVES, period.state, PeriodState.CLOSED)
    period.maker_id = maker_id
    period.approver_id = approver_id
    period.closed_at = now
    session.flush()
    kept = queries.balance_parameters(session, period=period)
    session.execute(_KEEP_BALANCES, {"month": period.month} | kept)


def _next_month(first: date) -> date:
    if first.month == _DECEMBER:
        return date(first.year + 1, 1, 1)
    return date(first.year, first.month + 1, 1)
