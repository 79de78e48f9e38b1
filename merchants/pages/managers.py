"""What the desk decides about a merchant's people: applications, proposed sites, managers."""

from uuid import UUID

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from kernel.clock import utc_now
from kernel.db import transaction
from kernel.forms import read_form
from kernel.i18n import N_
from kernel.pages import see_other
from kernel.web import current_actor
from merchants.errors import ManagerKnown, ManagerPhoneInvalid
from merchants.pages.blueprint import back_to, changing_reach, pages, reading_reach
from merchants.pages.register import show_merchant
from merchants.queries import (
    applications_within,
    find_manager,
    find_merchant,
    find_site,
    proposed_sites_within,
)
from merchants.schemas import ManagerForm, ReasonForm
from merchants.services import (
    approve_site,
    end_manager,
    invite_manager,
    refuse_application,
    refuse_site,
)


@pages.get("/applications")
def applications() -> ResponseReturnValue:
    """List the applications and the proposed sites that wait for an answer."""
    reach = reading_reach()
    with transaction() as session:
        merchants = applications_within(session, reach=reach)
        sites = proposed_sites_within(session, reach=reach)
    return render_template(
        "merchants/applications.html",
        merchants=merchants,
        sites=sites,
        may_change=bool(changing_reach().paths),
    )


@pages.post("/<uuid:merchant_id>/refuse")
def refuse(merchant_id: UUID) -> ResponseReturnValue:
    """Refuse an application; the applicant reads why."""
    form = read_form(ReasonForm())
    if not form.ok:
        return show_merchant(merchant_id, reason=form)
    with transaction() as session:
        found = find_merchant(session, merchant_id=merchant_id, reach=changing_reach())
        refuse_application(
            session, merchant_id=found.id, actor=current_actor(), now=utc_now(), **form.values
        )
    return back_to(merchant_id, N_("The application is refused. The applicant reads why."))


@pages.post("/sites/<uuid:site_id>/approve")
def approve_proposed_site(site_id: UUID) -> ResponseReturnValue:
    """Open a site that its merchant proposed."""
    with transaction() as session:
        found = find_site(session, site_id=site_id, reach=changing_reach())
        approve_site(session, site_id=found.id, actor=current_actor(), now=utc_now())
    return see_other(
        url_for("merchants_pages.applications"), N_("The site is open. Its tills can be paired.")
    )


@pages.post("/sites/<uuid:site_id>/refuse")
def refuse_proposed_site(site_id: UUID) -> ResponseReturnValue:
    """Refuse a proposed site; its merchant reads why."""
    form = read_form(ReasonForm())
    with transaction() as session:
        found = find_site(session, site_id=site_id, reach=changing_reach())
    if not form.ok:
        return show_merchant(found.merchant_id, reason=form)
    with transaction() as session:
        refuse_site(session, site_id=found.id, actor=current_actor(), now=utc_now(), **form.values)
    return see_other(
        url_for("merchants_pages.applications"), N_("The site is refused. Its merchant reads why.")
    )


@pages.post("/<uuid:merchant_id>/managers")
def add_manager(merchant_id: UUID) -> ResponseReturnValue:
    """Name a manager of a merchant, who begins by signing in."""
    form = read_form(ManagerForm())
    if not form.ok:
        return show_merchant(merchant_id, manager=form)
    try:
        with transaction() as session:
            found = find_merchant(session, merchant_id=merchant_id, reach=changing_reach())
            invite_manager(
                session,
                merchant_id=found.id,
                actor=current_actor(),
                now=utc_now(),
                **form.values,
            )
    except (ManagerKnown, ManagerPhoneInvalid) as refusal:
        form.refuse(refusal, "phone")
        return show_merchant(merchant_id, manager=form)
    return back_to(merchant_id, N_("They are invited. They begin by signing in with that phone."))


@pages.post("/managers/<uuid:manager_id>/end")
def drop_manager(manager_id: UUID) -> ResponseReturnValue:
    """Take a merchant away from a manager, who is signed out at once."""
    with transaction() as session:
        found = find_manager(session, manager_id=manager_id, reach=changing_reach())
        end_manager(session, manager_id=found.id, actor=current_actor(), now=utc_now())
    return back_to(found.merchant_id, N_("The manager has ended and is signed out."))
