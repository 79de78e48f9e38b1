"""Two people decide, and the money follows: assess, return, approve, confirm, reject."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from aid.errors import (
    CalculationChanged,
    ClaimNotFound,
    ConsentEnded,
    HigherApprovalNeeded,
    PapersMissing,
    SamePerson,
)
from aid.models import (
    AID_CLAIM_MOVES,
    AidClaimLine,
    AidClaimState,
    AidDecisionKind,
    AidRejectReason,
)
from aid.queries import decisions_of
from aid.services import (
    approve_claim,
    assess_claim,
    reject_claim,
    resubmit_claim,
    return_claim,
    withdraw_claim,
)
from aid.services.decisions import open_moves, waiting_count
from audit.models import AuditEntry
from cards.models import CardRecord
from kernel.db import violated_constraint
from kernel.refusals import EditConflict
from kernel.states import MoveNotAllowed
from ledger.models import Book, FundSource, Journal, PartyType, Payable, Posting
from members.services import withdraw_consent
from tests.make import NOW
from tests.make.aid import amounts


def assess(session, claim, actor, *, originals_seen=False):
    return assess_claim(
        session,
        actor=actor,
        claim_id=claim.id,
        version=claim.version,
        originals_seen=originals_seen,
        now=NOW,
    )


def approve(session, claim, actor):
    return approve_claim(session, actor=actor, claim_id=claim.id, version=claim.version, now=NOW)


def send_back(session, claim, actor):
    return return_claim(
        session,
        actor=actor,
        claim_id=claim.id,
        version=claim.version,
        papers=["invoice"],
        note="发票看不清",
        now=NOW,
    )


def reject(session, claim, actor):
    return reject_claim(
        session,
        actor=actor,
        claim_id=claim.id,
        version=claim.version,
        reason=AidRejectReason.PAID_ELSEWHERE,
        note="商业保险已赔付",
        now=NOW,
    )


@pytest.fixture
def dear_claim(make, member):
    """A claim of 8,000.00 yuan: the city approves it."""
    return make.aid_claim(member, lines=[make.aid_line(amounts=amounts(60_000_00, 10_000_00))])


def test_an_approved_claim_is_booked_to_the_mutual_aid_book_and_owed(
    session, claim, assessor, approver
):
    assess(session, claim, assessor)
    assert session.scalars(select(Journal)).all() == []

    approve(session, claim, approver)

    assert claim.state is AidClaimState.PAYABLE
    journal = session.scalars(select(Journal)).one()
    assert (journal.source_type, journal.source_id) == ("aid_claim", claim.id)
    assert (journal.book, journal.fund_source) == (Book.MUTUAL_AID, FundSource.MUTUAL_AID)
    postings = session.scalars(select(Posting).order_by(Posting.line_no)).all()
    assert [(each.debit_fen, each.credit_fen) for each in postings] == [
        (1_920_00, 0),
        (0, 1_920_00),
    ]
    payable = session.scalars(select(Payable)).one()
    assert (payable.payee_type, payable.payee_id) == (PartyType.MEMBER, claim.member_id)
    assert payable.amount_fen == 1_920_00
    record = session.scalars(select(CardRecord).where(CardRecord.event == "approved")).one()
    assert (record.union_pays_fen, record.gross_fen) == (1_920_00, 1_920_00)


def test_every_step_is_written_down_with_who_took_it(session, claim, assessor, approver):
    assess(session, claim, assessor)
    approve(session, claim, approver)

    steps = [(each.kind, each.staff_id) for each in decisions_of(session, claim_id=claim.id)]
    assert steps == [
        (AidDecisionKind.SUBMITTED, None),
        (AidDecisionKind.ASSESSED, assessor.id),
        (AidDecisionKind.APPROVED, approver.id),
    ]
    actions = session.scalars(
        select(AuditEntry.action).where(AuditEntry.object_id == claim.id).order_by(AuditEntry.id)
    ).all()
    assert actions == ["aid.claim_submitted", "aid.claim_assessed", "aid.claim_approved"]


def test_the_same_person_cannot_do_both(session, claim, people):
    assess(session, claim, people.both)

    with pytest.raises(SamePerson):
        approve(session, claim, people.both)

    assert claim.state is AidClaimState.ASSESSED
    assert AidDecisionKind.APPROVED not in open_moves(session, actor=people.both, claim=claim)


def test_the_database_refuses_the_same_person_too(session, claim, assessor, approver):
    assess(session, claim, assessor)
    approve(session, claim, approver)

    # As the application's own role, whatever Python thought.
    for change, constraint in {
        "approved_by = assessed_by": "ck_aid_claims_approver_is_not_assessor",
        "confirmed_by = assessed_by": "ck_aid_claims_confirmer_is_a_third",
        "confirmed_by = approved_by": "ck_aid_claims_confirmer_is_a_third",
        "approved_by = NULL": "ck_aid_claims_approved_by_somebody",
    }.items():
        with pytest.raises(IntegrityError) as error, session.begin_nested():
            session.execute(text(f"UPDATE aid_claims SET {change}"))  # noqa: S608 (our own words)
        assert violated_constraint(error.value) == constraint


def test_the_history_knows_one_capacity_a_round(session, claim, assessor):
    assess(session, claim, assessor)

    both = {"claim": claim.id, "staff": assessor.id}
    with pytest.raises(IntegrityError) as error, session.begin_nested():
        session.execute(
            text(
                "INSERT INTO aid_decisions"
                " (id, claim_id, round, kind, staff_id, benefit_fen, papers, created_at)"
                " VALUES (gen_random_uuid(), :claim, 1, 'approved', :staff, 1, '[]', now())"
            ),
            both,
        )

    assert violated_constraint(error.value) == "ex_aid_decisions_one_capacity"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE aid_decisions SET staff_id = NULL",
        "DELETE FROM aid_decisions",
        "UPDATE aid_calculations SET benefit_fen = 1",
        "DELETE FROM aid_calculations",
        "UPDATE aid_scheme_versions SET rules = '{}'",
        "DELETE FROM aid_claims",
        "UPDATE aid_claims SET member_id = id",
        "UPDATE aid_claims SET event_date = '2020-01-01'",
        "UPDATE aid_claim_lines SET self_paid_fen = 1",
        "DELETE FROM aid_claim_lines",
        "UPDATE aid_covers SET starts_on = '2020-01-01'",
    ],
)
def test_what_was_written_is_not_rewritten_by_the_application(session, claim, statement):
    with pytest.raises(DBAPIError) as error, session.begin_nested():
        session.execute(text(statement))

    assert "permission denied" in str(error.value)


def test_an_occurrence_beyond_the_maximum_cannot_be_written(session, claim):
    with pytest.raises(IntegrityError) as error, session.begin_nested():
        session.execute(
            text(
                "INSERT INTO aid_occurrences (cover_id, benefit, number, maximum, claim_id)"
                " SELECT cover_id, benefit, 3, 2, claim_id FROM aid_occurrences"
            )
        )
    assert violated_constraint(error.value) == "ck_aid_occurrences_within_maximum"


def test_a_district_passes_a_large_amount_on_and_a_third_person_confirms(
    session, dear_claim, assessor, district_approver, approver
):
    assess(session, dear_claim, assessor)
    approve(session, dear_claim, district_approver)
    assert dear_claim.state is AidClaimState.APPROVED
    assert session.scalars(select(Payable)).all() == []

    approve(session, dear_claim, approver)

    assert dear_claim.state is AidClaimState.PAYABLE
    assert dear_claim.confirmed_by == approver.id
    assert session.scalars(select(Payable.amount_fen)).one() == 8_000_00


def test_the_city_approves_a_large_amount_at_once(session, dear_claim, assessor, approver):
    assess(session, dear_claim, assessor)

    assert approve(session, dear_claim, approver).state is AidClaimState.PAYABLE


def test_a_district_does_not_confirm_what_needs_the_city(
    session, dear_claim, people, district_approver
):
    assess(session, dear_claim, people.second_assessor)
    approve(session, dear_claim, district_approver)

    with pytest.raises(SamePerson):
        approve(session, dear_claim, district_approver)
    with pytest.raises(HigherApprovalNeeded):
        approve(session, dear_claim, people.second_approver)


def test_a_small_amount_needs_no_higher_union(session, claim, assessor, district_approver):
    assess(session, claim, assessor)

    assert approve(session, claim, district_approver).state is AidClaimState.PAYABLE


def test_who_assessed_before_a_colleague_did_cannot_approve_either(session, dear_claim, people):
    assess(session, dear_claim, people.both)
    assess(session, dear_claim, people.second_assessor)

    # The row names only the second one; the history remembers the first.
    with pytest.raises(SamePerson):
        approve(session, dear_claim, people.both)


@pytest.mark.parametrize("verb", [assess, approve, send_back, reject])
def test_officers_of_another_union_find_nothing(session, claim, assessor, people, verb):
    if verb is approve:
        assess(session, claim, assessor)

    with pytest.raises(ClaimNotFound):
        verb(session, claim, people.foreign)
    assert open_moves(session, actor=people.foreign, claim=claim) == frozenset()


def test_each_role_takes_its_own_step(session, claim, assessor, approver):
    with pytest.raises(ClaimNotFound):
        assess(session, claim, approver)
    with pytest.raises(ClaimNotFound):
        reject(session, claim, approver)
    assess(session, claim, assessor)
    with pytest.raises(ClaimNotFound):
        approve(session, claim, assessor)
    with pytest.raises(ClaimNotFound):
        send_back(session, claim, assessor)


def test_what_somebody_else_changed_is_decided_again(session, claim, assessor, people):
    seen = claim.version
    send_back(session, claim, assessor)

    with pytest.raises(EditConflict):
        assess_claim(
            session,
            actor=people.second_assessor,
            claim_id=claim.id,
            version=seen,
            originals_seen=True,
            now=NOW,
        )


def test_papers_must_be_there_or_have_been_seen(session, make, member, assessor):
    claim = make.aid_claim(member, papers=False)

    with pytest.raises(PapersMissing) as refusal:
        assess(session, claim, assessor)
    assert refusal.value.facts["kinds"] == ["settlement_sheet", "invoice", "discharge_summary"]

    assess(session, claim, assessor, originals_seen=True)
    assert decisions_of(session, claim_id=claim.id)[-1].papers == [
        "settlement_sheet",
        "invoice",
        "discharge_summary",
    ]


@pytest.mark.parametrize("purpose", ["aid_health_data", "payout_account"])
def test_a_withdrawn_consent_stops_the_work(session, claim, assessor, approver, purpose):
    assess(session, claim, assessor)
    withdraw_consent(session, member_id=claim.member_id, purpose=purpose, now=NOW)

    with pytest.raises(ConsentEnded):
        approve(session, claim, approver)
    with pytest.raises(ConsentEnded):
        assess(session, claim, assessor)
    reject(session, claim, approver)
    assert claim.state is AidClaimState.REJECTED


def test_an_amount_that_another_claim_changed_is_assessed_again(
    session, make, member, assessor, approver
):
    first, second = make.aid_claim(member), make.aid_claim(member)
    assess(session, second, assessor)
    assert second.benefit_fen == 1_680_00
    reject(session, first, assessor)

    with pytest.raises(CalculationChanged) as refusal:
        approve(session, second, approver)
    assert refusal.value.facts == {"assessed_fen": 1_680_00, "benefit_fen": 1_920_00}

    assess(session, second, assessor)
    assert second.benefit_fen == 1_920_00
    assert approve(session, second, approver).state is AidClaimState.PAYABLE


def test_a_rejected_claim_gives_its_papers_free_and_says_why(session, make, member, assessor):
    line = make.aid_line()
    claim = make.aid_claim(member, lines=[line])
    reject(session, claim, assessor)

    assert claim.reject_reason is AidRejectReason.PAID_ELSEWHERE
    live = select(AidClaimLine).where(AidClaimLine.is_live)
    assert session.scalars(live).all() == []
    assert make.aid_claim(member, lines=[line]).benefit_fen == 1_920_00


def test_a_returned_claim_starts_over_with_nobodys_name_on_it(
    session, make, member, assessor, approver
):
    line = make.aid_line()
    claim = make.aid_claim(member, lines=[line])
    assess(session, claim, assessor)
    send_back(session, claim, approver)
    assert (claim.assessed_by, claim.approved_by) == (None, None)

    resubmit_claim(
        session,
        member_id=member.id,
        claim_id=claim.id,
        lines=(line,),
        document_ids=(),
        now=NOW,
    )

    assess(session, claim, assessor)
    assert approve(session, claim, approver).state is AidClaimState.PAYABLE


def test_what_is_payable_stays_so(session, claim, assessor, approver):
    assess(session, claim, assessor)
    approve(session, claim, approver)

    for verb in (assess, send_back, reject, approve):
        with pytest.raises(MoveNotAllowed):
            verb(session, claim, assessor if verb is assess else approver)
    with pytest.raises(MoveNotAllowed):
        withdraw_claim(session, member_id=claim.member_id, claim_id=claim.id, now=NOW)
    assert AID_CLAIM_MOVES[AidClaimState.PAYABLE] == frozenset()


def test_the_desk_counts_what_waits_for_me(session, claim, assessor, approver, people):
    def counts():
        everybody = (assessor, approver, people.foreign, people.auditor)
        return [waiting_count(session, each) for each in everybody]

    assert counts() == [1, 0, 0, 0]
    assess(session, claim, assessor)
    assert counts() == [0, 1, 0, 0]
    approve(session, claim, approver)
    assert counts() == [0, 0, 0, 0]
