"""Reads of budgets: what each line holds, what the books say was spent of it, changes of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, extract, func, select
from sqlalchemy.orm import Session

from benefits.models import Programme
from kernel.actors import Actor, Role
from kernel.money import Fen
from ledger.models import (
    Account,
    BudgetChange,
    BudgetChangeState,
    BudgetEntry,
    BudgetLine,
    FundSource,
    Journal,
    Posting,
    PostingRule,
    ProgrammeBudget,
)

CHANGES_SHOWN_MAX = 200
# What is paid later is booked from matches with the bank; it is no cost of its own.
_IS_COST = and_(Journal.source_type != "match", Posting.party_id.is_(None))


@dataclass(frozen=True)
class SpentDay:
    """What a line bore on one day, less what was taken back; line None: no line bears it."""

    line_id: UUID | None
    fund_source: FundSource
    day: date
    amount_fen: Fen


@dataclass(frozen=True)
class HeldLine:
    """A line with its account and what approved changes gave it."""

    line: BudgetLine
    account: Account
    held_fen: Fen


@dataclass(frozen=True)
class ChangeRow:
    """A change with its entries: each line with the amount it gains or loses."""

    change: BudgetChange
    entries: list[tuple[BudgetLine, Fen]]

    @property
    def amount_fen(self) -> Fen:
        return Fen(max(abs(fen) for _, fen in self.entries))


def accounts(session: Session) -> list[Account]:
    return list(session.scalars(select(Account).order_by(Account.book, Account.code)))


def posting_rules(session: Session) -> list[PostingRule]:
    order = (PostingRule.family, PostingRule.fund_source, PostingRule.event)
    return list(session.scalars(select(PostingRule).order_by(*order)))


def _in_year(year: int) -> ColumnElement[bool]:
    return and_(Journal.book_date >= date(year, 1, 1), Journal.book_date < date(year + 1, 1, 1))


def spending(session: Session, *, year: int) -> list[SpentDay]:
    """Return what was spent on each day of a year, by budget line; all of the books' costs."""
    rows = session.execute(
        select(
            ProgrammeBudget.budget_line_id,
            Journal.fund_source,
            Journal.book_date,
            func.sum(Posting.debit_fen - Posting.credit_fen),
        )
        .select_from(Journal)
        .join(Posting, Posting.journal_id == Journal.id)
        .outerjoin(
            ProgrammeBudget,
            and_(
                ProgrammeBudget.programme_id == Journal.programme_id, ProgrammeBudget.year == year
            ),
        )
        .where(_in_year(year), _IS_COST)
        .group_by(ProgrammeBudget.budget_line_id, Journal.fund_source, Journal.book_date)
        .order_by(Journal.book_date)
    )
    return [SpentDay(line_id, fund, day, Fen(int(fen))) for line_id, fund, day, fen in rows]


def spent_of_lines(session: Session, *, year: int) -> dict[date, Fen]:
    """Return what all lines of a year together bore on each day."""
    found: dict[date, Fen] = {}
    for each in spending(session, year=year):
        if each.line_id is not None:
            found[each.day] = Fen(found.get(each.day, Fen(0)) + each.amount_fen)
    return found


def held_lines(session: Session, *, year: int) -> list[HeldLine]:
    """Return a year's lines with what they hold, in the order of fund and code."""
    rows = session.execute(
        select(BudgetLine, Account, func.coalesce(_held(BudgetLine.id).scalar_subquery(), 0))
        .join(Account, Account.id == BudgetLine.account_id)
        .where(BudgetLine.year == year)
        .order_by(BudgetLine.fund_source, BudgetLine.code)
    )
    return [HeldLine(line, account, Fen(int(fen))) for line, account, fen in rows]


def find_line(session: Session, *, line_id: UUID) -> HeldLine | None:
    row = session.execute(
        select(BudgetLine, Account, func.coalesce(_held(BudgetLine.id).scalar_subquery(), 0))
        .join(Account, Account.id == BudgetLine.account_id)
        .where(BudgetLine.id == line_id)
    ).one_or_none()
    return None if row is None else HeldLine(row[0], row[1], Fen(int(row[2])))


