"""What the product says at the end of the generated quarter, beside what its generator counted."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bench.plan import MONTHS, Sums, next_month
from discounts.models import Redemption
from finance.models import (
    BankAccount,
    BankLine,
    Discrepancy,
    DiscrepancyCode,
    DiscrepancyState,
    Invoice,
    Payment,
    Trade,
)
from finance.queries.residuals import residuals
from kernel.db import transaction
from ledger.models import Journal, PartyType, Posting

Compared = tuple[str, object, object]


@dataclass
class Played:
    """What came of a quarter; every list is empty, or says what is wrong."""

    sales: int = 0
    late: int = 0  # of them: sent in by a till that had no network
    statements: int = 0
    payments: int = 0
    bank_lines: int = 0
    planted: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def expect(self, what: str, found: object, said: object) -> None:
        if found != said:
            self.wrong.append(f"{what}: the product says {found!r}, the generator {said!r}")


def differences(sums: Sums, *, balance: int) -> Iterator[Compared]:
    """Yield what is compared, what the product says of it, and what the generator does."""
    bills = select(func.count(), func.sum(Redemption.gross_fen)).select_from(Redemption)
    with transaction() as session:
        yield "sales and their bills", _numbers(session, bills), [sums.sales, sums.gross_fen]
        yield "owed to merchants", _owed(session), sums.owed()
        closing = _numbers(session, select(BankAccount.closing_fen))
        yield "the bank's balance", closing, [balance]
        found = _exceptions(session)
        yield "faults that were not found", sums.planted - found, Counter()
        yield "flagged for nothing", found - sums.planted, Counter()
        yield "tolerated about midnight", _tolerated(session), sums.tolerated
        for month in (*MONTHS, next_month(MONTHS[-1])):
            rest = residuals(session, starts_on=month, ends_on=next_month(month))
            yield f"residuals of {month:%Y-%m}", rest.not_zero, {}


def _numbers(session: Session, query: Any) -> list[int]:
    return [int(number) for number in session.execute(query).one()]


def _owed(session: Session) -> dict[tuple[UUID, str], int]:
    rows = session.execute(
        select(
            Posting.party_id,
            Journal.fund_source,
            func.sum(Posting.credit_fen - Posting.debit_fen),
        )
        .join(Journal, Journal.id == Posting.journal_id)
        .where(Posting.party_type == PartyType.MERCHANT)
        .group_by(Posting.party_id, Journal.fund_source)
    )
    return {(who, fund.value): int(fen) for who, fund, fen in rows if who is not None and fen}


def _exceptions(session: Session) -> Counter[tuple[str, str]]:
    """Return each open exception with its code and what tells what it is about."""
    rows = session.execute(
        select(
            Discrepancy.code,
            Payment.reference,
            BankLine.reference,
            BankLine.summary,
            Trade.trade_no,
            Invoice.number,
            func.coalesce(Discrepancy.redemption_id, Discrepancy.offline_record_id),
        )
        .outerjoin(Payment, Payment.id == Discrepancy.payment_id)
        .outerjoin(BankLine, BankLine.id == Discrepancy.bank_line_id)
        .outerjoin(Trade, Trade.id == Discrepancy.trade_id)
        .outerjoin(Invoice, Invoice.id == Discrepancy.invoice_id)
        .where(Discrepancy.state == DiscrepancyState.OPEN)
    )
    return Counter(
        (code.value, next(filter(None, about), None) or (sale_id.hex if sale_id else ""))
        for code, *about, sale_id in rows
    )


def _tolerated(session: Session) -> Counter[str]:
    """Return the payments booked just before the midnight after which we sent them."""
    return Counter(
        session.scalars(
            select(BankLine.reference)
            .join(Discrepancy, Discrepancy.bank_line_id == BankLine.id)
            .where(
                Discrepancy.code == DiscrepancyCode.CROSS_DAY,
                Discrepancy.state == DiscrepancyState.RESOLVED,
                BankLine.matched_fen == BankLine.amount_fen,
            )
        )
    )
