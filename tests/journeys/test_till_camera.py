# ruff: noqa: PLR0915, PLR0917, PTH105, T201
"""From the member's screen through a camera to the receipt, and back; and what is no card."""

import io
import os
import shutil

import pytest
import qrcode
from PIL import Image
from playwright.sync_api import expect
from sqlalchemy import select

from kernel import db
from kernel.actors import SYSTEM
from kernel.clock import utc_now
from kernel.ids import new_id
from merchants.models import Merchant, MerchantKind, Site
from merchants.services import issue_pairing_code
from tests.drive import Phone, answered
from tests.journeys.phones import CardWindow, TillWindow
from tests.journeys.test_stored_page import STORED
from tools.browser import NAMES

pytestmark = pytest.mark.browser

FRAME = (1280, 720)
# When a picture of the camera was first there, and when the answer was; in milliseconds.
WATCH = """
  addEventListener("loadeddata", event => {
    if (event.target.tagName === "VIDEO") window.framed = performance.now();
  }, true);
  new MutationObserver(() => {
    if (window.framed && document.querySelector(".verdict")) window.ticked ??= performance.now();
  }).observe(document, {childList: true, subtree: true});
"""
# What the till does for ears and hands, written down instead of done.
LISTEN = """
  window.felt = [];
  navigator.vibrate = pattern => window.felt.push(pattern.join());
  window.heard = [];
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (...when) {
    window.heard.push(this.frequency.value);
    return start.apply(this, when);
  };
"""


