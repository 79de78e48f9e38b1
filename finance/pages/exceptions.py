"""Exceptions at the desk: what does not match, whose it is, and what became of it."""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from uuid import UUID

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from finance.errors import DiscrepancyNotFound
from finance.models import DiscrepancyState
from finance.pages.bank import bank_pages
from finance.pages.bank_words import ACTION_WORDS, CODE_WORDS, STATE_KINDS, STATE_WORDS, WORKERS
from finance.pages.payment_words import PAYMENT_WORDS
from finance.pages.reach import city_actor, may
from finance.queries.discrepancies import ExceptionRow, exception_by_id
from finance.queries.discrepancies import exceptions as exceptions_named
from finance.queries.trace_kinds import TraceKind
from finance.schemas.bank import ExceptionFilterForm, NoteForm, VersionForm
from finance.services.discrepancies import annotate, resolve, take_on
from kernel.clock import shanghai_date, utc_now
from kernel.db import transaction
from kernel.errors import Refusal
from kernel.exports import CellKind, Column
from kernel.forms import Form, blank_form, read_form, read_query
from kernel.i18n import N_
from kernel.listing import listing, rows_wanted
from kernel.pages import cursor_moment, moment_place, see_other
from kernel.web import current_actor

_ANY = "any"
Verb = Callable[..., object]


@bank_pages.get("/exceptions")
def exceptions() -> ResponseReturnValue:
    """List what does not match, the oldest first; or save the list."""
    form = read_query(ExceptionFilterForm())
    state = form.values.get("state", DiscrepancyState.OPEN)
    actor, now = current_actor(), utc_now()
    with transaction() as session:
        rows = exceptions_named(
            session,
            state=None if state == _ANY else DiscrepancyState(state),
            code=form.values.get("code"),
            owner_id=actor.id if form.values.get("mine") else None,
            after=cursor_moment(),
            limit=rows_wanted(),
        )
    return listing(
        "finance/exceptions.html",
        rows,
        columns=_columns(now),
        name="exceptions",
        place=lambda row: moment_place(row.discrepancy.opened_at, row.discrepancy.id),
        form=form,
        days={row.discrepancy.id: _days(row, now) for row in rows},
        codes=[(code.value, gettext(words[0])) for code, words in CODE_WORDS.items()],
        states=[
            (_ANY, gettext("Any state")),
            (DiscrepancyState.RESOLVED.value, gettext(STATE_WORDS[DiscrepancyState.RESOLVED])),
        ],
        code_words=CODE_WORDS,
        state_words=STATE_WORDS,
        state_kinds=STATE_KINDS,
    )


@bank_pages.get("/exceptions/<uuid:discrepancy_id>")
def exception(discrepancy_id: UUID) -> ResponseReturnValue:
    """Show an exception: what it is about, whose, and what was found."""
    return _show(discrepancy_id)


@bank_pages.post("/exceptions/<uuid:discrepancy_id>/take-on")
def take_exception_on(discrepancy_id: UUID) -> ResponseReturnValue:
    """Make an exception mine."""
    said = N_("It is yours now.")
    return _decide(discrepancy_id, "note", read_form(VersionForm()), take_on, said)


@bank_pages.post("/exceptions/<uuid:discrepancy_id>/note")
def note_exception(discrepancy_id: UUID) -> ResponseReturnValue:
    """Write down what was found so far."""
    said = N_("The note is kept.")
    return _decide(discrepancy_id, "note", read_form(NoteForm()), annotate, said)


@bank_pages.post("/exceptions/<uuid:discrepancy_id>/resolve")
def resolve_exception(discrepancy_id: UUID) -> ResponseReturnValue:
    """Say what became of an exception that no payment explains."""
    said = N_("Resolved.")
    return _decide(discrepancy_id, "resolve", read_form(NoteForm()), resolve, said)


def _decide(
    discrepancy_id: UUID, name: str, form: Form, verb: Verb, sentence: str
) -> ResponseReturnValue:
    """Carry a verb out, or show the exception again with what is wrong on the form `name`."""
    actor = city_actor(*WORKERS)
    if form.ok:
        try:
            with transaction() as session:
                verb(
                    session,
                    actor=actor,
                    discrepancy_id=discrepancy_id,
                    now=utc_now(),
                    **form.values,
                )
        except DiscrepancyNotFound:
            raise
        except Refusal as refusal:
            form.refuse(refusal)
    if not form.ok:
        return _show(discrepancy_id, **{name: form})
    url = url_for("finance_bank_pages.exception", discrepancy_id=discrepancy_id)
    return see_other(url, sentence)


def _show(discrepancy_id: UUID, **sent: Form) -> ResponseReturnValue:
    actor = current_actor()
    with transaction() as session:
        found = exception_by_id(session, discrepancy_id=discrepancy_id)
    if found is None:
        raise DiscrepancyNotFound
    status = next((form.status for form in sent.values()), HTTPStatus.OK)
    is_banks = found.line is not None or found.payment is not None
    return render_template(
        "finance/exception.html",
        what_to_do=(
            CODE_WORDS[found.discrepancy.code][1]
            if is_banks
            else ACTION_WORDS[found.discrepancy.code]
        ),
        row=found,
        trace=_trace_of(found),
        forms={
            "note": sent.get("note") or blank_form(note=found.discrepancy.note),
            "resolve": sent.get("resolve") or blank_form(),
        },
        days=_days(found, utc_now()),
        is_mine=found.discrepancy.owner_id == actor.id,
        may_work=may(*WORKERS),
        code_words=CODE_WORDS,
        state_words=STATE_WORDS,
        state_kinds=STATE_KINDS,
        payment_words=PAYMENT_WORDS,
    ), status


def _trace_of(row: ExceptionRow) -> str | None:
    """Return where the chain is drawn of what an exception is about; none of a refused sale."""
    kind, object_id = row.discrepancy.subject
    if kind not in set(TraceKind):
        if row.sale is None:
            return None
        kind, object_id = TraceKind.REDEMPTION, row.sale.id
    return url_for("finance_trace_pages.show", kind=kind, object_id=object_id)


def _days(row: ExceptionRow, now: datetime) -> int:
    """Return an exception's age in Shanghai days, until it was resolved."""
    until = row.discrepancy.resolved_at or now
    return (shanghai_date(until) - shanghai_date(row.discrepancy.opened_at)).days


def _columns(now: datetime) -> list[Column[ExceptionRow]]:
    def about(row: ExceptionRow) -> object:
        if row.line is not None:
            return f"{row.line.booked_on} {row.line.counterparty or ''} {row.line.summary}"
        if row.payment is not None:
            return f"{row.payment.payee_shown} {row.payment.reference}"
        if row.trade is not None:
            return f"{row.trade.trade_no} {row.trade.order_no}"
        return row.receipt or (row.invoice.number if row.invoice else row.till)

    return [
        Column(gettext("Kind"), lambda row: gettext(CODE_WORDS[row.discrepancy.code][0])),
        Column(gettext("About"), about),
        Column(gettext("Amount"), lambda row: row.amount_fen, CellKind.MONEY),
        Column(gettext("Owner"), lambda row: row.owner),
        Column(gettext("Days"), lambda row: _days(row, now), CellKind.NUMBER),
        Column(gettext("State"), lambda row: gettext(STATE_WORDS[row.discrepancy.state])),
        Column(gettext("Note"), lambda row: row.discrepancy.note),
    ]
