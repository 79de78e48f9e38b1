"""My account: my roles, my sessions, my password, my second factor."""

from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from kernel.clock import utc_now
from kernel.db import transaction
from kernel.errors import Refusal
from kernel.forms import Form, blank_form, read_form
from kernel.i18n import N_
from kernel.pages import see_other
from kernel.web import current_actor
from staff.errors import PasswordUnusable
from staff.pages.blueprint import ROLE_WORDS, factor_image, pages
from staff.queries import grants_of, open_sessions, own_account
from staff.schemas import FactorForm, PasswordForm
from staff.services import (
    begin_second_factor,
    change_password,
    confirm_second_factor,
    end_other_sessions,
    end_session,
    pending_second_factor,
)


@pages.get("/account")
def my_account() -> ResponseReturnValue:
    """Show who I am here, what I may do, and where I am signed in."""
    actor = current_actor()
    with transaction() as session:
        account = own_account(session, actor=actor)
        grants = grants_of(session, account_id=actor.staff_id)
        sessions = open_sessions(session, account_id=actor.staff_id, now=utc_now())
    return render_template(
        "staff/my_account.html",
        account=account,
        grants=grants,
        sessions=sessions,
        role_words=ROLE_WORDS,
    )


@pages.post("/account/sessions/<uuid:session_id>/end")
def end_one_session(session_id: UUID) -> ResponseReturnValue:
    """Sign one of my browsers out."""
    with transaction() as session:
        end_session(session, actor=current_actor(), session_id=session_id, now=utc_now())
    return see_other(url_for("staff_pages.my_account"), N_("That session has ended."))


@pages.post("/account/sessions/end-others")
def end_others() -> ResponseReturnValue:
    """Sign all my other browsers out."""
    with transaction() as session:
        end_other_sessions(session, actor=current_actor(), now=utc_now())
    return see_other(url_for("staff_pages.my_account"), N_("Your other sessions have ended."))


@pages.get("/account/password")
def password_form() -> ResponseReturnValue:
    """Ask for the present password and a new one."""
    return _ask_password(blank_form())


@pages.post("/account/password")
def save_password() -> ResponseReturnValue:
    """Change my password; my other sessions end."""
    form = read_form(PasswordForm())
    if form.ok and form.values["new_password"] != form.values["repeated"]:
        form.fault("repeated", N_("The two new passwords differ."))
    if not form.ok:
        return _ask_password(form)
    try:
        with transaction() as session:
            wrong = change_password(
                session,
                actor=current_actor(),
                current_password=form.values["current_password"],
                new_password=form.values["new_password"],
                address=request.remote_addr,
                now=utc_now(),
            )
    except PasswordUnusable as unusable:
        form.refuse(unusable, "new_password")
        return _ask_password(form)
    except Refusal as refusal:
        form.refuse(refusal)
        return _ask_password(form)
    if wrong:
        form.refuse(wrong, "current_password")
        return _ask_password(form)
    return see_other(
        _next_step(),
        N_("Your password is changed. Your other sessions have ended."),
    )


@pages.post("/account/second-factor")
def new_factor() -> ResponseReturnValue:
    """Make a new second factor that waits to be confirmed."""
    with transaction() as session:
        begin_second_factor(session, actor=current_actor(), now=utc_now())
    return see_other(url_for("staff_pages.factor_form"))


@pages.get("/account/second-factor")
def factor_form() -> ResponseReturnValue:
    """Show the new secret and ask for a code made from it."""
    return _ask_factor_code(blank_form())


@pages.post("/account/second-factor/confirm")
def save_factor() -> ResponseReturnValue:
    """Put the new second factor to use."""
    form = read_form(FactorForm())
    if not form.ok:
        return _ask_factor_code(form)
    try:
        with transaction() as session:
            wrong = confirm_second_factor(
                session,
                actor=current_actor(),
                code=form.values["code"],
                address=request.remote_addr,
                now=utc_now(),
            )
    except Refusal as refusal:
        form.refuse(refusal)
        return _ask_factor_code(form)
    if wrong:
        form.refuse(wrong, "code")
        return _ask_factor_code(form)
    return see_other(
        _next_step(),
        N_("Your new second factor is in use. Remove the old one from your phone."),
    )


def _next_step() -> str:
    """Return where to go on: home while a credential is still temporary, else my account."""
    with transaction() as session:
        account = own_account(session, actor=current_actor())
    return url_for("desk.home" if account.is_provisional else "staff_pages.my_account")


def _ask_password(form: Form) -> ResponseReturnValue:
    return render_template("staff/password.html", form=form), form.status


def _ask_factor_code(form: Form) -> ResponseReturnValue:
    actor = current_actor()
    with transaction() as session:
        account = own_account(session, actor=actor)
        secret = pending_second_factor(session, actor=actor)
    if secret is None:
        return redirect(url_for("staff_pages.my_account"))
    image = factor_image(secret, username=account.username)
    return (
        render_template("staff/second_factor.html", form=form, secret=secret, image=image),
        form.status,
    )
