"""Statements as a merchant's manager sees them: read, agree, dispute a line, save as a file."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from finance.errors import StatementNotFound
from finance.models import DisputeState, StatementState
from finance.pages.statement_words import DISPUTE_KINDS, DISPUTE_WORDS, LINE_WORDS, STATE_KINDS
from finance.queries.statement_lines import LineRow, line_on, lines_of, sums_of
from finance.queries.statements import (
    StatementRow,
    statement_of_merchant,
    statements_of_merchant,
)
from finance.rules.capitals import capital_amount
from finance.schemas.statements import LineDisputeForm
from finance.services import Voice, agree_statement, raise_dispute, takes_disputes
from kernel.clock import utc_now
from kernel.db import transaction
from kernel.errors import Refusal
from kernel.exports import EXPORT_ROWS_MAX, CellKind, Column, list_file, wanted_format
from kernel.forms import Form, blank_form, read_form
from kernel.i18n import N_
from kernel.ids import new_id
from kernel.pages import LIST_ROWS, cursor_place, page_of, see_other
from kernel.web import current_actor
from merchants.pages import manager_pages

STATE_WORDS = {
    StatementState.ISSUED: N_("Waits for you"),
    StatementState.AGREED: N_("Agreed, with the union"),
    StatementState.DISPUTED: N_("Disputed"),
    StatementState.APPROVED: N_("Approved, to be paid"),
    StatementState.PAID: N_("Paid"),
}
_NUMBER_DIGITS_MAX = 9


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
    return _show(statement_id)


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
def dispute_line(statement_id: UUID, journal_id: UUID) -> ResponseReturnValue:
    """Say what is wrong with a line."""
    form = read_form(LineDisputeForm())
    if not form.ok:
        return _ask(statement_id, journal_id, form)
    try:
        with transaction() as session:
            raise_dispute(
                session,
                voice=_voice(),
                dispute_id=form.values["id"],
                statement_id=statement_id,
                journal_id=journal_id,
                reason=form.values["reason"],
                now=utc_now(),
            )
    except Refusal as refusal:
        if isinstance(refusal, StatementNotFound):
            raise
        form.refuse(refusal)
        return _ask(statement_id, journal_id, form)
    return _back(statement_id, N_("The line is disputed. The union answers on this page."))


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
    file_format = wanted_format()
    place = cursor_place(parts=1)
    with transaction() as session:
        found = statement_of_merchant(
            session,
            statement_id=statement_id,
            merchant_id=current_actor().managed_merchant_id,
        )
        if found is None:
            raise StatementNotFound
        lines = lines_of(
            session,
            statement_id=statement_id,
            after=_number(place) or 0,
            rows=EXPORT_ROWS_MAX if file_format else LIST_ROWS + 1,
        )
        sums = sums_of(session, statement_id=statement_id)
    if file_format:
        name = f"statement-{found.row.number}"
        return list_file(lines, _columns(), name=name, file_format=file_format)
    return render_template(
        "finance/manager_statement.html",
        found=found,
        form=form,
        page=page_of(lines, place=lambda line: (str(line.line_no),)),
        sums=sums,
        capitals=capital_amount(sums.payable_fen),
        may_agree=found.row.state is StatementState.ISSUED,
        may_dispute=takes_disputes(found.statement, now=utc_now()),
        answer_of=_answer,
        state_words=STATE_WORDS,
        state_kinds=STATE_KINDS,
        line_words=LINE_WORDS,
    ), form.status


def _answer(line: LineRow) -> Mapping[str, Any] | None:
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


def _columns() -> list[Column[LineRow]]:
    return [
        Column(gettext("Line"), lambda line: line.line_no, CellKind.NUMBER),
        Column(gettext("Day"), lambda line: line.book_date, CellKind.DAY),
        Column(gettext("What"), lambda line: gettext(LINE_WORDS[line.kind])),
        Column(gettext("Receipt"), lambda line: line.receipt_no),
        Column(gettext("Site"), lambda line: line.site),
        Column(gettext("Bill"), lambda line: line.gross_fen, CellKind.MONEY),
        Column(gettext("Members paid"), lambda line: line.member_fen, CellKind.MONEY),
        Column(gettext("The merchant bore"), lambda line: line.merchant_fen, CellKind.MONEY),
        Column(gettext("The union pays"), lambda line: line.amount_fen, CellKind.MONEY),
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
