"""A merchant's offers, as its managers see them, and those they propose to the union."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from benefits.errors import OfferTermsWrong, ProposalDaysWrong
from benefits.models import OfferProposal, ProposalState
from benefits.pages.examples import SAMPLE_BILL, Example, looked_at, typed_terms
from benefits.pages.words import (
    KIND_WORDS,
    conditions_said,
    shares_sentence,
    terms_sentence,
    worded,
)
from benefits.queries import (
    MerchantOffer,
    offers_at_merchant,
    proposal_terms,
    proposals_of_merchant,
    version_conditions,
    version_terms,
)
from benefits.schemas import ProposalForm
from benefits.services import ProposalFacts, propose_offer, titles_of, withdraw_proposal
from kernel.clock import shanghai_date, utc_now
from kernel.db import transaction
from kernel.errors import Refusal
from kernel.forms import Form, blank_form, read_form, typed_yuan
from kernel.i18n import N_
from kernel.ids import new_id
from kernel.pages import LIST_ROWS, cursor_moment, moment_place, page_of, see_other
from kernel.web import current_actor
from merchants.models import SiteState
from merchants.pages import manager_pages
from merchants.queries import sites_of

PROPOSAL_WORDS = {
    ProposalState.WAITING: N_("Waits for the union"),
    ProposalState.APPROVED: N_("Approved"),
    ProposalState.REFUSED: N_("Refused"),
    ProposalState.WITHDRAWN: N_("Withdrawn"),
}
PROPOSAL_KINDS = {
    ProposalState.WAITING: "wait",
    ProposalState.APPROVED: "yes",
    ProposalState.REFUSED: "no",
    ProposalState.WITHDRAWN: "",
}


class _Shown(NamedTuple):
    """An offer in words; `kind` and `word` say how it stands now."""

    title: str
    for_all: bool
    sentences: list[str]
    kind: str
    word: str
    valid_from: datetime
    valid_to: datetime | None


@manager_pages.get("/offers")
def offers() -> ResponseReturnValue:
    """List what counts at my merchant, and what I proposed."""
    merchant_id = current_actor().managed_merchant_id
    now = utc_now()
    with transaction() as session:
        found = offers_at_merchant(session, merchant_id=merchant_id, now=now)
        proposed = proposals_of_merchant(
            session, merchant_id=merchant_id, after=cursor_moment(), rows=LIST_ROWS + 1
        )
    return render_template(
        "benefits/manager_offers.html",
        offers=[_shown(each, now) for each in found],
        page=page_of(proposed, place=lambda row: moment_place(row.proposed_at, row.id)),
        sentences_of=proposal_sentences,
        state_words=PROPOSAL_WORDS,
        state_kinds=PROPOSAL_KINDS,
        worded=worded,
    )


@manager_pages.get("/offers/new")
def new_offer_form() -> ResponseReturnValue:
    """Ask what the merchant would like to offer. The form's id makes sending it twice once."""
    today = shanghai_date(utc_now())
    form = blank_form(
        id=new_id(), starts_on=today, union_share_bp="0", sample_fen=typed_yuan(SAMPLE_BILL)
    )
    return _ask(form, None)


@manager_pages.post("/offers")
def save_new_offer() -> ResponseReturnValue:
    """Look at an offer on a bill, or put it before the union."""
    form = read_form(ProposalForm())
    example = looked_at(form)
    if not form.ok or form.values["step"] == "check":
        return _ask(form, example)
    values = form.values
    terms = typed_terms(values)
    title_zh, title_en = titles_of(terms)
    facts = ProposalFacts(
        title_zh=values["title_zh"] or title_zh,
        title_en=values["title_en"] or title_en,
        terms=terms,
        starts_on=values["starts_on"],
        ends_on=values["ends_on"],
        note=values["note"],
    )
    try:
        with transaction() as session:
            propose_offer(
                session,
                actor=current_actor(),
                proposal_id=values["id"],
                facts=facts,
                now=utc_now(),
            )
    except Refusal as refusal:
        about_field = isinstance(refusal, OfferTermsWrong | ProposalDaysWrong)
        form.refuse(refusal, str(refusal.facts["field"]) if about_field else None)
        return _ask(form, example)
    return _back(N_("The offer is proposed. The union's answer will stand here."))


@manager_pages.post("/offers/<uuid:proposal_id>/withdraw")
def withdraw_offer(proposal_id: UUID) -> ResponseReturnValue:
    """Take a proposal back before it is answered."""
    with transaction() as session:
        withdraw_proposal(session, actor=current_actor(), proposal_id=proposal_id, now=utc_now())
    return _back(N_("The proposal is withdrawn."))


def proposal_sentences(proposal: OfferProposal) -> list[str]:
    """Say what the member gets and who bears it."""
    terms = proposal_terms(proposal)
    return [terms_sentence(terms), shares_sentence(terms)]


def _shown(each: MerchantOffer, now: datetime) -> _Shown:
    terms = version_terms(each.version)
    if not each.is_running:
        kind, word = "no", gettext("Paused by the union")
    elif each.version.valid_from > now:
        kind, word = "wait", gettext("Begins later")
    else:
        kind, word = "yes", gettext("In force")
    return _Shown(
        title=worded(each.offer.title_zh, each.offer.title_en),
        for_all=each.offer.merchant_id is None,
        sentences=[
            terms_sentence(terms),
            shares_sentence(terms),
            *conditions_said(version_conditions(each.version)),
        ],
        kind=kind,
        word=word,
        valid_from=each.version.valid_from,
        valid_to=each.version.valid_to,
    )


def _ask(form: Form, example: Example | None) -> ResponseReturnValue:
    with transaction() as session:
        sites = sites_of(session, merchant_id=current_actor().managed_merchant_id)
    return render_template(
        "benefits/manager_offer_form.html",
        form=form,
        example=example,
        sites=[site.name for site in sites if site.state is SiteState.OPEN],
        kind_words=KIND_WORDS,
    ), form.status


def _back(sentence: str) -> ResponseReturnValue:
    return see_other(url_for("merchants_manager.offers"), sentence)
