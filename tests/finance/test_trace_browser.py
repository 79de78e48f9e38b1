"""The trace in a real browser: found, drawn, followed from end to end, wide and narrow."""

from contextlib import contextmanager
from datetime import date
from types import SimpleNamespace

import pytest
from playwright.sync_api import expect
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from finance.models import BatchState, DisputeState, StatementState
from kernel.actors import Role
from kernel.clock import utc_now
from kernel.money import Fen
from kernel.secrets import new_token
from tests.browser import Window
from tests.finance.chain import ChainMaker
from tests.make import NOW
from tests.service import Service

pytestmark = pytest.mark.browser

WIDE, NARROW = (1280, 860), (320, 720)


@pytest.fixture(scope="module")
def served(databases, app, settings_for):
    """A service whose city has two sales, paid; and the cookie of its auditor."""
    name = databases.copy()
    own = create_engine(databases.urls.app.format(name=name))
    with Session(own) as session, session.begin():
        make = ChainMaker(session)
        make.chart()
        till = make.terminal()
        sold = [make.sale(till, seq=number) for number in (1, 2)]
        back = make.take_back(sold[0])
        statement = make.stated(
            till.merchant_id,
            *(make.journal_of(each).id for each in (*sold, back)),
            state=StatementState.APPROVED,
        )
        batch, (payment,) = make.batch(statement, state=BatchState.SENT)
        line = make.bank_line(-70_00, bank_reference="2026112300017")
        make.match(line, payment)
        make.walk(statement, StatementState.PAID)
        unpaid = make.sale(make.terminal(), seq=1)
        shops = [sold_and_stated(make) for _ in range(2)]
        _, payments = make.batch(*(each for _, each in shops), state=BatchState.SENT)
        shared = make.bank_line(-80_00, bank_reference="2026112300018")
        for payment in payments:
            make.match(shared, payment, fen=-40_00)
        claim = make.aid_claim()
        _, (award,) = make.batch(make.owed_to_a_member(source_id=claim.id), state=BatchState.SENT)
        awarded = make.bank_line(-award.amount_fen, bank_reference="2026112300019")
        make.match(awarded, award)
        adjusted = paid_after_a_dispute(make)
        cookie = new_token()
        auditor = make.staff(Role.AUDITOR, union=make.union(code="SZ"))
        make.staff_session(auditor, token=cookie, at=utc_now())
        receipt = f"{till.code}-20261123-0001"
        ids = {
            "line": line.id,
            "statement": statement.id,
            "batch": batch.id,
            "unpaid": unpaid.id,
            "adjusted": adjusted.id,
        }
        # Every yuan of the city: what it was for, what stands between, and the line that proves it.
        ids["paid"] = [
            *((f"redemption/{each.id}", f"statement/{statement.id}", line.id) for each in sold),
            (f"redemption_reversal/{back.id}", f"statement/{statement.id}", line.id),
            *((f"redemption/{sale.id}", f"statement/{of.id}", shared.id) for sale, of in shops),
            (f"aid_claim/{claim.id}", f"payment/{award.id}", awarded.id),
        ]
    with Service(settings_for(name)) as service:
        yield SimpleNamespace(base_url=service.base_url, cookie=cookie, receipt=receipt, **ids)
    own.dispose()
    databases.drop(name)


def sold_and_stated(make):
    till = make.terminal()
    sale = make.sale(till)
    state = StatementState.APPROVED
    return sale, make.stated(till.merchant_id, make.journal_of(sale).id, state=state)


def paid_after_a_dispute(make):
    """The bank line of what a merchant was granted for a line that it disputed."""
    till = make.terminal()
    line = make.journal_of(make.sale(till)).id
    dispute = make.disputed(make.stated(till.merchant_id, line), line, till)
    adjusted = make.journal(
        source_type="adjustment",
        source_id=dispute.id,
        kind="raised",
        party_id=till.merchant_id,
        amount_fen=Fen(5_00),
    )
    dispute.state, dispute.maker_id, dispute.answer = DisputeState.ANSWERED, make.clerk.id, "补"
    dispute.adjustment_fen = Fen(5_00)
    make.session.flush()
    dispute.state, dispute.approver_id = DisputeState.ACCEPTED, make.approver.id
    dispute.decided_at, dispute.journal_id = NOW, adjusted
    make.session.flush()
    state, days = StatementState.APPROVED, (date(2026, 11, 24), date(2026, 12, 31))
    later = make.stated(till.merchant_id, adjusted, state=state, days=days)
    _, (payment,) = make.batch(later, state=BatchState.SENT)
    bank_line = make.bank_line(-5_00, bank_reference="2026112300020")
    make.match(bank_line, payment)
    return bank_line


