"""Invoices as a merchant's manager enters them, beside the statement that asks for them."""

from uuid import UUID

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from finance.errors import InvoiceMismatch, InvoiceTaken, StatementNotFound
from finance.models import Invoice
from finance.queries.invoices import left_to_invoice
from finance.queries.statements import StatementFacts, statement_of_merchant
from finance.schemas.statements import InvoiceForm
from finance.services import Voice, enter_invoice
from kernel.clock import shanghai_date, utc_now
from kernel.db import transaction
from kernel.errors import Refusal
from kernel.forms import Form, blank_form, read_form
from kernel.i18n import N_
from kernel.ids import new_id
from kernel.money import Fen, yuan
from kernel.pages import see_other
from kernel.web import current_actor
from merchants.pages import manager_pages


@manager_pages.get("/statements/<uuid:statement_id>/invoices/new")
def invoice_form(statement_id: UUID) -> ResponseReturnValue:
    """Ask for an invoice. The form carries an id, so sending it twice is once."""
    found, left = _statement(statement_id)
    usual = blank_form(
        id=str(new_id()),
        issued_on=shanghai_date(utc_now()),
        amount=yuan(left).replace(",", ""),
        buyer_uscc=found.statement.invoice_buyer_uscc or "",
    )
    return _ask(found, left, usual)


@manager_pages.post("/statements/<uuid:statement_id>/invoices")
def save_invoice(statement_id: UUID) -> ResponseReturnValue:
    """Enter an invoice for a statement."""
    form = read_form(InvoiceForm())
    if form.ok and _enter(statement_id, form) is not None:
        where = url_for("merchants_manager.statement", statement_id=statement_id)
        return see_other(where, N_("The invoice is entered. The union checks it next."))
    found, left = _statement(statement_id)
    return _ask(found, left, form)


def _enter(statement_id: UUID, form: Form) -> Invoice | None:
    """Return the invoice, None where the form now says why there is none."""
    actor = current_actor()
    try:
        with transaction() as session:
            return enter_invoice(
                session,
                voice=Voice(actor.managed_merchant_id, manager_id=actor.manager_id),
                statement_id=statement_id,
                now=utc_now(),
                **form.values,
            )
    except Refusal as refusal:
        if isinstance(refusal, StatementNotFound):
            raise
        field = "number" if isinstance(refusal, InvoiceTaken) else None
        if isinstance(refusal, InvoiceMismatch):
            field = str(refusal.facts["field"])
        form.refuse(refusal, field)
        return None


def _statement(statement_id: UUID) -> tuple[StatementFacts, Fen]:
    with transaction() as session:
        found = statement_of_merchant(
            session, statement_id=statement_id, merchant_id=current_actor().managed_merchant_id
        )
        if found is None:
            raise StatementNotFound
        return found, left_to_invoice(session, statement_id=statement_id)


def _ask(found: StatementFacts, left: Fen, form: Form) -> ResponseReturnValue:
    return render_template(
        "finance/manager_invoice.html", found=found, left=left, form=form
    ), form.status
