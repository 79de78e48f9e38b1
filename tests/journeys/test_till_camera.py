"""From the member's screen through a camera to the receipt, and back; and what is no card."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from kernel import db
from kernel.actors import SYSTEM
from kernel.clock import utc_now
from kernel.ids import new_id
from merchants.models import Merchant, MerchantKind, Site
from merchants.services import issue_pairing_code
from tests.browser import Window
from tests.drive import Phone, answered
from tests.journeys.camera import LISTEN, WATCH, Camera, browser_with
from tests.journeys.phones import PHONE, CardWindow, TillWindow
from tests.journeys.test_stored_page import STORED

pytestmark = pytest.mark.browser

FRAME_TO_TICK_MS_MAX = 1_500


@pytest.fixture
def camera(tmp_path):
    return Camera(tmp_path)


@pytest.fixture
def filming(chromium, camera):
    """A browser that sees what `camera` shows."""
    with browser_with(chromium, camera.options()) as browser:
        yield browser


class Counter:
    """A member's phone and a till with a camera, and what the till sends."""

    def __init__(self, phone, till, camera, *, language):
        self.language = language
        self.phone = phone
        self.till = till
        self.camera = camera
        self.posts = []
        till.page.on("request", self._note)
        till.page.add_init_script(WATCH + LISTEN)

    def _note(self, request):
        if request.method == "POST":
            self.posts.append(request.url.rpartition("/")[2])

    def shoot(self, name):
        self.till.shoot(f"till-{name}-{self.language[:2]}")

    def look_again(self):
        """Leave the page for checking cards and come back: the camera is opened anew."""
        self.till.go("tab_till")
        expect(self.till.heading("this_till")).to_be_visible()
        self.till.page.evaluate("window.framed = window.ticked = undefined")
        self.till.go("tab_scan")


@pytest.fixture(params=["en", "zh-CN"])
def counter(request, chromium, filming, camera, phone_town):
    person = phone_town.demo["members"][next(phone_town.next_person)]
    language = request.param
    phone = CardWindow(chromium, phone_town, person, language=language)
    with phone, TillWindow(filming, phone_town, language=language) as till:
        phone.sign_in()
        yield Counter(phone, till, camera, language=language)


def test_a_live_code_is_filmed_sold_and_voided(chromium, phone_town, counter, pairing_code):
    pair_by_camera(counter, pairing_code, phone_town.base_url)
    counter.shoot("pair")
    film_a_payment_code(counter)
    counter.shoot("payment-code")
    film_the_card(counter)
    counter.shoot("verdict")
    go_back_and_change_the_amount(counter)
    counter.shoot("amount")
    redeem_with_a_double_tap(counter)
    counter.shoot("receipt")
    check_the_receipt(counter, chromium, phone_town.base_url)
    leave_the_card_before_the_camera(counter)
    void_the_sale(counter.till)
    counter.shoot("voided")
    film_a_card_without_the_service(counter)
    counter.shoot("offline-verdict")
    assert counter.phone.complaints + counter.till.complaints == []


def pair_by_camera(counter, pairing_code, base_url):
    """The manager's code comes by a link, or filmed; the address never keeps it."""
    till, page = counter.till, counter.till.page
    page.goto(f"/scan/#pair={pairing_code}")
    expect(till.field("pairing_code")).to_have_value(pairing_code)
    assert pairing_code not in page.url
    page.reload()
    expect(till.field("pairing_code")).to_have_value("")
    counter.camera.show_code(f"{base_url}/scan/#pair={pairing_code}")
    till.button("pair_film").click()
    expect(till.field("pairing_code")).to_have_value(pairing_code)
    till.field("till_name").fill("Front counter")


def film_a_payment_code(counter):
    """It is said at once, nothing is sent, and the camera goes on."""
    till = counter.till
    counter.camera.show_code("wxp://f2f0abcdefghijkl")
    till.button("pair").click()
    expect(
        till.page.get_by_text(till.say("foreign_payment", app=till.say("pay_app_wechat")))
    ).to_be_visible()
    assert "verifications" not in counter.posts
    assert till.page.evaluate("felt") == ["400"]
    assert till.faults() == []


def film_the_card(counter):
    till = counter.till
    counter.camera.show_screen(counter.phone)
    counter.look_again()
    expect(till.heading("verdict_yes")).to_be_visible()
    framed, ticked = till.page.evaluate("[framed, ticked]")
    assert 0 < ticked - framed <= FRAME_TO_TICK_MS_MAX
    # One short buzz and two rising tones, once the answer is painted: yes, without looking.
    till.page.wait_for_function("felt.includes('80')")
    assert till.page.evaluate("felt").count("80") == 1
    assert till.page.evaluate("heard")[-2:] == [880, 1318.5]


def go_back_and_change_the_amount(counter):
    """The phone's "back" goes one step back, not out of the page; a new bill gets a new split."""
    till, page = counter.till, counter.till.page
    till.choose()
    page.go_back()
    expect(till.heading("offers_title")).to_be_visible()
    page.go_back()
    till.choose()
    page.keyboard.type("86.50")
    expect(till.button("redeem_collect", amount="81.50")).to_be_enabled()
    # The split that was shown is of another bill now: it cannot be redeemed.
    page.keyboard.press("Backspace")
    page.keyboard.press("Backspace")
    page.keyboard.type("7")
    expect(till.button("redeem_collect", amount="81.70")).to_be_enabled()


