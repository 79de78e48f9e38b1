"""Finance's overview and the closing of a month in a real browser, in both languages."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from playwright.sync_api import expect
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from benefits.models import Programme
from finance.models import BankAccount, BankFile, BankLine, Discrepancy, DiscrepancyCode
from kernel.actors import Role
from kernel.clock import shanghai_date, utc_now
from kernel.ids import new_id
from kernel.money import Fen
from kernel.secrets import new_token
from ledger.models import BudgetChangeKind, BudgetLine, Family, FundSource
from ledger.services import ensure_period
from tests.browser import Window
from tests.finance.test_budgets import BudgetDesk
from tests.make.maker import Maker
from tests.service import Service

pytestmark = pytest.mark.browser

LAST_YEAR = utc_now() - timedelta(days=400)
PEOPLE = (Role.FINANCE_MAKER, Role.FINANCE_APPROVER, Role.AUDITOR)
MONTH = f"{shanghai_date(LAST_YEAR):%Y-%m}"


@pytest.fixture(scope="module")
def world(databases, app, settings_for):
    """Two weeks of subsidy by three programmes, exceptions of all ages, a month long over."""
    name = databases.copy()
    own = create_engine(databases.urls.app.format(name=name))
    with Session(own, expire_on_commit=False) as session, session.begin():
        make = Maker(session)
        make.chart()
        ensure_period(session, day=shanghai_date(LAST_YEAR))
        now = utc_now()
        budget(make, subsidy(make, now))
        exceptions(make, now)
        city = make.union()

        def cookie(role):
            token = new_token()
            make.staff_session(make.staff(role, union=city), token=token, at=now)
            return token

        cookies = {role: cookie(role) for role in PEOPLE}
    with Service(settings_for(name)) as service:
        yield SimpleNamespace(base_url=service.base_url, cookies=cookies)
    own.dispose()
    databases.drop(name)


def subsidy(make, now):
    desk = BudgetDesk(make)
    shops = [make.merchant(name=f"演示商户{number}").id for number in (1, 2, 3)]
    for number in (1, 2, 3):
        programme = make.save(
            Programme(
                code=f"DEMO-{number}",
                name_zh=f"演示项目{number}",
                name_en=f"Demonstration programme {number}",
                family=Family.DISCOUNT,
                fund_source=FundSource.UNION_FUND,
                starts_on=shanghai_date(LAST_YEAR),
                created_at=now,
            )
        )
        if number == 1:
            desk.assign(desk.line(year=shanghai_date(now).year), programme)
        for day in range(14):
            moment = now - timedelta(days=day)
            make.journal(
                programme_id=programme.id,
                party_id=shops[number - 1],
                amount_fen=Fen(number * (day % 5 + 1) * 217_50),
                now=moment,
                occurred_at=moment,
            )
    return desk


def budget(make, desk):
    """Give the first programme's line its money, and take half of it away again."""
    line = make.session.scalars(select(BudgetLine)).one()
    desk.approve(desk.propose(BudgetChangeKind.ALLOCATION, line, 900_000_00))
    desk.propose(BudgetChangeKind.RELEASE, line, 100_000_00)


def exceptions(make, now):
    """Name a fee, an allocation and a stranger's money, each of another age."""
    account = make.save(
        BankAccount(
            number=f"62999{new_id().int % 10**11:011d}",
            opening_fen=Fen(0),
            closing_fen=Fen(4_00),
            known_since=now,
        )
    )
    file = make.save(
        BankFile(
            account_id=account.id,
            name="bank.csv",
            sha256=new_id().bytes * 2,
            profile="two_columns",
            lines=4,
            new=4,
            imported_at=now,
        )
    )
    ages = {DiscrepancyCode.BANK_FEE: 0, DiscrepancyCode.ALLOCATION: 5}
    ages |= {DiscrepancyCode.EXTERNAL_ONLY: 12, DiscrepancyCode.REFUND_UNPAIRED: 40}
    for number, (code, days) in enumerate(ages.items(), 1):
        line = make.save(
            BankLine(
                account_id=account.id,
                file_id=file.id,
                seq=number,
                booked_on=shanghai_date(now),
                amount_fen=Fen(1_00),
                balance_fen=Fen(number * 1_00),
                occurrence=1,
                summary="演示",
            )
        )
        opened_at = now - timedelta(days=days)
        make.save(Discrepancy(code=code, bank_line_id=line.id, opened_at=opened_at))


@pytest.fixture
def desk_of(chromium, world):
    """Return a function: a window in which somebody with a role is at the desk."""
    windows = []

    def open_window(role, **options):
        window = Window(chromium, world.base_url, **options)
        window.sign_in_at_desk(world.cookies[role])
        windows.append(window)
        return window

    yield open_window
    for window in windows:
        window.context.close()


@pytest.mark.parametrize(("language", "dark"), [("zh-CN", False), ("en", True)])
def test_the_overview_is_fit_for_everybody(desk_of, language, dark):
    scheme = "dark" if dark else "light"
    window = desk_of(Role.FINANCE_APPROVER, language=language, color_scheme=scheme)
    page = window.page
    page.goto("/desk/finance")
    expect(page.get_by_role("img")).to_have_count(4)
    for number in range(3):
        page.locator("details").nth(number).locator("summary").click()
        expect(page.locator("details").nth(number).get_by_role("table")).to_be_visible()
    window.shoot(f"finance-overview-{language}-{scheme}")
    assert window.faults() == []
    page.evaluate("window.scrollTo(0, 600)")
    window.shoot(f"finance-overview-{language}-{scheme}-below")
    assert window.complaints == []


def test_the_overview_prints_its_charts_with_their_tables(desk_of):
    window = desk_of(Role.AUDITOR, size=(390, 844))
    window.page.goto("/desk/finance")
    assert window.faults() == []
    window.shoot("finance-overview-phone")
    window.page.emulate_media(media="print")

    for number in range(3):
        expect(window.page.locator("details table").nth(number)).to_be_visible()


def test_a_budget_line_draws_what_is_left_of_it(desk_of):
    window = desk_of(Role.FINANCE_APPROVER, language="zh-CN", size=(320, 640))
    window.page.goto("/desk/finance/budgets")
    window.follow(window.page.locator("table a").first)
    expect(window.page.get_by_role("img")).to_have_count(1)
    assert window.faults() == []
    assert window.complaints == []


def test_two_people_close_a_month_step_by_step(desk_of):
    maker = desk_of(Role.FINANCE_MAKER, language="zh-CN")
    maker.page.goto("/desk/finance/close")
    assert maker.faults() == []
    maker.shoot("finance-months-zh")
    maker.follow(maker.page.get_by_role("link", name=MONTH))
    maker.shoot("finance-month-to-ask-zh")
    assert maker.faults() == []
    maker.follow(maker.page.get_by_role("button", name=MONTH))
    maker.shoot("finance-month-asked-zh")

    closer = desk_of(Role.FINANCE_APPROVER)
    closer.page.goto(f"/desk/finance/close/{MONTH}")
    closer.shoot("finance-month-to-close-en")
    assert closer.faults() == []
    closer.page.once("dialog", lambda dialog: dialog.accept())
    closer.follow(closer.page.get_by_role("button", name=f"Close {MONTH} for good"))

    expect(closer.page.get_by_role("heading", name=f"Certificate of {MONTH}")).to_be_visible()
    closer.shoot("finance-certificate-en")
    assert closer.faults() == []
    with closer.page.expect_download() as saved:
        closer.page.get_by_role("link", name="Save the certificate").click()
    assert saved.value.suggested_filename == f"close-{MONTH}.json"
    assert maker.complaints + closer.complaints == []
