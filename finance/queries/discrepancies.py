"""Reads of exceptions: what does not match, under which name, whose, and for how long."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.orm import Session

from discounts.models import OfflineRecord, Redemption
from discounts.rules import receipt_number
from finance.models import (
    BankLine,
    Discrepancy,
    DiscrepancyCode,
    DiscrepancyState,
    Invoice,
    Payment,
    Trade,
)
from kernel.actors import Actor
from kernel.money import Fen
from merchants.models import Terminal
from staff.models import StaffAccount


@dataclass(frozen=True)
class ExceptionRow:
    """An exception with what it is about, one of these, and its owner's name.

    `till`: the code of the till that made the sale, or the record of one.
    """

    discrepancy: Discrepancy
    line: BankLine | None
    payment: Payment | None
    trade: Trade | None
    sale: Redemption | None
    offline: OfflineRecord | None
    invoice: Invoice | None
    till: str | None
    owner: str | None

    @property
    def receipt(self) -> str | None:
        """Return the number on the receipt of the sale that it is about."""
        if self.sale is None or self.sale.receipt_on is None or self.sale.receipt_seq is None:
            return None
        return receipt_number(self.till or "", self.sale.receipt_on, self.sale.receipt_seq)

    @property
    def amount_fen(self) -> Fen:
        """Return what is not explained: signed as the other side says more or less than we do."""
        if self.discrepancy.amount_fen is not None:
            return self.discrepancy.amount_fen
        if self.line is not None:
            return Fen(self.line.amount_fen - self.line.matched_fen)
        assert self.payment is not None
        return Fen(self.payment.matched_fen - self.payment.amount_fen)


def exceptions(
    session: Session,
    *,
    state: DiscrepancyState | None,
    code: DiscrepancyCode | None = None,
    owner_id: UUID | None = None,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> list[ExceptionRow]:
    """Return exceptions, the oldest first."""
    query = _rows()
    if state is not None:
        query = query.where(Discrepancy.state == state)
    if code is not None:
        query = query.where(Discrepancy.code == code)
    if owner_id is not None:
        query = query.where(Discrepancy.owner_id == owner_id)
    if after is not None:
        query = query.where(tuple_(Discrepancy.opened_at, Discrepancy.id) > after)
    order = (Discrepancy.opened_at, Discrepancy.id)
    return [ExceptionRow(*row) for row in session.execute(query.order_by(*order).limit(limit))]


def _rows() -> Select[*tuple[Any, ...]]:
    sold_by = func.coalesce(Redemption.terminal_id, OfflineRecord.terminal_id)
    sale_id = func.coalesce(Discrepancy.redemption_id, OfflineRecord.redemption_id)
    return (
        select(
            Discrepancy,
            BankLine,
            Payment,
            Trade,
            Redemption,
            OfflineRecord,
            Invoice,
            Terminal.code,
            StaffAccount.display_name,
        )
        .outerjoin(BankLine, BankLine.id == Discrepancy.bank_line_id)
        .outerjoin(Payment, Payment.id == Discrepancy.payment_id)
        .outerjoin(Trade, Trade.id == Discrepancy.trade_id)
        .outerjoin(OfflineRecord, OfflineRecord.id == Discrepancy.offline_record_id)
        .outerjoin(Redemption, Redemption.id == sale_id)
        .outerjoin(Invoice, Invoice.id == Discrepancy.invoice_id)
        .outerjoin(Terminal, Terminal.id == sold_by)
        .outerjoin(StaffAccount, StaffAccount.id == Discrepancy.owner_id)
        .execution_options(populate_existing=True)
    )


def exception_by_id(session: Session, *, discrepancy_id: UUID) -> ExceptionRow | None:
    found = session.execute(_rows().where(Discrepancy.id == discrepancy_id)).one_or_none()
    return ExceptionRow(*found) if found is not None else None


def exception_of_line(session: Session, *, bank_line_id: UUID) -> Discrepancy | None:
    return session.scalars(
        select(Discrepancy)
        .where(Discrepancy.bank_line_id == bank_line_id)
        .execution_options(populate_existing=True)
    ).one_or_none()


def open_exceptions(session: Session, actor: Actor) -> int:
    """Count what nobody owns or the caller does: what waits for them."""
    mine = (Discrepancy.owner_id.is_(None)) | (Discrepancy.owner_id == actor.id)
    return int(
        session.scalars(
            select(func.count()).where(Discrepancy.state == DiscrepancyState.OPEN, mine)
        ).one()
    )
