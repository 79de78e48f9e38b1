"""Statements as a merchant's manager sees them: read, agree, dispute a line, save as a file."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from finance.errors import EvidenceRefused, StatementLineNotFound, StatementNotFound
from finance.models import DisputeEvidence, DisputeState, StatementState
from finance.pages.statement_files import lines_file, paper_file
from finance.pages.statement_words import (
    DISPUTE_KINDS,
    DISPUTE_WORDS,
    INVOICE_KINDS,
    INVOICE_WORDS,
    LINE_WORDS,
    STATE_KINDS,
)
from finance.queries.invoices import invoices_of, left_to_invoice
from finance.queries.statement_lines import LineRow, evidence_of, line_on, lines_of, sums_of
from finance.queries.statements import (
    StatementFacts,
    StatementRow,
    funds_of,
    statement_of_merchant,
    statements_of_merchant,
)
from finance.rules.capitals import capital_amount
from finance.schemas.statements import LineDisputeForm
from finance.services import (
    Voice,
    add_evidence,
    add_evidence_later,
    agree_statement,
    raise_dispute,
    takes_disputes,
)
from kernel.clock import utc_now
from kernel.db import transaction
from kernel.errors import Refusal
from kernel.exports import EXPORT_ROWS_MAX, CellKind, Column, list_file, wanted_format
from kernel.forms import Form, blank_form, read_form
from kernel.i18n import N_
from kernel.ids import new_id
from kernel.pages import LIST_ROWS, accepts_upload, cursor_place, page_of, see_other
from kernel.web import current_actor
from merchants.pages import manager_pages

STATE_WORDS = {
    StatementState.ISSUED: N_("Waits for you"),
    StatementState.AGREED: N_("Agreed, with the union"),
    StatementState.DISPUTED: N_("Disputed"),
    StatementState.APPROVED: N_("Approved, to be paid"),
    StatementState.PAID: N_("Paid"),
}
_INVOICED = frozenset({StatementState.ISSUED, StatementState.DISPUTED, StatementState.AGREED})
_NUMBER_DIGITS_MAX = 9
# One file, and the form around it.
_REQUEST_BYTES_MAX = 6 * 1024 * 1024


@manager_pages.get("/statements")
def statements() -> ResponseReturnValue:
    """List the statements that my merchant was issued, the newest first, or save the list."""
    file_format = wanted_format()
    place = cursor_place(parts=1)
    with transaction() as session:
        rows = statements_of_merchant(
            session,
            merchant_id=current_actor().managed_merchant_id,
            before=_number(place),
            rows=EXPORT_ROWS_MAX if file_format else LIST_ROWS + 1,
        )
    if file_format:
        return list_file(rows, _list_columns(), name="statements", file_format=file_format)
    return render_template(
        "finance/manager_statements.html",
        page=page_of(rows, place=lambda row: (str(row.number),)),
        state_words=STATE_WORDS,
        state_kinds=STATE_KINDS,
    )


@manager_pages.get("/statements/<uuid:statement_id>")
def statement(statement_id: UUID) -> ResponseReturnValue:
    """Show one statement, or save its lines as a file. No line names a member."""
    file_format = wanted_format()
    if file_format is None:
        return _show(statement_id)
    found = _mine(statement_id)
    return lines_file(
        statement_id, number=found.row.number, file_format=file_format, with_disputes=False
    )


@manager_pages.get("/statements/<uuid:statement_id>/paper")
def statement_paper(statement_id: UUID) -> ResponseReturnValue:
    """Save one statement as a page to print. Who worked on it is the union's own affair."""
    found = _mine(statement_id)
    with transaction() as session:
        sums = sums_of(session, statement_id=statement_id)
        funds = funds_of(session, statement_id=statement_id)
    return paper_file(found, sums, funds, maker=gettext("The union's finance"), approver=None)


def _mine(statement_id: UUID) -> StatementFacts:
    with transaction() as session:
        found = statement_of_merchant(
            session, statement_id=statement_id, merchant_id=current_actor().managed_merchant_id
        )
    if found is None:
        raise StatementNotFound
    return found


@manager_pages.post("/statements/<uuid:statement_id>/agree")
def agree_to_statement(statement_id: UUID) -> ResponseReturnValue:
    """Agree for my merchant; pressing twice agrees once."""
    try:
        with transaction() as session:
            agree_statement(session, voice=_voice(), statement_id=statement_id, now=utc_now())
    except Refusal as refusal:
        if isinstance(refusal, StatementNotFound):
            raise
        form = blank_form()
        form.refuse(refusal)
        return _show(statement_id, form)
    return _back(statement_id, N_("Agreed. The union approves it next, then pays."))


@manager_pages.get("/statements/<uuid:statement_id>/lines/<uuid:journal_id>")
def dispute_form(statement_id: UUID, journal_id: UUID) -> ResponseReturnValue:
    """Ask what is wrong with a line. The form carries an id, so sending it twice is once."""
    return _ask(statement_id, journal_id, blank_form(id=str(new_id())))


