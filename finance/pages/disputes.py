"""Disputes at the desk: what waits, the answer of one person, the word of another."""

from collections.abc import Callable
from datetime import date
from uuid import UUID

from flask import render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from finance.errors import DisputeNotFound
from finance.pages.statements import (
    DISPUTES_MAX,
    page_of_statement,
    pages,
    reading_reach,
    show_statement,
    words,
)
from finance.queries.statement_lines import LineRow, dispute_within, disputed_lines
from finance.queries.statements import StatementRow
from finance.schemas.statements import AnswerForm, StepForm
from finance.services import answer_dispute, confirm_dispute, send_back_dispute
from kernel.clock import shanghai_date, utc_now
from kernel.db import transaction
from kernel.errors import Refusal
from kernel.exports import CellKind, Column, list_file, wanted_format
from kernel.forms import Form, read_form
from kernel.i18n import N_
from kernel.pages import see_other
from kernel.web import current_actor

__all__ = ["pages"]

Verb = Callable[..., object]


@pages.get("/disputes")
def disputes() -> ResponseReturnValue:
    """List the disputes that wait, the longest first."""
    today = shanghai_date(utc_now())
    with transaction() as session:
        found = disputed_lines(session, reach=reading_reach(), rows=DISPUTES_MAX)
    file_format = wanted_format()
    if file_format:
        return list_file(found, _columns(), name="disputes", file_format=file_format)
    return render_template(
        "finance/disputes.html", found=found, days=_days(found, today), **words()
    )


def _columns() -> list[Column[tuple[LineRow, StatementRow]]]:
    return [
        Column(gettext("Statement"), lambda row: row[1].number, CellKind.NUMBER),
        Column(gettext("Merchant"), lambda row: row[1].merchant),
        Column(gettext("Receipt"), lambda row: row[0].receipt_no),
        Column(gettext("Day"), lambda row: row[0].book_date, CellKind.DAY),
        Column(gettext("Amount"), lambda row: row[0].amount_fen, CellKind.MONEY),
        Column(
            gettext("Raised"),
            lambda row: row[0].dispute.raised_at if row[0].dispute else None,
            CellKind.MOMENT,
        ),
    ]


def _days(found: list[tuple[LineRow, StatementRow]], today: date) -> dict[UUID, str]:
    """Return in words how long each disputed line has waited."""
    said = {}
    for line, _ in found:
        if line.dispute is not None:
            count = (today - shanghai_date(line.dispute.raised_at)).days
            words = ngettext("%(num)s day", "%(num)s days", count)
            said[line.journal_id] = words if count else gettext("since today")
    return said


@pages.post("/disputes/<uuid:dispute_id>/answer")
def answer(dispute_id: UUID) -> ResponseReturnValue:
    """Propose what a dispute comes to."""
    said = N_("Answered. A second person confirms it.")
    return _decide(dispute_id, read_form(AnswerForm()), answer_dispute, said)


@pages.post("/disputes/<uuid:dispute_id>/confirm")
def confirm(dispute_id: UUID) -> ResponseReturnValue:
    """Make somebody else's answer final."""
    said = N_("Confirmed: the merchant reads it, and it is booked.")
    return _decide(dispute_id, read_form(StepForm()), confirm_dispute, said)


@pages.post("/disputes/<uuid:dispute_id>/send-back")
def send_back(dispute_id: UUID) -> ResponseReturnValue:
    """Ask for another answer."""
    said = N_("Sent back: the dispute waits for another answer.")
    return _decide(dispute_id, read_form(StepForm()), send_back_dispute, said)


def _decide(dispute_id: UUID, form: Form, verb: Verb, sentence: str) -> ResponseReturnValue:
    with transaction() as session:
        found = dispute_within(session, dispute_id=dispute_id, reach=reading_reach())
    if found is None:
        raise DisputeNotFound
    if form.ok:
        try:
            with transaction() as session:
                verb(
                    session,
                    actor=current_actor(),
                    dispute_id=dispute_id,
                    now=utc_now(),
                    **form.values,
                )
        except DisputeNotFound:
            raise
        except Refusal as refusal:
            form.refuse(refusal)
    if not form.ok:
        return show_statement(found.statement_id, form, answering=dispute_id)
    return see_other(page_of_statement(found.statement_id), sentence)
