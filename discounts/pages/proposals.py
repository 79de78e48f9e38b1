"""Offers that merchants propose, at the desk: read, approved into a programme, refused.

Here and not in `benefits`, because what an offer would cost is read from the merchant's sales.
"""

from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from benefits.errors import ProgrammeNotFound, ProgrammeTakesNoOffers
from benefits.models import ProposalState
from benefits.pages.manager_offers import (
    PROPOSAL_KINDS,
    PROPOSAL_WORDS,
    proposal_sentences,
)
from benefits.pages.words import ASSURANCE_WORDS, changing_reach, quantity, sample_bill, worded
from benefits.queries import (
    ProgrammeRow,
    ProposalRow,
    find_proposal,
    programme_rows,
    proposal_terms,
    proposals_within,
)
from benefits.rules import split_of
from benefits.schemas import ApproveProposalForm, ProposalQuery, RefuseProposalForm
from benefits.services import approve_proposal, refuse_proposal
from cards.uc1.terms import Assurance
from discounts.queries import estimate_of
from kernel.actors import Role
from kernel.clock import shanghai_date, utc_now
from kernel.db import transaction
from kernel.errors import Refusal
from kernel.exports import CellKind, Column
from kernel.forms import Form, blank_form, read_form, read_query
from kernel.i18n import N_
from kernel.listing import listing, rows_wanted
from kernel.pages import cursor_moment, moment_place, see_other
from kernel.web import current_actor
from ledger.models import Family
from merchants.queries import MerchantReach, agreement_in_force

pages = Blueprint(
    "proposals_pages", __name__, url_prefix="/desk/offer-proposals", template_folder="../templates"
)

_PROGRAMME_REFUSALS = (ProgrammeNotFound, ProgrammeTakesNoOffers)


def _reading() -> MerchantReach:
    return MerchantReach(paths=current_actor().paths(Role.PROGRAMME_DESIGNER, Role.AUDITOR))


@pages.get("")
def proposals() -> ResponseReturnValue:
    """List what merchants propose, the longest wait first, or save the list as a file."""
    form = read_query(ProposalQuery())
    if "state" not in form.typed:
        form.typed["state"] = ProposalState.WAITING.value
        form.values.setdefault("state", ProposalState.WAITING)
    with transaction() as session:
        rows = proposals_within(
            session,
            reach=_reading(),
            state=form.values.get("state"),
            after=cursor_moment(),
            rows=rows_wanted(),
        )
    return listing(
        "discounts/proposals.html",
        rows,
        columns=_columns(),
        name="proposals",
        place=lambda row: moment_place(row.proposal.proposed_at, row.proposal.id),
        form=form,
        **_words(),
    )


def _columns() -> list[Column[ProposalRow]]:
    return [
        Column(gettext("Proposed at"), lambda row: row.proposal.proposed_at, CellKind.MOMENT),
        Column(gettext("Merchant"), lambda row: row.merchant),
        Column(gettext("Offer in Chinese"), lambda row: row.proposal.title_zh),
        Column(gettext("Offer in English"), lambda row: row.proposal.title_en),
        Column(gettext("Terms"), lambda row: " ".join(proposal_sentences(row.proposal))),
        Column(gettext("First day"), lambda row: row.proposal.starts_on, CellKind.DAY),
        Column(gettext("Last day"), lambda row: row.proposal.last_on, CellKind.DAY),
        Column(gettext("State"), lambda row: gettext(PROPOSAL_WORDS[row.proposal.state])),
        Column(gettext("Reason"), lambda row: row.proposal.reason),
    ]


@pages.get("/<uuid:proposal_id>")
def proposal(proposal_id: UUID) -> ResponseReturnValue:
    """Show one proposal, and what it would have cost."""
    accepted = [Assurance.POSSESSION.value, Assurance.SESSION.value]
    return _show(proposal_id, blank_form(assurances=accepted))


@pages.post("/<uuid:proposal_id>/approve")
def approve(proposal_id: UUID) -> ResponseReturnValue:
    """Make the offer, in the chosen programme."""
    _changeable(proposal_id)
    form = read_form(ApproveProposalForm())
    if not form.ok:
        return _show(proposal_id, form)
    try:
        with transaction() as session:
            approve_proposal(
                session,
                actor=current_actor(),
                proposal_id=proposal_id,
                programme_id=form.values["programme"],
                assurances=[each.value for each in form.values["assurances"]],
                needs_challenge=form.values["needs_challenge"],
                now=utc_now(),
            )
    except Refusal as refusal:
        form.refuse(refusal, "programme" if isinstance(refusal, _PROGRAMME_REFUSALS) else None)
        return _show(proposal_id, form)
    return _back(proposal_id, N_("The offer is made. Its limits can be set at the offer."))


@pages.post("/<uuid:proposal_id>/refuse")
def refuse(proposal_id: UUID) -> ResponseReturnValue:
    """Say no, with a reason that the merchant reads."""
    _changeable(proposal_id)
    form = read_form(RefuseProposalForm())
    if not form.ok:
        return _show(proposal_id, form)
    try:
        with transaction() as session:
            refuse_proposal(
                session,
                actor=current_actor(),
                proposal_id=proposal_id,
                reason=form.values["reason"],
                now=utc_now(),
            )
    except Refusal as refusal:
        form.refuse(refusal)
        return _show(proposal_id, form)
    return _back(proposal_id, N_("The proposal is refused. The merchant reads the reason."))


def _changeable(proposal_id: UUID) -> None:
    """Raise ProposalNotFound unless the caller may answer it."""
    with transaction() as session:
        find_proposal(session, proposal_id=proposal_id, reach=changing_reach().merchants)


def _show(proposal_id: UUID, form: Form) -> ResponseReturnValue:
    now = utc_now()
    today = shanghai_date(now)
    with transaction() as session:
        row = find_proposal(session, proposal_id=proposal_id, reach=_reading())
        terms = proposal_terms(row.proposal)
        merchant_id = row.proposal.merchant_id
        estimate = estimate_of(session, merchant_id=merchant_id, terms=terms, today=today)
        agreement = agreement_in_force(session, merchant_id=merchant_id, day=today)
        choices = [
            each
            for each in programme_rows(session, now=now)
            if each.programme.family is Family.DISCOUNT and each.programme.state != "ended"
        ]
    is_waiting = row.proposal.state is ProposalState.WAITING
    return render_template(
        "discounts/proposal.html",
        form=form,
        row=row,
        sentences=proposal_sentences(row.proposal),
        example=split_of(sample_bill(terms), terms),
        estimate=estimate,
        has_agreement=agreement is not None,
        may_answer=is_waiting and current_actor().has_role({Role.PROGRAMME_DESIGNER}),
        programmes=[(each.programme.id, _with_what_is_left(each)) for each in choices],
        **_words(),
    ), form.status


def _with_what_is_left(row: ProgrammeRow) -> str:
    """Return a programme's name, and what its budgets have left."""
    name = worded(row.programme.name_zh, row.programme.name_en)
    left = [quantity(each.left, each.rule.unit) for each in row.budgets]
    if not left:
        return name
    return str(gettext("%(name)s (left: %(left)s)", name=name, left=", ".join(left)))


def _words() -> dict[str, Any]:
    return {
        "state_words": PROPOSAL_WORDS,
        "state_kinds": PROPOSAL_KINDS,
        "code_words": ASSURANCE_WORDS,
        "sentences_of": proposal_sentences,
        "worded": worded,
    }


def _back(proposal_id: UUID, sentence: str) -> ResponseReturnValue:
    return see_other(url_for("proposals_pages.proposal", proposal_id=proposal_id), sentence)
