"""For every pair of duties that must differ, the database refuses the same person.

Tried past the services, as the application's role. The tables of finance stand in
tests/finance/refused, where their guards need a world of statements and payments.
"""

import re
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from aid.models import AidClaim, AidClaimState
from audit.models import AuditKey
from benefits.models import CouponRelease, ReleaseMode, Rerelease
from kernel.actors import Role
from kernel.db import violated_constraint
from kernel.ids import new_id
from kernel.money import Fen
from ledger.models import (
    BudgetChange,
    BudgetChangeKind,
    BudgetChangeState,
    FundSource,
    Period,
    PeriodState,
)
from merchants.models import SanctionAppeal, SanctionAppealState
from staff.models import StaffAccount, StaffGrant
from tests.benefits.refused import APPROVALS
from tests.finance.refused import FORBIDDEN
from tests.make import NOW

# Pairs of columns of ids that differ, and are no people.
NOT_PEOPLE = {
    "ck_posting_rules_accounts_differ",
    "ck_journals_reverses_another",
    "ck_membership_transfers_to_another_union",
    "ck_limit_rules_ceiling_of_a_members_year",
}


def claim(**people):
    return AidClaim(
        id=new_id(),
        member_id=new_id(),
        card_id=new_id(),
        cover_id=new_id(),
        scheme_version_id=new_id(),
        benefit="inpatient",
        event_type_sealed=b"x",
        event_date=NOW.date(),
        facts_digest=b"x",
        last_digest=b"x",
        state=AidClaimState.APPROVED,
        benefit_fen=Fen(1),
        submitted_at=NOW,
        waiting_since=NOW,
        **people,
    )


def draw(first, second):
    return CouponRelease(
        offer_id=new_id(),
        mode=ReleaseMode.DRAW,
        pieces=1,
        reserve_pieces=0,
        stripes=1,
        opens_at=NOW,
        closes_at=NOW + timedelta(days=1),
        use_within_days=1,
        claim_within_hours=1,
        rerelease=next(iter(Rerelease)),
        seed_source_zh="演示",
        seed_source_en="demo",
        seed_known_at=NOW + timedelta(days=2),
        listed_at=NOW + timedelta(days=1),
        list_hash="x" * 64,
        entrant_count=1,
        seed_first="1",
        seed_first_by=first,
        seed_first_at=NOW,
        seed="1",
        seed_second_by=second,
        drawn_at=NOW + timedelta(days=2),
        created_at=NOW,
    )


def appeal(set_by, answered_by):
    return SanctionAppeal(
        id=new_id(),
        sanction_id=new_id(),
        merchant_id=new_id(),
        set_by=set_by,
        text="演示",
        made_by=new_id(),
        made_at=NOW,
        state=SanctionAppealState.REJECTED,
        answer="演示",
        answered_by=answered_by,
        answered_at=NOW,
    )


def closed(maker, approver):
    return Period(
        month="2031-01",
        starts_on=NOW.date().replace(year=2031, month=1, day=1),
        ends_on=NOW.date().replace(year=2031, month=2, day=1),
        state=PeriodState.CLOSED,
        maker_id=maker,
        approver_id=approver,
        closed_at=NOW,
    )


def grant(staff, granted_by):
    return StaffGrant(
        staff_id=staff,
        role=Role.AUDITOR,
        union_id=new_id(),
        granted_by=granted_by,
        granted_at=NOW,
    )


def account(staff, created_by):
    return StaffAccount(
        id=staff,
        username="duty001",
        display_name="演示",
        union_id=new_id(),
        password_hash="x",
        password_set_at=NOW,
        password_is_temporary=False,
        totp_secret_sealed=b"x",
        totp_is_temporary=False,
        created_at=NOW,
        updated_at=NOW,
        created_by=created_by,
    )


def audit_key(maker, approver):
    return AuditKey(
        thumbprint="x" * 43,
        public_jwk="x",
        private_sealed=b"x",
        created_at=NOW,
        maker_id=maker,
        approver_id=approver,
        signs_from=NOW,
    )