@manager_pages.post("/statements/<uuid:statement_id>/lines/<uuid:journal_id>")
@accepts_upload(bytes_max=_REQUEST_BYTES_MAX)
def dispute_line(statement_id: UUID, journal_id: UUID) -> ResponseReturnValue:
    """Say what is wrong with a line."""
    form = read_form(LineDisputeForm())
    content = _evidence()
    if not form.ok:
        return _ask(statement_id, journal_id, form)
    try:
        with transaction() as session:
            now = utc_now()
            dispute = raise_dispute(
                session,
                voice=_voice(),
                dispute_id=form.values["id"],
                statement_id=statement_id,
                journal_id=journal_id,
                reason=form.values["reason"],
                now=now,
            )
            if content:
                add_evidence(session, voice=_voice(), dispute=dispute, content=content, now=now)
    except Refusal as refusal:
        if isinstance(refusal, StatementNotFound):
            raise
        form.refuse(refusal, "evidence" if isinstance(refusal, EvidenceRefused) else None)
        return _ask(statement_id, journal_id, form)
    return _back(statement_id, N_("The line is disputed. The union answers on this page."))


@manager_pages.post("/statements/<uuid:statement_id>/lines/<uuid:journal_id>/evidence")
@accepts_upload(bytes_max=_REQUEST_BYTES_MAX)
def add_file(statement_id: UUID, journal_id: UUID) -> ResponseReturnValue:
    """Put a file beside a dispute of my merchant, also one that a till has raised."""
    content = _evidence()
    try:
        with transaction() as session:
            add_evidence_later(
                session,
                voice=_voice(),
                statement_id=statement_id,
                journal_id=journal_id,
                content=content,
                now=utc_now(),
            )
    except Refusal as refusal:
        if isinstance(refusal, (StatementNotFound, StatementLineNotFound)):
            raise
        form = blank_form()
        form.refuse(refusal, "evidence" if isinstance(refusal, EvidenceRefused) else None)
        return _ask(statement_id, journal_id, form)
    return _back(statement_id, N_("The file is beside the dispute. The union opens it."))


def _evidence() -> bytes:
    """Return the file that came with the form, nothing where there is none."""
    sent = request.files.get("evidence")
    if sent is None:
        return b""
    with sent.stream:
        return bytes(sent.read())


def _ask(statement_id: UUID, journal_id: UUID, form: Form) -> ResponseReturnValue:
    with transaction() as session:
        found = statement_of_merchant(
            session,
            statement_id=statement_id,
            merchant_id=current_actor().managed_merchant_id,
        )
        line = line_on(session, statement_id=statement_id, journal_id=journal_id)
    if found is None or line is None:
        raise StatementNotFound
    return render_template(
        "finance/manager_dispute.html", found=found, line=line, form=form, line_words=LINE_WORDS
    ), form.status


def _show(statement_id: UUID, form: Form | None = None) -> ResponseReturnValue:
    form = form or blank_form()
    place = cursor_place(parts=1)
    found = _mine(statement_id)
    with transaction() as session:
        lines = lines_of(
            session,
            statement_id=statement_id,
            after=_number(place) or 0,
            rows=LIST_ROWS + 1,
        )
        sums = sums_of(session, statement_id=statement_id)
        invoices = invoices_of(session, statement_id=statement_id)
        files = evidence_of(
            session, dispute_ids=[line.dispute.id for line in lines if line.dispute is not None]
        )
        left = left_to_invoice(session, statement_id=statement_id)
    return render_template(
        "finance/manager_statement.html",
        found=found,
        form=form,
        page=page_of(lines, place=lambda line: (str(line.line_no),)),
        sums=sums,
        capitals=capital_amount(sums.payable_fen),
        may_agree=found.row.state is StatementState.ISSUED,
        may_dispute=takes_disputes(found.statement, now=utc_now()),
        answer_of=lambda line: _answer(line, files),
        invoices=invoices,
        may_invoice=left > 0 and found.row.state in _INVOICED,
        invoice_words=INVOICE_WORDS,
        invoice_kinds=INVOICE_KINDS,
        state_words=STATE_WORDS,
        state_kinds=STATE_KINDS,
        line_words=LINE_WORDS,
    ), form.status


def _answer(
    line: LineRow, files: Mapping[UUID, Sequence[DisputeEvidence]]
) -> Mapping[str, Any] | None:
    """Return how a line's dispute stands: an answer only once a second person confirmed it."""
    dispute = line.dispute
    if dispute is None:
        return None
    is_decided = dispute.decided_at is not None
    state = dispute.state if is_decided else DisputeState.OPEN
    return {
        "kind": DISPUTE_KINDS[state],
        "word": DISPUTE_WORDS[state],
        "reason": dispute.reason,
        "files": len(files.get(dispute.id, ())),
        "takes_files": not is_decided,
        "answer": dispute.answer if is_decided else None,
        "adjustment_fen": dispute.adjustment_fen if is_decided else None,
    }


def _list_columns() -> list[Column[StatementRow]]:
    return [
        Column(gettext("Number"), lambda row: row.number, CellKind.NUMBER),
        Column(gettext("First day"), lambda row: row.starts_on, CellKind.DAY),
        Column(gettext("Last day"), lambda row: row.last_on, CellKind.DAY),
        Column(gettext("State"), lambda row: gettext(STATE_WORDS[row.state])),
        Column(gettext("Payable"), lambda row: row.payable_fen, CellKind.MONEY),
    ]


def _voice() -> Voice:
    actor = current_actor()
    return Voice(actor.managed_merchant_id, manager_id=actor.manager_id)


def _number(place: list[str] | None) -> int | None:
    """Return the number a cursor holds; whoever changes a cursor begins again."""
    text = place[0] if place else ""
    is_number = text.isascii() and text.isdigit() and len(text) <= _NUMBER_DIGITS_MAX
    return int(text) if is_number else None


def _back(statement_id: UUID, sentence: str) -> ResponseReturnValue:
    return see_other(url_for("merchants_manager.statement", statement_id=statement_id), sentence)
