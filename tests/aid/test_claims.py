"""A member claims: what is accepted, what is kept, what is refused and why."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from aid.errors import (
    AdmissionUsed,
    AidConsentMissing,
    AidDocumentNotFound,
    CardMissing,
    ClaimNotFound,
    InvoiceUsed,
    NotCovered,
    NothingDue,
    SchemeNotFound,
)
from aid.models import AidClaim, AidClaimState, AidOccurrence
from aid.queries import newest_calculation
from aid.services import resubmit_claim, return_claim, simulate_claim, submit_claim, withdraw_claim
from aid.services.ground import steps_of
from cards.models import CardRecord, CardState
from kernel.refusals import RequestKeyReused
from kernel.states import MoveNotAllowed
from members.services import withdraw_consent
from tests.make import NOW
from tests.make.aid import ALLOWANCE, EVENT_DATE, INPATIENT, amounts
from tests.merchants.conftest import dump

# All that a claim writes, here and below.
PRIVATE = (
    "aid_claims",
    "aid_claim_lines",
    "aid_calculations",
    "aid_decisions",
    "aid_documents",
    "aid_occurrences",
    "audit_entries",
    "card_records",
)


def submit(session, member, request):
    return submit_claim(session, member_id=member.id, request=request, now=NOW)


def places(session, claim):
    query = select(AidOccurrence.number).where(AidOccurrence.claim_id == claim.id)
    return set(session.scalars(query))


def send_back(session, claim, assessor, papers=()):
    return return_claim(
        session,
        actor=assessor,
        claim_id=claim.id,
        version=claim.version,
        papers=papers,
        note="缺出院小结",
        now=NOW,
    )


def test_a_claim_is_taken_in_computed_and_told(session, make, member):
    request = make.aid_request(member)

    answer = submit(session, member, request)

    claim = answer.claim
    assert not answer.replayed
    assert claim.state is AidClaimState.SUBMITTED
    assert claim.benefit_fen == 1_920_00
    assert places(session, claim) == {1}
    steps = steps_of(newest_calculation(session, claim_id=claim.id))
    assert [step.rule for step in steps] == ["base", "occurrence", "total"]
    record = session.scalars(select(CardRecord).where(CardRecord.source_id == claim.id)).one()
    assert (record.event, record.union_pays_fen) == ("submitted", 0)


def test_a_retry_hears_the_first_claim_whatever_has_happened_since(session, make, member):
    request = make.aid_request(member)
    first = submit(session, member, request).claim
    withdraw_consent(session, member_id=member.id, purpose="aid_health_data", now=NOW)

    again = submit(session, member, request)

    assert again.replayed
    assert again.claim is first
    assert len(session.scalars(select(AidClaim)).all()) == 1


def test_an_id_is_bound_to_its_facts_and_its_member(session, make, member):
    request = make.aid_request(member)
    submit(session, member, request)

    with pytest.raises(RequestKeyReused):
        submit(session, member, replace(request, event_date=date(2026, 11, 9)))
    with pytest.raises(RequestKeyReused):
        submit(session, make.covered_member(), request)


def test_the_second_stay_of_a_period_comes_to_less_and_the_third_is_refused(session, make, member):
    assert [make.aid_claim(member).benefit_fen for _ in range(2)] == [1_920_00, 1_680_00]

    with pytest.raises(NotCovered) as refusal:
        make.aid_claim(member)

    assert refusal.value.facts == {"reason": "occurrences_used", "last_on": "2027-05-31"}


def test_a_new_period_has_its_own_places(session, make, member):
    make.aid_claim(member)
    make.aid_claim(member)
    make.aid_cover(member, starts_on=date(2027, 6, 1))
    later = NOW + timedelta(days=365)

    claim = make.aid_claim(member, event_date=date(2027, 7, 15), now=later)

    assert claim.benefit_fen == 1_920_00


def test_an_allowance_is_claimed_by_days(session, make):
    member = make.covered_member(ALLOWANCE)

    line = make.aid_line(amounts=amounts(0, 0, 12))
    claim = make.aid_claim(member, scheme=ALLOWANCE, event_type="cancer", lines=[line])

    assert claim.benefit_fen == 1_440_00


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"event_date": date(2026, 6, 30)}, "waiting"),
        ({"event_date": date(2026, 5, 31)}, "cover_not_begun"),
        ({"event_date": date(2026, 11, 24)}, "event_in_future"),
        ({"event_date": date(2020, 1, 1)}, "no_version"),
        ({"event_type": "war"}, "event_not_covered"),
    ],
)
def test_what_is_not_covered_is_refused_with_the_reason(make, member, facts, reason):
    with pytest.raises(NotCovered) as refusal:
        make.aid_claim(member, **facts)

    assert refusal.value.facts["reason"] == reason


def test_who_is_not_covered_is_told(make):
    make.aid_schemes()
    member = make.member()
    make.card(member=member)
    for purpose in ("aid_health_data", "payout_account"):
        make.consent(member, purpose=purpose)

    with pytest.raises(NotCovered) as refusal:
        make.aid_claim(member)
    assert refusal.value.facts["reason"] == "no_cover"

    with pytest.raises(SchemeNotFound):
        make.aid_claim(member, scheme="NOTHING", document_ids=[], papers=False)


@pytest.mark.parametrize("withdrawn", ["aid_health_data", "payout_account"])
def test_no_claim_without_both_consents(session, make, member, withdrawn):
    request = make.aid_request(member)
    withdraw_consent(session, member_id=member.id, purpose=withdrawn, now=NOW)

    with pytest.raises(AidConsentMissing) as refusal:
        submit(session, member, request)

    assert refusal.value.facts["consents"] == [{"purpose": withdrawn, "version": 1}]


def test_no_claim_without_a_card(session, make):
    without = make.covered_member(card=False)
    cancelled = make.covered_member(card=False)
    make.card(member=cancelled, state=CardState.CANCELLED)

    for member in (without, cancelled):
        with pytest.raises(CardMissing):
            make.aid_claim(member)


def test_a_lost_card_stops_no_claim(make):
    member = make.covered_member(card=False)
    make.card(member=member, state=CardState.LOST)

    assert make.aid_claim(member).benefit_fen == 1_920_00


def test_a_claim_that_comes_to_nothing_is_refused_with_its_trail(make, member):
    line = make.aid_line(amounts=amounts(pool_paid_fen=0))

    with pytest.raises(NothingDue) as refusal:
        make.aid_claim(member, lines=[line])

    assert [step["rule"] for step in refusal.value.facts["steps"]] == [
        "base",
        "occurrence",
        "total",
    ]


def test_an_invoice_and_a_stay_count_once_across_schemes_and_members(session, make, member):
    other = make.covered_member(ALLOWANCE)
    used = make.aid_line(invoice_no="INV-77", hospital="深圳 医院", admission_no="ZY 9")
    make.aid_claim(member, lines=[used])

    same_invoice = make.aid_line(invoice_no="ｉｎｖ77", amounts=amounts(0, 0, 3))
    with pytest.raises(InvoiceUsed) as refusal:
        make.aid_claim(other, scheme=ALLOWANCE, lines=[make.aid_line(), same_invoice])
    assert refusal.value.facts == {"line": 2}

    same_stay = make.aid_line(hospital="深圳医院", admission_no="zy9", amounts=amounts(0, 0, 3))
    with pytest.raises(AdmissionUsed):
        make.aid_claim(other, scheme=ALLOWANCE, lines=[same_stay])

    elsewhere = make.aid_line(hospital="龙岗医院", admission_no="zy9", amounts=amounts(0, 0, 3))
    assert make.aid_claim(other, scheme=ALLOWANCE, lines=[elsewhere]).benefit_fen == 180_00


def test_one_claim_cannot_name_a_paper_twice(make, member):
    line = make.aid_line()

    with pytest.raises(InvoiceUsed):
        make.aid_claim(member, lines=[line, line])


def test_papers_of_somebody_else_are_no_papers(session, make, member):
    foreign = make.aid_paper(make.covered_member())

    with pytest.raises(AidDocumentNotFound):
        make.aid_claim(member, document_ids=[foreign.id])


def test_a_paper_belongs_to_one_claim(make, member):
    paper = make.aid_paper(member)
    make.aid_claim(member, document_ids=[paper.id])

    with pytest.raises(AidDocumentNotFound):
        make.aid_claim(member, document_ids=[paper.id])


def test_a_claim_may_be_made_before_its_papers(make, member):
    assert make.aid_claim(member, papers=False).state is AidClaimState.SUBMITTED


def test_a_returned_claim_is_handed_in_again_with_what_was_missing(session, make, member, assessor):
    line = make.aid_line()
    claim = make.aid_claim(member, lines=[line], papers=False)
    send_back(session, claim, assessor, papers=["invoice"])
    mended = replace(line, amounts=amounts(self_paid_fen=2_000_00))
    paper = make.aid_paper(member)

    def again():
        return resubmit_claim(
            session,
            member_id=member.id,
            claim_id=claim.id,
            lines=(mended,),
            document_ids=(paper.id,),
            now=NOW,
        )

    first, retry = again(), again()

    assert (first.replayed, retry.replayed) == (False, True)
    assert claim.state is AidClaimState.SUBMITTED
    assert claim.round == 2
    assert claim.benefit_fen == 1_600_00
    assert places(session, claim) == {1}


def test_a_claim_is_not_handed_in_again_while_it_is_worked_on(session, make, member):
    claim = make.aid_claim(member)

    with pytest.raises(MoveNotAllowed):
        resubmit_claim(
            session,
            member_id=member.id,
            claim_id=claim.id,
            lines=(make.aid_line(),),
            document_ids=(),
            now=NOW,
        )


def test_a_withdrawn_claim_gives_papers_and_place_free(session, make, member):
    line = make.aid_line()
    claim = make.aid_claim(member, lines=[line])

    def withdraw():
        return withdraw_claim(session, member_id=member.id, claim_id=claim.id, now=NOW)

    assert (withdraw().replayed, withdraw().replayed) == (False, True)
    assert claim.state is AidClaimState.WITHDRAWN
    again = make.aid_claim(member, lines=[line])
    assert again.benefit_fen == 1_920_00
    assert places(session, again) == {1}


def test_a_claim_is_its_members_own(session, make, member):
    claim = make.aid_claim(member)
    other = make.covered_member()

    with pytest.raises(ClaimNotFound):
        withdraw_claim(session, member_id=other.id, claim_id=claim.id, now=NOW)
    with pytest.raises(ClaimNotFound):
        resubmit_claim(
            session,
            member_id=other.id,
            claim_id=claim.id,
            lines=(make.aid_line(),),
            document_ids=(),
            now=NOW,
        )


def test_simulating_keeps_nothing_and_tells_the_same(session, make, member):
    def simulate(**facts):
        asked = {
            "scheme": INPATIENT,
            "event_type": "illness",
            "event_date": EVENT_DATE,
            "lines": [amounts()],
        }
        return simulate_claim(session, member_id=member.id, now=NOW, **asked | facts)

    assert simulate().calculation.benefit_fen == 1_920_00
    refused = simulate(event_date=date(2026, 6, 2))
    assert refused.calculation is None
    assert [each.code for each in refused.ground.reasons] == ["waiting"]
    assert session.scalars(select(AidClaim)).all() == []
    assert make.aid_claim(member).benefit_fen == 1_920_00
    assert simulate().calculation.benefit_fen == 1_680_00


def test_nothing_of_an_illness_stands_readable_in_the_database(session, make):
    member = make.covered_member(ALLOWANCE)
    line = make.aid_line(
        invoice_no="440399000777",
        hospital="北大深圳演示医院",
        admission_no="ZY-SECRET-9",
        amounts=amounts(0, 0, 10),
    )
    make.aid_claim(member, scheme=ALLOWANCE, event_type="cancer", lines=[line])
    session.flush()

    dumped = dump(session, *PRIVATE)
    for secret in ("440399000777", "北大深圳演示医院", "ZY-SECRET-9", "cancer", "120.00", "%PDF"):
        assert secret not in dumped
        assert secret.encode().hex() not in dumped
