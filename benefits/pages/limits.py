"""How much there is: a new limit of a programme or an offer, and a changed maximum."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from benefits.models import LimitRule, LimitScope, LimitUnit
from benefits.pages.words import (
    OFFER_SCOPE_WORDS,
    SCOPE_WORDS,
    UNIT_WORDS,
    WINDOW_WORDS,
    changing_reach,
    insist_on_the_city,
    limit_sentence,
    worded,
)
from benefits.queries import find_limit_rule, find_offer, find_programme
from benefits.schemas import LimitMaximumForm, NewLimitForm
from benefits.services import LimitFacts, add_limit, change_limit
from kernel.clock import utc_now
from kernel.db import transaction
from kernel.errors import Refusal
from kernel.forms import Form, blank_form, read_form, typed_yuan
from kernel.i18n import N_
from kernel.money import Fen
from kernel.pages import see_other
from kernel.web import current_actor

pages = Blueprint("limits_pages", __name__, url_prefix="/desk", template_folder="../templates")


@dataclass(frozen=True)
class _Limited:
    """What a limit is about: an offer, or (no offer) a whole programme."""

    programme_id: UUID
    name: str
    offer_id: UUID | None = None

    @property
    def url(self) -> str:
        if self.offer_id is not None:
            return url_for("offers_pages.offer", offer_id=self.offer_id)
        return url_for("programmes_pages.programme", programme_id=self.programme_id)

    @property
    def scopes(self) -> Mapping[LimitScope, str]:
        return SCOPE_WORDS if self.offer_id is None else OFFER_SCOPE_WORDS


@pages.get("/programmes/<uuid:programme_id>/limits/new")
def new_programme_limit_form(programme_id: UUID) -> ResponseReturnValue:
    """Ask how much there is of a programme."""
    return _ask(blank_form(), _programme(programme_id))


@pages.post("/programmes/<uuid:programme_id>/limits")
def save_programme_limit(programme_id: UUID) -> ResponseReturnValue:
    """Limit a programme from now on."""
    return _save(_programme(programme_id))


@pages.get("/offers/<uuid:offer_id>/limits/new")
def new_offer_limit_form(offer_id: UUID) -> ResponseReturnValue:
    """Ask how much there is of one offer."""
    return _ask(blank_form(), _offer(offer_id))


@pages.post("/offers/<uuid:offer_id>/limits")
def save_offer_limit(offer_id: UUID) -> ResponseReturnValue:
    """Limit one offer from now on."""
    return _save(_offer(offer_id))


@pages.get("/limits/<uuid:rule_id>")
def limit_form(rule_id: UUID) -> ResponseReturnValue:
    """Show a limit's maximum to be changed."""
    rule, limited = _rule(rule_id)
    is_money = rule.unit is LimitUnit.FEN
    maximum = typed_yuan(Fen(rule.maximum)) if is_money else str(rule.maximum)
    return _ask_maximum(blank_form(maximum=maximum, version=rule.version), rule, limited)


@pages.post("/limits/<uuid:rule_id>")
def save_limit(rule_id: UUID) -> ResponseReturnValue:
    """Set a new maximum, if nobody changed it meanwhile."""
    rule, limited = _rule(rule_id)
    form = read_form(LimitMaximumForm(unit=rule.unit))
    if not form.ok:
        return _ask_maximum(form, rule, limited)
    try:
        with transaction() as session:
            change_limit(
                session,
                actor=current_actor(),
                rule_id=rule_id,
                maximum=form.values["maximum"],
                version=form.values["version"],
                now=utc_now(),
            )
    except Refusal as refusal:
        form.refuse(refusal)
        return _ask_maximum(form, rule, limited)
    return see_other(limited.url, N_("The limit is changed. It counts at the next use."))


def _programme(programme_id: UUID) -> _Limited:
    """Return a programme to be limited. Raises NotAllowed, ProgrammeNotFound."""
    insist_on_the_city()
    with transaction() as session:
        programme = find_programme(session, programme_id=programme_id)
    return _Limited(programme_id, worded(programme.name_zh, programme.name_en))


def _offer(offer_id: UUID) -> _Limited:
    """Return an offer to be limited. Raises OfferNotFound for one out of the caller's reach."""
    with transaction() as session:
        row = find_offer(session, offer_id=offer_id, reach=changing_reach(), now=utc_now())
    title = worded(row.offer.title_zh, row.offer.title_en)
    return _Limited(row.offer.programme_id, title, offer_id)


def _rule(rule_id: UUID) -> tuple[LimitRule, _Limited]:
    """Return a limit and what it is about. Raises LimitNotFound for one out of reach."""
    with transaction() as session:
        rule = find_limit_rule(session, rule_id=rule_id, reach=changing_reach())
    if rule.offer_id is not None:
        return rule, _offer(rule.offer_id)
    return rule, _programme(rule.programme_id)


def _save(limited: _Limited) -> ResponseReturnValue:
    form = read_form(NewLimitForm())
    if form.ok and form.values["scope"] not in limited.scopes:
        form.fault("scope", N_("Choose one of the list."))
    if not form.ok:
        return _ask(form, limited)
    facts = LimitFacts(**form.values, offer_id=limited.offer_id)
    with transaction() as session:
        add_limit(
            session,
            actor=current_actor(),
            programme_id=limited.programme_id,
            facts=facts,
            now=utc_now(),
        )
    return see_other(limited.url, N_("The limit is set. It counts at the next use."))


def _ask(form: Form, limited: _Limited) -> ResponseReturnValue:
    return render_template(
        "benefits/limit_form.html",
        form=form,
        limited=limited,
        window_words=WINDOW_WORDS,
        unit_words=UNIT_WORDS,
    ), form.status


def _ask_maximum(form: Form, rule: LimitRule, limited: _Limited) -> ResponseReturnValue:
    return render_template(
        "benefits/limit_maximum_form.html",
        form=form,
        rule=rule,
        limited=limited,
        sentence=limit_sentence(rule),
    ), form.status
