"""Invoices at the desk: what waits, accepted or returned; files beside disputes."""

from collections.abc import Callable
from uuid import UUID

from flask import Response, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from finance.errors import InvoiceNotFound
from finance.pages.statement_words import INVOICE_KINDS, INVOICE_WORDS
from finance.pages.statements import page_of_statement, pages, reading_reach, show_statement
from finance.queries.invoices import InvoiceRow, invoice_within, invoices_within
from finance.schemas.statements import ReturnForm, StepForm
from finance.services import accept_invoice, open_evidence, return_invoice
from kernel.clock import utc_now
from kernel.db import transaction
from kernel.errors import Refusal
from kernel.exports import CellKind, Column, list_file, wanted_format
from kernel.forms import Form, read_form
from kernel.i18n import N_
from kernel.pages import attachment, see_other
from kernel.web import current_actor

__all__ = ["pages"]

INVOICES_MAX = 200
_ENDINGS = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png"}
Verb = Callable[..., object]


@pages.get("/invoices")
def invoices() -> ResponseReturnValue:
    """List the invoices that wait to be accepted, the longest first."""
    with transaction() as session:
        found = invoices_within(session, reach=reading_reach(), rows=INVOICES_MAX)
    file_format = wanted_format()
    if file_format:
        return list_file(found, _columns(), name="invoices", file_format=file_format)
    return render_template(
        "finance/invoices.html",
        found=found,
        invoice_words=INVOICE_WORDS,
        invoice_kinds=INVOICE_KINDS,
    )


def _columns() -> list[Column[InvoiceRow]]:
    return [
        Column(gettext("Invoice number"), lambda row: row.invoice.number),
        Column(gettext("Merchant"), lambda row: row.merchant),
        Column(gettext("Statement"), lambda row: row.statement_number, CellKind.NUMBER),
        Column(gettext("Day of the invoice"), lambda row: row.invoice.issued_on, CellKind.DAY),
        Column(gettext("Amount"), lambda row: row.invoice.amount_fen, CellKind.MONEY),
        Column(gettext("Entered on"), lambda row: row.invoice.entered_at, CellKind.MOMENT),
    ]


@pages.post("/invoices/<uuid:invoice_id>/accept")
def accept(invoice_id: UUID) -> ResponseReturnValue:
    """Say that an invoice is there and right."""
    said = N_("The invoice is accepted.")
    return _decide(invoice_id, read_form(StepForm()), accept_invoice, said)


@pages.post("/invoices/<uuid:invoice_id>/return")
def give_back(invoice_id: UUID) -> ResponseReturnValue:
    """Give an invoice back to its merchant."""
    said = N_("The invoice is returned: the merchant reads why, and enters another.")
    return _decide(invoice_id, read_form(ReturnForm()), return_invoice, said)


@pages.get("/evidence/<uuid:evidence_id>")
def evidence(evidence_id: UUID) -> Response:
    """Save a file that a merchant put beside its dispute; that I looked is written down."""
    with transaction() as session:
        opened = open_evidence(
            session, actor=current_actor(), evidence_id=evidence_id, now=utc_now()
        )
    kind = opened.evidence.media_type.value
    name = f"evidence-{str(evidence_id)[-6:]}.{_ENDINGS[kind]}"
    return attachment(opened.content, filename=name, mimetype=kind)


def _decide(invoice_id: UUID, form: Form, verb: Verb, sentence: str) -> ResponseReturnValue:
    with transaction() as session:
        found = invoice_within(session, invoice_id=invoice_id, reach=reading_reach())
    if found is None:
        raise InvoiceNotFound
    if form.ok:
        try:
            with transaction() as session:
                verb(
                    session,
                    actor=current_actor(),
                    invoice_id=invoice_id,
                    now=utc_now(),
                    **form.values,
                )
        except InvoiceNotFound:
            raise
        except Refusal as refusal:
            form.refuse(refusal)
    if not form.ok:
        return show_statement(found.statement_id, form)
    return see_other(page_of_statement(found.statement_id), sentence)
