"""A till without the service: it judges by itself, keeps what it granted, and sends it later."""

import re

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from discounts.models import Redemption
from kernel import db
from tests.drive import Phone
from tests.journeys.phones import Held, TillWindow
from tests.journeys.test_stored_page import STORED

pytestmark = pytest.mark.browser

BATCH = "**/api/v1/redemptions/batch"
# What must be on the device before the network may go.
READY = """
() => new Promise((resolve) => {
  const request = indexedDB.open("union-card-till");
  request.onsuccess = () => {
    const database = request.result;
    if (!database.objectStoreNames.contains("facts")) { database.close(); resolve(false); return; }
    const keys = database.transaction("facts").objectStore("facts").getAllKeys();
    keys.onsuccess = () => {
      database.close();
      const names = ["lease", "trust", "status "];
      resolve(names.every((name) => keys.result.some((key) => key.startsWith(name))));
    };
  };
})
"""


class OfflineTill(TillWindow):
    """A till that holds what it needs, and sells by itself."""

    def pair_and_prepare(self, code):
        self.pair(code)
        expect(self.field("presentation")).to_be_visible()
        self.page.wait_for_function(READY)
        self.page.evaluate(STORED)
        return self

    def reopen(self):
        """Close the tab and open another one: what is on the device is all there is."""
        self.page.close()
        self.page = self.context.new_page()
        self.page.goto(self.path)
        expect(self.field("presentation")).to_be_focused()

    def to_bill(self):
        """From the verdict to the amount of some benefit."""
        expect(self.page.locator(".verdict .thumb button")).to_be_focused()
        self.page.keyboard.press("Enter")
        expect(self.heading("offers_title").or_(self.field("bill"))).to_be_visible()
        if self.heading("offers_title").is_visible():
            self.page.locator("button.offer").first.click()

    def grant(self, text, bill):
        """Sell without the service; the tab may close as soon as this returns."""
        self.check(text)
        expect(self.page.locator(".verdict.yes")).to_contain_text(self.say("offline_verdict_yes"))
        self.to_bill()
        self.page.keyboard.type(bill)
        # The button says what to collect once the till has worked it out.
        self.page.get_by_role("button", name=re.compile(r"¥")).last.dblclick()
        expect(self.heading("redeemed")).to_be_focused()
        expect(self.page.get_by_text(self.say("offline_receipt"))).to_be_visible()

    def refused(self, text):
        self.check(text)
        verdict = self.page.locator(".verdict.no")
        expect(verdict).to_be_visible()
        words = verdict.inner_text()
        self.button("next_card").click()
        return words

    @property
    def records(self):
        return self.page.locator(".offline-sale summary")


@pytest.fixture
def phones(phone_town):
    """Three members' phones with their keys: they sign without any network."""
    people = phone_town.demo["members"]
    code = phone_town.demo["sign_in_code"]
    numbers = [next(phone_town.next_person) for _ in range(3)]
    return [
        Phone(phone_town.base_url, people[number], sign_in_code=code).sign_in().enrol()
        for number in numbers
    ]


@pytest.fixture
def till(chromium, phone_town, pairing_code):
    with OfflineTill(chromium, phone_town) as window:
        yield window.pair_and_prepare(pairing_code)


def test_sales_without_the_service_are_counted_once_and_in_order(till, phone_town, phones):
    first, second, third = phones
    phone_town.service.stop()
    try:
        till.grant(first.show_new(), "30")
        till.button("next_card").click()
        shown = second.show_new()
        till.grant(shown, "40.50")
        till.reopen()
        expect(till.page.get_by_role("status")).to_contain_text("2")
        assert till.say("offline_replayed") in till.refused(shown)
        till.grant(third.show_new(), "55")
        till.shoot("till-offline-receipt")
        till.button("next_card").click()
        till.go("tab_today")
        expect(till.records).to_have_count(3)
        till.shoot("till-offline-waiting")
        assert till.faults() == []
    finally:
        phone_town.service.start()

    # The first answer is lost on its way: the same records go again.
    lost = []

    def lose(route):
        lost.append(route.fetch().status)
        route.abort()

    till.page.route(BATCH, lose, times=1)
    till.button("offline_send").click()
    expect(till.records.filter(has_text=till.say("state_captured"))).to_have_count(
        3, timeout=15_000
    )
    assert lost == [200]
    till.shoot("till-offline-captured")
    assert till.faults() == []

    receipts = [each.inner_text() for each in till.page.locator(".offline-sale .code").all()]
    with db.transaction() as session:
        kept = session.execute(
            select(Redemption.gross_fen, Redemption.state)
            .where(Redemption.gross_fen.in_([30_00, 40_50, 55_00]))
            .order_by(Redemption.receipt_no)
        ).all()
    assert len(receipts) == 3
    assert [(gross, state.value) for gross, state in kept] == [
        (30_00, "captured"),
        (40_50, "captured"),
        (55_00, "captured"),
    ]


def test_a_network_that_never_answers_is_not_waited_for(till, phones):
    first, second, third = phones
    till.check(first.show_new())
    expect(till.page.locator(".verdict.yes")).to_contain_text(till.say("verdict_yes_live"))
    till.to_bill()
    with Held(till.page, "**/api/v1/redemptions"):
        till.page.keyboard.type("30")
        till.page.get_by_role("button", name=re.compile(r"¥")).last.click()
        expect(till.button("set_aside")).to_be_visible(timeout=6_000)
        till.button("set_aside").click()

        with Held(till.page, "**/api/v1/verifications"):
            # Nobody knows yet whether that sale counted: it is not sold a second time.
            assert till.say("offline_unanswered") in till.refused(first.show_new())
            till.grant(second.show_new(), "31")
            till.button("next_card").click()
            till.check(third.show_new())
            expect(till.page.locator(".verdict.yes")).to_be_visible()
