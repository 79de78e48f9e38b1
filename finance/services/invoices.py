"""Invoices: entered by the merchant, checked against its statement, accepted or returned.

Locks, in order: the statement, then the invoice.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from finance.errors import (
    InvoiceMismatch,
    InvoiceNotAsked,
    InvoiceNotFound,
    InvoiceTaken,
    StatementNotFound,
)
from finance.models import INVOICE_MOVES, Invoice, InvoiceState, Statement, StatementState
from finance.queries.invoices import left_to_invoice
from finance.services.statements import Voice, lock_shown_statement, lock_statement, note
from kernel.actors import Actor, Role
from kernel.clock import shanghai_date
from kernel.money import Fen
from kernel.refusals import RequestKeyReused, refuse_stale, refused_by
from kernel.states import move
from merchants.models import Merchant

_TAKES_INVOICES = (StatementState.ISSUED, StatementState.DISPUTED, StatementState.AGREED)
_TAKEN = {"uq_invoices_number_in_the_city": InvoiceTaken, "pk_invoices": RequestKeyReused}


def enter_invoice(
    session: Session,
    *,
    voice: Voice,
    invoice_id: UUID,
    statement_id: UUID,
    number: str,
    issued_on: date,
    amount_fen: Fen,
    buyer_uscc: str,
    now: datetime,
) -> Invoice:
    """Let a manager enter an invoice for a statement. The same id hears the same.

    What does not fit is refused here, so that finance accepts what it has in hand, and nothing
    else: its buyer is the agreement's, its amount what is still without an invoice, its day not
    before the statement's first. Locks the statement.

    Raises StatementNotFound, RequestKeyReused, InvoiceNotAsked, InvoiceMismatch, InvoiceTaken.
    """
    statement = lock_shown_statement(
        session, merchant_id=voice.merchant_id, statement_id=statement_id
    )
    known = session.get(Invoice, invoice_id, populate_existing=True)
    if known is not None:
        facts = (known.statement_id, known.number, known.amount_fen)
        if facts != (statement.id, number, amount_fen):
            raise RequestKeyReused
        return known
    if statement.invoice_buyer_uscc is None or statement.state not in _TAKES_INVOICES:
        raise InvoiceNotAsked
    _refuse_mismatch(
        session,
        statement,
        issued_on=issued_on,
        amount_fen=amount_fen,
        buyer_uscc=buyer_uscc,
        today=shanghai_date(now),
    )
    merchant = session.get_one(Merchant, statement.merchant_id)
    invoice = Invoice(
        id=invoice_id,
        statement_id=statement.id,
        number=number,
        issued_on=issued_on,
        amount_fen=amount_fen,
        buyer_uscc=buyer_uscc,
        seller_uscc=merchant.uscc or "",
        entered_by_manager_id=voice.manager_id,
        entered_at=now,
        state=InvoiceState.WAITING,
    )
    session.add(invoice)
    with refused_by(_TAKEN):
        session.flush()
    note(session, statement, actor=voice.actor, did="invoice_entered", now=now)
    return invoice


def accept_invoice(
    session: Session, *, actor: Actor, invoice_id: UUID, version: int, now: datetime
) -> Invoice:
    """Say that the invoice is there and right.

    Raises InvoiceNotFound, EditConflict, MoveNotAllowed.
    """
    return _decide(session, actor, invoice_id, version, InvoiceState.ACCEPTED, reason=None, now=now)


def return_invoice(
    session: Session, *, actor: Actor, invoice_id: UUID, version: int, reason: str, now: datetime
) -> Invoice:
    """Give an invoice back, with the reason that the merchant reads; its number is free again.

    Raises InvoiceNotFound, EditConflict, MoveNotAllowed.
    """
    return _decide(
        session, actor, invoice_id, version, InvoiceState.RETURNED, reason=reason, now=now
    )


def _decide(
    session: Session,
    actor: Actor,
    invoice_id: UUID,
    version: int,
    state: InvoiceState,
    *,
    reason: str | None,
    now: datetime,
) -> Invoice:
    invoice = session.get(Invoice, invoice_id)
    if invoice is None:
        raise InvoiceNotFound
    try:
        statement = lock_statement(
            session, actor=actor, statement_id=invoice.statement_id, role=Role.FINANCE_CHECKER
        )
    except StatementNotFound:
        raise InvoiceNotFound from None
    session.refresh(invoice, with_for_update=True)
    refuse_stale(invoice.version, version)
    invoice.state = move(INVOICE_MOVES, invoice.state, state)
    invoice.decided_by = actor.staff_id
    invoice.decided_at = now
    invoice.reason = reason
    invoice.version += 1
    session.flush()
    note(session, statement, actor=actor, did=f"invoice_{state.value}", now=now)
    return invoice


def _refuse_mismatch(
    session: Session,
    statement: Statement,
    *,
    issued_on: date,
    amount_fen: Fen,
    buyer_uscc: str,
    today: date,
) -> None:
    if buyer_uscc != statement.invoice_buyer_uscc:
        raise InvoiceMismatch(field="buyer_uscc", expected=statement.invoice_buyer_uscc)
    left = left_to_invoice(session, statement_id=statement.id)
    if amount_fen > left:
        raise InvoiceMismatch(field="amount", expected=left)
    if not statement.starts_on <= issued_on <= today:
        raise InvoiceMismatch(field="issued_on", expected=statement.starts_on.isoformat())
