"""Every screen of the two phone pages: in both languages, light and dark, down to 320 px."""

import pytest
from playwright.sync_api import expect

from tests.journeys.phones import OFFER, PHONE, CardWindow, Held, TillWindow, paper_code

pytestmark = pytest.mark.browser

LOOKS = {
    "english": {"language": "en", "size": PHONE},
    "chinese-dark": {"language": "zh-CN", "size": PHONE, "color_scheme": "dark"},
    "narrow": {"language": "en", "size": (320, 568)},
}


class Gallery:
    """Looks at one screen after the other: keeps a picture of each, and what is wrong with it."""

    def __init__(self, window, name):
        self.window = window
        self.name = name
        self.seen = {}

    def look(self, screen):
        self.seen[screen] = self.window.faults()
        self.window.page.evaluate("scrollTo(0, 0)")
        self.window.shoot(f"{self.name}-{screen}")

    @property
    def faults(self):
        return {screen: faults for screen, faults in self.seen.items() if faults}


@pytest.mark.parametrize("look", LOOKS)
def test_every_screen_of_the_card_is_fit_for_everybody(chromium, phone_town, person, look):
    with CardWindow(chromium, phone_town, person, **LOOKS[look]) as window:
        page = window.page
        gallery = Gallery(window, f"card-{look}")
        gallery.look("phone")
        with Held(page, "**/sign-in/code"):
            window.field("phone").fill(person["phone"])
            window.button("send_code").click()
            expect(window.button("send_code")).to_have_attribute("aria-busy", "true")
            expect(window.button("send_code")).to_be_disabled()
            gallery.look("sending")
        expect(window.heading("enter_code")).to_be_visible()
        gallery.look("code")
        window.give_code(window.wrong_code)
        expect(page.get_by_role("alert")).to_be_focused()
        gallery.look("code-refused")
        window.give_code()
        expect(window.heading("real_name")).to_be_focused()
        gallery.look("real-name")
        window.give_name("王不对")
        expect(page.get_by_role("alert")).to_be_focused()
        gallery.look("real-name-refused")
        with Held(page, "**/cards/me/devices"):
            window.give_name()
            expect(page.get_by_text(window.say("code_loading"))).to_be_visible()
            gallery.look("code-on-its-way")
        expect(window.code).to_be_visible()
        gallery.look("card")
        window.button("live_enlarge").click()
        gallery.look("enlarged")
        window.button("live_close").click()
        page.get_by_role("link", name=window.say("live_question")).click()
        expect(window.field("live_question_text")).to_be_visible()
        gallery.look("question")
        window.go("tab_records")
        expect(page.locator(".timeline li").first).to_be_visible()
        gallery.look("records")
        window.go("tab_card")
        expect(window.code).to_be_visible()
        page.context.set_offline(True)
        window.button("new_code").click()
        expect(page.get_by_text(window.say("no_answer"))).to_be_visible()
        gallery.look("offline")
        page.context.set_offline(False)
        window.button("report_lost").click()
        gallery.look("lost-question")
        window.button("lost_yes").click()
        expect(page.get_by_text(window.say("card_lost"))).to_be_visible()
        gallery.look("lost")

        assert gallery.faults == {}
        assert window.complaints == []


@pytest.mark.parametrize("look", LOOKS)
def test_every_screen_of_the_till_is_fit_for_everybody(
    chromium, phone_town, person, pairing_code, look
):
    phone = CardWindow(chromium, phone_town, person)
    with phone, TillWindow(chromium, phone_town, **LOOKS[look]) as window:
        phone.sign_in()
        gallery = Gallery(window, f"till-{look}")
        walk_pairing(window, gallery, pairing_code)
        walk_verdicts(window, gallery, person["card_number"])
        window.check(phone.film())
        walk_a_sale(window, gallery)
        walk_no_answer(window, gallery)
        walk_the_sales(window, gallery)
        walk_this_till(window, gallery)

        assert gallery.faults == {}
        assert phone.complaints + window.complaints == []


