"""The places "me" and "my data" on the phone: every part seen, and what can be asked for there."""

import json

import pytest
from playwright.sync_api import expect

from tests.journeys.phones import PHONE, CardWindow
from tests.journeys.test_phone_screens import Gallery

pytestmark = pytest.mark.browser


def go(window, place, heading):
    window.page.evaluate("place => { location.hash = place }", place)
    expect(window.heading(heading)).to_be_visible()


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_my_data_is_there_to_read_put_right_and_take_away(chromium, phone_town, person, language):
    with CardWindow(chromium, phone_town, person, language=language, size=PHONE) as window:
        page = window.page
        gallery = Gallery(window, f"me-{language}")
        window.sign_in()
        window.go("tab_me")
        expect(window.heading("me_title")).to_be_visible()
        gallery.look("me")
        page.get_by_label(window.say("me_large_type")).check()
        page.reload()
        expect(page.locator("html")).to_have_class("large-type")
        expect(window.heading("me_title")).to_be_visible()
        gallery.look("me-large")
        page.get_by_label(window.say("me_large_type")).uncheck()

        go(window, "data", "data_title")
        expect(page.get_by_text(person["name"])).to_be_visible()
        gallery.look("data")
        with page.expect_download() as saved:
            window.button("data_copy_json").click()
        said = json.loads(saved.value.path().read_text())
        assert said["profile"]["name"] == person["name"]

        go(window, "data/looks", "data_looks")
        expect(page.locator("ol.timeline li")).not_to_have_count(0)
        gallery.look("looks")

        go(window, "data/consents", "data_consents")
        page.get_by_role("button", name=window.say("data_consent_end")).first.click()
        page.get_by_role("dialog").get_by_role(
            "button", name=window.say("data_consent_end")
        ).click()
        expect(page.get_by_role("alert")).to_be_visible()  # the card rests on this consent
        gallery.look("consents")

        go(window, "data/correct", "data_correct")
        page.get_by_label(window.say("data_field_other")).check()
        page.get_by_label(window.say("data_correct_text")).fill("入会日期是2019年")
        window.button("data_correct_ask").click()
        expect(page.get_by_text("入会日期是2019年")).to_be_visible()
        gallery.look("correct")

        go(window, "data/transfer", "data_transfer")
        page.get_by_label(window.say("data_transfer_union"), exact=True).fill("总工会")
        window.button("data_transfer_find").click()
        page.get_by_role("radio").first.check()
        page.get_by_label(window.say("data_transfer_reason")).fill("换了单位")
        gallery.look("transfer")
        page.locator("form button").last.click()
        expect(page.get_by_text(window.say("data_transfer_requested"))).to_be_visible()
        window.button("data_transfer_withdraw").click()
        expect(page.get_by_text(window.say("data_transfer_withdrawn"))).to_be_visible()
        assert window.complaints == []
        assert gallery.faults == {}


def test_who_does_not_match_asks_a_person_at_once(chromium, phone_town, person):
    with CardWindow(chromium, phone_town, person, size=PHONE) as window:
        window.ask_for_code()
        window.give_code()
        window.give_name("王不对")
        window.button("correction_open").click()
        expect(window.heading("correction_ask_title")).to_be_focused()
        expect(window.field("name")).to_have_value("王不对")
        window.field("correction_text").fill("名册里是旧名字")
        assert window.faults() == []
        window.button("correction_send").click()
        expect(window.heading("correction_title")).to_be_focused()
        assert window.faults() == []
