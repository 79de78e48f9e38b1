"""A merchant's agreements: drafted, signed, ended."""

from uuid import UUID

from flask import render_template
from flask.typing import ResponseReturnValue

from kernel.clock import shanghai_date, utc_now
from kernel.db import transaction
from kernel.errors import Refusal
from kernel.forms import Form, blank_form, read_form
from kernel.i18n import N_
from kernel.web import current_actor
from merchants.errors import AgreementDatesInvalid, AgreementNumberTaken
from merchants.models import Merchant, SettlementCycle
from merchants.pages.blueprint import back_to, changing_reach, pages
from merchants.queries import find_agreement, find_merchant
from merchants.rules import CYCLE_WORDS
from merchants.schemas import AgreementForm
from merchants.services import draft_agreement, end_agreement, sign_agreement

_FIELD_OF: dict[type[Refusal], str] = {
    AgreementNumberTaken: "number",
    AgreementDatesInvalid: "last_on",
}


@pages.get("/<uuid:merchant_id>/agreements/new")
def new_agreement_form(merchant_id: UUID) -> ResponseReturnValue:
    """Ask what was agreed."""
    with transaction() as session:
        found = find_merchant(session, merchant_id=merchant_id, reach=changing_reach())
    usual = blank_form(
        starts_on=shanghai_date(utc_now()),
        cycle=SettlementCycle.WEEKLY,
        confirm_workdays=5,
        min_payout="100.00",
        hold_days=14,
    )
    return _ask(usual, found)


@pages.post("/<uuid:merchant_id>/agreements")
def save_new_agreement(merchant_id: UUID) -> ResponseReturnValue:
    """Write an agreement down as a draft."""
    form = read_form(AgreementForm())
    with transaction() as session:
        found = find_merchant(session, merchant_id=merchant_id, reach=changing_reach())
    if not form.ok:
        return _ask(form, found)
    try:
        with transaction() as session:
            draft_agreement(
                session,
                merchant_id=merchant_id,
                actor=current_actor(),
                now=utc_now(),
                **form.values,
            )
    except Refusal as refusal:
        form.refuse(refusal, _FIELD_OF.get(type(refusal)))
        return _ask(form, found)
    return back_to(merchant_id, N_("The agreement is drafted. It counts once it is signed."))


@pages.post("/agreements/<uuid:agreement_id>/sign")
def sign(agreement_id: UUID) -> ResponseReturnValue:
    """Put a drafted agreement in force."""
    with transaction() as session:
        found = find_agreement(session, agreement_id=agreement_id, reach=changing_reach())
        sign_agreement(session, agreement_id=found.id, actor=current_actor(), now=utc_now())
    return back_to(found.merchant_id, N_("The agreement is signed."))


@pages.post("/agreements/<uuid:agreement_id>/end")
def end_one_agreement(agreement_id: UUID) -> ResponseReturnValue:
    """End an agreement, or throw a draft away."""
    with transaction() as session:
        found = find_agreement(session, agreement_id=agreement_id, reach=changing_reach())
        end_agreement(session, agreement_id=found.id, actor=current_actor(), now=utc_now())
    return back_to(found.merchant_id, N_("The agreement has ended."))


def _ask(form: Form, merchant: Merchant) -> ResponseReturnValue:
    return render_template(
        "merchants/agreement_form.html", form=form, merchant=merchant, cycle_words=CYCLE_WORDS
    ), form.status
