"""A till without the service: it judges by itself, keeps what it granted, and sends it later."""

import json
import re
from contextlib import suppress

import pytest
from playwright.sync_api import Error, expect
from sqlalchemy import select

from discounts.models import Redemption
from kernel import db
from tests.drive import Phone
from tests.journeys.camera import REFUSED, browser_with
from tests.journeys.phones import Held, TillWindow
from tests.journeys.test_stored_page import STORED

pytestmark = pytest.mark.browser

BATCH = "**/api/v1/redemptions/batch"
# The till's own clock is an hour ahead: what it learned of the service's time is what counts.
WRONG_CLOCK = """
  const hour = 3_600_000, Right = Date;
  globalThis.Date = class extends Right {
    constructor(...given) { if (given.length) super(...given); else super(Right.now() + hour); }
    static now() { return Right.now() + hour; }
  };
"""


class OfflineTill(TillWindow):
    """A till that holds what it needs, and sells by itself."""

    def pair_and_prepare(self, code):
        self.context.add_init_script(WRONG_CLOCK)
        self.page.goto(self.path)
        self.pair(code)
        expect(self.field("presentation")).to_be_visible()
        self.ready_to_sell_alone()
        self.page.evaluate(STORED)
        return self

    def reopen_in_chinese(self):
        """Close the tab and open another one: what is on the device is all there is."""
        self.page.close()
        self.page = self.context.new_page()
        self.page.goto(self.path)
        self.follow(self.page.get_by_role("link", name="中文"))
        self.sentences = json.loads(self.page.locator("#messages").text_content())
        expect(self.field("presentation")).to_be_focused()

    def to_bill(self):
        """From the verdict to the amount of some benefit."""
        expect(self.page.locator(".verdict .thumb button")).to_be_focused()
        self.page.keyboard.press("Enter")
        expect(self.heading("offers_title").or_(self.field("bill"))).to_be_visible()
        if self.heading("offers_title").is_visible():
            self.page.locator("button.offer").first.click()
        expect(self.field("bill")).to_be_focused()

    @property
    def redeem_button(self):
        """It says what to collect, once the till has worked that out."""
        return self.page.get_by_role("button", name=re.compile("¥"))

    def grant(self, text, bill):
        """Sell without the service; the tab may close as soon as this returns."""
        self.check(text)
        expect(self.page.locator(".verdict.yes")).to_contain_text(self.say("offline_verdict_yes"))
        self.to_bill()
        self.page.keyboard.type(bill)
        self.redeem_button.dblclick()
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
    """Members' phones with their keys: they sign without any network."""
    people = phone_town.demo["members"]
    code = phone_town.demo["sign_in_code"]
    return [
        Phone(phone_town.base_url, people[next(phone_town.next_person)], sign_in_code=code)
        .sign_in()
        .enrol()
        for _ in range(4)
    ]


@pytest.fixture
def till(chromium, phone_town, pairing_code, phones):
    """A till whose camera is refused: everything comes by its field for typed codes.

    The phones come first: a till does not know the status list of a card that is newer than its
    last contact.
    """
    with (
        browser_with(chromium, REFUSED) as browser,
        OfflineTill(browser, phone_town) as window,
    ):
        yield window.pair_and_prepare(pairing_code)


def test_sales_without_the_service_are_counted_once_and_in_order(till, phone_town, phones):
    *stalled, fourth = phones
    expect(till.page.get_by_text(till.say("camera_refused"))).to_be_visible()
    sell_while_nobody_answers(till, stalled[0], fourth)
    phone_town.service.stop()
    try:
        sell_without_the_service(till, *stalled)
        lost = lose_the_first_answer(till)
    finally:
        phone_town.service.start()
    look_at_what_is_judged(till)
    # On a loaded machine the till may ask again before the first answer is there to be lost.
    assert set(lost) == {200}
    assert till.faults() == []
    with db.transaction() as session:
        kept = session.execute(
            select(Redemption.gross_fen, Redemption.state)
            .where(Redemption.gross_fen.in_([30_31, 40_52, 55_73]))
            .order_by(Redemption.receipt_seq)
        ).all()
    assert [(gross, state.value) for gross, state in kept] == [
        (30_31, "captured"),
        (40_52, "captured"),
        (55_73, "captured"),
    ]
    assert till.complaints == []


def sell_while_nobody_answers(till, one, other):
    """The network takes what is sent and says nothing: no queue waits for it."""
    till.check(one.show_new())
    expect(till.page.locator(".verdict.yes")).to_contain_text(till.say("verdict_yes_live"))
    till.to_bill()
    with Held(till.page, "**/api/v1/redemptions"):
        till.page.keyboard.type("61")
        till.redeem_button.click()
        till.button("set_aside").click()
        with Held(till.page, "**/api/v1/verifications"):
            # Nobody knows yet whether that sale counted: it is not sold a second time.
            assert till.say("offline_unanswered") in till.refused(one.show_new())
            till.grant(other.show_new(), "62")
            till.button("next_card").click()
            till.settle()
            till.shoot("till-set-aside")
    # Whether it counted or not: asked again, it is the same sale.
    till.page.get_by_role("button", name=re.compile("61.00")).click()
    expect(till.heading("redeemed")).to_be_focused()
    till.go("tab_today")
    expect(till.records.filter(has_text=till.say("state_captured"))).to_have_count(1)
    till.go("tab_scan")
    till.button("next_card").click()


def sell_without_the_service(till, first, second, third):
    till.grant(first.show_new(), "30.31")
    till.button("next_card").click()
    shown = second.show_new()
    till.grant(shown, "40.52")
    till.reopen_in_chinese()
    expect(till.page.locator(".notice.wait").first).to_contain_text("70.83")
    till.shoot("till-offline-scan")
    assert till.say("offline_replayed") in till.refused(shown)
    till.grant(third.show_new(), "55.73")
    till.shoot("till-offline-receipt")
    till.button("next_card").click()
    till.go("tab_today")
    expect(till.records.filter(has_text=till.say("offline_not_sent"))).to_have_count(3)
    # Whatever the till spoke when it sold them.
    expect(till.records.filter(has_text="9.5折")).to_have_count(4)
    till.shoot("till-offline-waiting")
    assert till.faults() == []


def lose_the_first_answer(till):
    """Lose an answer to the till's records on its way, whichever try it answers."""
    lost = []

    def lose(route):
        if lost:
            route.continue_()
            return
        # Not served yet: nothing was judged, and nothing is lost.
        with suppress(Error):
            lost.append(route.fetch().status)
        route.abort()

    till.page.route(BATCH, lose)
    return lost


def look_at_what_is_judged(till):
    """The same records go again by themselves, and count once."""
    # A network that comes and goes wakes the till up each time.
    till.page.evaluate("setInterval(() => dispatchEvent(new Event('online')), 500)")
    captured = till.records.filter(has_text=till.say("state_captured"))
    expect(captured).to_have_count(4, timeout=15_000)
    # The day's sales, which could not be asked for before, are there as well.
    expect(till.sales).to_have_count(5)
    captured.first.click()
    till.shoot("till-offline-captured")
