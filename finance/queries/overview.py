"""What finance's overview draws: subsidy by day, exceptions by age."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from benefits.models import Programme
from finance.models import BankLine, Discrepancy, DiscrepancyCode, DiscrepancyState, Payment
from kernel.money import Fen
from ledger.models import Journal, PartyType, Posting
from merchants.models import Merchant, Sanction

# Ages begin at these days: [0, 1), [1, 4), [4, 8), [8, 31), from 31 on.
AGE_BOUNDS = (1, 4, 8, 31)


@dataclass(frozen=True)
class DaySum:
    """What one programme came to on one Shanghai day, less what was taken back."""

    day: date
    programme_id: UUID | None  # None: a dispute's adjustment names no programme
    name_zh: str | None
    name_en: str | None
    amount_fen: Fen


@dataclass(frozen=True)
class AgeSum:
    """Open exceptions of one kind and age: how many, and how many fen they leave unexplained."""

    age: int  # which of the ages: 0 is the youngest
    code: DiscrepancyCode
    count: int
    amount_fen: Fen


def subsidy_by_day(session: Session, *, first: date, end: date) -> list[DaySum]:
    """Return what the books say was owed on each day of [first, end), by programme.

    A line that names nobody is the cost; what was paid later is booked from matches and left out.
    """
    amount = func.sum(Posting.debit_fen - Posting.credit_fen)
    rows = session.execute(
        select(
            Journal.book_date,
            Journal.programme_id,
            Programme.name_zh,
            Programme.name_en,
            amount,
        )
        .join(Posting, Posting.journal_id == Journal.id)
        .outerjoin(Programme, Programme.id == Journal.programme_id)
        .where(
            Journal.book_date >= first,
            Journal.book_date < end,
            Journal.source_type != "match",
            Posting.party_id.is_(None),
        )
        .group_by(Journal.book_date, Journal.programme_id, Programme.id)
        .order_by(Journal.book_date)
    )
    return [DaySum(day, key, zh, en, Fen(int(fen))) for day, key, zh, en, fen in rows]


@dataclass(frozen=True)
class MerchantSum:
    """What one merchant's sales came to for the union, and how many measures stand against it."""

    merchant_id: UUID
    name: str
    amount_fen: Fen
    sanctions: int


def top_merchants(session: Session, *, first: date, end: date, limit: int) -> list[MerchantSum]:
    """Return the merchants that were owed most on the days [first, end), less what was reversed."""
    amount = func.sum(Posting.credit_fen - Posting.debit_fen)
    standing = (
        select(func.count())
        .where(Sanction.merchant_id == Merchant.id, Sanction.lifted_at.is_(None))
        .scalar_subquery()
    )
    rows = session.execute(
        select(Merchant.id, Merchant.name, amount, standing)
        .join(Posting, Posting.party_id == Merchant.id)
        .join(Journal, Journal.id == Posting.journal_id)
        .where(
            Journal.book_date >= first,
            Journal.book_date < end,
            Journal.source_type != "match",
            Posting.party_type == PartyType.MERCHANT,
        )
        .group_by(Merchant.id)
        .having(amount > 0)
        .order_by(amount.desc(), Merchant.id)
        .limit(limit)
    )
    return [MerchantSum(key, name, Fen(int(fen)), count) for key, name, fen, count in rows]


def exceptions_by_age(session: Session, *, now: datetime) -> list[AgeSum]:
    """Return the open exceptions by age in whole days since they were named, and by kind."""
    age = case(
        *(
            (Discrepancy.opened_at > now - timedelta(days=days), number)
            for number, days in enumerate(AGE_BOUNDS)
        ),
        else_=len(AGE_BOUNDS),
    )
    unexplained = func.coalesce(
        func.abs(Discrepancy.amount_fen),
        func.abs(BankLine.amount_fen - BankLine.matched_fen),
        Payment.amount_fen - Payment.matched_fen,
    )
    rows = session.execute(
        select(age, Discrepancy.code, func.count(), func.sum(unexplained))
        .outerjoin(BankLine, BankLine.id == Discrepancy.bank_line_id)
        .outerjoin(Payment, Payment.id == Discrepancy.payment_id)
        .where(Discrepancy.state == DiscrepancyState.OPEN)
        .group_by(age, Discrepancy.code)
        .order_by(age, Discrepancy.code)
    )
    return [AgeSum(number, code, count, Fen(int(fen))) for number, code, count, fen in rows]
