"""The two phone pages in a real browser, against the real service: a member's card and a till."""

import re
from uuid import UUID

import pytest
from playwright.sync_api import expect

from kernel import db
from kernel.actors import SYSTEM
from kernel.clock import utc_now
from merchants.services import unpair_terminal
from tests.drive import Till
from tests.journeys.phones import (
    NO_STORAGE,
    OFFER,
    PHONE,
    CardWindow,
    Held,
    TillWindow,
    paper_code,
)

pytestmark = pytest.mark.browser

# The characters of a code as a Chinese input method types them.
FULL_WIDTH = {each: each + 0xFEE0 for each in range(0x21, 0x7F)} | {
    ord("$"): "\N{FULLWIDTH YEN SIGN}",
    ord("."): "\N{IDEOGRAPHIC FULL STOP}",
}

# What the page keeps: its pairing, and what can be done with its key.
KEPT = """
async () => {
  const database = await new Promise((resolve) => {
    const request = indexedDB.open("union-card", 1);
    request.onsuccess = () => resolve(request.result);
  });
  const read = (key) => new Promise((resolve) => {
    const request = database.transaction("kept").objectStore("kept").get(key);
    request.onsuccess = () => resolve(request.result);
  });
  const pairing = await read("till-pairing");
  if (pairing === undefined) return null;
  const { privateKey } = await read("till-key");
  const given = crypto.subtle.exportKey("jwk", privateKey);
  const exported = await given.then(() => "given", () => "refused");
  const key = { curve: privateKey.algorithm.namedCurve, extractable: privateKey.extractable };
  return { terminal_id: pairing.terminal_id, key: { ...key, export: exported } };
}
"""


def test_a_member_signs_in_and_an_independent_reader_reads_a_valid_code(
    chromium, phone_town, person, pairing_code
):
    till = Till(phone_town.base_url).pair(pairing_code)
    with CardWindow(chromium, phone_town, person) as window:
        page = window.page
        window.ask_for_code()
        window.give_code(window.wrong_code)
        expect(page.get_by_role("alert")).to_contain_text("wrong or has expired")
        window.give_code()
        expect(window.button("activate")).to_be_disabled()
        window.give_name("王不对")
        expect(page.get_by_role("alert")).to_contain_text("does not match")
        window.give_name()
        expect(page.get_by_role("heading", name=person["name"])).to_be_visible()
        expect(page.get_by_text("Active")).to_be_visible()
        shown = window.film()

        verdict = till.verify(shown)
        assert verdict["accepted"]
        assert verdict["assurance"] == "possession"
        assert verdict["card"]["tail"] == person["card_number"][-4:]
        assert till.verify(shown)["reason"] == "replayed"
        assert till.verify(window.film(fresh=True))["accepted"]

        page.reload()
        expect(window.code).to_be_visible()
        window.button("sign_out").click()
        expect(window.heading("sign_in")).to_be_visible()
        page.reload()
        expect(window.heading("sign_in")).to_be_visible()
        assert window.complaints == []


def test_a_code_of_the_services_renews_itself_and_dies_without_it(chromium, phone_town, person):
    with CardWindow(chromium, phone_town, person) as window:
        page = window.page
        page.clock.install()
        page.add_init_script(NO_STORAGE)
        page.reload()
        window.sign_in()
        (first,) = window.seen()
        assert first.position.top_right.x - first.position.top_left.x >= 0.62 * PHONE[0]

        page.clock.fast_forward(21_000)
        expect(page.get_by_text(re.compile("Good for (29|30) s"))).to_be_visible()
        assert window.film() != first.text

        page.context.set_offline(True)
        page.clock.fast_forward(31_000)
        expect(page.get_by_text(window.say("code_over"))).to_be_visible()
        expect(page.get_by_text(window.say("no_answer"))).to_be_visible()
        expect(page.get_by_text("Service last reached")).to_be_visible()
        expect(page.get_by_text(window.say("keeps_nothing"))).to_be_visible()
        expect(page.get_by_text(window.say("live_impossible"))).to_be_visible()
        assert window.seen() == []

        page.context.set_offline(False)
        expect(window.code).to_be_visible()
        assert window.film().startswith("US1:")


def test_a_card_reported_lost_is_refused_with_the_code_that_was_just_shown(
    chromium, phone_town, person, pairing_code
):
    till = Till(phone_town.base_url).pair(pairing_code)
    with CardWindow(chromium, phone_town, person) as window:
        page = window.sign_in().page
        shown = window.film()
        window.button("report_lost").click()
        expect(page.get_by_role("dialog")).to_contain_text(window.say("lost_what"))
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(window.code).to_be_visible()

        window.button("report_lost").click()
        window.button("lost_yes").click()

        expect(page.get_by_text(window.say("card_lost"))).to_be_visible()
        expect(window.code).to_have_count(0)
        assert till.verify(shown)["reason"] == "lost"


