"""Proposals in real commits and real threads."""

from datetime import date

import pytest
from sqlalchemy import func, select

from benefits.errors import ProposalsTooMany
from benefits.models import Offer, OfferProposal, ProposalState
from benefits.services import (
    WAITING_PROPOSALS_MAX,
    ProposalFacts,
    approve_proposal,
    propose_offer,
    refuse_proposal,
    withdraw_proposal,
)
from kernel.actors import Actor, ActorKind, Role
from kernel.db import transaction
from kernel.ids import new_id
from kernel.states import MoveNotAllowed
from tests.benefits.conftest import Plans, reduction
from tests.make import NOW
from tests.make.maker import Maker
from tests.merchants.conftest import CITY, plant_unions
from tests.merchants.test_races import at_once

FACTS = ProposalFacts("满50减40", "40 off from 50", reduction(), date(2026, 11, 23), None, None)


class World:
    """A merchant's manager, two officers and a programme, committed."""

    def __init__(self):
        with transaction() as session:
            make = Maker(session)
            city = plant_unions(session)[CITY]
            manager = make.manager(merchant=make.merchant(union_id=city.id))
            self.manager = Actor(ActorKind.MANAGER, id=manager.id, merchant_id=manager.merchant_id)
            role = Role.PROGRAMME_DESIGNER
            self.officers = [make.staff_actor(role, union=city) for _ in range(2)]
            self.programme_id = Plans(session).programme().id

    def propose(self, proposal_id):
        with transaction() as session:
            propose_offer(
                session, actor=self.manager, proposal_id=proposal_id, facts=FACTS, now=NOW
            )

    def answer(self, number, proposal_id):
        """Approve, as one of the two officers; then refuse and withdraw, from the third on."""
        with transaction() as session:
            facts = {"proposal_id": proposal_id, "now": NOW}
            if number >= 4:
                withdraw_proposal(session, actor=self.manager, **facts)
            elif number >= 2:
                refuse_proposal(session, actor=self.officers[number - 2], reason="不", **facts)
            else:
                approve_proposal(
                    session,
                    actor=self.officers[number],
                    programme_id=self.programme_id,
                    assurances=["session"],
                    needs_challenge=False,
                    **facts,
                )


@pytest.fixture
def world(committed):
    return World()


def tried(call, *arguments):
    """Return the refusal that a call was answered with, or None."""
    try:
        call(*arguments)
    except (MoveNotAllowed, ProposalsTooMany) as refusal:
        return refusal
    return None


def test_two_officers_who_approve_at_once_make_one_offer(world):
    ids = [new_id() for _ in range(5)]
    for each in ids:
        world.propose(each)
        answers = at_once(2, lambda number, each=each: tried(world.answer, number, each))
        assert sum(isinstance(answer, MoveNotAllowed) for answer in answers) == 1

    with transaction() as session:
        assert session.scalar(select(func.count()).select_from(Offer)) == len(ids)


def test_approved_refused_and_withdrawn_at_once_is_one_of_them(world):
    proposal_id = new_id()
    world.propose(proposal_id)

    answers = at_once(5, lambda number: tried(world.answer, number, proposal_id))

    assert sum(answer is None for answer in answers) == 1
    with transaction() as session:
        proposal = session.get_one(OfferProposal, proposal_id)
        offers = session.scalar(select(func.count()).select_from(Offer))
        assert offers == (1 if proposal.state is ProposalState.APPROVED else 0)


def test_a_form_sent_eight_times_at_once_is_one_proposal(world):
    proposal_id = new_id()

    at_once(8, lambda _: world.propose(proposal_id))

    with transaction() as session:
        assert session.scalar(select(func.count()).select_from(OfferProposal)) == 1


def test_no_more_wait_than_may_however_many_come_at_once(world):
    for _ in range(WAITING_PROPOSALS_MAX - 3):
        world.propose(new_id())

    answers = at_once(8, lambda _: tried(world.propose, new_id()))

    assert sum(answer is None for answer in answers) == 3
