"""Who works for the merchant: clerks with tills of their own, and its managers."""

from uuid import UUID

from flask import current_app, render_template, url_for
from flask.typing import ResponseReturnValue

from kernel.clock import utc_now
from kernel.db import transaction
from kernel.errors import Refusal
from kernel.forms import Form, blank_form, read_form
from kernel.i18n import N_
from kernel.pages import see_other
from kernel.qr import qr_address
from kernel.web import current_actor
from merchants.errors import ManagerKnown, ManagerPhoneInvalid, MerchantNotActive, SiteNotOpen
from merchants.models import SiteState
from merchants.pages.manager.blueprint import manager_pages
from merchants.queries import (
    clerk_in,
    clerk_name,
    clerks_of,
    manager_in,
    managers_of,
    site_in,
    sites_of,
    terminal_in,
    tills_of_merchant,
)
from merchants.schemas import ClerkForm, ManagerForm
from merchants.services import (
    PAIRING_LIFETIME,
    Invitation,
    clerk_idle_time,
    end_clerk,
    end_manager,
    invite_clerk,
    invite_manager,
    renew_clerk_code,
    unpair_terminal,
)


@manager_pages.get("/clerks")
def clerks() -> ResponseReturnValue:
    """List the clerks and ask for another one."""
    return _show_clerks(blank_form())


@manager_pages.post("/clerks")
def save_new_clerk() -> ResponseReturnValue:
    """Invite a clerk, and show the code for their phone, this once."""
    form = read_form(ClerkForm())
    if not form.ok:
        return _show_clerks(form)
    actor = current_actor()
    now = utc_now()
    try:
        with transaction() as session:
            site = site_in(
                session, site_id=form.values["site_id"], merchant_id=actor.managed_merchant_id
            )
            invitation = invite_clerk(
                session,
                merchant_id=actor.managed_merchant_id,
                site_id=site.id,
                name=form.values["name"],
                actor=actor,
                now=now,
            )
    except (SiteNotOpen, MerchantNotActive) as refusal:
        form.refuse(refusal, "site_id" if isinstance(refusal, SiteNotOpen) else None)
        return _show_clerks(form)
    return _show_code(invitation)


@manager_pages.post("/clerks/<uuid:clerk_id>/code")
def clerk_code(clerk_id: UUID) -> ResponseReturnValue:
    """Make a new code for a clerk's phone and show it, this once."""
    actor = current_actor()
    with transaction() as session:
        found = clerk_in(session, clerk_id=clerk_id, merchant_id=actor.managed_merchant_id)
        invitation = renew_clerk_code(session, clerk_id=found.id, actor=actor, now=utc_now())
    return _show_code(invitation)


@manager_pages.post("/clerks/<uuid:clerk_id>/end")
def end_one_clerk(clerk_id: UUID) -> ResponseReturnValue:
    """End a clerk: their phones are refused at once."""
    actor = current_actor()
    with transaction() as session:
        found = clerk_in(session, clerk_id=clerk_id, merchant_id=actor.managed_merchant_id)
        end_clerk(session, clerk_id=found.id, actor=actor, now=utc_now())
    return see_other(
        url_for("merchants_manager.clerks"), N_("The clerk has ended. Their phone is refused now.")
    )


@manager_pages.get("/tills")
def tills() -> ResponseReturnValue:
    """List the paired tills, when each was last heard of, and whose it is."""
    with transaction() as session:
        found = tills_of_merchant(session, merchant_id=current_actor().managed_merchant_id)
    return render_template(
        "merchants/manager/tills.html", tills=found, idle_days=clerk_idle_time().days
    )


@manager_pages.post("/tills/<uuid:terminal_id>/unpair")
def unpair_till(terminal_id: UUID) -> ResponseReturnValue:
    """Shut a till out at once, wherever it is."""
    actor = current_actor()
    with transaction() as session:
        found = terminal_in(session, terminal_id=terminal_id, merchant_id=actor.managed_merchant_id)
        unpair_terminal(session, terminal_id=found.id, actor=actor, now=utc_now())
    return see_other(
        url_for("merchants_manager.tills"), N_("The till is unpaired and refused from now on.")
    )


@manager_pages.get("/managers")
def managers() -> ResponseReturnValue:
    """List who looks after my merchant, and ask for another one."""
    return _show_managers(blank_form())


@manager_pages.post("/managers")
def save_new_manager() -> ResponseReturnValue:
    """Invite another manager, who begins by signing in."""
    form = read_form(ManagerForm())
    if not form.ok:
        return _show_managers(form)
    actor = current_actor()
    try:
        with transaction() as session:
            invite_manager(
                session,
                merchant_id=actor.managed_merchant_id,
                actor=actor,
                now=utc_now(),
                **form.values,
            )
    except Refusal as refusal:
        about_phone = isinstance(refusal, ManagerKnown | ManagerPhoneInvalid)
        form.refuse(refusal, "phone" if about_phone else None)
        return _show_managers(form)
    return see_other(
        url_for("merchants_manager.managers"),
        N_("They are invited. They begin by signing in with that phone."),
    )


@manager_pages.post("/managers/<uuid:manager_id>/end")
def end_one_manager(manager_id: UUID) -> ResponseReturnValue:
    """Take the merchant away from a manager, who is signed out at once."""
    actor = current_actor()
    with transaction() as session:
        found = manager_in(session, manager_id=manager_id, merchant_id=actor.managed_merchant_id)
        end_manager(session, manager_id=found.id, actor=actor, now=utc_now())
    return see_other(
        url_for("merchants_manager.managers"), N_("The manager has ended and is signed out.")
    )


def _show_clerks(form: Form) -> ResponseReturnValue:
    merchant_id = current_actor().managed_merchant_id
    with transaction() as session:
        found = clerks_of(session, merchant_id=merchant_id)
        sites = sites_of(session, merchant_id=merchant_id)
    return render_template(
        "merchants/manager/clerks.html",
        form=form,
        clerks=found,
        sites=[(site.id, site.name) for site in sites if site.state is SiteState.OPEN],
        idle_days=clerk_idle_time().days,
    ), form.status


def _show_code(invitation: Invitation) -> ResponseReturnValue:
    till_address = f"{current_app.config['SETTINGS'].base_url}/scan/"
    return render_template(
        "merchants/manager/clerk_code.html",
        clerk=invitation.clerk,
        name=clerk_name(invitation.clerk),
        code=invitation.code,
        # Behind the hash, so that the code is in no request and in no log.
        image=qr_address(f"{till_address}#pair={invitation.code}"),
        till_address=till_address,
        minutes=int(PAIRING_LIFETIME.total_seconds() // 60),
    )


def _show_managers(form: Form) -> ResponseReturnValue:
    with transaction() as session:
        found = managers_of(session, merchant_id=current_actor().managed_merchant_id)
    return render_template(
        "merchants/manager/managers.html", form=form, managers=found
    ), form.status
