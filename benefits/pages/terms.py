"""Terms at the desk: a new offer, new terms of one, and what they do to a bill, before saving."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import render_template
from flask.typing import ResponseReturnValue

from benefits.errors import (
    OfferVersionHasNoTime,
    OfferVersionInThePast,
    OfferVersionsOverlap,
    ProgrammeNotFound,
    ProgrammeTakesNoOffers,
)
from benefits.models import OfferVersion
from benefits.pages.examples import SAMPLE_BILL, Example, example_of, looked_at, typed_terms
from benefits.pages.offers import back_to, offer_words, pages
from benefits.pages.words import (
    changing_reach,
    worded,
)
from benefits.queries import (
    OfferRow,
    find_offer,
    programmes_for_offers,
    version_conditions,
    version_terms,
    versions_of,
)
from benefits.rules import (
    EVERY_WEEKDAY,
    MINUTES_OF_DAY,
    Conditions,
    clock_time,
    percentage,
)
from benefits.schemas import (
    MerchantChoiceQuery,
    NewOfferForm,
    NewVersionForm,
)
from benefits.services import (
    VersionFacts,
    add_offer,
    add_version,
    titles_of,
)
from cards.uc1.terms import Assurance
from kernel.clock import shanghai_date, utc_now
from kernel.db import transaction
from kernel.errors import Refusal
from kernel.forms import Form, blank_form, read_form, read_query, typed_yuan
from kernel.i18n import N_
from kernel.pages import LIST_ROWS
from kernel.web import NotFound, current_actor
from merchants.models import Merchant, MerchantKind
from merchants.queries import MerchantFilter, find_merchant, merchants_within

# Which field of a form a refusal is about; any other is about the form as a whole.
_FIELD_OF: dict[type[Refusal], str] = {
    OfferVersionInThePast: "valid_from",
    OfferVersionsOverlap: "valid_from",
    OfferVersionHasNoTime: "valid_to",
    ProgrammeNotFound: "programme",
    ProgrammeTakesNoOffers: "programme",
}


@pages.get("/<uuid:offer_id>/versions/new")
def new_version_form(offer_id: UUID) -> ResponseReturnValue:
    """Ask for new terms, beginning with those that stand last."""
    row = _changeable(offer_id)
    with transaction() as session:
        versions = versions_of(session, offer_id=offer_id)
    newest = versions[-1]
    form = blank_form(version=row.offer.version, **_typed_terms(newest))
    return _ask_version(form, row, example_of(SAMPLE_BILL, version_terms(newest)))


@pages.post("/<uuid:offer_id>/versions")
def save_version(offer_id: UUID) -> ResponseReturnValue:
    """Look at new terms on a bill, or put them in force."""
    row = _changeable(offer_id)
    form = read_form(NewVersionForm())
    example = looked_at(form)
    if not form.ok or form.values["step"] == "check":
        return _ask_version(form, row, example)
    now = utc_now()
    try:
        with transaction() as session:
            add_version(
                session,
                actor=current_actor(),
                offer_id=offer_id,
                version=form.values["version"],
                facts=_version_facts(form.values, now),
                now=now,
            )
    except Refusal as refusal:
        form.refuse(refusal, _FIELD_OF.get(type(refusal)))
        return _ask_version(form, row, example)
    return back_to(offer_id, N_("The new terms are set. Those before end where they begin."))


def _changeable(offer_id: UUID) -> OfferRow:
    """Return an offer that the caller may change. Raises OfferNotFound for any other."""
    with transaction() as session:
        return find_offer(session, offer_id=offer_id, reach=changing_reach(), now=utc_now())


# --- A new offer: first for whom, then what


@pages.get("/new")
def choose_merchant() -> ResponseReturnValue:
    """Ask for which merchant a new offer is."""
    form = read_query(MerchantChoiceQuery())
    wanted = MerchantFilter(kind=MerchantKind.MERCHANT, **form.values)
    with transaction() as session:
        rows = merchants_within(
            session,
            reach=changing_reach().merchants,
            today=shanghai_date(utc_now()),
            wanted=wanted,
            rows=LIST_ROWS + 1,
        )
    return render_template(
        "benefits/offer_merchant.html",
        form=form,
        rows=[row for row in rows[:LIST_ROWS] if row.state != "ended"],
        has_more=len(rows) > LIST_ROWS,
        may_offer_everywhere=changing_reach().for_all,
    ), form.status


@pages.get("/new/all")
def new_offer_for_all_form() -> ResponseReturnValue:
    """Ask for an offer at every merchant."""
    _insist_on_everywhere()
    return _blank_offer(None)


@pages.post("/new/all")
def save_offer_for_all() -> ResponseReturnValue:
    """Look at an offer for every merchant, or make it."""
    _insist_on_everywhere()
    return _save_offer(None)


@pages.get("/new/<uuid:merchant_id>")
def new_offer_form(merchant_id: UUID) -> ResponseReturnValue:
    """Ask for an offer of one merchant."""
    return _blank_offer(_merchant(merchant_id))


@pages.post("/new/<uuid:merchant_id>")
def save_offer(merchant_id: UUID) -> ResponseReturnValue:
    """Look at an offer of one merchant, or make it."""
    return _save_offer(_merchant(merchant_id))


def _insist_on_everywhere() -> None:
    """Raise NotFound unless the caller may offer something everywhere."""
    if not changing_reach().for_all:
        raise NotFound


def _merchant(merchant_id: UUID) -> Merchant:
    reach = changing_reach().merchants
    with transaction() as session:
        return find_merchant(session, merchant_id=merchant_id, reach=reach)


def _blank_offer(merchant: Merchant | None) -> ResponseReturnValue:
    accepted = [Assurance.POSSESSION.value, Assurance.SESSION.value]
    return _ask_offer(
        blank_form(assurances=accepted, sample_fen=typed_yuan(SAMPLE_BILL)), merchant, None
    )


def _save_offer(merchant: Merchant | None) -> ResponseReturnValue:
    form = read_form(NewOfferForm())
    example = looked_at(form)
    if not form.ok or form.values["step"] == "check":
        return _ask_offer(form, merchant, example)
    now = utc_now()
    facts = _version_facts(form.values, now)
    title_zh, title_en = titles_of(facts.terms)
    try:
        with transaction() as session:
            made = add_offer(
                session,
                actor=current_actor(),
                programme_id=form.values["programme"],
                merchant_id=merchant.id if merchant else None,
                title_zh=form.values["title_zh"] or title_zh,
                title_en=form.values["title_en"] or title_en,
                terms=facts.terms,
                assurances=facts.assurances,
                needs_challenge=facts.needs_challenge,
                conditions=facts.conditions,
                valid_from=facts.valid_from,
                valid_to=facts.valid_to,
                now=now,
            )
    except Refusal as refusal:
        form.refuse(refusal, _FIELD_OF.get(type(refusal)))
        return _ask_offer(form, merchant, example)
    return back_to(made.id, N_("The offer is made. Its limits can be set here."))


# --- What the two forms of terms share


def _version_facts(values: Mapping[str, Any], now: datetime) -> VersionFacts:
    return VersionFacts(
        terms=typed_terms(values),
        assurances=[each.value for each in values["assurances"]],
        valid_from=values["valid_from"] or now,
        valid_to=values["valid_to"],
        needs_challenge=values["needs_challenge"],
        conditions=_conditions(values),
    )


def _conditions(values: Mapping[str, Any]) -> Conditions:
    days = values["weekdays"]
    return Conditions(
        weekday_mask=sum(1 << day - 1 for day in set(days)) if days else EVERY_WEEKDAY,
        from_minute=values["from_minute"],
        to_minute=values["to_minute"],
        blackouts=values["blackouts"],
        joined_within_days=values["joined_within_days"],
        stack_group=values["stack_group"],
    )


def _typed_terms(version: OfferVersion) -> dict[str, object]:
    """Return a version's terms as somebody would have typed them."""
    amounts = ("threshold_fen", "reduction_fen", "list_fen", "member_fen", "union_max_fen")
    typed: dict[str, object] = {
        name: typed_yuan(value) for name in amounts if (value := getattr(version, name)) is not None
    }
    if version.member_rate_bp is not None:
        typed["member_rate_bp"] = percentage(version.member_rate_bp)
    return (
        typed
        | _typed_conditions(version_conditions(version))
        | {
            "kind": version.kind,
            "union_share_bp": percentage(version.union_share_bp),
            "assurances": version.assurances,
            "needs_challenge": version.needs_challenge,
            "sample_fen": typed_yuan(SAMPLE_BILL),
        }
    )


