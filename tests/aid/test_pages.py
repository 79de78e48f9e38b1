"""The desk's pages: the queue, a claim beside its checks, and each decision on it."""

import re
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from aid.models import AidClaimState
from audit.queries import looks_at_member
from kernel.actors import Role
from ledger.models import Payable
from members.services import withdraw_consent
from tests.make import NOW
from tests.make.aid import ALLOWANCE, amounts, pdf

QUEUE = "/desk/aid"
SECRETS = ("INV-SECRET", "北大深圳演示医院", "ZY-SECRET")


@pytest.fixture
def in_english(signed_in):
    """Return a function: the desk of a browser that asks for English."""

    def sign_in(account):
        desk = signed_in(account)
        desk.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
        return desk

    return sign_in


@pytest.fixture
def desks(make, baoan, longgang, city, in_english):
    """A browser for each who may come by."""
    assess, approve = Role.CLAIMS_ASSESSOR, Role.CLAIMS_APPROVER
    signed_in = in_english
    return SimpleNamespace(
        assessor=signed_in(make.staff(assess, union=baoan)),
        approver=signed_in(make.staff(approve, union=city)),
        district=signed_in(make.staff(approve, union=baoan)),
        both=signed_in(make.staff(assess, approve, union=city)),
        auditor=signed_in(make.staff(Role.AUDITOR, union=baoan)),
        foreign=signed_in(make.staff(assess, approve, union=longgang)),
        clerk=signed_in(make.staff(Role.REGISTER_OFFICER, union=baoan)),
    )


@pytest.fixture
def secret_claim(make, member):
    """A claim whose facts can be looked for."""
    invoice, hospital, admission = SECRETS
    line = make.aid_line(invoice_no=invoice, hospital=hospital, admission_no=admission)
    paper = make.aid_paper(member, content=pdf("发票"))
    return make.aid_claim(member, lines=[line], document_ids=[paper.id])


def page_of(claim):
    return f"{QUEUE}/{claim.id}"


def decide(desk, claim, verb, **fields):
    """Send the form of a decision as the page shows it."""
    page = desk.open(page_of(claim)).text
    form = re.search(rf'action="{page_of(claim)}/{verb}">(.*?)</form>', page, re.DOTALL)[1]
    version = re.search(r'name="version" value="(\d+)"', form)[1]
    return desk.send(
        f"{page_of(claim)}/{verb}", page=page_of(claim), **{"version": version} | fields
    )


def says(answer, sentence):
    return sentence in answer.text


def test_the_queue_shows_what_waits_for_me(desks, claim):
    assert says(desks.assessor.open(QUEUE), "张*明")
    assert says(desks.assessor.open(QUEUE), "¥1,920.00")
    assert says(desks.approver.open(QUEUE), "Nothing waits for you")
    assert says(desks.approver.open(f"{QUEUE}?state=any"), "张*明")
    assert says(desks.auditor.open(QUEUE), "张*明")
    assert not says(desks.foreign.open(f"{QUEUE}?state=any"), "张*明")
    assert desks.clerk.open(QUEUE).status_code == 403


def test_the_queue_is_filtered_and_says_when_nothing_fits(desks, claim):
    assert says(desks.auditor.open(f"{QUEUE}?state=submitted"), "张*明")
    nothing = desks.auditor.open(f"{QUEUE}?state=payable&scheme={ALLOWANCE}")
    assert says(nothing, "No claim fits this filter")
    assert desks.auditor.open(f"{QUEUE}?state=rubbish").status_code == 422
    assert desks.auditor.open(f"{QUEUE}?cursor=rubbish").status_code == 400


def test_an_empty_queue_says_what_to_do(desks):
    assert says(desks.assessor.open(QUEUE), "Nothing waits for you")
    assert says(desks.auditor.open(QUEUE), "Members make them on their phones")


def test_the_queue_is_saved_masked(desks, secret_claim):
    saved = desks.assessor.open(f"{QUEUE}?format=csv")

    assert saved.mimetype == "text/csv"
    text = saved.data.decode("utf-8-sig")
    assert "张*明" in text
    assert "1920.00" in text
    assert not any(secret in text for secret in SECRETS)


def test_who_works_on_a_claim_sees_its_facts_and_the_member_reads_it(session, desks, secret_claim):
    page = desks.assessor.open(page_of(secret_claim))

    assert all(says(page, secret) for secret in SECRETS)
    assert says(page, "the smaller of (self-paid 3,000.00, paid by the pool 12,000.00")
    assert says(page, "Papers that the scheme asks for are missing")
    looks = looks_at_member(session, member_id=secret_claim.member_id)
    assert [look.action for look in looks] == ["aid.claim_opened"]


def test_an_auditor_sees_the_trail_and_no_health_facts(session, desks, secret_claim):
    page = desks.auditor.open(page_of(secret_claim))

    assert page.status_code == 200
    assert not any(says(page, secret) for secret in SECRETS)
    assert not says(page, "Inpatient stay for an illness")
    assert says(page, "2,400.00")
    assert says(page, "hidden from you")
    assert page_of(secret_claim) not in page.text.split("<main")[1]
    assert looks_at_member(session, member_id=secret_claim.member_id) == []