def test_a_till_checks_redeems_once_for_a_double_tap_and_refunds_a_part(
    chromium, phone_town, person, pairing_code
):
    phone = CardWindow(chromium, phone_town, person)
    with phone, TillWindow(chromium, phone_town) as window:
        phone.sign_in()
        page = window.pair(pairing_code).page
        # As a keyboard scanner types it through a Chinese input method, in lower case.
        window.check(phone.film().lower().translate(FULL_WIDTH))
        expect(page.get_by_role("alert")).to_contain_text(person["card_number"][-4:])
        window.choose()
        page.keyboard.type("19.99")
        expect(page.get_by_text(window.say("counts_from", amount="20.00"))).to_be_visible()
        expect(window.field("bill")).to_be_focused()
        for _ in "19.99":
            window.button("delete_digit").click()
        for key in ["8", "6", ".", "5"]:
            page.get_by_role("button", name=key, exact=True).click()
        parts = page.locator(".split > div")
        expect(parts).to_have_text(
            ["Member pays¥81.50", "We bear¥0.00", "Union pays¥5.00"], use_inner_text=False
        )
        posts = []
        page.on("request", lambda each: posts.append(each.url) if each.method == "POST" else None)
        # Both taps before the page can draw anything: nothing but the till's own guard stops one.
        twice = "button => { button.click(); button.click(); }"
        window.button("redeem_collect", amount="81.50").evaluate(twice)
        expect(window.heading("redeemed")).to_be_visible()
        assert [url.rpartition("/")[2] for url in posts] == ["redemptions"]
        receipt = page.locator("dd.code").inner_text()
        assert re.fullmatch(r"[0-9A-Z]{8}-[0-9]{8}-0001", receipt)

        window.go("tab_today")
        expect(window.sales).to_have_count(1)
        window.sales.click()
        page.get_by_text(window.say("refund_title")).click()
        window.field("refund_amount").fill("86.51")
        window.field("refund_reason").fill("One dish was not served")
        window.button("refund_send").click()
        expect(page.get_by_text("Type an amount from 0.01 to 86.50.")).to_be_visible()
        window.field("refund_amount").fill("17.3")
        window.button("refund_send").click()
        expect(page.get_by_text("Refunded ¥17.30 of the bill: give ¥16.30")).to_be_visible()
        expect(page.get_by_text(window.say("state_partly_reversed"))).to_be_visible()

        phone.go("tab_records")
        lines = phone.page.locator(".timeline li")
        expect(lines.first).to_contain_text("-¥16.30")
        expect(lines.nth(1)).to_contain_text("¥81.50")
        expect(phone.page.locator(".totals")).to_contain_text("¥65.20")
        assert phone.complaints + window.complaints == []


def test_a_sale_whose_answer_was_lost_is_asked_for_again_with_the_same_id(
    chromium, phone_town, person, pairing_code
):
    phone = CardWindow(chromium, phone_town, person)
    with phone, TillWindow(chromium, phone_town) as window:
        phone.sign_in()
        window.pair(pairing_code)
        sent = []

        def lose_the_answer(route):
            sent.append(route.request.post_data_json)
            route.fetch()
            route.abort()

        window.context.route("**/api/v1/redemptions", lose_the_answer)
        window.check(phone.film())
        window.choose()
        window.page.keyboard.type("30")
        window.button("redeem_collect", amount="25.00").click()
        expect(window.heading("unanswered_title")).to_be_visible()
        window.context.unroute("**/api/v1/redemptions")

        # The tab was closed and opened again: what had no answer is still there.
        window.page.close()
        window.page = window.context.new_page()
        window.page.goto("/scan/")
        expect(window.page.get_by_text(window.say("unanswered_count", count=1))).to_be_visible()
        with window.page.expect_request("**/api/v1/redemptions") as again:
            window.page.get_by_role("button", name=window.say("ask_again")).click()
        expect(window.heading("redeemed")).to_be_visible()
        assert [again.value.post_data_json] == sent
        window.go("tab_today")
        expect(window.sales).to_have_count(1)
        window.go("tab_scan")
        window.button("next_card").click()
        expect(window.field("presentation")).to_be_visible()
        expect(window.page.get_by_text(window.say("unanswered_count", count=1))).to_have_count(0)