def _typed_conditions(conditions: Conditions) -> dict[str, object]:
    days = [] if conditions.weekday_mask == EVERY_WEEKDAY else range(1, 8)
    typed: dict[str, object] = {
        "weekdays": [day for day in days if conditions.weekday_mask >> day - 1 & 1],
        "blackouts": "\n".join(
            f"{first}" if first == last else f"{first} – {last}"
            for first, last in conditions.blackouts
        ),
        "joined_within_days": conditions.joined_within_days or "",
        "stack_group": conditions.stack_group or "",
    }
    for name in ("from_minute", "to_minute"):
        minute = getattr(conditions, name)
        if minute is not None:
            typed[name] = clock_time(minute % MINUTES_OF_DAY)
    return typed


def _ask_version(form: Form, row: OfferRow, example: Example | None) -> ResponseReturnValue:
    return render_template(
        "benefits/version_form.html", form=form, row=row, example=example, **offer_words()
    ), form.status


def _ask_offer(
    form: Form, merchant: Merchant | None, example: Example | None
) -> ResponseReturnValue:
    with transaction() as session:
        choices = programmes_for_offers(session)
    return render_template(
        "benefits/offer_form.html",
        form=form,
        merchant=merchant,
        example=example,
        programmes=[(each.id, worded(each.name_zh, each.name_en)) for each in choices],
        **offer_words(),
    ), form.status
