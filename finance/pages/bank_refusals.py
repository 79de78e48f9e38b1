"""Payments that the bank never carries out, at the desk: declared by one, confirmed by another."""

from collections.abc import Callable
from uuid import UUID

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from finance.errors import PaymentNotFound
from finance.models import BankRefusalState, PaymentState
from finance.pages.payment_words import (
    PAYMENT_KINDS,
    PAYMENT_WORDS,
    REFUSAL_KINDS,
    REFUSAL_WORDS,
)
from finance.pages.reach import READERS, city_actor, insist_on_the_city, may
from finance.payment_errors import BankRefusalNotFound, RefusedOnAnotherDay
from finance.queries.bank_refusals import (
    RefusalRow,
    bank_refusals,
    payment_facts,
    refusal_by_id,
    refusals_of,
)
from finance.schemas.bank_refusals import DeclareForm, RefusalFilter, RevokeForm
from finance.schemas.payments import BatchForm
from finance.services.payments import (
    confirm_refused,
    declare_refused,
    revoke_refused,
    withdraw_refused,
)
from kernel.actors import Role
from kernel.clock import shanghai_date, utc_now
from kernel.db import transaction
from kernel.errors import Refusal
from kernel.exports import CellKind, Column
from kernel.forms import Form, blank_form, read_form, read_query
from kernel.i18n import N_
from kernel.listing import listing, rows_wanted
from kernel.pages import cursor_id, see_other

pages = Blueprint(
    "finance_refusals_pages",
    __name__,
    url_prefix="/desk/finance/bank-refusals",
    template_folder="../templates",
)
pages.before_request(insist_on_the_city)

DECLARERS = (Role.FINANCE_MAKER,)
CONFIRMERS = (Role.FINANCE_APPROVER,)
ENDERS = (*DECLARERS, *CONFIRMERS)

Verb = Callable[..., object]


@pages.get("")
def refusals() -> ResponseReturnValue:
    """List what was declared, the newest first, or save the list as a file."""
    form = read_query(RefusalFilter())
    with transaction() as session:
        rows = bank_refusals(
            session, state=form.values.get("state"), after=cursor_id(), rows=rows_wanted()
        )
    return listing(
        "finance/bank_refusals.html",
        rows,
        columns=_columns(),
        name="bank-refusals",
        place=lambda row: (str(row.refusal.id),),
        form=form,
        refusal_words=REFUSAL_WORDS,
        refusal_kinds=REFUSAL_KINDS,
    )


@pages.get("/payments/<uuid:payment_id>")
def payment(payment_id: UUID) -> ResponseReturnValue:
    """Show a payment, what was declared about it, and what may be said now."""
    usual = blank_form(refused_on=shanghai_date(utc_now()))
    return _show(payment_id, usual)


@pages.post("/payments/<uuid:payment_id>")
def declare(payment_id: UUID) -> ResponseReturnValue:
    """Declare that the bank refused a payment."""
    actor = city_actor(*DECLARERS)
    form = read_form(DeclareForm())
    if form.ok:
        try:
            with transaction() as session:
                declare_refused(
                    session, actor=actor, payment_id=payment_id, now=utc_now(), **form.values
                )
        except PaymentNotFound:
            raise
        except Refusal as refusal:
            form.refuse(refusal, "refused_on" if isinstance(refusal, RefusedOnAnotherDay) else None)
    if not form.ok:
        return _show(payment_id, form)
    return _back(payment_id, N_("Declared. Somebody else must confirm it before it is owed again."))


@pages.post("/<uuid:refusal_id>/confirm")
def confirm(refusal_id: UUID) -> ResponseReturnValue:
    """Confirm what somebody else declared."""
    said = N_("Confirmed. What it would have paid is owed again, and may be put into a batch.")
    return _do(refusal_id, confirm_refused, CONFIRMERS, said)


@pages.post("/<uuid:refusal_id>/withdraw")
def withdraw(refusal_id: UUID) -> ResponseReturnValue:
    """Let a declaration go that nobody confirmed."""
    said = N_("Withdrawn. The payment waits at the bank as before.")
    return _do(refusal_id, withdraw_refused, ENDERS, said)


@pages.post("/<uuid:refusal_id>/revoke")
def revoke(refusal_id: UUID) -> ResponseReturnValue:
    """Say that the bank carried the payment out after all."""
    said = N_("The payment waits for its bank line again. Match it with the line.")
    return _do(refusal_id, revoke_refused, ENDERS, said, read_form(RevokeForm()))


def _do(
    refusal_id: UUID, verb: Verb, roles: tuple[Role, ...], sentence: str, form: Form | None = None
) -> ResponseReturnValue:
    actor = city_actor(*roles)
    with transaction() as session:
        known = refusal_by_id(session, refusal_id=refusal_id)
    if known is None:
        raise BankRefusalNotFound
    form = form or read_form(BatchForm())
    if form.ok:
        try:
            with transaction() as session:
                verb(session, actor=actor, refusal_id=refusal_id, now=utc_now(), **form.values)
        except Refusal as refusal:
            form.refuse(refusal)
    return _back(known.payment_id, sentence) if form.ok else _show(known.payment_id, form)


def _back(payment_id: UUID, sentence: str) -> ResponseReturnValue:
    return see_other(url_for("finance_refusals_pages.payment", payment_id=payment_id), sentence)


def _show(payment_id: UUID, form: Form) -> ResponseReturnValue:
    actor = city_actor(*READERS)
    with transaction() as session:
        found = payment_facts(session, payment_id=payment_id)
        rows = refusals_of(session, payment_id=payment_id)
    if found is None:
        raise PaymentNotFound
    states = {row.refusal.state: row for row in rows}
    declared = states.get(BankRefusalState.DECLARED)
    is_waiting = found.payment.state is PaymentState.SENT and not found.payment.matched_fen
    return render_template(
        "finance/bank_refusal.html",
        form=form,
        found=found,
        payment=found.payment,
        rows=rows,
        declared=declared,
        confirmed=states.get(BankRefusalState.CONFIRMED),
        may_declare=is_waiting and declared is None and may(*DECLARERS),
        may_confirm=may(*CONFIRMERS),
        is_maker=declared is not None and declared.refusal.maker_id == actor.staff_id,
        may_end=may(*ENDERS),
        payment_words=PAYMENT_WORDS,
        payment_kinds=PAYMENT_KINDS,
        refusal_words=REFUSAL_WORDS,
        refusal_kinds=REFUSAL_KINDS,
    ), form.status


def _columns() -> list[Column[RefusalRow]]:
    return [
        Column(gettext("Reference"), lambda row: row.payment.reference),
        Column(gettext("Batch"), lambda row: row.batch_number, CellKind.NUMBER),
        Column(gettext("Payee"), lambda row: row.payment.payee_shown),
        Column(gettext("Amount"), lambda row: row.payment.amount_fen, CellKind.MONEY),
        Column(gettext("The bank's day"), lambda row: row.refusal.refused_on, CellKind.DAY),
        Column(gettext("What the bank said"), lambda row: row.refusal.reason),
        Column(gettext("Declared by"), lambda row: row.maker),
        Column(gettext("Confirmed by"), lambda row: row.approver),
        Column(gettext("State"), lambda row: gettext(REFUSAL_WORDS[row.refusal.state])),
    ]
