"""A merchant's manager signs in, by phone and one-time code.

Here and not in `merchants`, because the code goes out by the text messages of `members`.
"""

from uuid import UUID

from flask import Response, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.locales import CHINESE, choose_locale
from kernel.clock import utc_now
from kernel.db import transaction
from kernel.errors import Refusal
from kernel.forms import Form, blank_form, read_form
from kernel.gateway import gateway
from kernel.i18n import N_
from kernel.pages import MANAGER_PATH, cookie_flags, safe_next, see_other
from kernel.phones import parse_phone
from kernel.secrets import demo_code, new_code
from kernel.web import current_actor
from members.errors import CodesNotSent
from members.services.messages import send_code_message
from merchants.pages import MANAGER_COOKIE, manager_pages
from merchants.schemas import ManagerCodeForm, ManagerPhoneForm
from merchants.services import (
    CODE_LIFE,
    MANAGER_SESSION_LIFE,
    finish_manager_sign_in,
    start_manager_sign_in,
    switch_merchant,
)
from staff.rules import browser_name

PHONE_UNREADABLE = N_("This is not a mobile number. Give eleven digits, such as 15400000001.")


def send_manager_code(session: Session, *, phone: str) -> None:
    """Have a code sent to `phone` (normalised), unless one was sent too lately or too often."""
    now = utc_now()
    code = demo_code() if current_app.config["SETTINGS"].is_demo else new_code()
    if start_manager_sign_in(session, phone=phone, code=code, now=now):
        send_code_message(
            session,
            phone=phone,
            code=code,
            life=CODE_LIFE,
            is_chinese=choose_locale() == CHINESE,
            now=now,
        )


@manager_pages.get("/sign-in")
def sign_in_form() -> ResponseReturnValue:
    """Ask for the phone."""
    place = safe_next(request.args.get("next", ""), MANAGER_PATH)
    return _ask_phone(blank_form(next=place))


@manager_pages.post("/sign-in")
def send_code() -> ResponseReturnValue:
    """Send a code to a phone. The answer never tells whether anybody has that phone."""
    form = read_form(ManagerPhoneForm())
    phone = parse_phone(form.values["phone"]) if form.ok else None
    if form.ok and phone is None:
        form.fault("phone", PHONE_UNREADABLE)
    if phone is None:
        return _ask_phone(form)
    if gateway() is None:
        form.refuse(CodesNotSent())
        return _ask_phone(form)
    with transaction() as session:
        send_manager_code(session, phone=phone)
    return _ask_code(form)


@manager_pages.post("/sign-in/code")
def check_code() -> ResponseReturnValue:
    """Take the second step: the right code opens the session."""
    form = read_form(ManagerCodeForm())
    if not form.ok:
        return _ask_code(form)
    phone = parse_phone(form.values["phone"])
    if phone is None:
        form.fault("phone", PHONE_UNREADABLE)
        return _ask_phone(form)
    with transaction() as session:
        outcome = finish_manager_sign_in(
            session, phone=phone, code=form.values["code"], browser=_browser(), now=utc_now()
        )
    if isinstance(outcome, Refusal):
        form.refuse(outcome, "code" if outcome.code == "manager_code_wrong" else None)
        return _ask_code(form, refusal=outcome)
    return _signed_in(see_other(safe_next(form.values["next"], MANAGER_PATH)), outcome)


@manager_pages.post("/account/merchants/<uuid:manager_id>")
def switch(manager_id: UUID) -> ResponseReturnValue:
    """Go on with another merchant that I look after."""
    with transaction() as session:
        token = switch_merchant(
            session,
            actor=current_actor(),
            manager_id=manager_id,
            browser=_browser(),
            now=utc_now(),
        )
    answer = see_other(url_for("merchants_manager.home"), N_("You now act for another merchant."))
    return _signed_in(answer, token)


def _browser() -> str:
    return browser_name(request.user_agent.string)


def _signed_in(answer: Response, token: str) -> Response:
    answer.set_cookie(
        MANAGER_COOKIE,
        token,
        path=MANAGER_PATH,
        max_age=int(MANAGER_SESSION_LIFE.total_seconds()),
        **cookie_flags(),
    )
    return answer


def _ask_phone(form: Form) -> ResponseReturnValue:
    return render_template("merchants/manager/sign_in.html", form=form), form.status


def _ask_code(form: Form, *, refusal: Refusal | None = None) -> ResponseReturnValue:
    page = render_template("merchants/manager/code.html", form=form, refusal=refusal)
    return page, form.status
