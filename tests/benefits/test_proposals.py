"""Offers proposed by a merchant: proposed once, withdrawn, approved into an offer, refused."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from audit.models import AuditEntry
from benefits.errors import (
    OfferTermsWrong,
    ProgrammeTakesNoOffers,
    ProposalDaysWrong,
    ProposalNotFound,
    ProposalOver,
    ProposalsTooMany,
)
from benefits.models import Offer, OfferProposal, OfferVersion, ProposalState
from benefits.queries import (
    offers_at_merchant,
    proposal_terms,
    proposals_waiting,
    proposals_within,
    version_terms,
)
from benefits.services import (
    WAITING_PROPOSALS_MAX,
    ProposalFacts,
    approve_proposal,
    propose_offer,
    refuse_proposal,
    withdraw_proposal,
)
from kernel.actors import Actor, ActorKind, Role
from kernel.clock import shanghai_day
from kernel.ids import new_id
from kernel.refusals import RequestKeyReused
from kernel.states import MoveNotAllowed
from ledger.models import Family, FundSource
from merchants.errors import MerchantNotActive
from merchants.models import Merchant, MerchantState
from merchants.queries import MerchantReach
from tests.benefits.conftest import fixed, percent, reduction
from tests.make import NOW
from tests.merchants.conftest import BAOAN, LONGGANG

TODAY = date(2026, 11, 23)
DAY = timedelta(days=1)


def facts(**changes):
    wanted = ProposalFacts("满50减40", "40 off from 50", reduction(), TODAY, TODAY + 30 * DAY, None)
    return replace(wanted, **changes)


def acting(manager):
    return Actor(ActorKind.MANAGER, id=manager.id, merchant_id=manager.merchant_id)


@pytest.fixture
def manager(make, unions):
    return make.manager(merchant=make.merchant(union_id=unions[BAOAN].id))


@pytest.fixture
def officer(make, unions):
    return make.staff_actor(Role.PROGRAMME_DESIGNER, union=unions[BAOAN])


@pytest.fixture
def propose(session, manager):
    def call(*, proposal_id=None, now=NOW, **changes):
        return propose_offer(
            session,
            actor=acting(manager),
            proposal_id=proposal_id or new_id(),
            facts=facts(**changes),
            now=now,
        )

    return call


def approve(session, officer, proposal, programme, *, now=NOW):
    return approve_proposal(
        session,
        actor=officer,
        proposal_id=proposal.id,
        programme_id=programme.id,
        assurances=["session"],
        needs_challenge=False,
        now=now,
    )


def actions(session):
    return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


@pytest.mark.parametrize("terms", [reduction(), percent(), fixed()])
def test_an_approved_proposal_is_the_offer_that_was_proposed(
    session, plans, officer, propose, terms
):
    proposal = propose(terms=terms)

    approve(session, officer, proposal, plans.programme())

    offer = session.get_one(Offer, proposal.offer_id)
    [version] = session.scalars(select(OfferVersion).where(OfferVersion.offer_id == offer.id))
    assert offer.merchant_id == proposal.merchant_id
    assert version_terms(version) == proposal_terms(proposal) == terms
    assert version.valid_from == NOW
    assert version.valid_to == shanghai_day(TODAY + 30 * DAY)[0]
    assert proposal.state is ProposalState.APPROVED
    assert [
        each.offer.id
        for each in offers_at_merchant(session, merchant_id=proposal.merchant_id, now=NOW)
    ] == [offer.id]
    assert {"offer.proposed", "offer.version_added", "offer.proposal_approved"} <= set(
        actions(session)
    )


def test_an_offer_for_later_begins_at_midnight_in_shanghai(session, plans, officer, propose):
    proposal = propose(starts_on=TODAY + 2 * DAY, ends_on=None)

    approve(session, officer, proposal, plans.programme())

    [version] = session.scalars(select(OfferVersion))
    assert version.valid_from == shanghai_day(TODAY + 2 * DAY)[0]
    assert version.valid_to is None


def test_the_same_form_twice_is_one_proposal_and_its_id_serves_nothing_else(session, make, propose):
    first = propose()

    assert propose(proposal_id=first.id).id == first.id
    with pytest.raises(RequestKeyReused):
        propose(proposal_id=first.id, title_zh="另一个")
    with pytest.raises(RequestKeyReused):
        propose_offer(
            session,
            actor=acting(make.manager()),
            proposal_id=first.id,
            facts=facts(),
            now=NOW,
        )
    assert session.query(OfferProposal).count() == 1


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"terms": reduction(threshold=10_00, off=20_00)}, OfferTermsWrong),
        ({"terms": percent(share=10_001)}, OfferTermsWrong),
        ({"starts_on": TODAY - DAY}, ProposalDaysWrong),
        ({"ends_on": TODAY}, ProposalDaysWrong),
    ],
)
def test_what_makes_no_offer_is_refused(propose, changes, refusal):
    with pytest.raises(refusal):
        propose(**changes)


def test_a_merchant_that_is_not_at_work_proposes_nothing(session, manager, propose):
    session.get_one(Merchant, manager.merchant_id).state = MerchantState.SUSPENDED
    session.flush()

    with pytest.raises(MerchantNotActive):
        propose()


def test_so_many_wait_and_one_answer_makes_room(session, officer, propose):
    waiting = [propose() for _ in range(WAITING_PROPOSALS_MAX)]

    with pytest.raises(ProposalsTooMany):
        propose()
    refuse_proposal(session, actor=officer, proposal_id=waiting[0].id, reason="太多了", now=NOW)
    propose()


def test_what_is_answered_or_withdrawn_stays_so(session, plans, manager, officer, propose):
    programme = plans.programme()
    refused, withdrawn, approved = propose(), propose(), propose()
    own = {"actor": acting(manager), "now": NOW}
    refuse_proposal(session, actor=officer, proposal_id=refused.id, reason="预算不足", now=NOW)
    withdraw_proposal(session, proposal_id=withdrawn.id, **own)
    approve(session, officer, approved, programme)

    for each in (refused, withdrawn, approved):
        with pytest.raises(MoveNotAllowed):
            approve(session, officer, each, programme)
        with pytest.raises(MoveNotAllowed):
            refuse_proposal(session, actor=officer, proposal_id=each.id, reason="不", now=NOW)
        with pytest.raises(MoveNotAllowed):
            withdraw_proposal(session, proposal_id=each.id, **own)
    assert session.query(Offer).count() == 1
    assert refused.reason == "预算不足"


def test_a_manager_withdraws_only_the_own_merchants(session, make, propose):
    proposal = propose()

    with pytest.raises(ProposalNotFound):
        withdraw_proposal(session, actor=acting(make.manager()), proposal_id=proposal.id, now=NOW)


def test_days_that_are_over_and_programmes_that_take_none_make_no_offer(
    session, plans, officer, propose
):
    proposal = propose(ends_on=TODAY + DAY)
    other = plans.programme(family=Family.AID, fund_source=FundSource.MUTUAL_AID)

    with pytest.raises(ProposalOver):
        approve(session, officer, proposal, plans.programme(), now=NOW + DAY)
    with pytest.raises(ProgrammeTakesNoOffers):
        approve(session, officer, proposal, other)
    session.refresh(proposal)
    assert proposal.state is ProposalState.WAITING


def test_only_officers_of_its_union_find_it(session, make, unions, officer, propose):
    propose()
    stranger = make.staff_actor(Role.PROGRAMME_DESIGNER, union=unions[LONGGANG])

    def found(actor):
        reach = MerchantReach(paths=actor.paths(Role.PROGRAMME_DESIGNER))
        return len(proposals_within(session, reach=reach)), proposals_waiting(session, actor)

    assert found(officer) == (1, 1)
    assert found(stranger) == (0, 0)
