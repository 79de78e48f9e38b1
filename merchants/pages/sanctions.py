"""Measures against a merchant at the desk: set by one person, lifted by another; appeals."""

from uuid import UUID

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

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
from merchants.models import SanctionAppealState, SanctionKind
from merchants.pages.blueprint import STATE_WORDS, changing_reach, pages
from merchants.queries import (
    DECIDERS,
    AppealRow,
    MerchantReach,
    find_appeal,
    find_merchant,
    find_sanction,
    sanction_appeals_within,
    sanctions_of,
)
from merchants.rules import APPEAL_WORDS, SANCTION_MEANINGS, SANCTION_WORDS
from merchants.schemas import AppealAnswerForm, AppealQuery, LiftForm, SanctionForm
from merchants.services import answer_sanction_appeal, impose_sanction, lift_sanction

_APPEAL_KINDS = {
    SanctionAppealState.OPEN: "wait",
    SanctionAppealState.GRANTED: "yes",
    SanctionAppealState.REJECTED: "no",
}


def _reading_reach() -> MerchantReach:
    return MerchantReach(paths=current_actor().paths(*DECIDERS, Role.AUDITOR))


@pages.get("/<uuid:merchant_id>/sanctions")
def sanctions(merchant_id: UUID) -> ResponseReturnValue:
    """Show what was done about a merchant, and what can be done now."""
    return _show(merchant_id, blank_form())


@pages.post("/<uuid:merchant_id>/sanctions")
def impose(merchant_id: UUID) -> ResponseReturnValue:
    """Warn, suspend, hold the payout, or end the business."""
    with transaction() as session:
        found = find_merchant(session, merchant_id=merchant_id, reach=changing_reach())
    form = read_form(SanctionForm())
    if not form.ok:
        return _show(found.id, form)
    try:
        with transaction() as session:
            impose_sanction(
                session,
                actor=current_actor(),
                merchant_id=found.id,
                now=utc_now(),
                **form.values,
            )
    except Refusal as refusal:
        form.refuse(refusal)
        return _show(found.id, form)
    return _back(found.id, N_("Done, and on the record. The merchant reads the reason."))


@pages.post("/sanctions/<uuid:sanction_id>/lift")
def lift(sanction_id: UUID) -> ResponseReturnValue:
    """End a measure, as another person than who set it."""
    with transaction() as session:
        found = find_sanction(session, sanction_id=sanction_id, reach=changing_reach())
    form = read_form(LiftForm())
    if not form.ok:
        return _show(found.merchant_id, form)
    try:
        with transaction() as session:
            lift_sanction(
                session,
                actor=current_actor(),
                sanction_id=found.id,
                now=utc_now(),
                **form.values,
            )
    except Refusal as refusal:
        form.refuse(refusal)
        return _show(found.merchant_id, form)
    return _back(found.merchant_id, N_("Lifted. The merchant reads why."))


@pages.post("/appeals/<uuid:appeal_id>/answer")
def answer_appeal(appeal_id: UUID) -> ResponseReturnValue:
    """Answer a merchant; granting it lifts the measure."""
    with transaction() as session:
        found = find_appeal(session, appeal_id=appeal_id, reach=changing_reach())
    form = read_form(AppealAnswerForm())
    if not form.ok:
        return _show(found.merchant_id, form)
    try:
        with transaction() as session:
            answer_sanction_appeal(
                session, actor=current_actor(), appeal_id=found.id, now=utc_now(), **form.values
            )
    except Refusal as refusal:
        form.refuse(refusal)
        return _show(found.merchant_id, form)
    return _back(found.merchant_id, N_("Answered: the merchant reads it."))


@pages.get("/appeals")
def sanction_appeals() -> ResponseReturnValue:
    """List what merchants say against measures, the longest wait first, or save it as a file."""
    form = read_query(AppealQuery())
    with transaction() as session:
        rows = sanction_appeals_within(
            session,
            reach=_reading_reach(),
            after=cursor_moment(),
            rows=rows_wanted(),
            **form.values,
        )
    return listing(
        "merchants/appeals.html",
        rows,
        columns=_columns(),
        name="merchant-appeals",
        place=lambda row: moment_place(row.appeal.made_at, row.appeal.id),
        form=form,
        sanction_words=SANCTION_WORDS,
        appeal_words=APPEAL_WORDS,
        appeal_kinds=_APPEAL_KINDS,
    )


def _columns() -> list[Column[AppealRow]]:
    return [
        Column(gettext("Appealed at"), lambda row: row.appeal.made_at, CellKind.MOMENT),
        Column(gettext("Merchant"), lambda row: row.merchant),
        Column(gettext("Measure"), lambda row: gettext(SANCTION_WORDS[row.sanction.kind])),
        Column(gettext("Reason"), lambda row: row.sanction.reason),
        Column(gettext("The merchant says"), lambda row: row.appeal.text),
        Column(gettext("State"), lambda row: gettext(APPEAL_WORDS[row.appeal.state])),
        Column(gettext("Answer"), lambda row: row.appeal.answer),
    ]


def _back(merchant_id: UUID, sentence: str) -> ResponseReturnValue:
    return see_other(url_for("merchants_pages.sanctions", merchant_id=merchant_id), sentence)


def _show(merchant_id: UUID, form: Form) -> ResponseReturnValue:
    actor = current_actor()
    with transaction() as session:
        found = find_merchant(session, merchant_id=merchant_id, reach=_reading_reach())
        lines = sanctions_of(session, merchant_id=merchant_id)
    in_force = {line.sanction.kind for line in lines if line.sanction.stands}
    may_decide = actor.has_role(DECIDERS)
    return render_template(
        "merchants/sanctions.html",
        form=form,
        merchant=found,
        lines=lines,
        staff_id=actor.staff_id,
        may_decide=may_decide,
        choices=[
            kind for kind in SanctionKind if kind is SanctionKind.WARNING or kind not in in_force
        ],
        sanction_words=SANCTION_WORDS,
        sanction_meanings=SANCTION_MEANINGS,
        state_words=STATE_WORDS,
        appeal_words=APPEAL_WORDS,
        appeal_kinds=_APPEAL_KINDS,
    ), form.status