def redeem_with_a_double_tap(counter):
    till = counter.till
    twice = "button => { button.click(); button.click(); }"
    till.button("redeem_collect", amount="81.70").evaluate(twice)
    expect(till.heading("redeemed")).to_be_visible()
    assert counter.posts.count("redemptions") == 1


def check_the_receipt(counter, chromium, base_url):
    """The code on the till's screen leads anybody to the receipt, which names nobody."""
    till, person = counter.till, counter.phone.person
    number = till.page.locator("dd.code").inner_text()
    till.page.get_by_text(till.say("receipt_show"), exact=True).click()
    till.page.get_by_role("img", name=till.say("receipt_show")).scroll_into_view_if_needed()
    till.settle()
    (seen,) = till.seen()
    assert seen.text.startswith(f"{base_url}/r/")
    with Window(chromium, base_url, size=PHONE) as anybody:
        anybody.page.goto(seen.text)
        expect(anybody.page.get_by_text(number)).to_be_visible()
        expect(anybody.page.get_by_text("¥81.70")).to_be_visible()
        expect(anybody.page.get_by_text(person["name"])).to_have_count(0)
        anybody.shoot("till-receipt-checked")
        assert anybody.faults() == []


def leave_the_card_before_the_camera(counter):
    """What was dealt with and is still there is no second scan."""
    till = counter.till
    till.page.go_back()
    expect(till.page.locator(".camera video")).to_be_visible()
    assert till.faults() == []
    assert counter.posts.count("verifications") == 1


def void_the_sale(till):
    till.go("tab_today")
    expect(till.sales).to_have_count(1)
    till.sales.click()
    till.button("void_whole").click()
    till.button("void_yes").click()
    expect(till.page.get_by_text(till.say("void_done", amount="81.70"))).to_be_visible()


def film_a_card_without_the_service(counter):
    """The page opens as an app does, and the first thing that it sees is a card."""
    till, page = counter.till, counter.till.page
    page.evaluate(STORED)
    counter.camera.show_nothing()
    till.ready_to_sell_alone()
    page.reload()
    page.context.set_offline(True)
    counter.phone.film(fresh=True)
    counter.camera.show_screen(counter.phone)
    page.goto("/scan/")
    expect(page.locator(".verdict.yes")).to_contain_text(till.say("offline_verdict_yes"))


def test_a_queue_at_the_door_of_a_course_is_filmed_one_by_one(filming, camera, phone_town, person):
    phone, course = enrolled(phone_town, person)
    with TillWindow(filming, phone_town) as till:
        # Its clock is an hour ahead: the service's counts.
        till.page.clock.install(time=utc_now() + timedelta(hours=1))
        till.page.goto("/scan/")
        till.pair(code_of_a_service_site(course["site"]))
        expect(till.heading("service_title")).to_be_visible()
        assert till.faults() == []
        till.shoot("till-attendance")
        count_a_visitor(till)
        till.shoot("till-visits")

        attend(till, camera, phone, "attend_in")
        till.shoot("till-attended")
        # Nobody taps between two cards.
        till.page.clock.run_for(3_000)
        expect(till.page.get_by_text(till.say("attend_counted", count=1))).to_be_visible()
        assert till.faults() == []
        # A card that stays in the picture is read again as soon as the till looks.
        camera.show_nothing()
        till.check("US1:NOT-A-CODE")
        expect(till.heading("attend_refused")).to_be_visible()
        till.shoot("till-attend-refused")
        till.button("next_card").click()
        till.button("attend_change").click()
        attend(till, camera, phone, "attend_out")
        assert till.complaints == []


def count_a_visitor(till):
    """By what they do, without a name; one tap too many is taken back."""
    courier = till.page.get_by_role("button", name="Courier")
    before = int(courier.locator(".number").inner_text())
    for tapped in (1, 2):
        courier.click()
        expect(courier.locator(".number")).to_have_text(str(before + tapped))
    till.button("visits_take_back").click()
    expect(courier.locator(".number")).to_have_text(str(before + 1))


def attend(till, camera, phone, direction):
    camera.show_code(phone.show_new())
    till.page.locator(".mode").first.get_by_role("button", name=till.say(direction)).click()
    verdict = till.page.locator(".verdict.yes")
    expect(verdict).to_contain_text(till.say(direction))
    expect(verdict).to_contain_text(phone.person["card_number"][-4:])


def enrolled(town, person):
    """Return a member's phone and the course that they are in, all day at a service site."""
    phone = Phone(town.base_url, person, sign_in_code=town.demo["sign_in_code"])
    phone.sign_in().enrol()
    course = answered(phone.get("/training/sessions"), 200)["items"][0]
    enrolment = {"id": str(new_id()), "session_id": course["session_id"]}
    answered(phone.post("/training/enrolments", **enrolment), 201)
    return phone, course


def code_of_a_service_site(name):
    query = (
        select(Site.id)
        .join(Merchant, Merchant.id == Site.merchant_id)
        .where(Merchant.kind == MerchantKind.SERVICE_SITE, Site.name == name)
    )
    with db.transaction() as session:
        site_id = session.scalars(query).first()
        return issue_pairing_code(session, site_id=site_id, actor=SYSTEM, now=utc_now())
