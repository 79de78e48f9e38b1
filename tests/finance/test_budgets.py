"""Budgets: lines, changes by two people, the programmes whose costs a line bears, the forecast."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from benefits.models import Programme
from finance.errors import PreparedByYou
from finance.queries.budgets import find_line, left_of_line, spending
from finance.rules.budgets import burn_down, forecast
from finance.services.budgets import (
    LineFacts,
    add_line,
    approve_change,
    assign_programme,
    propose_change,
    refuse_change,
)
from finance.services.chart import AccountFacts, add_account, change_account, change_rule
from kernel.db import violated_constraint
from kernel.ids import new_id
from kernel.money import Fen
from kernel.states import MoveNotAllowed
from ledger.errors import (
    AccountCodeTaken,
    AccountInUse,
    AccountsDoNotFit,
    BudgetCodeTaken,
    BudgetLineTooSmall,
    FundsDiffer,
    LinesDoNotPair,
    NotAnExpense,
    ProgrammeHasCosts,
)
from ledger.models import (
    Account,
    AccountKind,
    Book,
    BudgetChangeKind,
    BudgetEntry,
    Family,
    FundSource,
    Posting,
    PostingRule,
    ProgrammeBudget,
)
from ledger.services import SourceKey, post_reversal
from tests.make import NOW
from tests.make.maker import Maker

YEAR = NOW.year
ALLOCATION, VIREMENT, RELEASE = BudgetChangeKind


@pytest.fixture
def desk(session):
    return BudgetDesk(Maker(session))


class BudgetDesk:
    """Two people of finance, and what they do to budgets."""

    def __init__(self, make):
        make.chart()
        self.make, self.session = make, make.session
        self.maker = make.staff_actor("finance_maker")
        self.approver = make.staff_actor("finance_approver")

    def account(self, code):
        return self.session.scalars(select(Account).where(Account.code == code)).one()

    def line(self, code="A1", *, holding=0, account="50202", fund=FundSource.UNION_FUND, year=YEAR):
        facts = LineFacts(year, code, "文体活动", "Culture", fund, self.account(account).id)
        line = add_line(self.session, actor=self.maker, facts=facts, now=NOW)
        if holding:
            self.approve(self.propose(ALLOCATION, line, holding))
        return line

    def propose(self, kind, line, amount_fen, *, to=None):
        return propose_change(
            self.session,
            actor=self.maker,
            kind=kind,
            line_id=line.id,
            to_line_id=to.id if to else None,
            amount_fen=Fen(amount_fen),
            reason="演示会议第1号",
            now=NOW,
        )

    def approve(self, change, *, by=None):
        approve_change(self.session, actor=by or self.approver, change_id=change.id, now=NOW)

    def programme(self, fund=FundSource.UNION_FUND):
        return self.make.save(
            Programme(
                code=f"B{self.make.next_number()}",
                name_zh="预算",
                name_en="Budget",
                family=Family.DISCOUNT,
                fund_source=fund,
                starts_on=date(YEAR, 1, 1),
                created_at=NOW,
            )
        )

    def assign(self, line, programme):
        assign_programme(
            self.session, actor=self.maker, line_id=line.id, programme_id=programme.id, now=NOW
        )

    def held(self, line):
        return find_line(self.session, line_id=line.id).held_fen


def test_an_allocation_counts_once_another_person_approves_it(desk):
    line = desk.line()
    change = desk.propose(ALLOCATION, line, 500_00)

    before = desk.held(line)
    with pytest.raises(PreparedByYou):
        desk.approve(change, by=desk.maker)
    desk.approve(change)

    assert (before, desk.held(line)) == (0, 500_00)
    with pytest.raises(MoveNotAllowed):
        desk.approve(change)


def test_a_virement_is_a_pair_of_entries(desk):
    poor, rich = desk.line("A1"), desk.line("A2", holding=500_00)

    change = desk.propose(VIREMENT, rich, 200_00, to=poor)
    desk.approve(change)

    entries = desk.session.scalars(select(BudgetEntry).where(BudgetEntry.change_id == change.id))
    assert sorted(each.amount_fen for each in entries) == [-200_00, 200_00]
    assert (desk.held(rich), desk.held(poor)) == (300_00, 200_00)


def test_a_refused_change_changes_nothing(desk):
    line = desk.line(holding=500_00)
    change = desk.propose(RELEASE, line, 100_00)

    refuse_change(desk.session, actor=desk.approver, change_id=change.id, now=NOW)

    assert desk.held(line) == 500_00


@pytest.mark.parametrize(
    "other",
    [{"fund": FundSource.DUES}, {"year": YEAR + 1}],
    ids=["of another fund", "of another year"],
)
def test_a_virement_stays_within_fund_and_year(desk, other):
    line, elsewhere = desk.line("A1", holding=100_00), desk.line("A2", **other)

    with pytest.raises(LinesDoNotPair):
        desk.propose(VIREMENT, line, 1, to=elsewhere)
    with pytest.raises(LinesDoNotPair):
        desk.propose(VIREMENT, line, 1, to=line)


def test_of_two_changes_the_second_finds_the_line_too_small(desk):
    line, other = desk.line("A1", holding=100_00), desk.line("A2")
    first, second = (desk.propose(VIREMENT, line, 60_00, to=other) for _ in range(2))

    desk.approve(first)

    with pytest.raises(BudgetLineTooSmall):
        desk.approve(second)
    with pytest.raises(BudgetLineTooSmall):
        desk.propose(RELEASE, line, 40_01)


def test_a_line_needs_an_expense_account_of_its_book(desk):
    desk.line("A1")

    with pytest.raises(NotAnExpense):
        desk.line("A2", account="102")
    with pytest.raises(NotAnExpense):
        desk.line("A2", account="M501")
    with pytest.raises(BudgetCodeTaken):
        desk.line("A1")


def test_costs_go_to_the_account_of_the_programmes_line(desk):
    line, programme = desk.line(holding=100_00), desk.programme()
    desk.assign(line, programme)
    sale = new_id()

    journal = desk.make.journal(programme_id=programme.id, source_id=sale)
    post_reversal(
        desk.session,
        original=SourceKey("redemption", sale, "captured"),
        source_type="redemption_reversal",
        source_id=new_id(),
        kind="reversal",
        amount_fen=Fen(10_00),
        occurred_at=NOW,
        now=NOW,
    )

    cost = desk.session.get_one(Posting, (journal, 1))
    assert cost.account_id == desk.account("50202").id
    assert left_of_line(desk.session, line_id=line.id) == 70_00


def test_costs_of_a_programme_without_a_line_go_where_the_rule_says(desk):
    journal = desk.make.journal(programme_id=desk.programme().id)

    cost = desk.session.get_one(Posting, (journal, 1))
    assert cost.account_id == desk.account("50301").id
    assert [each.line_id for each in spending(desk.session, year=YEAR)] == [None]


def test_a_programme_draws_on_a_line_of_its_fund_before_its_first_cost(desk):
    line, dues = desk.line("A1"), desk.line("A2", fund=FundSource.DUES)
    programme = desk.programme()

    with pytest.raises(FundsDiffer):
        desk.assign(dues, programme)
    desk.make.journal(programme_id=programme.id)
    with pytest.raises(ProgrammeHasCosts):
        desk.assign(line, programme)


def test_the_database_keeps_funds_apart(desk):
    line = desk.line(fund=FundSource.DUES)
    desk.session.add(
        ProgrammeBudget(programme_id=desk.programme().id, year=YEAR, budget_line_id=line.id)
    )

    with pytest.raises(IntegrityError) as refused:
        desk.session.flush()

    assert violated_constraint(refused.value) == "ck_programme_budgets_of_fund_and_year"


def test_an_account_in_use_is_not_retired(desk):
    account = desk.account("50301")
    facts = AccountFacts("50301", account.name_zh, account.name_en, is_active=False)

    with pytest.raises(AccountInUse):
        change_account(
            desk.session,
            actor=desk.approver,
            account_id=account.id,
            facts=facts,
            version=account.version,
            now=NOW,
        )


def test_what_is_booked_follows_the_rule_as_it_is_edited(desk):
    rule = desk.session.scalars(
        select(PostingRule).where(
            PostingRule.family == Family.DISCOUNT,
            PostingRule.fund_source == FundSource.UNION_FUND,
            PostingRule.event == "captured",
        )
    ).one()
    new = add_account(
        desk.session,
        actor=desk.approver,
        facts=AccountFacts("50399", "演示支出", "Demo expense"),
        kind=AccountKind.EXPENSE,
        book=Book.UNION,
        now=NOW,
    )

    def edit(debit_account_id, version):
        change_rule(
            desk.session,
            actor=desk.approver,
            rule_id=rule.id,
            debit_account_id=debit_account_id,
            credit_account_id=rule.credit_account_id,
            is_active=True,
            version=version,
            now=NOW,
        )

    edit(new.id, rule.version)

    journal = desk.make.journal()
    assert desk.session.get_one(Posting, (journal, 1)).account_id == new.id
    with pytest.raises(AccountsDoNotFit):
        edit(desk.account("M501").id, rule.version)
    with pytest.raises(AccountCodeTaken):
        add_account(
            desk.session,
            actor=desk.approver,
            facts=AccountFacts("50399", "同号", "Same code"),
            kind=AccountKind.EXPENSE,
            book=Book.UNION,
            now=NOW,
        )


def test_a_forecast_goes_on_as_in_the_last_thirty_days():
    today = date(2026, 7, 1)
    by_day = {today - timedelta(days=day): Fen(1_00) for day in range(30)}

    lasts = forecast(held_fen=Fen(214_00), by_day=by_day, year=2026, today=today)
    ends = forecast(held_fen=Fen(130_00), by_day=by_day, year=2026, today=today)

    assert lasts.by_year_end_fen == ends.by_year_end_fen == 30_00 + 183_00
    assert lasts.runs_out_on is None
    assert ends.runs_out_on == date(2026, 10, 9)


def test_a_month_of_the_burn_down_is_known_or_expected():
    today = date(2026, 7, 1)
    by_day = {today - timedelta(days=day): Fen(1_00) for day in range(30)}

    burnt = burn_down(held_fen=Fen(213_00), by_day=by_day, year=2026, today=today)

    assert burnt.known[4:7] == [213_00, 184_00, 183_00]
    assert burnt.expected[:7] == [0] * 7
    assert burnt.expected[-1] == 0
    assert burnt.expected == sorted(burnt.expected[:7]) + sorted(burnt.expected[7:], reverse=True)