# A row of two people who must differ, and the constraint that says so.
PAIRS = {
    "who approves a claim assessed it": (
        lambda one, two: claim(assessed_by=one, approved_by=two),
        "ck_aid_claims_approver_is_not_assessor",
    ),
    "who confirms a claim assessed it": (
        lambda one, two: claim(assessed_by=one, approved_by=new_id(), confirmed_by=two),
        "ck_aid_claims_confirmer_is_a_third",
    ),
    "who confirms a claim approved it": (
        lambda one, two: claim(assessed_by=new_id(), approved_by=one, confirmed_by=two),
        "ck_aid_claims_confirmer_is_a_third",
    ),
    "both seeds of a draw by one": (draw, "ck_coupon_releases_seed_of_two_people"),
    "who answers an appeal set the measure": (appeal, "ck_sanction_appeals_two_people"),
    "who closes a month asked for it": (closed, "ck_periods_two_people"),
    "who approves a key that signs proposed it": (audit_key, "ck_audit_keys_two_people"),
    "an account by itself": (account, "ck_staff_accounts_not_created_by_itself"),
    "a role for oneself": (grant, "ck_staff_grants_not_to_oneself"),
}


def refusal_of(session, row):
    """Return the constraint that refuses a row, or None where only its strangers are missing."""
    with session.begin_nested() as savepoint:
        session.add(row)
        try:
            session.flush()
        except IntegrityError as error:
            name = violated_constraint(error)
            return None if name.startswith("fk_") else name
        savepoint.rollback()
    return None


@pytest.mark.parametrize(("row", "constraint"), PAIRS.values(), ids=PAIRS)
def test_the_same_person_is_refused_and_two_are_not(session, row, constraint):
    person = new_id()

    assert refusal_of(session, row(person, person)) == constraint
    assert refusal_of(session, row(person, new_id())) is None


def test_a_measure_is_lifted_by_somebody_else(session, make):
    person = make.staff()
    sanction = text(
        "INSERT INTO merchant_sanctions (id, merchant_id, kind, reason, set_by, set_at, lifted_by,"
        " lifted_at, lift_reason, version) VALUES (:id, :merchant, 'warning', 'x', :by, now(), :by,"
        " now(), 'x', 1)"
    )

    with pytest.raises(IntegrityError) as refused:
        session.execute(sanction, {"id": new_id(), "merchant": make.merchant().id, "by": person.id})

    assert violated_constraint(refused.value) == "ck_merchant_sanctions_two_people"


@pytest.mark.parametrize("state", [BudgetChangeState.APPROVED, BudgetChangeState.REFUSED])
def test_a_change_of_a_budget_is_decided_by_somebody_else(session, make, state):
    maker = make.staff()
    change = make.save(
        BudgetChange(
            kind=BudgetChangeKind.VIREMENT,
            year=NOW.year,
            fund_source=FundSource.UNION_FUND,
            reason="演示",
            maker_id=maker.id,
            proposed_at=NOW,
        )
    )
    change.state, change.approver_id, change.decided_at = state, maker.id, NOW

    with pytest.raises(IntegrityError) as refused:
        session.flush()

    assert violated_constraint(refused.value) == "ck_budget_changes_two_people"


def test_a_merchants_proposal_is_decided_by_no_manager(session):
    """Managers and staff are different tables, so no id is on both sides."""
    targets = session.execute(
        text(
            "SELECT a.attname, c.confrelid::regclass::text FROM pg_constraint c"
            " JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]"
            " WHERE c.contype = 'f' AND c.conrelid = 'offer_proposals'::regclass"
            " AND a.attname IN ('proposed_by', 'decided_by')"
        )
    ).all()

    assert dict(targets) == {"proposed_by": "merchant_managers", "decided_by": "staff_accounts"}


def _differing(session):
    """Return the CHECKs by which two ids of a row differ."""
    rows = session.execute(
        text(
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'c'"
            " AND connamespace = 'public'::regnamespace"
        )
    )
    return {
        name: set(re.findall(r"\(?(\w+) <> (\w+)\)?", said))
        for name, said in rows
        if re.search(r"\b(\w*(?:_id|_by|id)) <> \w*(?:_id|_by|id)\b", said)
    }


def test_no_pair_of_duties_is_without_a_case(session):
    tried = {constraint for _, constraint in (*PAIRS.values(), *APPROVALS.values())} | {
        "ck_merchant_sanctions_two_people",
        "ck_budget_changes_two_people",
    }
    of_finance = {constraint for _, constraint in FORBIDDEN.values()}

    untried = set(_differing(session)) - tried - of_finance - NOT_PEOPLE

    assert untried == set()
    assert tried <= set(_differing(session))