def _held(line_id: Any) -> Select[Any]:
    return (
        select(func.sum(BudgetEntry.amount_fen))
        .join(BudgetChange, BudgetChange.id == BudgetEntry.change_id)
        .where(
            BudgetEntry.budget_line_id == line_id,
            BudgetChange.state == BudgetChangeState.APPROVED,
        )
    )


def left_of_line(session: Session, *, line_id: UUID) -> Fen:
    """Return what a line holds less what was spent of it; below zero where more was spent."""
    line = session.get_one(BudgetLine, line_id)
    held = session.scalar(_held(line_id)) or 0
    spent = session.scalar(
        select(func.sum(Posting.debit_fen - Posting.credit_fen))
        .select_from(Journal)
        .join(Posting, Posting.journal_id == Journal.id)
        .join(ProgrammeBudget, ProgrammeBudget.programme_id == Journal.programme_id)
        .where(
            ProgrammeBudget.budget_line_id == line_id,
            ProgrammeBudget.year == line.year,
            _in_year(line.year),
            _IS_COST,
        )
    )
    return Fen(int(held) - int(spent or 0))


def has_costs(session: Session, *, programme_id: UUID, year: int) -> bool:
    booked = exists().where(
        Journal.programme_id == programme_id, _in_year(year), Journal.source_type != "match"
    )
    return bool(session.scalar(select(booked)))


def programmes_of_line(session: Session, *, line_id: UUID) -> list[Programme]:
    query = (
        select(Programme)
        .join(ProgrammeBudget, ProgrammeBudget.programme_id == Programme.id)
        .where(ProgrammeBudget.budget_line_id == line_id)
        .order_by(Programme.code)
    )
    return list(session.scalars(query))


def programmes_of_fund(session: Session, *, fund_source: FundSource) -> list[Programme]:
    query = select(Programme).where(Programme.fund_source == fund_source)
    return list(session.scalars(query.order_by(Programme.code)))


def budget_years(session: Session) -> list[int]:
    query = select(BudgetLine.year).union(select(extract("year", Journal.book_date)))
    return sorted({int(year) for year in session.scalars(query)}, reverse=True)


def changes(
    session: Session, *, year: int, line_id: UUID | None = None, limit: int = CHANGES_SHOWN_MAX
) -> list[ChangeRow]:
    """Return a year's changes, the newest first; only those of one line where one is named."""
    query = select(BudgetChange).where(BudgetChange.year == year)
    if line_id is not None:
        of_line = exists().where(
            BudgetEntry.change_id == BudgetChange.id, BudgetEntry.budget_line_id == line_id
        )
        query = query.where(of_line)
    newest = session.scalars(
        query.order_by(BudgetChange.proposed_at.desc(), BudgetChange.id.desc()).limit(limit)
    ).all()
    entries = _entries(session, [each.id for each in newest])
    return [ChangeRow(each, entries[each.id]) for each in newest]


def _entries(
    session: Session, change_ids: Sequence[UUID]
) -> dict[UUID, list[tuple[BudgetLine, Fen]]]:
    found: dict[UUID, list[tuple[BudgetLine, Fen]]] = {}
    rows = session.execute(
        select(BudgetEntry, BudgetLine)
        .join(BudgetLine, BudgetLine.id == BudgetEntry.budget_line_id)
        .where(BudgetEntry.change_id.in_(change_ids))
        .order_by(BudgetEntry.change_id, BudgetEntry.line_no)
    )
    for entry, line in rows:
        found.setdefault(entry.change_id, []).append((line, entry.amount_fen))
    return found


def changes_waiting(session: Session, actor: Actor) -> int:
    """Return how many changes of budgets wait for a decision of this person."""
    if not actor.has_role([Role.FINANCE_APPROVER]):
        return 0
    query = select(func.count()).where(
        BudgetChange.state == BudgetChangeState.PROPOSED, BudgetChange.maker_id != actor.id
    )
    return session.scalar(query) or 0
