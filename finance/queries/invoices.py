"""Reads of invoices: those of a statement, those that wait, and what they come to."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from finance.models import Invoice, InvoiceState, Statement, StatementFund
from finance.queries.statements import statement_reach
from kernel.actors import Actor, Role
from kernel.money import Fen
from merchants.models import Merchant
from merchants.queries import MerchantReach, merchant_ids_within


def is_invoiced() -> ColumnElement[bool]:
    """Say of a Statement that it needs no invoice, or that accepted ones come to what is paid."""
    payable = (
        select(func.sum(StatementFund.payable_fen))
        .where(StatementFund.statement_id == Statement.id)
        .correlate(Statement)
        .scalar_subquery()
    )
    accepted = (
        select(func.coalesce(func.sum(Invoice.amount_fen), 0))
        .where(Invoice.statement_id == Statement.id, Invoice.state == InvoiceState.ACCEPTED)
        .correlate(Statement)
        .scalar_subquery()
    )
    return or_(Statement.invoice_buyer_uscc.is_(None), payable == accepted)


def invoices_of(session: Session, *, statement_id: UUID) -> list[Invoice]:
    query = select(Invoice).where(Invoice.statement_id == statement_id)
    return list(session.scalars(query.order_by(Invoice.entered_at, Invoice.id)))


def invoice_within(session: Session, *, invoice_id: UUID, reach: MerchantReach) -> Invoice | None:
    query = (
        select(Invoice)
        .join(Statement, Statement.id == Invoice.statement_id)
        .where(Invoice.id == invoice_id, Statement.merchant_id.in_(merchant_ids_within(reach)))
    )
    return session.scalars(query).one_or_none()


@dataclass(frozen=True)
class InvoiceRow:
    """An invoice that waits, with whose statement it is for."""

    invoice: Invoice
    statement_number: int
    merchant: str


def invoices_within(session: Session, *, reach: MerchantReach, rows: int) -> list[InvoiceRow]:
    """Return the invoices that wait, of the merchants in reach, what waits longest first."""
    query = (
        select(Invoice, Statement.number, Merchant.name)
        .join(Statement, Statement.id == Invoice.statement_id)
        .join(Merchant, Merchant.id == Statement.merchant_id)
        .where(
            Invoice.state == InvoiceState.WAITING,
            Statement.merchant_id.in_(merchant_ids_within(reach)),
        )
        .order_by(Invoice.entered_at, Invoice.id)
        .limit(rows)
    )
    return [InvoiceRow(*row) for row in session.execute(query)]


def left_to_invoice(session: Session, *, statement_id: UUID) -> Fen:
    """Return how much of what a statement pays is on no invoice yet, returned ones left out."""
    payable = select(func.sum(StatementFund.payable_fen)).where(
        StatementFund.statement_id == statement_id
    )
    entered = select(func.coalesce(func.sum(Invoice.amount_fen), 0)).where(
        Invoice.statement_id == statement_id, Invoice.state != InvoiceState.RETURNED
    )
    return Fen(int(session.scalar(payable) or 0) - int(session.scalar(entered) or 0))


def invoices_waiting(session: Session, actor: Actor) -> int:
    """Return how many invoices wait for the actor to accept or to return them."""
    query = (
        select(func.count(Invoice.id))
        .join(Statement, Statement.id == Invoice.statement_id)
        .where(
            Invoice.state == InvoiceState.WAITING,
            Statement.merchant_id.in_(
                merchant_ids_within(statement_reach(actor, Role.FINANCE_CHECKER))
            ),
        )
    )
    return session.scalars(query).one()
