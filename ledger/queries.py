"""Reads of the books. Balances are sums of postings: no running balance is kept anywhere."""

from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session, aliased

from kernel.money import Fen
from ledger.models import Account, Journal, Period, Posting

AnySelect = TypeVar("AnySelect", bound=Select[*tuple[Any, ...]])


class AccountTotals(NamedTuple):
    """What was posted to one account, both sides, in whole fen."""

    account: Account
    debit_fen: Fen
    credit_fen: Fen


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


def trial_balance(session: Session, *, month: str | None = None) -> list[AccountTotals]:
    """Return the sums of each account that was posted to, by book date in `month` (None: ever).

    Ordered by book and code. An account's balance is its debits less its credits, or the other way
    round for liabilities, income and funds.
    """
    query = (
        select(Account, func.sum(Posting.debit_fen), func.sum(Posting.credit_fen))
        .join(Posting, Posting.account_id == Account.id)
        .join(Journal, Journal.id == Posting.journal_id)
        .group_by(Account.id)
        .order_by(Account.book, Account.code)
    )
    return [
        AccountTotals(account, Fen(int(debit)), Fen(int(credit)))
        for account, debit, credit in session.execute(_in_month(query, month))
    ]


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