def test_foreign_officers_find_nothing(desks, secret_claim):
    assert desks.foreign.open(page_of(secret_claim)).status_code == 404
    for verb in ("assess", "approve", "return", "reject"):
        fields = {"version": "1", "note": "x", "reason": "excluded"}
        answer = desks.foreign.send(f"{page_of(secret_claim)}/{verb}", page=QUEUE, **fields)
        assert answer.status_code == 404


def test_a_paper_is_saved_never_shown(session, desks, secret_claim):
    page = desks.assessor.open(page_of(secret_claim)).text
    path = re.search(rf'href="({QUEUE}/papers/[^"]+)"', page)[1]

    saved = desks.assessor.open(path)

    assert saved.data == pdf("发票")
    assert saved.headers["Content-Disposition"].startswith("attachment")
    assert saved.headers["X-Content-Type-Options"] == "nosniff"
    assert desks.auditor.open(path).status_code == 403
    assert desks.foreign.open(path).status_code == 404


def test_two_people_make_a_claim_payable(session, desks, claim):
    assessed = decide(desks.assessor, claim, "assess")
    assert assessed.status_code == 303
    assert says(desks.assessor.open(page_of(claim)), "Assessed. Somebody else approves it")

    approved = decide(desks.approver, claim, "approve")

    assert approved.status_code == 303
    assert session.scalars(select(Payable.amount_fen)).one() == 1_920_00
    page = desks.approver.open(page_of(claim))
    assert says(page, "To be paid")
    assert "/approve" not in page.text


def test_the_same_person_is_told_and_refused(session, desks, claim):
    decide(desks.both, claim, "assess")

    page = desks.both.open(page_of(claim))
    assert says(page, "You have decided on this claim already")
    assert "/approve" not in page.text
    session.refresh(claim)
    forced = desks.both.send(
        f"{page_of(claim)}/approve", page=page_of(claim), version=str(claim.version)
    )

    assert forced.status_code == 409
    assert says(forced, "Somebody else has to approve")
    session.refresh(claim)
    assert claim.state is AidClaimState.ASSESSED


def test_missing_papers_are_seen_or_asked_for(session, desks, make, member):
    claim = make.aid_claim(member, papers=False)

    refused = decide(desks.assessor, claim, "assess")
    assert refused.status_code == 409
    assert says(refused, "Some papers that this scheme asks for are missing")

    assert decide(desks.assessor, claim, "assess", originals_seen="true").status_code == 303
    session.refresh(claim)
    assert claim.state is AidClaimState.ASSESSED


def test_a_claim_is_sent_back_with_what_is_wanted(session, desks, claim):
    blank = decide(desks.assessor, claim, "return")
    assert blank.status_code == 422
    assert says(blank, "Fill this in.")

    sent = decide(
        desks.assessor, claim, "return", papers=["invoice", "discharge_summary"], note="看不清"
    )

    assert sent.status_code == 303
    session.refresh(claim)
    assert claim.state is AidClaimState.RETURNED
    page = desks.assessor.open(page_of(claim))
    assert says(page, "Hospital invoice, Discharge summary")
    assert says(page, "看不清")


def test_a_claim_is_rejected_for_a_reason(session, desks, claim):
    answer = decide(desks.assessor, claim, "reject", reason="excluded", note="酒后驾驶")

    assert answer.status_code == 303
    session.refresh(claim)
    assert claim.state is AidClaimState.REJECTED
    assert says(desks.assessor.open(page_of(claim)), "An exclusion of the scheme applies")


def test_a_stale_page_decides_nothing(session, desks, claim):
    answer = desks.assessor.send(f"{page_of(claim)}/assess", page=page_of(claim), version="99")

    assert answer.status_code == 412
    assert says(answer, "Somebody changed this since you opened it")


def test_a_form_of_a_stranger_is_refused(desks, claim):
    answer = desks.assessor.client.post(f"{page_of(claim)}/assess", data={"version": "1"})

    assert answer.status_code == 403


def test_a_withdrawn_consent_closes_the_facts(session, desks, secret_claim):
    withdraw_consent(session, member_id=secret_claim.member_id, purpose="aid_health_data", now=NOW)

    page = desks.assessor.open(page_of(secret_claim))

    assert not any(says(page, secret) for secret in SECRETS)
    assert says(page, "The member has withdrawn a consent")


def test_a_district_is_told_that_the_city_goes_on(session, make, desks, member):
    claim = make.aid_claim(member, lines=[make.aid_line(amounts=amounts(60_000_00, 10_000_00))])
    decide(desks.assessor, claim, "assess")
    assert says(desks.district.open(page_of(claim)), "needs a higher union too")

    decide(desks.district, claim, "approve")

    session.refresh(claim)
    assert claim.state is AidClaimState.APPROVED
    assert decide(desks.approver, claim, "approve").status_code == 303
    session.refresh(claim)
    assert claim.state is AidClaimState.PAYABLE


def test_the_desks_home_counts_my_claims(desks, claim):
    assert says(desks.assessor.open("/desk/"), "waiting for you")
    assert says(desks.approver.open("/desk/"), "nothing is waiting")


def test_the_page_speaks_chinese(desks, secret_claim):
    page = desks.assessor.open(page_of(secret_claim), headers={"Accept-Language": "zh-CN"})

    assert says(page, "广东省在职职工住院医疗综合互助保障计划")
    assert says(page, "可报基数 = 较小者(自付 3,000.00")