def walk_pairing(window, gallery, pairing_code):
    gallery.look("pair")
    window.pair("ABCDE-FGHJK")
    expect(window.page.get_by_role("alert")).to_be_focused()
    gallery.look("pair-refused")
    window.pair(pairing_code)
    expect(window.field("presentation")).to_be_focused()
    gallery.look("scan")
    window.go("tab_today")
    expect(window.page.get_by_text(window.say("no_sales"))).to_be_visible()
    gallery.look("sales-empty")
    window.go("tab_scan")


def walk_verdicts(window, gallery, card_number):
    """Look at a code that is none of ours, at one in flight, and at a paper card's offers."""
    window.check("WXP://F2F0A1B2C3")
    expect(
        window.page.get_by_text(window.say("foreign_payment", app=window.say("pay_app_wechat")))
    ).to_be_visible()
    gallery.look("scan-payment-code")
    with Held(window.page, "**/verifications"):
        window.check("US1:NOT-A-CODE")
        expect(window.heading("verifying")).to_be_visible()
        gallery.look("checking")
    expect(window.heading("verdict_no")).to_be_visible()
    gallery.look("verdict-no")
    window.page.keyboard.press("Enter")
    window.check(paper_code(card_number))
    expect(window.heading("verdict_check")).to_be_visible()
    gallery.look("verdict-paper")
    window.page.keyboard.type("12")
    window.page.keyboard.press("Enter")
    expect(window.page.get_by_text(window.say("paper_tail_wrong"))).to_be_visible()
    gallery.look("verdict-paper-refused")
    window.field("paper_tail").fill(card_number[-4:])
    window.page.keyboard.press("Enter")
    expect(window.heading("offers_title")).to_be_visible()
    gallery.look("offers-refused")
    window.button("next_card").click()


def walk_a_sale(window, gallery):
    """Look at the way from a verdict to the split of ¥100, which is then on the screen."""
    page = window.page
    expect(window.heading("verdict_yes")).to_be_visible()
    gallery.look("verdict-yes")
    page.keyboard.press("Enter")
    expect(window.heading("offers_title")).to_be_visible()
    gallery.look("offers")
    page.get_by_role("button", name=OFFER).click()
    gallery.look("amount-empty")
    page.keyboard.type("1")
    expect(page.get_by_text(window.say("counts_from", amount="20.00"))).to_be_visible()
    gallery.look("amount-refused")
    page.keyboard.type("00")
    expect(window.button("redeem_collect", amount="95.00")).to_be_enabled()
    gallery.look("amount")


def walk_no_answer(window, gallery):
    """Redeem without a connection, set the sale aside, and ask again with one."""
    page = window.page
    page.context.set_offline(True)
    window.button("redeem_collect", amount="95.00").click()
    expect(window.heading("unanswered_title")).to_be_visible()
    gallery.look("unanswered")
    window.button("set_aside").click()
    gallery.look("set-aside")
    page.context.set_offline(False)
    with Held(page, "**/redemptions"):
        page.get_by_role("button", name=window.say("ask_again")).click()
        expect(window.heading("sending_title")).to_be_visible()
        gallery.look("redeeming")
    expect(window.heading("redeemed")).to_be_visible()
    gallery.look("receipt")


def walk_the_sales(window, gallery):
    page = window.page
    window.go("tab_today")
    expect(window.sales).to_have_count(1)
    gallery.look("sales")
    window.sales.click()
    page.get_by_text(window.say("refund_title")).click()
    gallery.look("sale")
    window.button("void_whole").click()
    gallery.look("void-question")
    window.button("void_yes").click()
    expect(window.button("void_whole")).to_have_count(0)
    gallery.look("voided")


def walk_this_till(window, gallery):
    window.go("tab_till")
    expect(window.heading("this_till")).to_be_visible()
    gallery.look("till")
    window.button("unpair").click()
    gallery.look("unpair-question")
