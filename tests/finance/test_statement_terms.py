"""Statements by agreement: cycles, the smallest payment, new merchants, the clock of an answer."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from finance.models import StatementState
from finance.queries.payments import Missing, owed
from finance.services import (
    agree_by_silence,
    agree_statement,
    approve_statement,
    approve_statements,
    issue_statements,
    open_due_statements,
    open_statements,
)
from finance.services.payments import prepare_batch
from kernel.actors import Role
from kernel.db import violated_constraint
from ledger.models import Book
from merchants.models import AgreementState, SettlementCycle
from merchants.rules import last_period, period_of
from tests.finance.test_statements import approver, at, city, funds, make, maker, opened, till
from tests.make import NOW

SHARED = (approver, city, make, maker, till)
DAY = timedelta(days=1)
TODAY = date(2026, 11, 23)  # a Monday
WEEKLY, BIWEEKLY, MONTHLY = SettlementCycle


@pytest.mark.parametrize(
    ("cycle", "days"),
    [
        (WEEKLY, (date(2026, 11, 16), date(2026, 11, 23))),
        (BIWEEKLY, (date(2026, 11, 9), date(2026, 11, 23))),
        (MONTHLY, (date(2026, 10, 1), date(2026, 11, 1))),
    ],
)
def test_the_last_period_of_each_cycle(cycle, days):
    assert last_period(TODAY, cycle) == days


@given(st.dates(date(2020, 1, 1), date(2040, 1, 1)), st.sampled_from(SettlementCycle))
def test_periods_follow_each_other_without_gap_or_overlap(day, cycle):
    first, end = period_of(day, cycle)

    assert first <= day < end
    assert period_of(end, cycle)[0] == end
    assert period_of(first, cycle) == (first, end)
    assert last_period(end, cycle) == (first, end)


def due(session, maker, *, days=0):
    return open_due_statements(session, actor=maker, now=NOW + DAY * days)


def test_each_merchant_is_stated_by_its_own_agreement(session, make, maker):
    tills = {cycle: make.terminal() for cycle in SettlementCycle}
    for cycle, each in tills.items():
        make.agreement(merchant_id=each.merchant_id, cycle=cycle)
        make.sale(each)

    # Booked on Monday 23: the week ends on the 30th, the fortnight on 7 December.
    assert due(session, maker) == []
    opened = {days: due(session, maker, days=days) for days in (7, 8, 14)}

    of = {cycle: each.merchant_id for cycle, each in tills.items()}
    week, month_later, fortnight = opened[7], opened[8], opened[14]
    assert [(s.merchant_id, s.ends_on) for s in week] == [(of[WEEKLY], date(2026, 11, 30))]
    assert [(s.merchant_id, s.starts_on) for s in month_later] == [(of[MONTHLY], date(2026, 11, 1))]
    assert [(s.merchant_id, s.starts_on, s.ends_on) for s in fortnight] == [
        (of[BIWEEKLY], date(2026, 11, 23), date(2026, 12, 7))
    ]
    assert due(session, maker, days=14) == []


def test_days_that_are_stated_already_are_left_out(session, make, maker, till):
    make.sale(till)
    opened(session, maker, starts_on=TODAY)
    make.sale(till, union_fen=7_00)

    [rest] = due(session, maker, days=7)

    assert (rest.starts_on, rest.ends_on) == (TODAY + DAY, date(2026, 11, 30))
    assert rest.lines_fen == 7_00


@pytest.fixture
def agreement(make, till):
    return make.agreement(merchant_id=till.merchant_id, min_payout_fen=100_00)


def daily(session, maker, days):
    starts_on = TODAY + DAY * days
    return open_statements(
        session,
        actor=maker,
        starts_on=starts_on,
        ends_on=starts_on + DAY,
        now=NOW + DAY * days,
    )


def sums(session, statement):
    [fund] = funds(session, statement).values()
    return fund.carried_in_fen, fund.payable_fen, fund.carried_out_fen


def test_what_is_too_little_waits_for_the_next_statement(session, make, maker, till, agreement):
    make.sale(till, union_fen=40_00)
    [first] = daily(session, maker, 0)
    make.sale(till, union_fen=59_99)
    [second] = daily(session, maker, 1)
    make.sale(till, union_fen=1)
    [third] = daily(session, maker, 2)

    assert first.min_payout_fen == 100_00
    assert sums(session, first) == (0, 0, 40_00)
    assert sums(session, second) == (40_00, 0, 99_99)
    assert sums(session, third) == (99_99, 100_00, 0)


def test_what_waited_is_paid_when_the_agreement_ends(session, make, maker, till, agreement):
    make.sale(till, union_fen=40_00)
    daily(session, maker, 0)
    assert daily(session, maker, 1) == []
    agreement.state = AgreementState.ENDED
    session.flush()

    [last] = daily(session, maker, 2)

    assert (last.lines, last.lines_fen) == (0, 0)
    assert sums(session, last) == (40_00, 40_00, 0)
    assert issue_statements(session, actor=maker, now=NOW + DAY * 2) == 2
    assert daily(session, maker, 3) == []


def test_a_new_merchant_is_paid_from_its_day_on(session, make, maker, approver):
    merchant = make.payee_merchant()
    make.agreement(merchant_id=merchant.id, starts_on=date(2026, 11, 20), hold_days=14)
    till = make.terminal(site=make.site(merchant_id=merchant.id))
    make.sale(till)
    [statement] = opened(session, maker)
    issue_statements(session, actor=maker, now=NOW)
    agree_statement(session, voice=at(till), statement_id=statement.id, now=NOW)
    approve_statements(session, actor=approver, now=NOW)

    assert statement.pay_from == date(2026, 12, 4)
    early, due_on = date(2026, 12, 3), date(2026, 12, 4)
    assert [each.missing for each in owed(session, book=Book.UNION, day=early)] == [Missing.NEW]
    assert [each.missing for each in owed(session, book=Book.UNION, day=due_on)] == [None]
    batch = prepare_batch(session, actor=maker, book=Book.UNION, now=NOW + DAY * 11).batch
    assert batch.payments == 1


def test_the_answer_is_waited_for_by_working_days(session, make, maker, till):
    make.agreement(merchant_id=till.merchant_id, confirm_workdays=10)
    make.sale(till)
    make.sale(make.terminal())
    [one, other] = opened(session, maker)

    assert issue_statements(session, actor=maker, now=NOW) == 2

    by = {each.merchant_id: each.confirm_by for each in (one, other)}
    assert by.pop(till.merchant_id) == date(2026, 12, 7)
    assert list(by.values()) == [date(2026, 11, 30)]


def issued_on(session, make, maker, till, days):
    make.sale(till)
    [statement] = daily(session, maker, days)
    issue_statements(session, actor=maker, now=NOW + DAY * days)
    return statement


def test_silence_counts_after_two_answers_and_the_last_day(session, make, maker, till):
    statements = [issued_on(session, make, maker, till, days) for days in range(3)]
    last = statements[2]
    over = NOW + DAY * 30
    assert agree_by_silence(session, now=over) == 0
    for each in statements[:2]:
        agree_statement(session, voice=at(till), statement_id=each.id, now=NOW + DAY * 2)

    on_the_day = NOW + (last.confirm_by - TODAY) * 1
    assert agree_by_silence(session, now=on_the_day) == 0
    assert agree_by_silence(session, now=on_the_day + DAY) == 1

    assert (last.state, last.agreed_by_silence) == (StatementState.AGREED, True)
    assert agree_by_silence(session, now=over) == 0


def test_the_database_refuses_silence_before_its_day(session, make, maker, till):
    statement = issued_on(session, make, maker, till, 0)
    statement.state, statement.agreed_at = StatementState.AGREED, NOW
    statement.agreed_by_silence = True

    with pytest.raises(IntegrityError) as refused:
        session.flush()

    assert violated_constraint(refused.value) == "ck_statements_silent_too_early"


def test_many_are_approved_at_once_but_none_by_its_maker(session, make, city, maker, approver):
    both = make.staff_actor(Role.FINANCE_MAKER, Role.FINANCE_APPROVER, union=city)
    tills = [make.terminal() for _ in range(3)]
    for each in tills:
        make.sale(each)
    mine = open_statements(
        session,
        actor=both,
        starts_on=TODAY,
        ends_on=TODAY + DAY,
        now=NOW,
        merchant_id=tills[0].merchant_id,
    )
    theirs = opened(session, maker, starts_on=TODAY)
    issue_statements(session, actor=maker, now=NOW)
    for statement in (*mine, *theirs):
        [till] = [each for each in tills if each.merchant_id == statement.merchant_id]
        agree_statement(session, voice=at(till), statement_id=statement.id, now=NOW)

    assert approve_statements(session, actor=both, now=NOW) == 2

    assert [each.state for each in mine] == [StatementState.AGREED]
    assert {each.state for each in theirs} == {StatementState.APPROVED}
    assert approve_statements(session, actor=approver, now=NOW) == 1
