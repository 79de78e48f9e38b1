"""The chart of accounts and the budgets over HTTP: who may, what is said, what is refused."""

import io

import openpyxl
import pytest
from sqlalchemy import select

from kernel.actors import Role
from kernel.clock import shanghai_date, utc_now
from ledger.models import Account, BudgetChange, BudgetLine, FundSource
from tests.finance.test_budgets import BudgetDesk
from tests.staff.conftest import city, signed_in

SHARED = (city, signed_in)
BUDGETS, CHART = "/desk/finance/budgets", "/desk/finance/chart"


@pytest.fixture
def sit(make, city, signed_in):
    """Return a function: the desk of somebody new, in English."""

    def sit_down(*roles, union=None):
        desk = signed_in(make.staff(*roles, union=union or city))
        desk.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
        return desk

    return sit_down


@pytest.fixture
def books(make):
    return BudgetDesk(make)


@pytest.fixture
def maker(sit):
    return sit(Role.FINANCE_MAKER)


@pytest.fixture
def approver(sit):
    return sit(Role.FINANCE_APPROVER)


def opened(desk, session, code="A1"):
    account = session.scalars(select(Account).where(Account.code == "50202")).one()
    answer = desk.send(
        BUDGETS,
        page=f"{BUDGETS}/new",
        year=str(shanghai_date(utc_now()).year),
        code=code,
        name_zh="文体活动",
        name_en="Culture",
        fund_source=FundSource.UNION_FUND.value,
        account_id=str(account.id),
    )
    assert answer.status_code == 303, answer.text
    return session.scalars(select(BudgetLine).where(BudgetLine.code == code)).one()


def proposed(desk, session, line, **facts):
    facts = {"kind": "allocation", "amount_fen": "500", "reason": "演示会议"} | facts
    answer = desk.send(
        f"{BUDGETS}/changes", page=f"{BUDGETS}/changes/new", line_id=str(line.id), **facts
    )
    assert answer.status_code == 303, answer.text
    return session.scalars(select(BudgetChange).order_by(BudgetChange.id.desc())).first()


def test_two_people_give_a_line_its_money_and_the_report_follows(
    books, session, maker, approver, make
):
    line = opened(maker, session)
    change = proposed(maker, session, line)
    programme = books.programme()
    given = maker.send(
        f"{BUDGETS}/{line.id}/programmes",
        page=f"{BUDGETS}/{line.id}",
        programme_id=str(programme.id),
    )
    approved = approver.send(f"{BUDGETS}/changes/{change.id}/approve", page=f"{BUDGETS}/changes")
    make.journal(programme_id=programme.id, now=utc_now(), occurred_at=utc_now())

    report = approver.open(BUDGETS).text
    page = approver.open(f"{BUDGETS}/{line.id}").text
    book = openpyxl.load_workbook(io.BytesIO(approver.open(f"{BUDGETS}?format=xlsx").data))
    cells = [[cell.value for cell in row] for row in book.active.iter_rows(min_row=2)]

    assert (given.status_code, approved.status_code) == (303, 303)
    assert "¥460.00" in report
    assert "<svg" in page
    assert programme.code in page
    assert cells[0][4:8] == [500, 40, 460, 8]


def test_whoever_proposed_a_change_is_told_to_leave_it_to_another(books, session, sit):
    both = sit(Role.FINANCE_MAKER, Role.FINANCE_APPROVER)
    change = proposed(both, session, opened(both, session))

    answer = both.send(f"{BUDGETS}/changes/{change.id}/approve", page="/desk/account")

    assert answer.status_code == 409
    assert "you prepared it yourself" in answer.text


def test_a_virement_without_a_second_line_is_shown_again(books, session, maker):
    line = opened(maker, session)

    answer = maker.send(
        f"{BUDGETS}/changes",
        page=f"{BUDGETS}/changes/new",
        kind="virement",
        line_id=str(line.id),
        amount_fen="1",
        reason="演示",
    )

    assert answer.status_code == 422
    assert "Name the second line for a virement" in answer.text


def test_an_account_is_renamed_and_one_with_rules_is_not_retired(books, session, approver):
    account = books.account("50301")
    page = f"{CHART}/{account.id}"
    facts = {"code": "50301", "name_zh": "普惠", "version": "1"}

    renamed = approver.send(page, **facts, name_en="Benefits", is_active="true")
    retired = approver.send(page, **(facts | {"version": "2"}), name_en="Benefits")

    assert (renamed.status_code, retired.status_code) == (303, 409)
    assert "names this account" in retired.text
    assert "Benefits" in approver.open(CHART).text


def test_a_rule_is_sent_to_another_account(books, session, approver):
    rules = approver.open(f"{CHART}/rules").text
    rule_id = rules.split(f"{CHART}/rules/")[2].split('"')[0]

    answer = approver.send(
        f"{CHART}/rules/{rule_id}",
        version="1",
        debit_account_id=str(books.account("102").id),
        credit_account_id=str(books.account("102").id),
        is_active="true",
    )

    assert answer.status_code == 409
    assert "Choose two different accounts" in answer.text


@pytest.fixture
def district(make, city):
    return make.union(code="SZ-BA", parent=city)


@pytest.mark.parametrize("path", [BUDGETS, f"{BUDGETS}/changes", CHART, f"{CHART}/rules"])
def test_the_citys_finance_and_its_auditors_read_and_a_district_does_not(sit, district, path):
    assert sit(Role.AUDITOR).open(path).status_code == 200
    assert sit(Role.FINANCE_MAKER, union=district).open(path).status_code == 403


def test_a_district_cannot_decide_about_the_citys_budget(books, session, sit, district):
    maker = sit(Role.FINANCE_MAKER)
    change = proposed(maker, session, opened(maker, session))
    foreign = sit(Role.FINANCE_APPROVER, union=district)

    answer = foreign.send(f"{BUDGETS}/changes/{change.id}/approve", page="/desk/account")

    assert answer.status_code == 403


def test_the_overview_draws_the_budget_and_the_largest_merchants(
    books, session, maker, approver, make
):
    change = proposed(maker, session, opened(maker, session))
    approver.send(f"{BUDGETS}/changes/{change.id}/approve", page=f"{BUDGETS}/changes")
    shop = make.merchant(name="演示大户")
    now = utc_now()
    make.journal(party_id=shop.id, now=now, occurred_at=now)

    page = maker.open("/desk/finance").text

    assert "What is left of the budget" in page
    assert "¥500.00" in page
    assert "演示大户" in page
    assert "None open" in page
    assert page.count('<svg class="chart"') + page.count('class="chart"') >= 3
