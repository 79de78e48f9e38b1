"""A statement from both sides, in a real browser: the merchant's till and the finance desk."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from playwright.sync_api import expect

from finance.models import Statement
from finance.queries.statement_lines import lines_of
from finance.services import Voice, issue_statement, open_statements, raise_dispute
from kernel.actors import SYSTEM, Role
from kernel.clock import shanghai_date, utc_now
from kernel.ids import new_id
from kernel.secrets import new_token
from merchants.services import issue_pairing_code
from tests.browser import Window
from tests.finance.chain import ChainMaker
from tests.journeys.phones import TillWindow

pytestmark = pytest.mark.browser

PHONE = {"size": (390, 844)}
DESK = {"size": (1280, 860)}
LANGUAGES = ("en", "zh-CN")


class TownMaker(ChainMaker):
    """Makes rows in a town that has people already: the numbers of both must not meet."""

    taken = 70_000

    def next_number(self):
        TownMaker.taken += 1
        return TownMaker.taken


@pytest.fixture
def shop(live):
    """A merchant of this test's own with an issued statement of three lines, and who works on it.

    `pairing_code` makes a device one of its tills; `maker` is a cookie for the desk.
    """
    now = utc_now()
    today = shanghai_date(now)
    with live.database() as session:
        make = TownMaker(session)
        make.chart()
        union = make.union()
        actor = make.staff_actor(Role.FINANCE_MAKER, union=union)
        merchant = make.payee_merchant()
        make.agreement(merchant_id=merchant.id)
        terminal = make.terminal(site=make.site(merchant_id=merchant.id))
        sale = make.sale(terminal, union_fen=40_00)
        make.take_back(sale, union_fen=10_00)
        make.sale(terminal, union_fen=12_50)
        facts = {"starts_on": today.replace(day=1), "ends_on": today + timedelta(days=1)}
        [statement] = open_statements(
            session, actor=actor, merchant_id=merchant.id, now=now, **facts
        )
        issue_statement(session, actor=actor, statement_id=statement.id, version=1, now=now)
        code = issue_pairing_code(session, site_id=terminal.site_id, actor=SYSTEM, now=now)
        cookie = new_token()
        roles = (Role.FINANCE_MAKER, Role.FINANCE_APPROVER)
        make.staff_session(make.staff(*roles, union=union), token=cookie, at=now)
        return SimpleNamespace(
            pairing_code=code,
            cookie=cookie,
            statement_id=statement.id,
            voice=Voice(merchant.id, terminal_id=terminal.id),
        )


@pytest.fixture
def till_of(chromium, live, shop):
    """Return a function: a paired till's window with the list of statements open."""
    windows = []

    def open_window(language):
        window = TillWindow(chromium, live, language=language, **PHONE)
        windows.append(window)
        window.pair(shop.pairing_code)
        expect(window.field("presentation")).to_be_focused()
        window.go("tab_statements")
        expect(window.page.locator("button.sale")).to_have_count(1)
        return window

    yield open_window
    for window in windows:
        window.context.close()


def state_of(live, shop):
    with live.database() as session:
        return session.get_one(Statement, shop.statement_id).state.value


def faults_at_the_end(window):
    """Look where the tabs below cover nothing: what they cover can be scrolled to."""
    window.page.evaluate("scrollTo(0, document.body.scrollHeight)")
    found = window.faults()
    window.page.evaluate("scrollTo(0, 0)")
    return found


def open_first(window, count):
    window.page.locator("button.sale").first.click()
    expect(window.page.locator("button.sale")).to_have_count(count)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_merchant_disputes_a_line_at_its_till(live, shop, till_of, language):
    seen = {}

    def look(name):
        seen[name] = faults_at_the_end(window)
        window.shoot(f"merchant-{name}-{language}")

    window = till_of(language)
    look("statements")
    open_first(window, 3)
    look("statement")
    window.page.locator("button.sale").first.click()
    window.field("dispute_reason").fill("少算了一单")
    look("line")
    window.button("dispute_send").click()
    expect(window.page.get_by_text(window.say("dispute_done"))).to_be_visible()
    look("disputed-line")
    window.button("back_to_lines").click()
    expect(window.page.get_by_text(window.say("disputed_count", count=1))).to_be_visible()
    look("disputed")
    expect(window.button("agree")).to_have_count(0)

    assert {name: faults for name, faults in seen.items() if faults} == {}
    assert window.complaints == []
    assert state_of(live, shop) == "disputed"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_merchant_agrees_with_a_double_tap(live, shop, till_of, language):
    window = till_of(language)
    open_first(window, 3)

    window.button("agree").click()
    faults = faults_at_the_end(window)
    window.shoot(f"merchant-agree-{language}")
    window.button("agree_yes").dblclick()

    expect(window.page.get_by_text(window.say("agreed_done"))).to_be_visible()
    window.shoot(f"merchant-agreed-{language}")
    assert faults + faults_at_the_end(window) == []
    assert window.complaints == []
    assert state_of(live, shop) == "agreed"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_of_statements_is_fit_for_everybody(live, chromium, shop, language):
    with live.database() as session:
        line = lines_of(session, statement_id=shop.statement_id, rows=1)[0]
        raise_dispute(
            session,
            voice=shop.voice,
            dispute_id=new_id(),
            statement_id=shop.statement_id,
            journal_id=line.journal_id,
            reason="少算了一单",
            now=utc_now(),
        )
    pages = {
        "list": "",
        "nothing-fits": "?state=paid",
        "open-form": "/new",
        "statement": f"/{shop.statement_id}",
        "disputes": "/disputes",
    }
    seen = {}

    with Window(chromium, live.base_url, language=language, **DESK) as window:
        window.sign_in_at_desk(shop.cookie)
        for name, path in pages.items():
            window.page.goto(f"/desk/finance/statements{path}")
            expect(window.page.locator("h1")).to_be_visible()
            window.shoot(f"desk-statements-{name}-{language}")
            seen[name] = window.faults()
        complaints = window.complaints

    assert {name: faults for name, faults in seen.items() if faults} == {}
    assert complaints == []