@pytest.fixture
def desk_of(chromium, served):
    """Return a context manager: a window of the auditor."""

    @contextmanager
    def at_the_desk(**options):
        with Window(chromium, served.base_url, **options) as window:
            window.sign_in_at_desk(served.cookie)
            yield window

    return at_the_desk


@pytest.mark.parametrize(
    ("language", "size"), [("zh-CN", WIDE), ("en", WIDE), ("zh-CN", NARROW), ("en", NARROW)]
)
def test_every_page_is_fit_for_everybody(served, desk_of, language, size):
    faults = {}
    with desk_of(language=language, size=size) as window:
        for name, path in {
            "empty": "",
            "nothing": "?q=12345.67",
            "several": "?q=70.00",
            "line": f"/bank_line/{served.line}",
            "statement": f"/statement/{served.statement}",
            "batch": f"/payment_batch/{served.batch}",
            "unpaid": f"/redemption/{served.unpaid}",
        }.items():
            window.page.goto(f"/desk/finance/trace{path}")
            window.shoot(f"trace-{name}-{language}-{size[0]}")
            faults[name] = window.faults()

        assert {name: found for name, found in faults.items() if found} == {}
        assert window.complaints == []


def test_from_a_receipt_to_the_bank_and_back_without_scripts(served, desk_of):
    with desk_of(java_script_enabled=False) as window:
        page = window.page
        page.goto("/desk/finance/trace")
        page.get_by_role("searchbox").fill(served.receipt)
        window.follow(page.get_by_role("button", name="Find"))
        expect(page.get_by_role("heading", level=1)).to_contain_text(served.receipt)

        window.follow(page.get_by_role("link", name="2026112300017", exact=True))
        expect(page.get_by_role("heading", level=1)).to_have_text("Bank line 2026112300017")

        bank = page.get_by_role("list", name="Scan", exact=True)
        expect(bank.get_by_role("listitem")).to_have_count(3)
        window.follow(bank.get_by_role("link", name=served.receipt).first)
        expect(page.get_by_role("heading", level=1)).to_contain_text(served.receipt)


def clicks(window, target, between):
    """Go from a chain to `target` by its links, the drawing's first; return how often it took."""
    for number in range(1, 4):
        for leads_to in (target, between):
            links = window.page.locator(f'main a[href$="/{leads_to}"]:visible')
            if links.count():
                window.follow(links.first)
                break
        if window.page.url.endswith(f"/{target}"):
            return number
    return None


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_every_yuan_is_two_clicks_from_the_bank_and_back(served, desk_of, size):
    asked = {}
    with desk_of(size=size) as window:
        for thing, between, line in served.paid:
            window.page.goto(f"/desk/finance/trace/{thing}")
            drawn = window.page.locator(".drawing:visible")
            expect(drawn.locator("path.edge").first).to_be_attached()
            expect(drawn.locator("a.here")).to_have_count(1)
            forth = clicks(window, f"bank_line/{line}", between)
            asked[thing] = forth, clicks(window, thing, between)

        assert {thing: found for thing, found in asked.items() if found > (2, 2)} == {}
        assert len(asked) == 6
        assert window.complaints == []


def test_a_chain_too_long_for_the_width_stands_on_a_desk_too(served, desk_of):
    with desk_of() as window:
        window.page.goto(f"/desk/finance/trace/bank_line/{served.adjusted}")
        expect(window.page.locator(".drawing")).to_have_count(1)
        expect(window.page.locator(".drawing.tall a.here")).to_be_visible()
        assert window.faults() == []
        window.shoot("trace-long-en-1280")


def test_the_drawing_says_what_the_list_says(served, desk_of):
    """Each thing and each edge: whoever does not see the one reads the other."""
    with desk_of() as window:
        page = window.page
        page.goto(f"/desk/finance/trace/bank_line/{served.line}")
        drawn = page.locator(".drawing.wide")

        here = drawn.locator("a").evaluate_all("all => all.map(each => each.getAttribute('href'))")
        listed = page.locator(".trace ol > li > a").evaluate_all(
            "all => all.map(each => each.getAttribute('href'))"
        )
        assert set(here) - {page.url.removeprefix(window.base_url)} == set(listed)
        assert drawn.locator("path.edge").count() == page.locator(".trace .passed").count()
        page.emulate_media(media="print")
        expect(page.locator(".drawing.tall")).to_be_visible()
        window.shoot("trace-line-print")
