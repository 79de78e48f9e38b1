"""A merchant's sites and agreements, as its managers see and change them."""

from uuid import UUID

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from kernel.clock import shanghai_date, utc_now
from kernel.db import transaction
from kernel.errors import Refusal
from kernel.forms import Form, blank_form, read_form
from kernel.i18n import N_
from kernel.pages import see_other
from kernel.web import current_actor
from merchants.errors import SiteNameTaken
from merchants.models import Site, SiteState
from merchants.pages.blueprint import AGREEMENT_WORDS, SITE_WORDS
from merchants.pages.manager.blueprint import manager_pages
from merchants.queries import agreements_of, merchant_of, site_in, sites_of
from merchants.rules import CYCLE_WORDS
from merchants.schemas import SiteForm
from merchants.services import add_site, change_site, close_site


@manager_pages.get("/agreements")
def agreements() -> ResponseReturnValue:
    """Show what was agreed with the union, and until when."""
    with transaction() as session:
        found = agreements_of(session, merchant_id=current_actor().managed_merchant_id)
    today = shanghai_date(utc_now())
    return render_template(
        "merchants/manager/agreements.html",
        agreements=found,
        current=next((each for each in found if each.is_in_force(today)), None),
        today=today,
        agreement_words=AGREEMENT_WORDS,
        cycle_words=CYCLE_WORDS,
    )


@manager_pages.get("/sites")
def sites() -> ResponseReturnValue:
    """List my merchant's sites."""
    with transaction() as session:
        found = sites_of(session, merchant_id=current_actor().managed_merchant_id)
    return render_template("merchants/manager/sites.html", sites=found, site_words=SITE_WORDS)


@manager_pages.get("/sites/new")
def new_site_form() -> ResponseReturnValue:
    """Ask where the new site is."""
    with transaction() as session:
        merchant = merchant_of(session, merchant_id=current_actor().managed_merchant_id)
    return _ask(blank_form(district=merchant.district))


@manager_pages.post("/sites")
def save_new_site() -> ResponseReturnValue:
    """Propose a site; it opens once the union agrees."""
    form = read_form(SiteForm())
    if not form.ok:
        return _ask(form)
    actor = current_actor()
    try:
        with transaction() as session:
            add_site(
                session,
                merchant_id=actor.managed_merchant_id,
                state=SiteState.PROPOSED,
                actor=actor,
                now=utc_now(),
                **form.values,
            )
    except Refusal as refusal:
        return _ask(_refused(form, refusal))
    return _back(N_("The site is proposed. It opens once the union has agreed."))


@manager_pages.get("/sites/<uuid:site_id>")
def edit_site_form(site_id: UUID) -> ResponseReturnValue:
    """Show what members read about a site, to be changed."""
    site = _own_site(site_id)
    return _ask(blank_form(name=site.name, address=site.address, district=site.district), site)


@manager_pages.post("/sites/<uuid:site_id>")
def save_site(site_id: UUID) -> ResponseReturnValue:
    """Change what members read about a site."""
    form = read_form(SiteForm())
    site = _own_site(site_id)
    if not form.ok:
        return _ask(form, site)
    try:
        with transaction() as session:
            change_site(
                session, site_id=site.id, actor=current_actor(), now=utc_now(), **form.values
            )
    except Refusal as refusal:
        return _ask(_refused(form, refusal), site)
    return _back(N_("The site is changed. Members read it from now on."))


@manager_pages.post("/sites/<uuid:site_id>/close")
def close_own_site(site_id: UUID) -> ResponseReturnValue:
    """Close a site, and with it its tills; or take a proposal back."""
    site = _own_site(site_id)
    with transaction() as session:
        close_site(session, site_id=site.id, actor=current_actor(), now=utc_now())
    return _back(N_("The site is closed. Its tills are refused from now on."))


def _own_site(site_id: UUID) -> Site:
    with transaction() as session:
        return site_in(session, site_id=site_id, merchant_id=current_actor().managed_merchant_id)


def _refused(form: Form, refusal: Refusal) -> Form:
    form.refuse(refusal, "name" if isinstance(refusal, SiteNameTaken) else None)
    return form


def _back(sentence: str) -> ResponseReturnValue:
    return see_other(url_for("merchants_manager.sites"), sentence)


def _ask(form: Form, site: Site | None = None) -> ResponseReturnValue:
    return render_template("merchants/manager/site_form.html", form=form, site=site), form.status
