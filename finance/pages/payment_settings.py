"""Payment settings at the desk: whose signature an amount asks for, and which account pays."""

from collections.abc import Callable
from uuid import UUID

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from finance.pages.payment_words import BOOK_WORDS
from finance.pages.reach import READERS, city_actor, insist_on_the_city, may
from finance.queries.payment_terms import paying_account, tiers_in_force, tiers_waiting
from finance.schemas.payments import BatchForm, PayingAccountForm, TiersForm
from finance.services.payments import (
    approve_tiers,
    propose_tiers,
    set_paying_account,
    withdraw_tiers,
)
from kernel.actors import Role
from kernel.clock import utc_now
from kernel.db import transaction
from kernel.errors import Refusal
from kernel.forms import Form, blank_form, read_form
from kernel.i18n import N_
from kernel.pages import see_other
from ledger.models import Book

pages = Blueprint(
    "finance_payment_settings_pages",
    __name__,
    url_prefix="/desk/finance/payment-settings",
    template_folder="../templates",
)
pages.before_request(insist_on_the_city)

PROPOSERS = (Role.FINANCE_MAKER,)
APPROVERS = (Role.FINANCE_APPROVER,)

Verb = Callable[..., object]


@pages.get("")
def settings() -> ResponseReturnValue:
    """Show who signs from which amount, what is proposed instead, and the accounts that pay."""
    return _show(blank_form())


@pages.post("/tiers")
def propose() -> ResponseReturnValue:
    """Propose other amounts; a second person puts them in force."""
    said = N_("Proposed. They hold once somebody else confirms them.")
    return _do(read_form(TiersForm()), propose_tiers, PROPOSERS, said)


@pages.post("/tiers/<uuid:tiers_id>/approve")
def approve(tiers_id: UUID) -> ResponseReturnValue:
    """Put proposed amounts in force."""
    said = N_("These amounts hold for every batch prepared from now on.")
    return _do(read_form(BatchForm()), approve_tiers, APPROVERS, said, tiers_id=tiers_id)


@pages.post("/tiers/<uuid:tiers_id>/withdraw")
def withdraw(tiers_id: UUID) -> ResponseReturnValue:
    """Let a proposal go."""
    said = N_("Withdrawn. The amounts in force stay.")
    roles = (*PROPOSERS, *APPROVERS)
    return _do(read_form(BatchForm()), withdraw_tiers, roles, said, tiers_id=tiers_id)


@pages.post("/accounts")
def set_account() -> ResponseReturnValue:
    """Name the account from which a book pays."""
    said = N_("Kept. Bank files made from now on name this account.")
    return _do(read_form(PayingAccountForm()), set_paying_account, PROPOSERS, said)


def _do(
    form: Form, verb: Verb, roles: tuple[Role, ...], sentence: str, **ids: UUID
) -> ResponseReturnValue:
    actor = city_actor(*roles)
    if form.ok:
        try:
            with transaction() as session:
                verb(session, actor=actor, now=utc_now(), **ids, **form.values)
        except Refusal as refusal:
            form.refuse(refusal)
    if not form.ok:
        return _show(form)
    return see_other(url_for("finance_payment_settings_pages.settings"), sentence)


def _show(form: Form) -> ResponseReturnValue:
    actor = city_actor(*READERS)
    with transaction() as session:
        waiting, proposer = tiers_waiting(session) or (None, None)
        accounts = {book: paying_account(session, book=book) for book in Book}
        in_force = tiers_in_force(session)
    return render_template(
        "finance/payment_settings.html",
        form=form,
        tiers=in_force,
        waiting=waiting,
        proposer=proposer,
        accounts=accounts,
        book_words=BOOK_WORDS,
        may_propose=may(*PROPOSERS),
        may_approve=may(*APPROVERS) and waiting is not None and waiting.maker_id != actor.staff_id,
        may_withdraw=may(*PROPOSERS, *APPROVERS),
    ), form.status