class Camera:
    """The file that Chromium films: opened again whenever a page asks for the camera."""

    def __init__(self, folder):
        self.file = folder / "seen.mjpeg"
        self.show(Image.new("RGB", FRAME, "gray"))

    def show(self, picture):
        """Hold a picture before the camera: as high as the frame, in its middle."""
        width, height = FRAME
        picture = picture.convert("RGB")
        picture = picture.resize((picture.width * height // picture.height, height))
        frame = Image.new("RGB", FRAME, "gray")
        frame.paste(picture, ((width - picture.width) // 2, 0))
        jpeg = io.BytesIO()
        frame.save(jpeg, "JPEG", quality=90)
        unfinished = self.file.with_suffix(".new")
        unfinished.write_bytes(jpeg.getvalue() * 2)
        # A page may be filming: it must never open half a file.
        os.replace(unfinished, self.file)

    def show_screen(self, window):
        window.settle()
        self.show(Image.open(io.BytesIO(window.page.screenshot())))


def qr_of(text):
    return qrcode.make(text, box_size=8).get_image()


@pytest.fixture
def camera(tmp_path):
    return Camera(tmp_path)


@pytest.fixture
def filming(chromium, camera):
    """A browser that sees what `camera` shows."""
    path = next(filter(None, map(shutil.which, NAMES)))
    options = [
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={camera.file}",
    ]
    with chromium.browser_type.launch(executable_path=path, args=options) as browser:
        yield browser


def look_again(window):
    """Leave the page for checking cards and come back: the camera is opened anew."""
    window.go("tab_till")
    expect(window.heading("this_till")).to_be_visible()
    window.go("tab_scan")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_live_code_is_filmed_sold_and_voided(
    chromium, filming, camera, phone_town, person, pairing_code, language, record_property
):
    options = {"language": "zh-CN" if language == "zh" else "en"}
    phone = CardWindow(chromium, phone_town, person, **options)
    with phone, TillWindow(filming, phone_town, **options) as window:
        phone.sign_in()
        page = window.page
        page.add_init_script(WATCH + LISTEN)
        shoot = lambda name: window.shoot(f"till-{name}-{language}")  # noqa: E731

        # The manager's code comes by a link, or filmed; the address never keeps it.
        page.goto(f"/scan/#pair={pairing_code}")
        expect(window.field("pairing_code")).to_have_value(pairing_code)
        assert pairing_code not in page.url
        page.reload()
        expect(window.field("pairing_code")).to_have_value("")
        link = f"{phone_town.base_url}/scan/#pair={pairing_code}"
        camera.show(qr_of(link))
        window.button("pair_film").click()
        expect(window.field("pairing_code")).to_have_value(pairing_code)
        window.field("till_name").fill("Front counter")
        shoot("pair")

        # A payment app first: said at once, sent nowhere, and the camera goes on.
        asked = []
        page.on("request", lambda each: asked.append(each.url) if each.method == "POST" else None)
        camera.show(qr_of("wxp://f2f0abcdefghijkl"))
        window.button("pair").click()
        expect(page.get_by_text(window.say("foreign_payment"))).to_be_visible()
        assert not [url for url in asked if url.endswith("/verifications")]
        assert page.evaluate("felt") == ["400"]
        shoot("payment-code")
        assert window.faults() == []

        camera.show_screen(phone)
        page.evaluate("window.framed = window.ticked = undefined")
        look_again(window)
        expect(window.heading("verdict_yes")).to_be_visible()
        framed, ticked = page.evaluate("[framed, ticked]")
        record_property("frame_to_tick_ms", round(ticked - framed))
        print(f"from camera frame to big tick: {ticked - framed:.0f} ms")
        assert framed < ticked
        assert page.evaluate("felt").count("80") == 1
        assert page.evaluate("heard")[-2:] == [880, 1318.5]
        shoot("verdict")

        # The phone's "back" goes one step back, not out of the page.
        window.choose()
        page.go_back()
        expect(window.heading("offers_title")).to_be_visible()
        shoot("offers")
        page.go_back()
        window.choose()
        page.keyboard.type("86.50")
        expect(window.button("redeem_collect", amount="81.50")).to_be_enabled()
        shoot("amount")
        twice = "button => { button.click(); button.click(); }"
        window.button("redeem_collect", amount="81.50").evaluate(twice)
        expect(window.heading("redeemed")).to_be_visible()
        assert len([url for url in asked if url.endswith("/redemptions")]) == 1
        shoot("receipt")
        page.go_back()
        expect(page.locator(".camera video")).to_be_visible()

        # The same screen is still before the camera: dealt with, it is no second scan.
        assert len([url for url in asked if url.endswith("/verifications")]) == 1
        shoot("scan")
        assert window.faults() == []
        window.go("tab_today")
        expect(window.sales).to_have_count(1)
        window.sales.click()
        window.button("void_whole").click()
        window.button("void_yes").click()
        expect(page.get_by_text(window.say("void_done", amount="81.50"))).to_be_visible()

        # It opens without the service as well, as an app does.
        page.evaluate(STORED)
        page.reload()
        page.context.set_offline(True)
        page.goto("/scan/")
        expect(page.locator(".camera video")).to_be_visible()
        assert phone.complaints + window.complaints == []


def test_a_queue_at_the_door_of_a_course_is_filmed_one_by_one(
    chromium, filming, camera, phone_town, person
):
    phone = Phone(phone_town.base_url, person, sign_in_code=phone_town.demo["sign_in_code"])
    phone.sign_in().enrol()
    course = answered(phone.get("/training/sessions"), 200)["items"][0]
    enrolment = {"id": str(new_id()), "session_id": course["session_id"]}
    answered(phone.post("/training/enrolments", **enrolment), 201)
    with TillWindow(filming, phone_town) as window:
        page = window.page
        page.clock.install()
        window.pair(code_of_a_service_site(course["site"]))
        expect(window.heading("service_title")).to_be_visible()
        assert window.faults() == []
        window.shoot("till-attendance-en")

        camera.show(qr_of(phone.show()))
        page.locator(".mode").first.get_by_role("button", name=window.say("attend_in")).click()
        page.clock.run_for(500)
        expect(page.locator(".verdict.yes")).to_contain_text(person["card_number"][-4:])
        window.shoot("till-attended-en")
        # Nobody taps between two cards.
        page.clock.run_for(3_000)
        expect(page.get_by_text(window.say("attend_counted", count=1))).to_be_visible()
        assert window.faults() == []
        assert window.complaints == []


def code_of_a_service_site(name):
    query = (
        select(Site.id)
        .join(Merchant, Merchant.id == Site.merchant_id)
        .where(Merchant.kind == MerchantKind.SERVICE_SITE, Site.name == name)
    )
    with db.transaction() as session:
        site_id = session.scalars(query).first()
        return issue_pairing_code(session, site_id=site_id, actor=SYSTEM, now=utc_now())
