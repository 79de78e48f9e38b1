"""A merchant's sites and their tills: added, closed, paired, unpaired."""

from uuid import UUID

from flask import current_app, render_template
from flask.typing import ResponseReturnValue

from kernel.clock import utc_now
from kernel.db import transaction
from kernel.errors import Refusal
from kernel.forms import Form, blank_form, read_form
from kernel.i18n import N_
from kernel.qr import qr_address
from kernel.web import current_actor
from merchants.errors import SiteNameTaken
from merchants.models import Merchant
from merchants.pages.blueprint import back_to, changing_reach, pages, pairing_reach
from merchants.queries import find_merchant, find_site, find_terminal
from merchants.schemas import SiteForm
from merchants.services import (
    PAIRING_LIFETIME,
    add_site,
    close_site,
    issue_pairing_code,
    reopen_site,
    unpair_terminal,
)


@pages.get("/<uuid:merchant_id>/sites/new")
def new_site_form(merchant_id: UUID) -> ResponseReturnValue:
    """Ask where the new site is."""
    with transaction() as session:
        found = find_merchant(session, merchant_id=merchant_id, reach=changing_reach())
    return _ask(blank_form(district=found.district), found)


@pages.post("/<uuid:merchant_id>/sites")
def save_new_site(merchant_id: UUID) -> ResponseReturnValue:
    """Add a site to a merchant."""
    form = read_form(SiteForm())
    with transaction() as session:
        found = find_merchant(session, merchant_id=merchant_id, reach=changing_reach())
    if not form.ok:
        return _ask(form, found)
    try:
        with transaction() as session:
            add_site(
                session,
                merchant_id=merchant_id,
                actor=current_actor(),
                now=utc_now(),
                **form.values,
            )
    except Refusal as refusal:
        form.refuse(refusal, "name" if isinstance(refusal, SiteNameTaken) else None)
        return _ask(form, found)
    return back_to(merchant_id, N_("The site is added. Pair its tills next."))


@pages.post("/sites/<uuid:site_id>/close")
def close(site_id: UUID) -> ResponseReturnValue:
    """Close a site, and with it its tills."""
    with transaction() as session:
        found = find_site(session, site_id=site_id, reach=changing_reach())
        close_site(session, site_id=found.id, actor=current_actor(), now=utc_now())
    return back_to(found.merchant_id, N_("The site is closed. Its tills are refused from now on."))


@pages.post("/sites/<uuid:site_id>/reopen")
def reopen(site_id: UUID) -> ResponseReturnValue:
    """Open a closed site again."""
    with transaction() as session:
        found = find_site(session, site_id=site_id, reach=changing_reach())
        reopen_site(session, site_id=found.id, actor=current_actor(), now=utc_now())
    return back_to(found.merchant_id, N_("The site is open again, with the tills it had."))


@pages.post("/sites/<uuid:site_id>/pairing-code")
def pairing_code(site_id: UUID) -> ResponseReturnValue:
    """Make a code for one new till and show it, this once."""
    now = utc_now()
    with transaction() as session:
        site = find_site(session, site_id=site_id, reach=pairing_reach())
        code = issue_pairing_code(session, site_id=site.id, actor=current_actor(), now=now)
    till_address = f"{current_app.config['SETTINGS'].base_url}/scan/"
    return render_template(
        "merchants/pairing_code.html",
        site=site,
        code=code,
        # Behind the hash, so that the code is in no request and in no log.
        image=qr_address(f"{till_address}#pair={code}"),
        till_address=till_address,
        until=now + PAIRING_LIFETIME,
    )


@pages.post("/terminals/<uuid:terminal_id>/unpair")
def unpair(terminal_id: UUID) -> ResponseReturnValue:
    """Shut a till out."""
    with transaction() as session:
        found = find_terminal(session, terminal_id=terminal_id, reach=pairing_reach())
        unpair_terminal(session, terminal_id=found.id, actor=current_actor(), now=utc_now())
    return back_to(found.merchant_id, N_("The till is unpaired and refused from now on."))


def _ask(form: Form, merchant: Merchant) -> ResponseReturnValue:
    return render_template("merchants/site_form.html", form=form, merchant=merchant), form.status
