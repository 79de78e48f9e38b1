"""Signing in, in two steps, and out."""

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from kernel.clock import utc_now
from kernel.db import transaction
from kernel.errors import Refusal
from kernel.forms import Form, blank_form, read_form
from kernel.i18n import N_
from kernel.pages import NoticeKind, cookie_flags, safe_next, see_other
from kernel.web import current_actor
from staff.errors import SignInExpired, SignInLocked
from staff.pages.blueprint import DESK_COOKIE, pages
from staff.rules import SIGN_IN_SECONDS, browser_name
from staff.schemas import CodeForm, SignInForm
from staff.services import begin_sign_in, finish_sign_in, sign_out

_STEP_COOKIE = "uc_desk_step"
_STEP_PATH = "/desk/sign-in"


@pages.get("/sign-in")
def sign_in_form() -> ResponseReturnValue:
    """Ask for username and password."""
    return _ask_password(blank_form(next=safe_next(request.args.get("next", ""))))


@pages.post("/sign-in")
def check_password() -> ResponseReturnValue:
    """Take the first step: the right password leads on to the code."""
    form = read_form(SignInForm())
    if not form.ok:
        return _ask_password(form)
    outcome: str | Refusal
    try:
        with transaction() as session:
            outcome = begin_sign_in(
                session,
                username=form.values["username"],
                password=form.values["password"],
                address=request.remote_addr,
                browser=browser_name(request.user_agent.string),
                now=utc_now(),
            )
    except SignInLocked as locked:
        outcome = locked
    if isinstance(outcome, Refusal):
        form.refuse(outcome)
        return _ask_password(form)
    answer = see_other(url_for("staff_pages.code_form", next=safe_next(form.values["next"])))
    answer.set_cookie(
        _STEP_COOKIE,
        outcome,
        path=_STEP_PATH,
        max_age=int(SIGN_IN_SECONDS.total_seconds()),
        **cookie_flags(),
    )
    return answer


@pages.get("/sign-in/code")
def code_form() -> ResponseReturnValue:
    """Ask for the one-time code of the second factor."""
    if _STEP_COOKIE not in request.cookies:
        return redirect(url_for("staff_pages.sign_in_form"))
    return _ask_code(blank_form(next=safe_next(request.args.get("next", ""))))


@pages.post("/sign-in/code")
def check_code() -> ResponseReturnValue:
    """Take the second step: the right code opens the session."""
    form = read_form(CodeForm())
    if not form.ok:
        return _ask_code(form)
    outcome: str | Refusal
    try:
        with transaction() as session:
            outcome = finish_sign_in(
                session,
                token=request.cookies.get(_STEP_COOKIE, ""),
                code=form.values["code"],
                address=request.remote_addr,
                now=utc_now(),
            )
    except SignInExpired as expired:
        return _begin_again(form, expired)
    except SignInLocked as locked:
        outcome = locked
    if isinstance(outcome, Refusal):
        form.refuse(outcome, "code")
        return _ask_code(form)
    answer = see_other(safe_next(form.values["next"]))
    answer.set_cookie(DESK_COOKIE, outcome, **cookie_flags())
    answer.delete_cookie(_STEP_COOKIE, path=_STEP_PATH)
    return answer


@pages.post("/sign-out")
def leave() -> ResponseReturnValue:
    """End this session here and on the server."""
    with transaction() as session:
        sign_out(session, actor=current_actor(), now=utc_now())
    answer = see_other(url_for("staff_pages.sign_in_form"), N_("You are signed out."))
    answer.delete_cookie(DESK_COOKIE)
    return answer


def _ask_password(form: Form) -> ResponseReturnValue:
    return render_template("staff/sign_in.html", form=form), form.status


def _ask_code(form: Form) -> ResponseReturnValue:
    return render_template("staff/code.html", form=form), form.status


def _begin_again(form: Form, expired: SignInExpired) -> Response:
    answer = see_other(
        url_for("staff_pages.sign_in_form", next=safe_next(form.values["next"])),
        expired.title,
        kind=NoticeKind.WAIT,
    )
    answer.delete_cookie(_STEP_COOKIE, path=_STEP_PATH)
    return answer
