"""The pages of payments in a real browser: fit for everybody, and from what is owed to the file."""

import pytest
from playwright.sync_api import expect

from kernel.actors import Role
from kernel.clock import utc_now
from kernel.db import transaction
from kernel.secrets import new_token
from ledger.models import FundSource
from merchants.models import MerchantState
from tests.browser import Window
from tests.make import NOW
from tests.make.maker import Maker

pytestmark = pytest.mark.browser

SIZE = (1280, 860)


class Paying:
    """A served city in which things are owed, one batch waits and one came back in part."""

    def __init__(self, service):
        self.base_url = service.base_url
        self.cookies = {}
        with transaction() as session:
            make = Maker(session)
            city = make.union(code="SZ", name="深圳市总工会(演示)")
            for role in (Role.FINANCE_MAKER, Role.FINANCE_APPROVER):
                self.cookies[role] = new_token()
                account = make.staff(role, union=city)
                make.staff_session(account, token=self.cookies[role], at=utc_now())
            back = make.sent_payment(payee="演示影院商户11", sent_at=NOW.replace(day=19))
            fen, reference = back.amount_fen, back.reference
            make.bank_import(
                ("2026-11-20", -fen, reference), ("2026-11-21", fen, f"退汇 {reference}")
            )
            waiting = make.approved_statement(
                merchant=make.payee_merchant(name="演示书店商户05"), sales=(890_50, 120_00)
            )
            self.waiting = make.prepared_batch(only=[waiting.id]).id
            for name in ("演示餐饮商户02", "演示药店商户07"):
                merchant = make.payee_merchant(name=name)
                make.approved_statement(merchant=merchant, sales=(12_345_00, 680_40))
            make.payable(member=make.payee_member(name="欧阳小明"), amount_fen=1_920_00)
            course = {"fund_source": FundSource.UNION_FUND, "source_type": "enrolment"}
            make.payable(amount_fen=300_00, **course)
            self.unpayable = make.member(union=city, name="张小明")
            make.consent(self.unpayable, purpose="payout_account")
            make.payable(member=self.unpayable, amount_fen=450_00)
            suspended = make.payee_merchant(name="演示商户09", state=MerchantState.SUSPENDED)
            make.approved_statement(merchant=suspended)

    def window(self, chromium, role, **options):
        window = Window(chromium, self.base_url, size=SIZE, **options)
        window.sign_in_at_desk(self.cookies[role])
        return window


@pytest.fixture
def paying(service):
    return Paying(service)


@pytest.mark.parametrize("language", ["zh-CN", "en-US"])
def test_every_page_of_payments_is_fit_for_everybody(chromium, paying, language):
    desk = "/desk/finance"
    pages = {
        "payments": f"{desk}/payments",
        "payments-empty": f"{desk}/payments?state=cancelled",
        "payments-owed": f"{desk}/payments/owed",
        "payments-returned": f"{desk}/payments/returned",
        "payments-batch": f"{desk}/payments/{paying.waiting}",
        "payout-search": f"{desk}/payout-accounts?text=nobody",
        "payout-account": f"{desk}/payout-accounts/{paying.unpayable.id}",
    }
    seen = {}
    for role in (Role.FINANCE_MAKER, Role.FINANCE_APPROVER):
        with paying.window(chromium, role, language=language) as window:
            for name, path in pages.items():
                if role is Role.FINANCE_APPROVER and not name.startswith("payments"):
                    continue
                window.page.goto(path)
                window.shoot(f"{name}-{role.value}-{language}")
                seen[role, name] = window.faults()
            assert window.complaints == []

    assert {key: faults for key, faults in seen.items() if faults} == {}


def test_two_people_take_what_is_owed_to_the_bank(chromium, paying):
    with paying.window(chromium, Role.FINANCE_MAKER) as window:
        page = window.page
        page.goto("/desk/finance/payments/owed")
        union = page.get_by_role("region", name="The union's own book").first
        union.get_by_role("checkbox", name="演示药店商户07").uncheck()
        window.follow(union.get_by_role("button", name="Prepare a batch of what is chosen"))
        expect(page.get_by_role("status").first).to_contain_text("Prepared")
        expect(page.get_by_role("main")).to_contain_text("Somebody else must confirm it")
        batch = page.url
    with paying.window(chromium, Role.FINANCE_APPROVER) as window:
        window.page.goto(batch)
        # Two statements (the one that came back is owed again) and a course subsidy.
        button = window.page.get_by_role("button", name="Confirm payment of ¥13,377.90 to 3 payees")
        window.follow(button)
        expect(window.page.get_by_role("status").first).to_contain_text("Confirmed")
    with paying.window(chromium, Role.FINANCE_MAKER) as window:
        page = window.page
        page.on("dialog", lambda dialog: dialog.accept())
        page.goto(batch)
        page.get_by_label("Layout of the file").select_option("csv")
        window.follow(page.get_by_role("button", name="Make the bank file"))
        window.shoot("payments-batch-sent")
        with page.expect_download() as download:
            page.get_by_role("link", name="Download the bank file").click()
        content = download.value.path().read_bytes().decode("utf-8-sig")

    assert content.splitlines()[0] == "序号,收款账号,收款户名,金额,用途,端到端标识"
    assert "演示餐饮商户02,13025.40,结算 UC" in content
    assert "演示药店商户07" not in content


def test_an_officer_enters_where_a_member_is_paid_to(chromium, paying):
    with paying.window(chromium, Role.FINANCE_MAKER) as window:
        page = window.page
        page.goto("/desk/finance/payments/owed")
        window.follow(page.get_by_role("link", name="Enter the account"))
        page.get_by_label("Account number").fill("6299990000000018")
        page.get_by_role("textbox", name="Bank").fill("演示银行")
        window.follow(page.get_by_role("button", name="Keep this account"))
        expect(page.get_by_role("alert")).to_contain_text("The last digit does not fit")
        window.shoot("payout-account-refused")
        page.get_by_label("Account number").fill("6299990000000017")
        window.follow(page.get_by_role("button", name="Keep this account"))
        expect(page.get_by_role("main")).to_contain_text("**** **** **** 0017")
