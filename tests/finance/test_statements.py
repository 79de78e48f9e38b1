"""Statements: lines taken once, amounts carried fund by fund, two people, nothing edited."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from finance.errors import (
    PreparedByYou,
    StatementDaysWrong,
    StatementNotAnswered,
    StatementNotFound,
    StatementsOverlap,
)
from finance.models import Statement, StatementFund, StatementLine, StatementState
from finance.queries.statement_lines import LineKind, lines_of, sums_of
from finance.queries.statements import (
    STATEMENT_READERS,
    StatementFilter,
    merchants_waiting,
    statement_of_merchant,
    statement_reach,
    statement_within,
    statements_of_merchant,
    statements_within,
)
from finance.services import Voice
from finance.services.opening import open_statements
from finance.services.statements import (
    agree_statement,
    approve_statement,
    issue_statement,
)
from kernel.actors import Role
from kernel.ids import new_id
from kernel.refusals import EditConflict
from kernel.states import MoveNotAllowed
from ledger.models import FundSource
from merchants.models import Merchant
from tests.finance.chain import ChainMaker
from tests.ledger.conftest import count_statements
from tests.make import NOW

FIRST, TODAY, TOMORROW = date(2026, 11, 1), date(2026, 11, 23), date(2026, 11, 24)
DAY = timedelta(days=1)


@pytest.fixture
def make(session):
    make = ChainMaker(session)
    make.chart()
    return make


@pytest.fixture
def city(make):
    return make.union(code="SZ", name="深圳市总工会")


@pytest.fixture
def maker(make, city):
    return make.staff_actor(Role.FINANCE_MAKER, union=city)


@pytest.fixture
def approver(make, city):
    return make.staff_actor(Role.FINANCE_APPROVER, union=city)


@pytest.fixture
def till(make):
    return make.terminal()


def at(till):
    return Voice(till.merchant_id, terminal_id=till.id)


def opened(session, maker, *, starts_on=FIRST, ends_on=TOMORROW, now=NOW, **facts):
    return open_statements(
        session, actor=maker, starts_on=starts_on, ends_on=ends_on, now=now, **facts
    )


def issued(session, maker, **facts):
    [statement] = opened(session, maker, **facts)
    return issue_statement(
        session, actor=maker, statement_id=statement.id, version=statement.version, now=NOW
    )


def funds(session, statement):
    query = select(StatementFund).where(StatementFund.statement_id == statement.id)
    return {fund.fund_source: fund for fund in session.scalars(query)}


def test_a_statement_holds_what_was_booked_for_its_merchant(session, make, maker, till):
    sale = make.sale(till, union_fen=40_00)
    make.take_back(sale, union_fen=10_00)
    make.sale(make.terminal(), union_fen=99_00)

    statements = opened(session, maker)

    [statement] = [each for each in statements if each.merchant_id == till.merchant_id]
    assert len(statements) == 2
    assert (statement.lines, statement.lines_fen) == (2, 30_00)
    assert (statement.state, statement.maker_id) == (StatementState.OPEN, maker.id)
    fund = funds(session, statement)[FundSource.UNION_FUND]
    assert (fund.lines_fen, fund.payable_fen, fund.carried_out_fen) == (30_00, 30_00, 0)


def test_what_it_prints_is_what_its_lines_say(session, make, maker, till):
    sale = make.sale(till, union_fen=40_00)
    make.take_back(sale, union_fen=10_00)
    [statement] = opened(session, maker)

    sums = sums_of(session, statement_id=statement.id)
    sold, back = lines_of(session, statement_id=statement.id, rows=10)

    assert (sums.sales, sums.gross_fen, sums.member_fen) == (1, 60_00, 20_00)
    assert (sums.union_fen, sums.takings_back, sums.taken_back_fen) == (40_00, 1, -10_00)
    assert sums.payable_fen == 30_00
    assert (sold.kind, sold.amount_fen, sold.gross_fen) == (LineKind.SALE, 40_00, 60_00)
    assert (back.kind, back.amount_fen, back.gross_fen) == (LineKind.TAKEN_BACK, -10_00, -10_00)
    assert sold.receipt_no == back.receipt_no == f"{till.code}-20261123-{sale.receipt_seq:04d}"


def test_lines_are_paged_in_their_order(session, make, maker, till):
    for _ in range(3):
        make.sale(till)
    [statement] = opened(session, maker)

    first = lines_of(session, statement_id=statement.id, rows=2)
    rest = lines_of(session, statement_id=statement.id, after=first[-1].line_no, rows=2)

    assert [line.line_no for line in (*first, *rest)] == [1, 2, 3]


def test_a_line_is_taken_once_for_ever(session, make, maker, till):
    make.sale(till)
    opened(session, maker, ends_on=TODAY)
    opened(session, maker, starts_on=TODAY)

    assert opened(session, maker, starts_on=date(2026, 10, 1), ends_on=FIRST) == []
    assert session.query(StatementLine).count() == 1


def test_what_comes_late_goes_to_the_next_one(session, make, maker, till):
    make.sale(till)
    opened(session, maker)
    make.sale(till, union_fen=7_00)

    with pytest.raises(StatementsOverlap):
        opened(session, maker)
    [later] = opened(session, maker, starts_on=TOMORROW, ends_on=TOMORROW + DAY, now=NOW + DAY)

    assert later.lines_fen == 7_00


def test_who_has_a_statement_for_these_days_is_left_out(session, make, maker, till):
    make.sale(till)
    opened(session, maker, merchant_id=till.merchant_id)
    make.sale(till)
    other = make.terminal()
    make.sale(other)

    [statement] = opened(session, maker, starts_on=TODAY)

    assert statement.merchant_id == other.merchant_id


def test_a_merchant_that_nothing_is_owed_to_gets_none(session, make, maker, till):
    assert opened(session, maker) == []
    assert opened(session, maker, merchant_id=till.merchant_id) == []


@pytest.mark.parametrize(
    ("starts_on", "ends_on"),
    [
        (TODAY, TODAY),
        (TOMORROW, TODAY),
        (TODAY, TOMORROW + DAY),
        (date(2026, 8, 23), TOMORROW),
    ],
)
def test_days_that_cannot_be_stated_are_refused(session, maker, starts_on, ends_on):
    with pytest.raises(StatementDaysWrong) as refused:
        opened(session, maker, starts_on=starts_on, ends_on=ends_on)

    assert refused.value.facts == {"latest_ends_on": "2026-11-24", "days_max": 92}


def test_what_a_merchant_owes_back_is_carried_once_in_its_fund(session, make, maker, till):
    sale = make.sale(till, union_fen=40_00)
    [first] = opened(session, maker, starts_on=TODAY)
    make.take_back(sale, union_fen=30_00)
    make.sale(till, union_fen=5_00, fund=FundSource.DUES)
    week = [TOMORROW + DAY * days for days in range(4)]

    [second] = opened(session, maker, starts_on=week[0], ends_on=week[1], now=NOW + DAY)
    make.sale(till, union_fen=20_00)
    [third] = opened(session, maker, starts_on=week[1], ends_on=week[2], now=NOW + DAY * 2)
    make.sale(till, union_fen=25_00)
    [fourth] = opened(session, maker, starts_on=week[2], ends_on=week[3], now=NOW + DAY * 3)

    union, dues = FundSource.UNION_FUND, FundSource.DUES
    assert first.lines_fen == 40_00
    owed = funds(session, second)
    assert (owed[union].payable_fen, owed[union].carried_out_fen) == (0, -30_00)
    assert (owed[dues].payable_fen, owed[dues].carried_in_fen) == (5_00, 0)
    then = funds(session, third)[union]
    assert (then.carried_from_id, then.carried_in_fen) == (second.id, -30_00)
    assert (then.payable_fen, then.carried_out_fen) == (0, -10_00)
    last = funds(session, fourth)[union]
    assert (last.carried_in_fen, last.payable_fen, last.carried_out_fen) == (-10_00, 15_00, 0)


def test_opening_many_is_one_statement(session, make, maker, count_statements):  # noqa: F811
    for _ in range(5):
        make.sale(make.terminal())

    with count_statements() as sent:
        opened(session, maker)

    assert len([each for each in sent if "open_statements(" in each]) == 1


def test_a_statement_is_issued_agreed_and_approved_by_another(session, make, maker, approver, till):
    make.sale(till)
    statement = issued(session, maker)

    agreed = agree_statement(session, voice=at(till), statement_id=statement.id, now=NOW)
    again = agree_statement(session, voice=at(till), statement_id=statement.id, now=NOW + DAY)
    approved = approve_statement(
        session, actor=approver, statement_id=statement.id, version=agreed.version, now=NOW
    )

    assert again is agreed
    assert (again.agreed_at, again.agreed_by_terminal_id) == (NOW, till.id)
    assert (approved.state, approved.approver_id) == (StatementState.APPROVED, approver.id)


def test_a_statement_that_comes_to_nothing_is_paid_at_once(session, make, maker, approver, till):
    make.take_back(make.sale(till, union_fen=40_00), union_fen=40_00)
    statement = issued(session, maker)
    agreed = agree_statement(session, voice=at(till), statement_id=statement.id, now=NOW)

    approve_statement(
        session, actor=approver, statement_id=statement.id, version=agreed.version, now=NOW
    )

    assert statement.state is StatementState.PAID


def test_who_opened_it_does_not_approve_it(session, make, city, till):
    both = make.staff_actor(Role.FINANCE_MAKER, Role.FINANCE_APPROVER, union=city)
    make.sale(till)
    statement = issued(session, both)
    agree_statement(session, voice=at(till), statement_id=statement.id, now=NOW)

    with pytest.raises(PreparedByYou):
        approve_statement(
            session, actor=both, statement_id=statement.id, version=statement.version, now=NOW
        )


def test_a_step_out_of_turn_is_refused(session, make, maker, approver, till):
    make.sale(till)
    [statement] = opened(session, maker)
    facts = {"statement_id": statement.id, "now": NOW}

    with pytest.raises(MoveNotAllowed):
        approve_statement(session, actor=approver, version=1, **facts)
    with pytest.raises(StatementNotFound):
        agree_statement(session, voice=at(till), **facts)
    issue_statement(session, actor=maker, version=1, **facts)
    with pytest.raises(MoveNotAllowed):
        issue_statement(session, actor=maker, version=2, **facts)
    with pytest.raises(StatementNotAnswered):
        approve_statement(session, actor=approver, version=2, **facts)
    with pytest.raises(EditConflict):
        approve_statement(session, actor=approver, version=1, **facts)


def test_each_sees_only_their_own(session, make, city, maker, approver):
    district = make.union(parent=city)
    merchant = make.merchant(union_id=district.id)
    till = make.terminal(site=make.site(merchant_id=merchant.id))
    stranger = make.terminal()
    make.sale(till)
    [statement] = opened(session, maker)
    here, there = (
        make.staff_actor(Role.FINANCE_MAKER, union=union)
        for union in (district, make.union(parent=city))
    )

    seen = statement_within(
        session, statement_id=statement.id, reach=statement_reach(here, *STATEMENT_READERS)
    )

    assert seen.row.merchant == merchant.name
    reach = statement_reach(there, *STATEMENT_READERS)
    assert statement_within(session, statement_id=statement.id, reach=reach) is None
    assert statements_within(session, reach=reach, rows=10) == []
    assert statements_of_merchant(session, merchant_id=merchant.id, rows=10) == []
    with pytest.raises(StatementNotFound):
        issue_statement(session, actor=there, statement_id=statement.id, version=1, now=NOW)
    issue_statement(session, actor=here, statement_id=statement.id, version=1, now=NOW)
    assert [row.id for row in statements_of_merchant(session, merchant_id=merchant.id, rows=10)]
    other = stranger.merchant_id
    assert statement_of_merchant(session, statement_id=statement.id, merchant_id=other) is None
    with pytest.raises(StatementNotFound):
        agree_statement(session, voice=at(stranger), statement_id=statement.id, now=NOW)


def test_the_list_is_narrowed_and_paged(session, make, maker):
    tills = [make.terminal() for _ in range(3)]
    for till in tills:
        make.sale(till)
    opened(session, maker)
    reach = statement_reach(maker, Role.FINANCE_MAKER)
    wanted = StatementFilter(
        state=StatementState.OPEN,
        merchant=session.get_one(Merchant, tills[1].merchant_id).name,
        day=TODAY,
    )

    first = statements_within(session, reach=reach, rows=2)
    rest = statements_within(session, reach=reach, before=first[-1].number, rows=2)
    [narrowed] = statements_within(session, reach=reach, wanted=wanted, rows=10)

    assert len(first) + len(rest) == 3
    assert narrowed.merchant_id == tills[1].merchant_id
    gone = StatementFilter(day=TOMORROW)
    assert statements_within(session, reach=reach, wanted=gone, rows=10) == []


def test_who_waits_is_counted(session, make, maker, till):
    make.sale(till)
    reach = statement_reach(maker, Role.FINANCE_MAKER)

    assert merchants_waiting(session, reach=reach, ends_on=TODAY) == 0
    assert merchants_waiting(session, reach=reach, ends_on=TOMORROW) == 1
    opened(session, maker)
    assert merchants_waiting(session, reach=reach, ends_on=TOMORROW) == 0


def test_the_database_refuses_what_a_service_would_not_do(session, make, maker, till):
    make.sale(till)
    statement = issued(session, maker)
    late = make.journal_of(make.sale(till))
    line = StatementLine(
        journal_id=late.id,
        statement_id=statement.id,
        line_no=2,
        fund_source=late.fund_source,
        amount_fen=40_00,
    )

    with pytest.raises(IntegrityError, match="an issued statement takes no more lines"):
        make.save(line)


def test_a_statement_is_never_edited(session, make, maker, till):
    make.sale(till)
    statement = issued(session, maker)

    with pytest.raises(ProgrammingError, match="permission denied"):
        session.execute(
            text("UPDATE statement_lines SET amount_fen = 1 WHERE statement_id = :id"),
            {"id": statement.id},
        )


def test_an_unknown_statement_is_refused(session, maker):
    with pytest.raises(StatementNotFound):
        issue_statement(session, actor=maker, statement_id=new_id(), version=1, now=NOW)
    assert session.query(Statement).count() == 0
