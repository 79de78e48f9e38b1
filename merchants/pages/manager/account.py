"""My own sign-in: where I am signed in, which merchants I look after, and out."""

from uuid import UUID

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from kernel.clock import utc_now
from kernel.db import transaction
from kernel.i18n import N_
from kernel.pages import MANAGER_PATH, see_other
from kernel.web import current_actor
from merchants.pages.manager.blueprint import MANAGER_COOKIE, manager_pages
from merchants.queries import (
    manager_in,
    merchants_of_phone,
    open_manager_sessions,
)
from merchants.services import (
    end_manager_session,
    end_other_manager_sessions,
    sign_manager_out,
)


@manager_pages.get("/account")
def account() -> ResponseReturnValue:
    """Show where I am signed in, and the other merchants that I look after."""
    actor = current_actor()
    with transaction() as session:
        own = manager_in(
            session, manager_id=actor.manager_id, merchant_id=actor.managed_merchant_id
        )
        choices = merchants_of_phone(session, phone_index=own.phone_index)
        sessions = open_manager_sessions(session, manager_id=own.id, now=utc_now())
    return render_template(
        "merchants/manager/account.html",
        sessions=sessions,
        others=[each for each in choices if each.manager_id != own.id],
    )


@manager_pages.post("/account/sessions/<uuid:session_id>/end")
def end_one_session(session_id: UUID) -> ResponseReturnValue:
    """Sign one of my phones out."""
    with transaction() as session:
        end_manager_session(session, actor=current_actor(), session_id=session_id, now=utc_now())
    return see_other(url_for("merchants_manager.account"), N_("That session has ended."))


@manager_pages.post("/account/sessions/end-others")
def end_others() -> ResponseReturnValue:
    """Sign all my other phones out."""
    with transaction() as session:
        end_other_manager_sessions(session, actor=current_actor(), now=utc_now())
    return see_other(url_for("merchants_manager.account"), N_("Your other sessions have ended."))


@manager_pages.post("/sign-out")
def leave() -> ResponseReturnValue:
    """End this session here and on the server."""
    with transaction() as session:
        sign_manager_out(session, actor=current_actor(), now=utc_now())
    answer = see_other(url_for("merchants_manager.sign_in_form"), N_("You are signed out."))
    answer.delete_cookie(MANAGER_COOKIE, path=MANAGER_PATH)
    return answer
