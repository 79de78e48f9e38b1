"""Reads of the books. Balances are sums of postings: no running balance is kept anywhere."""

from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select, text
from sqlalchemy.orm import Session, aliased

from kernel.money import Fen
from ledger.models import Account, FundSource, Journal, Period, PeriodBalance, Posting

AnySelect = TypeVar("AnySelect", bound=Select[*tuple[Any, ...]])


def period_by_month(session: Session, *, month: str) -> Period | None:
    """Return the period called `month`, such as "2026-11", as it is now."""
    return session.get(Period, month, populate_existing=True)


def journal_by_source(
    session: Session, *, source_type: str, source_id: UUID, kind: str
) -> Journal | None:
    return session.scalars(
        select(Journal).where(
            Journal.source_type == source_type,
            Journal.source_id == source_id,
            Journal.kind == kind,
        )
    ).one_or_none()


def postings_of(session: Session, *, journal_id: UUID) -> list[Posting]:
    lines = select(Posting).where(Posting.journal_id == journal_id).order_by(Posting.line_no)
    return list(session.scalars(lines))


def unreversed_fen(journal_id: UUID | ColumnElement[UUID]) -> ColumnElement[Fen]:
    """Return the expression "what is left of this journal": its debits less its reversals'."""
    original, reversal, reversing = aliased(Posting), aliased(Posting), aliased(Journal)
    whole = select(func.coalesce(func.sum(original.debit_fen), 0)).where(
        original.journal_id == journal_id
    )
    taken = (
        select(func.coalesce(func.sum(reversal.debit_fen), 0))
        .join(reversing, reversing.id == reversal.journal_id)
        .where(reversing.reverses_id == journal_id)
    )
    left: ColumnElement[Fen] = whole.scalar_subquery() - taken.scalar_subquery()
    return left


def left_of_journal(session: Session, *, journal_id: UUID) -> Fen:
    """Return how much of a journal has not been reversed."""
    return Fen(int(session.scalars(select(unreversed_fen(journal_id))).one()))


@dataclass(frozen=True)
class Balance:
    """What one account moved and stood at in a month, for one fund; signed debits less credits."""

    account: Account
    fund_source: FundSource
    opening_fen: Fen
    debit_fen: Fen
    credit_fen: Fen
    closing_fen: Fen


# From the last month that was closed with all before it: what came after is little. Red ink is
# below zero on the side that it reverses, so that a turnover is that of the vouchers.
BALANCES = """
    SELECT account_id, fund_source, sum(opening) AS opening_fen, sum(debit) AS debit_fen,
        sum(credit) AS credit_fen, sum(opening + debit - credit) AS closing_fen
    FROM (
        SELECT b.account_id, b.fund_source, b.closing_fen AS opening, 0 AS debit, 0 AS credit
        FROM period_balances b WHERE b.month = CAST(:base AS text)
        UNION ALL
        SELECT p.account_id, j.fund_source,
            CASE WHEN j.book_date < :starts_on THEN p.debit_fen - p.credit_fen ELSE 0 END,
            CASE WHEN j.book_date < :starts_on THEN 0
                WHEN j.reverses_id IS NULL THEN p.debit_fen ELSE -p.credit_fen END,
            CASE WHEN j.book_date < :starts_on THEN 0
                WHEN j.reverses_id IS NULL THEN p.credit_fen ELSE -p.debit_fen END
        FROM journals j JOIN postings p ON p.journal_id = j.id
        WHERE j.book_date >= :base_ends_on AND j.book_date < :ends_on
    ) AS moved
    GROUP BY account_id, fund_source
    HAVING sum(abs(opening) + abs(debit) + abs(credit)) <> 0
"""
_BASE = text(
    """
    SELECT p.month, p.ends_on FROM periods p
    WHERE p.ends_on <= :starts_on AND EXISTS (
        SELECT FROM period_balances b WHERE b.month = p.month)
    AND NOT EXISTS (
        SELECT FROM periods e WHERE e.state = 'open' AND e.starts_on < p.ends_on)
    ORDER BY p.month DESC LIMIT 1
    """
)


def balance_parameters(session: Session, *, period: Period) -> dict[str, Any]:
    """Return what BALANCES needs for a month: its days, and the closed month it goes on from."""
    base = session.execute(_BASE, {"starts_on": period.starts_on}).one_or_none()
    return {
        "starts_on": period.starts_on,
        "ends_on": period.ends_on,
        "base": base.month if base else None,
        "base_ends_on": base.ends_on if base else period.starts_on.min,
    }


def balances(session: Session, *, period: Period) -> list[Balance]:
    """Return the trial balance of a month by account and fund, ordered by book and code.

    Of a closed month it is what was kept then; of an open one, what the postings come to now.
    """
    kept = session.execute(
        select(
            PeriodBalance.account_id,
            PeriodBalance.fund_source,
            PeriodBalance.opening_fen,
            PeriodBalance.debit_fen,
            PeriodBalance.credit_fen,
            PeriodBalance.closing_fen,
        ).where(PeriodBalance.month == period.month)
    ).all()
    rows = kept or session.execute(text(BALANCES), balance_parameters(session, period=period)).all()
    accounts = {each.id: each for each in session.scalars(select(Account))}
    found = [
        Balance(accounts[key], FundSource(fund), *(Fen(int(each)) for each in sums))
        for key, fund, *sums in rows
    ]
    return sorted(found, key=lambda each: (each.account.book, each.account.code, each.fund_source))


def debits_minus_credits(session: Session, *, month: str | None = None) -> int:
    """Return the residual of the books in fen, by book date in `month` (None: ever): always 0.

    Summed over each journal's own difference, so that two faults cannot hide one another.
    """
    per_journal = _in_month(
        select(func.abs(func.sum(Posting.debit_fen - Posting.credit_fen)).label("difference"))
        .join(Journal, Journal.id == Posting.journal_id)
        .group_by(Journal.id),
        month,
    ).subquery()
    return int(session.scalars(select(func.coalesce(func.sum(per_journal.c.difference), 0))).one())


def _in_month(query: AnySelect, month: str | None) -> AnySelect:
    if month is None:
        return query
    return query.join(
        Period, (Journal.book_date >= Period.starts_on) & (Journal.book_date < Period.ends_on)
    ).where(Period.month == month)
