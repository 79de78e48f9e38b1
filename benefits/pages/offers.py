"""Offers at the desk: what members get, where and when, and who bears which share of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from benefits.models import OFFER_MOVES, OfferVersion, ProgrammeState
from benefits.pages.words import (
    ASSURANCE_WORDS,
    KIND_WORDS,
    OFFER_WORDS,
    assurance_words,
    changing_reach,
    conditions_said,
    limit_sentence,
    quantity,
    reading_reach,
    sample_bill,
    shares_sentence,
    terms_sentence,
    worded,
)
from benefits.queries import (
    OfferFilter,
    OfferRow,
    find_offer,
    limits_of_offer,
    limits_of_programme,
    offer_is_within,
    offers_within,
    programmes,
    version_conditions,
    version_terms,
    versions_of,
)
from benefits.rules import WEEKDAY_WORDS, Split, split_of
from benefits.schemas import (
    OfferQuery,
    VersionForm,
)
from benefits.services import (
    end_offer,
)
from kernel.clock import shanghai_date, utc_now
from kernel.db import transaction
from kernel.errors import Refusal
from kernel.exports import CellKind, Column
from kernel.forms import Form, blank_form, read_form, read_query
from kernel.i18n import N_
from kernel.listing import listing, rows_wanted
from kernel.pages import cursor_id, see_other
from kernel.web import current_actor
from ledger.models import Family
from merchants.queries import agreement_in_force

pages = Blueprint(
    "offers_pages", __name__, url_prefix="/desk/offers", template_folder="../templates"
)


@pages.get("")
def offers() -> ResponseReturnValue:
    """List the offers that I look after, or save the list as a file."""
    form = read_query(OfferQuery())
    with transaction() as session:
        rows = offers_within(
            session,
            reach=reading_reach(),
            now=utc_now(),
            wanted=OfferFilter(**form.values),
            after=cursor_id(),
            rows=rows_wanted(),
        )
        choices = [each for each in programmes(session) if each.family is Family.DISCOUNT]
    return listing(
        "benefits/offers.html",
        rows,
        columns=_columns(),
        name="offers",
        place=lambda row: (str(row.offer.id),),
        form=form,
        programmes=[(each.id, worded(each.name_zh, each.name_en)) for each in choices],
        may_add=_may_add(),
        **offer_words(),
    )


def _may_add() -> bool:
    return bool(changing_reach().merchants.paths)


def _columns() -> list[Column[OfferRow]]:
    return [
        Column(gettext("Offer in Chinese"), lambda row: row.offer.title_zh),
        Column(gettext("Offer in English"), lambda row: row.offer.title_en),
        Column(gettext("Merchant"), lambda row: row.merchant_name or gettext("All merchants")),
        Column(gettext("Programme"), lambda row: row.programme.code),
        Column(gettext("State"), lambda row: gettext(OFFER_WORDS[row.offer.state])),
        Column(gettext("Terms in force"), lambda row: _said(row.in_force, terms_sentence)),
        Column(gettext("Who bears it"), lambda row: _said(row.in_force, shares_sentence)),
        Column(
            gettext("Since"),
            lambda row: row.in_force.valid_from if row.in_force else None,
            CellKind.MOMENT,
        ),
    ]


def _said(version: OfferVersion | None, say: Any) -> str | None:
    return say(version_terms(version)) if version else None


# --- One offer


@pages.get("/<uuid:offer_id>")
def offer(offer_id: UUID) -> ResponseReturnValue:
    """Show one offer: its versions, its limits, what can be done."""
    return _show(offer_id, blank_form())


@pages.post("/<uuid:offer_id>/end")
def end(offer_id: UUID) -> ResponseReturnValue:
    """Stop an offer at once."""
    form = read_form(VersionForm())
    now = utc_now()
    with transaction() as session:
        find_offer(session, offer_id=offer_id, reach=changing_reach(), now=now)
    if not form.ok:
        return _show(offer_id, form)
    try:
        with transaction() as session:
            end_offer(
                session,
                actor=current_actor(),
                offer_id=offer_id,
                version=form.values["version"],
                now=now,
            )
    except Refusal as refusal:
        form.refuse(refusal)
        return _show(offer_id, form)
    return back_to(offer_id, N_("The offer has ended. What was redeemed stays."))


def _show(offer_id: UUID, form: Form) -> ResponseReturnValue:
    now = utc_now()
    reach, changing = reading_reach(), changing_reach()
    with transaction() as session:
        row = find_offer(session, offer_id=offer_id, reach=reach, now=now)
        versions = versions_of(session, offer_id=offer_id)
        own = limits_of_offer(session, offer_id=offer_id, now=now)
        shared = limits_of_programme(session, programme_id=row.programme.id, now=now)
        has_agreement = row.offer.merchant_id is None or agreement_in_force(
            session, merchant_id=row.offer.merchant_id, day=shanghai_date(now)
        )
        may_change = offer_is_within(session, offer_id=offer_id, reach=changing)
    return render_template(
        "benefits/offer.html",
        form=form,
        row=row,
        versions=[_shown_version(each, now) for each in reversed(versions)],
        own=own,
        shared=shared,
        has_agreement=has_agreement,
        may_change=may_change,
        may_change_programme=changing.for_all,
        moves=OFFER_MOVES[row.offer.state],
        runs=row.programme.state is ProgrammeState.RUNNING,
        assurance_words=assurance_words,
        limit_sentence=limit_sentence,
        quantity=quantity,
        **offer_words(),
    ), form.status


@dataclass(frozen=True)
class _ShownVersion:
    """A version in words, with what it does to a bill. `when`: "now", "later" or "before"."""

    version: OfferVersion
    when: str
    terms: str
    shares: str
    conditions: list[str]
    example: Split


def _shown_version(version: OfferVersion, now: datetime) -> _ShownVersion:
    terms = version_terms(version)
    if version.valid_from > now:
        when = "later"
    else:
        when = "now" if version.valid_to is None or version.valid_to > now else "before"
    example = split_of(sample_bill(terms), terms)
    return _ShownVersion(
        version=version,
        when=when,
        terms=terms_sentence(terms),
        shares=shares_sentence(terms),
        conditions=conditions_said(version_conditions(version)),
        example=example,
    )


def offer_words() -> dict[str, Any]:
    return {
        "kind_words": KIND_WORDS,
        "offer_words": OFFER_WORDS,
        "code_words": ASSURANCE_WORDS,
        "terms_sentence": terms_sentence,
        "weekday_words": dict(enumerate(WEEKDAY_WORDS, start=1)),
        "version_terms": version_terms,
        "worded": worded,
    }


def back_to(offer_id: UUID, sentence: str) -> ResponseReturnValue:
    return see_other(url_for("offers_pages.offer", offer_id=offer_id), sentence)
