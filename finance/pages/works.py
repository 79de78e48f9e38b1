"""Long work at the desk: started from the pages of its kinds, watched and cancelled here."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, jsonify, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from finance.jobs import do_work
from finance.models import Work, WorkKind
from finance.pages.reach import city_actor, insist_on_the_city, may
from finance.pages.work_words import (
    ANSWER_WORDS,
    KIND_WORDS,
    NOT_BEGUN,
    OUTCOME_KINDS,
    OUTCOME_WORDS,
    STAGE_WORDS,
)
from finance.queries.works import WorkRow, work_by_id, works
from finance.services.works import cancel_work, start_work
from finance.work_errors import WorkEnded, WorkNotFound
from kernel.actors import Actor, Role
from kernel.clock import utc_now
from kernel.db import transaction
from kernel.exports import CellKind, Column
from kernel.i18n import N_
from kernel.jobs import defer
from kernel.listing import listing, rows_wanted
from kernel.pages import cursor_moment, moment_place, see_other

pages = Blueprint(
    "finance_works_pages",
    __name__,
    url_prefix="/desk/finance/works",
    template_folder="../templates",
)
pages.before_request(insist_on_the_city)
CANCELLERS = (Role.FINANCE_MAKER, Role.FINANCE_APPROVER)
_REFRESH_SECONDS = 5
_WHERE = {
    WorkKind.BANK_FILE: "finance_bank_pages.bank",
    WorkKind.TRADE_BILL: "finance_bank_pages.channels",
    WorkKind.OPENING: "finance_statements_pages.statements",
    WorkKind.CLOSING: "finance_closing_pages.all_months",
}


def begin(
    *,
    actor: Actor,
    kind: WorkKind,
    subject: str,
    asked: Mapping[str, Any],
    content: bytes | None = None,
) -> ResponseReturnValue:
    """Have a worker do what would keep a page waiting, and lead to where it is watched.

    Raises WorkGoingOn.
    """
    with transaction() as session:
        work = start_work(
            session,
            actor=actor,
            kind=kind,
            subject=subject,
            asked=asked,
            content=content,
            now=utc_now(),
        )
        defer(session, do_work, work_id=str(work.id))
    said = N_("Started. You can watch it here, or leave and come back.")
    return see_other(url_for("finance_works_pages.show", work_id=work.id), said)


@pages.get("")
def all_works() -> ResponseReturnValue:
    """List what was done in the background, the newest first."""
    with transaction() as session:
        rows = works(session, after=cursor_moment(), limit=rows_wanted())
    return listing(
        "finance/works.html",
        rows,
        columns=_columns(),
        name="works",
        place=lambda row: moment_place(row.work.asked_at, row.work.id),
        kind_words=KIND_WORDS,
        outcome_words=OUTCOME_WORDS,
        outcome_kinds=OUTCOME_KINDS,
    )


def _columns() -> list[Column[WorkRow]]:
    return [
        Column(gettext("Work"), lambda row: gettext(KIND_WORDS[row.work.kind])),
        Column(gettext("About"), lambda row: said_about(row.work)),
        Column(gettext("Asked for by"), lambda row: row.maker),
        Column(gettext("Asked for"), lambda row: row.work.asked_at, CellKind.MOMENT),
        Column(gettext("Finished"), lambda row: row.work.finished_at, CellKind.MOMENT),
        Column(gettext("State"), lambda row: _state(row.work)),
        Column(gettext("What became of it"), lambda row: said_of(row.work)),
    ]


def _state(work: Work) -> str:
    return str(gettext(OUTCOME_WORDS[work.outcome]) if work.outcome else gettext("Going on"))


def said_about(work: Work) -> str:
    """Return what the work is about: a file's name, days, a month."""
    if work.kind is WorkKind.OPENING:
        return f"{work.asked['starts_on']} – {work.asked['last_on']}"
    return str(work.asked.get("name") or work.asked.get("month") or "")


def said_of(work: Work) -> str:
    """Return what became of the work, in a sentence; nothing while it goes on."""
    answer = work.answer or {}
    refused = answer.get("title")
    if refused:
        return str(gettext(refused))
    return str(gettext(ANSWER_WORDS[work.kind], **answer)) if answer else ""


@pages.get("/<uuid:work_id>")
def show(work_id: UUID) -> ResponseReturnValue:
    """Show how far work is, or what became of it."""
    row = _row(work_id)
    facts = (row.work.answer or {}).get("facts", {})
    return render_template(
        "finance/work.html",
        row=row,
        work=row.work,
        about=said_about(row.work),
        said=said_of(row.work),
        facts=facts,
        stage=stage_words(row.work),
        where=url_for(_WHERE[row.work.kind]),
        may_cancel=may(*CANCELLERS) and not row.work.cancel_asked_at,
        refresh=None if row.work.finished_at else _REFRESH_SECONDS,
        kind_words=KIND_WORDS,
        outcome_words=OUTCOME_WORDS,
        outcome_kinds=OUTCOME_KINDS,
    )


@pages.get("/<uuid:work_id>/progress")
def progress(work_id: UUID) -> ResponseReturnValue:
    """Answer the progress bar: hundredths of the whole, and the stage with its own count."""
    row = _row(work_id)
    return jsonify(
        done=row.percent,
        total=100,
        finished=row.work.finished_at is not None,
        stage=stage_words(row.work),
    )


@pages.post("/<uuid:work_id>/cancel")
def cancel(work_id: UUID) -> ResponseReturnValue:
    """Have work stop, so that nothing of it remains."""
    actor = city_actor(*CANCELLERS)
    url = url_for("finance_works_pages.show", work_id=work_id)
    try:
        with transaction() as session:
            cancel_work(session, actor=actor, work_id=work_id, now=utc_now())
    except WorkEnded as refusal:
        return see_other(url, refusal.title)
    return see_other(url, N_("It stops at its next step. Nothing of it will remain."))


def stage_words(work: Work) -> str:
    """Return what work is doing, with how much of how much where it counts."""
    if work.stage is None:
        return str(gettext(NOT_BEGUN))
    said = str(gettext(STAGE_WORDS[work.stage]))
    return f"{said} {work.done:,} / {work.total:,}" if work.total > 1 else said


def _row(work_id: UUID) -> WorkRow:
    with transaction() as session:
        row = work_by_id(session, work_id=work_id)
    if row is None:
        raise WorkNotFound
    return row
