"""Proposing an offer on a phone, and answering it at the desk, as browsers without scripts do."""

import pytest
from sqlalchemy import select

from benefits.models import Offer, OfferProposal, ProposalState
from benefits.services import ProposalFacts, propose_offer
from kernel.actors import Actor, ActorKind, Role
from kernel.clock import shanghai_date, utc_now
from kernel.ids import new_id
from tests.benefits.conftest import reduction
from tests.merchants.conftest import BAOAN, CITY, LONGGANG
from tests.merchants.manager_phone import ManagerPhone

DESK = "/desk/offer-proposals"
TYPED = {
    "kind": "percent",
    "member_rate_bp": "88",
    "union_share_bp": "50",
    "starts_on": shanghai_date(utc_now()).isoformat(),
    "title_zh": "八八折",
    "note": "午市人少",
    "sample_fen": "100",
    "step": "save",
}


@pytest.fixture
def shop(make, unions):
    return make.merchant(name="宝安饭店", union_id=unions[BAOAN].id)


@pytest.fixture
def manager(make, shop):
    return make.manager(merchant=shop)


@pytest.fixture
def phone(client, make, manager):
    return ManagerPhone(client, make, manager)


@pytest.fixture
def proposal(session, manager):
    day = shanghai_date(utc_now())
    return propose_offer(
        session,
        actor=Actor(ActorKind.MANAGER, id=manager.id, merchant_id=manager.merchant_id),
        proposal_id=new_id(),
        facts=ProposalFacts("满50减40", "40 off from 50", reduction(), day, None, None),
        now=utc_now(),
    )


@pytest.fixture
def desk_of(make, unions, signed_in):
    def call(role, path=CITY):
        desk = signed_in(make.staff(role, union=unions[path]))
        desk.client.set_cookie("uc_language", "en")
        return desk

    return call


def test_a_manager_looks_at_the_terms_then_proposes_them(session, phone, make, shop):
    make.site(merchant_id=shop.id, name="西乡店")
    fields = phone.hidden("offers/new", form="offers")
    assert "西乡店" in phone.open("offers/new").text

    looked = phone.client.post("/scan/manager/offers", data=fields | TYPED | {"step": "check"})
    answers = [phone.client.post("/scan/manager/offers", data=fields | TYPED) for _ in range(2)]

    assert looked.status_code == 200
    assert all(amount in looked.text for amount in ("¥100.00", "¥88.00", "¥6.00"))
    assert [each.status_code for each in answers] == [303, 303]
    [proposal] = session.scalars(select(OfferProposal))
    assert (proposal.title_zh, proposal.title_en) == ("八八折", "12 % off")
    page = phone.open("offers").text
    assert "Waits for the union" in page
    assert "The member pays 88% of the bill." in page


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"kind": ""}, "kind"),
        ({"member_rate_bp": ""}, "member_rate_bp"),
        ({"kind": "full_reduction", "threshold_fen": "5", "reduction_fen": "9"}, "threshold_fen"),
        ({"union_share_bp": "101"}, "union_share_bp"),
        ({"starts_on": "2020-01-01"}, "starts_on"),
        ({"last_on": "2026-01-01"}, "last_on"),
        ({"starts_on": "x"}, "starts_on"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(session, phone, typed, field):
    answer = phone.send("offers", on="offers/new", **TYPED | typed)

    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert session.query(OfferProposal).count() == 0


def test_a_manager_withdraws_and_the_desk_hears_that_it_is_gone(
    session, phone, proposal, desk_of, plans
):
    desk, programme = desk_of(Role.PROGRAMME_DESIGNER), plans.programme()
    assert phone.send(f"offers/{proposal.id}/withdraw", on="offers").status_code == 303
    form = {"programme": str(programme.id), "assurances": ["session"]}

    late = desk.send(f"{DESK}/{proposal.id}/approve", page="/desk/account", **form)

    assert late.status_code == 409
    assert session.query(Offer).count() == 0


def test_the_desk_finds_reads_and_approves_a_proposal(session, phone, proposal, desk_of, plans):
    desk, programme = desk_of(Role.PROGRAMME_DESIGNER, BAOAN), plans.programme()
    plans.limit(programme, maximum=500_00)
    page = f"{DESK}/{proposal.id}"

    assert page in desk.open(DESK).text
    shown = desk.open(page).text
    assert "no agreement in force" in shown
    assert "no sales of these days" in shown
    assert "Summer offers (demo) (left: ¥500.00)" in shown
    made = desk.send(
        f"{page}/approve", page=page, programme=str(programme.id), assurances=["possession"]
    )

    assert made.status_code == 303
    [offer] = session.scalars(select(Offer))
    assert f"/desk/offers/{offer.id}" in desk.open(page).text
    assert "/approve" not in desk.open(page).text
    assert "Approved" in phone.open("offers").text
    assert page in desk.open(f"{DESK}?state=approved").text
    assert page not in desk.open(DESK).text


def test_a_refusal_needs_a_reason_that_the_merchant_reads(session, phone, proposal, desk_of):
    desk = desk_of(Role.PROGRAMME_DESIGNER, BAOAN)
    page = f"{DESK}/{proposal.id}"

    assert desk.send(f"{page}/refuse", page=page, reason="").status_code == 422
    assert desk.send(f"{page}/refuse", page=page, reason="预算已用完").status_code == 303

    session.refresh(proposal)
    assert proposal.state is ProposalState.REFUSED
    assert "预算已用完" in phone.open("offers").text


def test_another_district_finds_nothing_and_an_auditor_only_reads(proposal, desk_of):
    elsewhere = desk_of(Role.PROGRAMME_DESIGNER, LONGGANG)
    assert elsewhere.open(f"{DESK}/{proposal.id}").status_code == 404
    assert str(proposal.id) not in elsewhere.open(DESK).text

    auditor = desk_of(Role.AUDITOR)
    page = auditor.open(f"{DESK}/{proposal.id}")
    assert page.status_code == 200
    assert "/approve" not in page.text


def test_the_list_goes_out_as_a_file_and_a_forged_address_is_refused(proposal, desk_of):
    desk = desk_of(Role.PROGRAMME_DESIGNER)

    assert "宝安饭店" in desk.open(f"{DESK}?format=csv").get_data(as_text=True)
    assert desk.open(f"{DESK}?format=pdf").status_code == 400
    assert desk.open(f"{DESK}?cursor=x").status_code == 400


def test_a_new_offer_of_the_desk_keeps_the_hours_it_was_given(session, desk_of, plans, shop):
    """Found beside proposals: the form asked for days and hours, and the offer was made without."""
    desk, programme = desk_of(Role.PROGRAMME_DESIGNER, BAOAN), plans.programme()
    form = {
        "programme": str(programme.id),
        "kind": "percent",
        "member_rate_bp": "90",
        "union_share_bp": "0",
        "assurances": ["session"],
        "weekdays": ["6", "7"],
        "from_minute": "11:00",
        "to_minute": "14:00",
    }

    made = desk.send(f"/desk/offers/new/{shop.id}", page=f"/desk/offers/new/{shop.id}", **form)

    assert made.status_code == 303
    page = desk.open(made.location).text
    assert "11:00" in page
    assert "14:00" in page
