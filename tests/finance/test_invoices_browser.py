"""Invoices and evidence in a real browser, fit for everybody: a manager's phone and the desk."""

import pytest
from playwright.sync_api import expect

from finance.models import StatementLine, StatementState
from kernel.actors import Role
from kernel.clock import utc_now
from kernel.db import transaction
from kernel.money import Fen
from kernel.secrets import new_token
from merchants.pages import MANAGER_COOKIE
from tests.browser import Window
from tests.finance.invoicing import BUYER, NUMBER, dispute_with_evidence, entered_invoice
from tests.make.maker import Maker

pytestmark = pytest.mark.browser


class Invoicing:
    """A served city with a disputed statement that asks for invoices and has one of two."""

    def __init__(self, service):
        self.base_url = service.base_url
        self.desk, self.phone = new_token(), new_token()
        with transaction() as session:
            make = Maker(session)
            city = make.union(code="SZ", name="深圳市总工会(演示)")
            roles = (Role.FINANCE_MAKER, Role.FINANCE_CHECKER)
            make.staff_session(make.staff(*roles, union=city), token=self.desk, at=utc_now())
            merchant = make.payee_merchant(name="演示餐饮商户02")
            manager = make.manager(merchant=merchant)
            make.manager_session(manager, token=self.phone, at=utc_now())
            make.agreement(merchant_id=merchant.id, invoice_buyer_uscc=BUYER)
            terms = {"invoice_buyer_uscc": BUYER, "min_payout_fen": Fen(100)}
            statement = make.statement(merchant=merchant, sales=(40_00, 12_50), **terms)
            statement.issued_at, statement.confirm_by = utc_now(), utc_now().date()
            statement.state = StatementState.ISSUED
            session.flush()
            self.statement_id = statement.id
            line = session.query(StatementLine).filter_by(statement_id=statement.id).first()
            self.line_id = line.journal_id
            theirs = {"statement": statement, "manager": manager}
            dispute_with_evidence(make, journal_id=line.journal_id, **theirs)
            entered_invoice(make, merchant=merchant, **theirs)

    def at_the_desk(self, chromium, **options):
        window = Window(chromium, self.base_url, **options)
        window.sign_in_at_desk(self.desk)
        return window

    def on_the_phone(self, chromium, **options):
        window = Window(chromium, self.base_url, size=(320, 700), **options)
        cookie = {"name": MANAGER_COOKIE, "value": self.phone, "url": self.base_url}
        window.context.add_cookies([cookie])
        return window


def test_invoices_are_entered_on_a_phone_and_accepted_at_the_desk(chromium, service):
    city = Invoicing(service)
    mine, theirs = "/scan/manager/statements", "/desk/finance/statements"
    seen = {}
    with city.on_the_phone(chromium, language="zh-CN", color_scheme="light") as window:
        page = window.page
        for name, path in {
            "manager-statement": f"{mine}/{city.statement_id}",
            "manager-dispute": f"{mine}/{city.statement_id}/lines/{city.line_id}",
            "manager-invoice": f"{mine}/{city.statement_id}/invoices/new",
        }.items():
            page.goto(path)
            window.shoot(name)
            seen[name] = window.faults()
        page.locator("#number").fill(NUMBER[:-1] + "2")
        window.follow(page.locator("form.form button"))
        expect(page.get_by_role("main")).to_contain_text(NUMBER[:-1] + "2")
        assert window.complaints == []
    with city.at_the_desk(chromium, language="en-US", color_scheme="dark") as window:
        page = window.page
        for name, path in {
            "statements-open": f"{theirs}?state=open",
            "invoices": f"{theirs}/invoices",
            "statement-invoices": f"{theirs}/{city.statement_id}",
        }.items():
            page.goto(path)
            window.shoot(name)
            seen[name] = window.faults()
        window.follow(page.locator("#invoices form[action$=accept] button").first)
        expect(page.locator("#invoices .chip.yes")).to_have_count(1)
        assert window.complaints == []

    assert {name: faults for name, faults in seen.items() if faults} == {}
