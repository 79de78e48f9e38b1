"""Booking: what is written, what is refused, and that refusing leaves nothing behind."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, insert, select, text, true, update
from sqlalchemy.exc import IntegrityError

from kernel.db import violated_constraint
from kernel.ids import new_id
from ledger.errors import (
    AlreadyPosted,
    JournalNotFound,
    PeriodClosed,
    PostingRuleMissing,
    ReversalExceedsOriginal,
    ReversalIsFinal,
)
from ledger.models import (
    Account,
    Book,
    Family,
    FundSource,
    Journal,
    PartyType,
    PayableState,
    Period,
    PeriodState,
    PostingEvent,
    PostingRule,
)
from ledger.queries import journal_by_source, left_of_journal, postings_of
from ledger.services import (
    POSTING,
    SourceKey,
    ensure_period,
    make_payable,
    post_reversal,
    posting_parameters,
)
from tests.make import NOW

TODAY = date(2026, 11, 23)


@pytest.fixture
def make(make):
    make.chart()
    return make


@pytest.fixture(autouse=True)
def rules_hold(session):
    """Fire the checks that wait for a commit: the session of a test never commits."""
    yield
    if session.is_active and not session.in_nested_transaction():
        session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))


def close(session, month):
    session.execute(
        update(Period)
        .where(Period.month == month)
        .values(state=PeriodState.CLOSED, maker_id=new_id(), approver_id=new_id(), closed_at=NOW)
    )


def reverse(session, redemption_id, **facts):
    defaults = {
        "original": SourceKey("redemption", redemption_id, "captured"),
        "source_type": "redemption_reversal",
        "source_id": new_id(),
        "kind": "reversed",
        "amount_fen": 10_00,
        "occurred_at": NOW,
        "now": NOW,
    }
    return post_reversal(session, **(defaults | facts))


def lines_of(session, journal_id):
    codes = dict(session.execute(select(Account.id, Account.code)).all())
    return [
        (codes[line.account_id], line.debit_fen, line.credit_fen, line.party_id)
        for line in postings_of(session, journal_id=journal_id)
    ]


def count_journals(session):
    return session.scalar(select(func.count()).select_from(Journal))


def test_a_discount_is_owed_to_its_merchant_out_of_the_funds_of_the_union(session, make):
    merchant_id, programme_id, source_id = new_id(), new_id(), new_id()
    earlier = NOW - timedelta(minutes=3)

    journal_id = make.journal(
        source_id=source_id, party_id=merchant_id, programme_id=programme_id, occurred_at=earlier
    )

    assert lines_of(session, journal_id) == [
        ("50301", 40_00, 0, None),
        ("22501", 0, 40_00, merchant_id),
    ]
    journal = journal_by_source(
        session, source_type="redemption", source_id=source_id, kind="captured"
    )
    assert journal.id == journal_id
    assert (journal.book, journal.fund_source) == (Book.UNION, FundSource.UNION_FUND)
    assert (journal.occurred_at, journal.received_at) == (earlier, NOW)
    assert (journal.book_date, journal.programme_id) == (TODAY, programme_id)


def test_booking_is_one_statement(session, make, count_statements):
    make.journal()

    with count_statements() as statements:
        make.journal()

    assert len(statements) == 1


def test_booking_can_be_a_part_of_another_statement(session, make, count_statements):
    month = insert(Period).values(
        month="2027-01", starts_on=date(2027, 1, 1), ends_on=date(2027, 2, 1)
    )
    opened = month.returning(Period.month).cte("opened")
    both = select(opened.c.month, POSTING.journal.c.id).add_cte(POSTING.lines)
    ensure_period(session, day=TODAY)
    parameters = posting_parameters(
        source_type="redemption",
        source_id=new_id(),
        kind="captured",
        family=Family.DISCOUNT,
        fund_source=FundSource.DUES,
        event=PostingEvent.CAPTURED,
        amount_fen=7,
        party_type=PartyType.MERCHANT,
        party_id=new_id(),
        occurred_at=NOW,
        now=NOW,
    )

    with count_statements() as statements:
        ((month, journal_id),) = session.execute(
            both.join_from(opened, POSTING.journal, true()), parameters
        )

    assert len(statements) == 1
    assert month == "2027-01"
    assert [line[1] for line in lines_of(session, journal_id)] == [7, 0]


def test_the_mutual_aid_fund_has_a_book_of_its_own(session, make):
    journal_id = make.journal(
        source_type="claim",
        kind="approved",
        family=Family.AID,
        fund_source=FundSource.MUTUAL_AID,
        event=PostingEvent.APPROVED,
        party_type=PartyType.MEMBER,
    )

    assert session.get(Journal, journal_id).book is Book.MUTUAL_AID
    assert [line[0] for line in lines_of(session, journal_id)] == ["M501", "M225"]


def test_a_training_subsidy_is_owed_to_the_member(session, make):
    member_id = new_id()

    journal_id = make.journal(
        source_type="enrolment",
        kind="completed",
        family=Family.TRAINING,
        event=PostingEvent.COMPLETED,
        party_type=PartyType.MEMBER,
        party_id=member_id,
    )

    assert lines_of(session, journal_id)[1] == ("22502", 0, 40_00, member_id)


def test_the_book_date_is_our_day_in_shanghai_not_the_device_s(session, make):
    midnight = datetime(2026, 11, 30, 16, 0, tzinfo=UTC)

    late = make.journal(occurred_at=midnight - timedelta(days=2), now=midnight)
    told = make.journal(book_date=date(2026, 11, 30), now=midnight)

    assert session.get(Journal, late).book_date == date(2026, 12, 1)
    assert session.get(Journal, told).book_date == date(2026, 11, 30)


def test_a_fact_is_booked_once_for_ever(session, make):
    source_id = new_id()
    make.journal(source_id=source_id)

    with pytest.raises(AlreadyPosted):
        make.journal(source_id=source_id, amount_fen=1)

    make.journal(source_id=source_id, kind="paid")
    assert count_journals(session) == 2


def test_mutual_aid_money_pays_no_discount(session, make):
    with pytest.raises(PostingRuleMissing) as refused:
        make.journal(fund_source=FundSource.MUTUAL_AID)

    assert refused.value.facts == {
        "family": Family.DISCOUNT,
        "fund_source": FundSource.MUTUAL_AID,
        "event": PostingEvent.CAPTURED,
    }
    assert count_journals(session) == 0


def test_a_rule_that_was_switched_off_books_nothing(session, make):
    session.execute(update(PostingRule).values(is_active=False))

    with pytest.raises(PostingRuleMissing):
        make.journal()


def test_a_closed_month_takes_no_journal(session, make):
    ensure_period(session, day=TODAY)
    close(session, "2026-11")

    with pytest.raises(PeriodClosed) as refused:
        make.journal()

    assert refused.value.facts == {"month": "2026-11"}
    assert make.journal(book_date=date(2026, 12, 1))


def test_a_month_is_opened_once_and_never_behind_a_closed_one(session):
    november = ensure_period(session, day=TODAY)
    assert ensure_period(session, day=date(2026, 11, 1)) is november
    assert (november.month, november.state) == ("2026-11", PeriodState.OPEN)
    assert (november.starts_on, november.ends_on) == (date(2026, 11, 1), date(2026, 12, 1))
    assert ensure_period(session, day=date(2026, 12, 31)).ends_on == date(2027, 1, 1)
    close(session, "2026-11")

    with pytest.raises(PeriodClosed):
        ensure_period(session, day=date(2026, 10, 31))

    assert ensure_period(session, day=TODAY).state is PeriodState.CLOSED


def test_a_reversal_mirrors_a_part_of_its_original(session, make):
    source_id, merchant_id, programme_id = new_id(), new_id(), new_id()
    original_id = make.journal(
        source_id=source_id,
        party_id=merchant_id,
        programme_id=programme_id,
        fund_source=FundSource.FISCAL,
    )

    reversal = session.get(Journal, reverse(session, source_id, amount_fen=15_00))

    assert lines_of(session, reversal.id) == [
        ("50301", 0, 15_00, None),
        ("22501", 15_00, 0, merchant_id),
    ]
    assert reversal.reverses_id == original_id
    assert (reversal.fund_source, reversal.programme_id) == (FundSource.FISCAL, programme_id)
    assert left_of_journal(session, journal_id=original_id) == 25_00


def test_reversals_never_exceed_their_original(session, make):
    source_id = new_id()
    make.journal(source_id=source_id)
    reverse(session, source_id, amount_fen=39_99)

    with pytest.raises(ReversalExceedsOriginal) as refused:
        reverse(session, source_id, amount_fen=2)

    assert refused.value.facts == {"left_fen": 1}
    reverse(session, source_id, amount_fen=1)
    with pytest.raises(ReversalExceedsOriginal):
        reverse(session, source_id, amount_fen=1)


def test_a_reversal_is_booked_once_and_is_final(session, make):
    source_id, reversal_id = new_id(), new_id()
    make.journal(source_id=source_id)
    reverse(session, source_id, source_id=reversal_id)

    with pytest.raises(AlreadyPosted):
        reverse(session, source_id, source_id=reversal_id)
    with pytest.raises(ReversalIsFinal):
        reverse(
            session,
            source_id,
            original=SourceKey("redemption_reversal", reversal_id, "reversed"),
        )
    with pytest.raises(JournalNotFound):
        reverse(session, new_id())


def test_a_reversal_is_booked_where_months_are_open(session, make):
    source_id = new_id()
    make.journal(source_id=source_id)
    close(session, "2026-11")

    with pytest.raises(PeriodClosed):
        reverse(session, source_id)

    december = reverse(session, source_id, now=NOW + timedelta(days=10))
    assert session.get(Journal, december).book_date == date(2026, 12, 3)


def test_a_reversal_may_use_an_account_that_was_retired_since(session, make):
    source_id = new_id()
    make.journal(source_id=source_id)
    session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    session.execute(update(Account).where(Account.code == "50301").values(is_active=False))

    assert reverse(session, source_id)
    with pytest.raises(IntegrityError) as refused, session.begin_nested():
        make.journal()
    assert violated_constraint(refused.value) == "ck_postings_account_in_use"


def test_a_payable_says_what_its_journal_says(session, make):
    claim_id, member_id = new_id(), new_id()
    journal_id = make.journal(
        source_type="claim",
        source_id=claim_id,
        kind="approved",
        family=Family.AID,
        fund_source=FundSource.MUTUAL_AID,
        event=PostingEvent.APPROVED,
        amount_fen=1_920_00,
        party_type=PartyType.MEMBER,
        party_id=member_id,
    )

    payable = make_payable(session, journal_id=journal_id, now=NOW)

    assert (payable.source_type, payable.source_id) == ("claim", claim_id)
    assert (payable.payee_type, payable.payee_id) == (PartyType.MEMBER, member_id)
    assert (payable.amount_fen, payable.fund_source) == (1_920_00, FundSource.MUTUAL_AID)
    assert (payable.owed_since, payable.state) == (NOW, PayableState.OWED)
    with pytest.raises(IntegrityError) as refused, session.begin_nested():
        make_payable(session, journal_id=journal_id, now=NOW)
    assert violated_constraint(refused.value) == "uq_payables_journal_id"


def test_nothing_is_payable_without_a_credited_party(session, make):
    source_id = new_id()
    make.journal(source_id=source_id)

    with pytest.raises(JournalNotFound):
        make_payable(session, journal_id=reverse(session, source_id), now=NOW)
    with pytest.raises(JournalNotFound):
        make_payable(session, journal_id=new_id(), now=NOW)