def test_a_sale_of_today_is_voided_after_a_question(chromium, phone_town, person, pairing_code):
    phone = CardWindow(chromium, phone_town, person)
    with phone, TillWindow(chromium, phone_town) as window:
        phone.sign_in()
        page = window.pair(pairing_code).page
        receipt = window.sell(phone.film(), "20", "15.00")
        window.button("undo_this").click()
        expect(page.get_by_text(receipt)).to_be_visible()
        window.button("void_whole").click()
        window.button("leave_as_it_is").click()
        window.button("void_whole").click()
        window.button("void_yes").click()

        expect(page.get_by_text(window.say("void_done", amount="15.00"))).to_be_visible()
        expect(window.button("void_whole")).to_have_count(0)
        window.button("back_to_list").click()
        expect(window.sales).to_contain_text(window.say("state_voided"))


def test_a_paper_card_is_amber_and_opens_no_offer_that_needs_a_live_code(
    chromium, phone_town, person, pairing_code
):
    phone = CardWindow(chromium, phone_town, person)
    with phone, TillWindow(chromium, phone_town) as window:
        phone.sign_in()
        page = window.pair(pairing_code).page
        window.check(paper_code(person["card_number"]))

        expect(window.heading("verdict_check")).to_be_visible()
        expect(page.get_by_text(window.say("verdict_check_paper"))).to_be_visible()
        # The number printed beside the code is what a copy of the code alone does not have.
        tail = person["card_number"][-4:]
        expect(page.get_by_text(tail)).to_have_count(0)
        expect(window.field("paper_tail")).to_be_focused()
        page.keyboard.type("0000" if tail != "0000" else "1111")
        window.button("paper_tail_right").click()
        expect(page.get_by_text(window.say("paper_tail_wrong"))).to_be_visible()
        window.field("paper_tail").fill(tail)
        window.button("paper_tail_right").click()
        refused = page.locator(".offer.off", has_text=OFFER)
        expect(refused).to_contain_text("This kind of code is not enough for this offer.")
        expect(refused).to_contain_text("Ask the member to show the live code")


def test_the_tills_key_cannot_be_read_out_and_unpairing_ends_it(chromium, phone_town, pairing_code):
    with TillWindow(chromium, phone_town) as window:
        page = window.pair(pairing_code).page
        # What it asked for on pairing is answered: a lease asked for late would end it first.
        window.ready_to_sell_alone()
        expect(window.field("presentation")).to_be_visible()
        kept = page.evaluate(KEPT)
        assert kept["key"] == {"curve": "P-256", "extractable": False, "export": "refused"}

        # The till would hear it by itself soon: here the next scan is to tell.
        page.route("**/api/v1/terminals/me**", lambda route: route.abort())
        with db.transaction() as session:
            terminal_id = UUID(kept["terminal_id"])
            unpair_terminal(session, terminal_id=terminal_id, actor=SYSTEM, now=utc_now())
        window.check("US1:ANYTHING")

        expect(page.get_by_role("alert")).to_contain_text(window.say("till_ended"))
        expect(window.field("pairing_code")).to_be_visible()
        assert page.evaluate(KEPT) is None


def test_a_switch_of_language_turns_the_page_and_what_it_asks_for(chromium, phone_town, person):
    with CardWindow(chromium, phone_town, person) as window:
        page = window.page
        page.get_by_role("link", name="中文").click()
        expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
        page.locator("#phone").fill(person["phone"])
        with page.expect_request("**/sign-in/code") as asked:
            page.locator("#phone").press("Enter")
        assert asked.value.headers["accept-language"] == "zh-CN"


def test_the_next_member_on_a_phone_sees_nothing_of_the_one_before(chromium, phone_town, person):
    other = phone_town.demo["members"][next(phone_town.next_person)]
    with CardWindow(chromium, phone_town, person) as window:
        page = window.sign_in().page
        window.go("tab_records")
        expect(page.locator(".timeline li").first).to_be_visible()
        window.go("tab_card")
        expect(window.code).to_be_visible()
        with Held(page, "**/cards/me") as late:
            window.button("new_code").click()
            window.button("sign_out").click()
            window.person = other
            window.ask_for_code()
            window.give_code()
            expect(window.heading("real_name")).to_be_focused()
        assert late.routes
        page.route("**/cards/me/*", lambda route: route.abort())
        page.route("**/records*", lambda route: route.abort())
        window.give_name()

        expect(page.get_by_role("heading", name=other["name"])).to_be_visible()
        expect(page.get_by_text(window.say("no_answer"))).to_be_visible()
        expect(window.code).to_have_count(0)
        window.go("tab_records")
        expect(page.get_by_role("alert")).to_contain_text(window.say("no_answer"))
        expect(page.locator(".timeline li")).to_have_count(0)
