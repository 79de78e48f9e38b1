"""Every place of the member's page: for every eye and hand, and as pictures for the tutorial."""

import pytest
from playwright.sync_api import expect

from tests.journeys.phones import PHONE, CardWindow

pytestmark = pytest.mark.browser

PLACES = (
    "card",
    "benefits",
    "records",
    "me",
    "notices",
    "devices",
    "aid",
    "training",
    "data",
    "question",
)
LOOKS = {
    "en": {"language": "en", "size": PHONE},
    "zh": {"language": "zh-CN", "size": PHONE},
    # A screen of 640 pixels at 200 %, or the narrowest phone there is.
    "narrow-dark": {"language": "zh-CN", "size": (320, 568), "color_scheme": "dark"},
}
# What a finger could press or fill in now. A dialog's are not there until it is asked for.
CONTROLS = """() => [...document.querySelectorAll(
    "main a[href], main button:not(:disabled), main input, main select, main textarea, "
    + "main summary, nav a")]
  .filter(each => each.checkVisibility({visibilityProperty: true}) && each.type !== "hidden"
    && each.tabIndex >= 0)
  .map((each, number) => { each.dataset.control = number; return number; })"""
FOCUSED = "() => document.activeElement?.dataset?.control ?? null"


@pytest.mark.parametrize("look", LOOKS)
def test_every_place_is_fit_for_every_eye(chromium, phone_town, person, look):
    with CardWindow(chromium, phone_town, person, **LOOKS[look]) as window:
        faults = {}

        def look_at(place):
            faults[place] = window.faults()
            window.page.evaluate("scrollTo(0, 0)")
            window.shoot(f"phone-{place}-{look}")

        look_at("sign-in")
        window.ask_for_code()
        look_at("code")
        window.give_code()
        expect(window.heading("real_name")).to_be_focused()
        look_at("real-name")
        window.give_name()
        expect(window.code).to_be_visible()
        for place in PLACES:
            open_place(window, place)
            look_at(place)

        assert {place: found for place, found in faults.items() if found} == {}
        assert window.complaints == []


def test_every_control_is_reached_with_the_keyboard_alone(chromium, phone_town, person):
    with CardWindow(chromium, phone_town, person, language="en") as window:
        window.sign_in()
        missed = {}
        for place in PLACES:
            open_place(window, place)
            missed[place] = unreached(window.page)

        assert {place: controls for place, controls in missed.items() if controls} == {}


def open_place(window, place):
    """Open a place as a link to it does, and wait until what it fetches is there."""
    page = window.page
    page.evaluate("place => { location.hash = place; }", place)
    expect(page.locator("main h1").first).to_be_visible()
    expect(page.locator("main [aria-busy=true]")).to_have_count(0)
    if place == "card":
        expect(window.code).to_be_visible()


def unreached(page):
    """Press Tab around the page once; return the controls at which it never stopped."""
    controls = {str(number) for number in page.evaluate(CONTROLS)}
    page.evaluate("document.activeElement.blur()")
    reached = set()
    # Around once: each control, the links above them, and the browser's own end of the round.
    for _ in range(len(controls) + 12):
        page.keyboard.press("Tab")
        reached.add(page.evaluate(FOCUSED))
    left = controls - reached
    return [page.locator(f'[data-control="{number}"]').first.inner_text() for number in left]
