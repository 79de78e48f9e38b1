"""A business applies to become a merchant, without an account: its phone is proven by a code."""

from http import HTTPStatus
from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.manager_sign_in import PHONE_UNREADABLE, send_manager_code
from kernel.clock import utc_now
from kernel.db import transaction
from kernel.errors import Refusal
from kernel.forms import Form, blank_form, read_form
from kernel.gateway import gateway
from kernel.i18n import N_
from kernel.pages import see_other
from kernel.phones import parse_phone
from kernel.uscc import SENTENCES as USCC_SENTENCES
from members.errors import CodesNotSent
from merchants.errors import AccountInvalid, ManagerCodeWrong, UsccInvalid, UsccTaken
from merchants.pages import manager_pages
from merchants.schemas import ApplicationForm
from merchants.services import Account, Application, apply_as_merchant

CODE_MISSING = N_("Type the code that we sent to the phone, or let us send one.")
# Which field of the form a refusal is about; any other is about the form as a whole.
_FIELD_OF: dict[type[Refusal], str] = {
    UsccTaken: "uscc",
    AccountInvalid: "account_number",
    ManagerCodeWrong: "code",
}


@manager_pages.get("/apply")
def apply_form() -> ResponseReturnValue:
    """Ask what the union needs to know about a business."""
    return _ask(blank_form())


@manager_pages.post("/apply/code")
def send_application_code() -> ResponseReturnValue:
    """Send a code to the phone; what else was typed is shown again and judged later."""
    form = read_form(ApplicationForm())
    form.errors, form.status = {}, HTTPStatus.OK
    phone = parse_phone(str(form.typed.get("phone", "")))
    if phone is None:
        form.fault("phone", PHONE_UNREADABLE)
        return _ask(form)
    if gateway() is None:
        form.refuse(CodesNotSent())
        return _ask(form)
    with transaction() as session:
        send_manager_code(session, phone=phone)
    return _ask(form, is_code_sent=True)


@manager_pages.post("/apply")
def apply() -> ResponseReturnValue:
    """Apply; the union looks at it and answers."""
    form = read_form(ApplicationForm())
    phone = parse_phone(form.values["phone"]) if form.ok else None
    if form.ok and phone is None:
        form.fault("phone", PHONE_UNREADABLE)
    if form.ok and not form.values["code"]:
        form.fault("code", CODE_MISSING)
    if not form.ok or phone is None:
        return _ask(form)
    with transaction() as session:
        outcome = apply_as_merchant(
            session,
            application=_application(form.values, phone),
            code=form.values["code"],
            address=request.remote_addr or "",
            now=utc_now(),
        )
    if isinstance(outcome, UsccInvalid):
        form.fault("uscc", USCC_SENTENCES.get(str(outcome.facts.get("detail")), outcome.title))
        return _ask(form)
    if isinstance(outcome, Refusal):
        form.refuse(outcome, _FIELD_OF.get(type(outcome)))
        return _ask(form)
    return see_other(
        url_for("merchants_manager.sign_in_form"),
        N_("Your application is with the union. Sign in here to see its answer."),
    )


def _application(values: dict[str, Any], phone: str) -> Application:
    number = values["account_number"]
    return Application(
        name=values["name"],
        uscc=values["uscc"],
        category=values["category"],
        district=values["district"],
        site_name=values["site_name"],
        address=values["address"],
        manager_name=values["manager_name"],
        phone=phone,
        account=Account(number, values["account_holder"]) if number else None,
        account_bank=values["account_bank"],
        account_bank_code=values["account_bank_code"],
    )


def _ask(form: Form, *, is_code_sent: bool = False) -> ResponseReturnValue:
    page = render_template("merchants/manager/apply.html", form=form, is_code_sent=is_code_sent)
    return page, form.status
