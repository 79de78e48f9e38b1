"""Matching at the desk: a bank line beside the payments it may be about, and what was matched."""

from http import HTTPStatus
from uuid import UUID

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from finance.errors import BankLineNotFound, MatchNotFound
from finance.pages.bank import bank_pages
from finance.pages.bank_words import (
    CODE_WORDS,
    REASON_WORDS,
    STATE_KINDS,
    STATE_WORDS,
    UNDOERS,
)
from finance.pages.payment_words import PAYMENT_WORDS
from finance.pages.reach import city_actor, may
from finance.queries.bank import account_by_id, bank_line_by_id
from finance.queries.discrepancies import exception_of_line
from finance.queries.matching import (
    MatchRow,
    Suggestion,
    match_by_id,
    matches_of_line,
    search_payments,
    suggest,
)
from finance.queries.matching import matches as matches_made
from finance.rules.matching import MatchReason
from finance.schemas.bank import FindForm, MatchFilterForm, MatchForm, UndoForm
from finance.services.matching import match, undo_match
from kernel.actors import Role
from kernel.clock import utc_now
from kernel.db import transaction
from kernel.errors import Refusal
from kernel.exports import CellKind, Column
from kernel.forms import Form, blank_form, read_form, read_query
from kernel.i18n import N_
from kernel.listing import listing, rows_wanted
from kernel.pages import cursor_moment, moment_place, see_other
from kernel.web import current_actor

_LINE = "finance_bank_pages.line"


@bank_pages.get("/bank/lines/<uuid:bank_line_id>")
def line(bank_line_id: UUID) -> ResponseReturnValue:
    """Show a bank line beside the payments that it may be about."""
    return _show(bank_line_id)


@bank_pages.post("/bank/lines/<uuid:bank_line_id>/match")
def match_line(bank_line_id: UUID) -> ResponseReturnValue:
    """Say that a line is about a payment, for so much of both."""
    actor = city_actor(Role.FINANCE_MAKER)
    form = read_form(MatchForm())
    if form.ok:
        try:
            with transaction() as session:
                taken = _taken(
                    suggest(session, bank_line_id=bank_line_id), form.values["payment_id"]
                )
                match(
                    session,
                    actor=actor,
                    bank_line_id=bank_line_id,
                    score=taken.score if taken else None,
                    reason=taken.reason if taken else MatchReason.BY_HAND,
                    now=utc_now(),
                    **form.values,
                )
        except BankLineNotFound:
            raise
        except Refusal as refusal:
            form.refuse(refusal)
    if not form.ok:
        return _show(bank_line_id, form)
    return see_other(url_for(_LINE, bank_line_id=bank_line_id), N_("Matched."))


def _taken(suggestions: list[Suggestion], payment_id: UUID) -> Suggestion | None:
    """Return what the rule says of a payment, so that a match keeps why it was likely."""
    return next((each for each in suggestions if each.payment.id == payment_id), None)


@bank_pages.post("/bank/matches/<uuid:match_id>/undo")
def undo(match_id: UUID) -> ResponseReturnValue:
    """Take a match back that somebody else, or a rule, has made."""
    actor = city_actor(*UNDOERS)
    form = read_form(UndoForm())
    with transaction() as session:
        found = match_by_id(session, match_id=match_id)
    if found is None:
        raise MatchNotFound
    if form.ok:
        try:
            with transaction() as session:
                undo_match(
                    session,
                    actor=actor,
                    match_id=match_id,
                    now=utc_now(),
                    **form.values,
                )
        except Refusal as refusal:
            form.refuse(refusal)
    if not form.ok:
        return _show(found.bank_line_id, form)
    said = N_("Undone: what it had booked is reversed, and the line is to be matched again.")
    return see_other(url_for(_LINE, bank_line_id=found.bank_line_id), said)


def _show(bank_line_id: UUID, form: Form | None = None) -> ResponseReturnValue:
    find = read_query(FindForm())
    text = find.values.get("find")
    with transaction() as session:
        found = bank_line_by_id(session, bank_line_id=bank_line_id)
        if found is None:
            raise BankLineNotFound
        is_open = found.matched_fen != found.amount_fen
        account = account_by_id(session, account_id=found.account_id)
        suggestions = suggest(session, bank_line_id=bank_line_id) if is_open else []
        others = (
            search_payments(session, text=text, comes_in=found.amount_fen > 0)
            if text and is_open
            else []
        )
        rows = matches_of_line(session, bank_line_id=bank_line_id)
        exception = exception_of_line(session, bank_line_id=bank_line_id)
    return render_template(
        "finance/bank_line.html",
        form=form or blank_form(),
        find=find,
        line=found,
        account=account,
        left_fen=abs(found.amount_fen - found.matched_fen),
        suggestions=suggestions,
        others=others,
        searched=bool(text),
        rows=rows,
        exception=exception,
        may_match=is_open and may(Role.FINANCE_MAKER),
        may_undo=may(*UNDOERS),
        me=current_actor().staff_id,
        code_words=CODE_WORDS,
        state_words=STATE_WORDS,
        state_kinds=STATE_KINDS,
        reason_words=REASON_WORDS,
        payment_words=PAYMENT_WORDS,
    ), form.status if form else HTTPStatus.OK


@bank_pages.get("/bank/matches")
def matches() -> ResponseReturnValue:
    """List what was matched, the newest first; or save the list."""
    form = read_query(MatchFilterForm())
    show = form.values.get("show")
    with transaction() as session:
        rows = matches_made(
            session,
            undone=None if show is None else show == "undone",
            from_on=form.values.get("from_on"),
            until_on=form.values.get("until_on"),
            after=cursor_moment(),
            limit=rows_wanted(),
        )
    return listing(
        "finance/matches.html",
        rows,
        columns=_columns(),
        name="matches",
        place=lambda row: moment_place(row.match.matched_at, row.match.id),
        form=form,
        reason_words=REASON_WORDS,
        payment_words=PAYMENT_WORDS,
    )


def _columns() -> list[Column[MatchRow]]:
    def why(row: MatchRow) -> object:
        return gettext(REASON_WORDS[MatchReason(row.match.reason)])

    return [
        Column(gettext("Day"), lambda row: row.line.booked_on, CellKind.DAY),
        Column(gettext("The bank's number"), lambda row: row.line.bank_reference),
        Column(gettext("Reference"), lambda row: row.payment.reference),
        Column(gettext("Payee"), lambda row: row.payment.payee_shown),
        Column(gettext("Amount"), lambda row: row.match.amount_fen, CellKind.MONEY),
        Column(gettext("Why"), why),
        Column(gettext("Matched"), lambda row: row.match.matched_at, CellKind.MOMENT),
        Column(gettext("Undone"), lambda row: row.match.undone_at, CellKind.MOMENT),
    ]
