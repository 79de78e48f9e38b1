"""A member looks after the phones of a card, loses it, and brings it back."""

import re

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from cards.models import Card, CardState
from kernel import db
from kernel.clock import utc_now
from tests.journeys.phones import CardWindow
from tests.make.maker import Maker

pytestmark = pytest.mark.browser

DEVICES = re.compile(r"/api/v1/cards/me/devices/[0-9a-f-]+$")


def card_of(session, person):
    return session.scalars(select(Card).where(Card.number == person["card_number"])).one()


def put_on_another_phone(person):
    """Enrol it as its app would; signing in there too would wait for the minute between codes."""
    with db.transaction() as session:
        Maker(session).phone(card_of(session, person), now=utc_now())


def look(window, name, faults):
    faults[name] = window.faults()
    window.shoot(name)


def at_devices(window, count):
    window.page.evaluate("location.hash = 'devices'")
    expect(window.heading("phones_title")).to_be_visible()
    expect(window.page.locator(".phones li")).to_have_count(count)


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_phones_are_named_and_removed_and_a_lost_card_comes_back(
    chromium, phone_town, person, language
):
    faults = {}
    with CardWindow(chromium, phone_town, person, language=language) as window:
        page = window.sign_in().page
        put_on_another_phone(person)
        at_devices(window, 2)
        own = page.locator(".phones li", has_text=window.say("phones_this"))
        expect(own).to_have_count(1)
        look(window, f"devices-{language}", faults)

        own.get_by_text(window.say("phones_rename"), exact=True).click()
        window.field("phones_name").fill("我的手机")
        look(window, f"devices-naming-{language}", faults)
        window.button("phones_save").click()
        expect(page.get_by_role("heading", name="我的手机")).to_be_visible()

        other = page.locator(".phones li").filter(has_not_text=window.say("phones_this"))
        other.get_by_text(window.say("phones_remove"), exact=True).click()
        look(window, f"devices-asking-{language}", faults)
        with page.expect_response(DEVICES) as removed:
            window.button("phones_remove_yes").click()
        assert removed.value.status == 204
        expect(page.locator(".phones li")).to_have_count(1)

        # On two phones again, so that the one in hand is another than the lost one.
        put_on_another_phone(person)
        page.evaluate("location.hash = 'card'")
        expect(window.code).to_be_visible()
        window.button("report_lost").click()
        window.button("lost_yes").click()
        expect(window.button("restore_now")).to_be_visible()
        look(window, f"card-lost-{language}", faults)
        window.button("restore_now").click()
        expect(window.code).to_be_visible()
        at_devices(window, 1)
        expect(page.get_by_text(window.say("phones_this"))).to_be_visible()

    assert faults == {name: [] for name in faults}


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_a_card_is_stopped_from_somebody_elses_phone(chromium, phone_town, person, language):
    faults = {}
    with CardWindow(chromium, phone_town, person, language=language) as window:
        page = window.page
        page.get_by_role("link", name=window.say("elsewhere_link")).click()
        expect(window.heading("elsewhere_title")).to_be_visible()
        look(window, f"lost-elsewhere-{language}", faults)
        window.field("phone").fill("12345")
        window.field("name").fill(person["name"])
        window.field("document_tail").fill(person["document_tail"])
        window.button("elsewhere_send").click()
        expect(page.get_by_role("alert")).to_be_focused()
        look(window, f"lost-elsewhere-refused-{language}", faults)
        window.field("phone").fill(person["phone"])
        window.button("elsewhere_send").click()
        expect(window.heading("elsewhere_done")).to_be_focused()
        look(window, f"lost-elsewhere-done-{language}", faults)
        page.get_by_role("link", name=window.say("elsewhere_back")).click()
        expect(window.heading("sign_in")).to_be_visible()
    with db.transaction() as session:
        assert card_of(session, person).state is CardState.LOST

    assert faults == {name: [] for name in faults}
