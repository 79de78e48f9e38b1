"""The code that a phone makes by itself: fresh, offline, with a wrong clock, after its key went."""

import io
import secrets
import shutil
from datetime import timedelta
from uuid import UUID

import pytest
import qrcode
from PIL import Image
from playwright.sync_api import expect
from sqlalchemy import select, update

from benefits.models import OfferVersion
from cards.models import Card, CredentialState, Device
from cards.services import current_trust, report_lost_at_desk, retire_device
from cards.services.status import end_credentials
from cards.uc1.answers import Verified
from cards.uc1.challenge import challenge_text
from cards.uc1.status import StatusCheck
from cards.uc1.verify import verify_text
from kernel import db
from kernel.actors import SYSTEM
from kernel.clock import unix, utc_now
from tests.drive import Till
from tests.journeys.phones import CardWindow, TillWindow
from tools.browser import NAMES

pytestmark = pytest.mark.browser

# A phone whose own clock is wrong by this many milliseconds.
WRONG_CLOCK = """
(() => {
  const Right = Date;
  globalThis.Date = class extends Right {
    constructor(...parts) {
      if (parts.length === 0) super(Right.now() + %(ahead)s);
      else super(...parts);
    }
    static now() { return Right.now() + %(ahead)s; }
  };
})();
"""
HOUR_MS = 3_600_000
OPENINGS_MAX = 40

FORGET = """
(keys) => new Promise((resolve, reject) => {
  const opening = indexedDB.open("union-card", 1);
  opening.onsuccess = () => {
    const work = opening.result.transaction("kept", "readwrite");
    for (const key of keys) work.objectStore("kept").delete(key);
    work.oncomplete = () => { opening.result.close(); resolve(); };
    work.onabort = reject;
  };
})
"""


def judged(text, *, later=0):
    """Return what a code proves to an independent verifier, so many seconds from now."""
    now = utc_now() + timedelta(seconds=later)
    with db.transaction() as session:
        trust = current_trust(session, now=now)
    return verify_text(text, now=unix(now), trust=trust, statuses=StatusCheck.CALLER)


def phones_of(person):
    """Return the card and the live phones of a person."""
    with db.transaction() as session:
        card = session.scalars(select(Card).where(Card.number == person["card_number"])).one()
        query = select(Device).where(Device.card_id == card.id, Device.retired_at.is_(None))
        return card, list(session.scalars(query))


def go_dark(window):
    """Let the page be loaded and nothing of the service be reached, as by its kept copy."""
    window.context.route("**/api/**", lambda route: route.abort())


def test_a_code_is_the_phones_own_lives_half_a_minute_and_needs_no_service(
    chromium, phone_town, person, pairing_code
):
    till = Till(phone_town.base_url).pair(pairing_code)
    with CardWindow(chromium, phone_town, person) as window:
        page = window.sign_in().page
        first = window.film()
        assert first.startswith("UC1:")
        seen = judged(first)
        assert isinstance(seen, Verified)
        assert judged(first, later=seen.iat + 31 - unix(utc_now())).code == "stale"

        page.context.set_offline(True)
        second = window.film(fresh=True)
        expect(page.get_by_text(window.say("live_still_works"))).to_be_visible()
        assert isinstance(judged(second), Verified)
        page.context.set_offline(False)

        go_dark(window)
        page.reload()
        expect(page.get_by_role("heading", name=person["name"])).to_be_visible()
        expect(page.get_by_text(window.say("live_still_works"))).to_be_visible()
        third = window.film()
        assert third not in (first, second)
        assert till.verify(third)["assurance"] == "possession"

        # In a basement the phone cannot learn of it; the till above ground can.
        lose(person)
        assert till.verify(window.film(fresh=True))["reason"] == "lost"
        assert window.complaints == []


def lose(person):
    card, _ = phones_of(person)
    with db.transaction() as session:
        report_lost_at_desk(
            session, card_id=card.id, reason="Said so by phone", actor=SYSTEM, now=utc_now()
        )


@pytest.mark.parametrize("hours", [5, -5])
def test_a_phone_whose_clock_is_wrong_shows_the_services_time(chromium, phone_town, person, hours):
    with CardWindow(chromium, phone_town, person) as window:
        page = window.page
        page.add_init_script(WRONG_CLOCK % {"ahead": hours * HOUR_MS})
        page.reload()
        assert page.evaluate("Math.round((Date.now() - performance.timeOrigin) / 36e5)") == hours
        window.sign_in()
        assert isinstance(judged(window.film()), Verified)

        go_dark(window)
        page.reload()
        expect(page.get_by_text("The time could not be checked since")).to_be_visible()
        assert isinstance(judged(window.film()), Verified)


def test_a_key_that_went_is_put_back_with_one_tap_and_takes_no_second_place(
    chromium, phone_town, person
):
    with CardWindow(chromium, phone_town, person) as window:
        page = window.sign_in().page
        window.film()
        page.evaluate(FORGET, ["device-key"])
        page.reload()
        expect(page.get_by_text(window.say("live_lost"))).to_be_visible()
        expect(window.code).to_be_visible()
        assert window.film().startswith("US1:")

        window.button("live_again").click()
        expect(page.get_by_text(window.say("live_works_offline"))).to_be_visible()
        assert isinstance(judged(window.film()), Verified)
        card, phones = phones_of(person)
        assert len(phones) == 1

        with db.transaction() as session:
            retire_device(session, member_id=card.member_id, device_id=phones[0].id, now=utc_now())
        window.button("new_code").click()
        expect(page.get_by_text(window.say("live_removed"))).to_be_visible()
        assert phones_of(person)[1] == []


def test_a_credential_that_ended_is_renewed_in_the_background(
    chromium, phone_town, person, pairing_code
):
    till = Till(phone_town.base_url).pair(pairing_code)
    with CardWindow(chromium, phone_town, person) as window:
        page = window.page
        window.ask_for_code()
        for _ in range(3):
            window.give_code(window.wrong_code)
            expect(page.get_by_role("alert")).to_contain_text("wrong or has expired")
        window.give_code()
        window.give_name()
        expect(window.code).to_be_visible()
        before = judged(window.film())

        card, _ = phones_of(person)
        with db.transaction() as session:
            ended = end_credentials(
                session, card_id=card.id, state=CredentialState.INVALID, now=utc_now()
            )
        assert ended == 1
        with page.expect_response("**/credential"):
            window.button("new_code").click()
        after = judged(window.film(fresh=True))
        assert after.cti != before.cti
        assert till.verify(window.film(fresh=True))["accepted"]

        window.button("live_large_dots").click()
        expect(window.button("live_large_dots")).to_have_attribute("aria-pressed", "true")
        small = window.film()
        assert small.startswith("UR1:")
        assert till.verify(small)["assurance"] == "possession"


def test_a_phone_heals_by_itself_when_its_issuers_key_is_dropped(chromium, phone_town, person):
    with CardWindow(chromium, phone_town, person) as window:
        window.sign_in()
        leaked = judged(window.film())
        phone_town.service.flask("cards", "keys", "retire", leaked.kid.hex(), "--compromised")

        # The service goes on with the keys it has read for a few seconds.
        for _ in range(OPENINGS_MAX):
            with window.page.expect_response("**/trust-list"):
                window.page.reload()
            expect(window.code).to_be_visible()
            healed = judged(window.film())
            if isinstance(healed, Verified) and healed.kid != leaked.kid:
                break
        assert isinstance(healed, Verified)
        assert (healed.kid != leaked.kid, healed.cti != leaked.cti) == (True, True)
        assert window.complaints == []


def test_two_windows_put_the_card_on_one_phone(chromium, phone_town, person):
    with CardWindow(chromium, phone_town, person) as window:
        window.sign_in()
        window.page.evaluate(FORGET, ["device", "device-key"])
        enrolments = []
        window.context.on(
            "request", lambda each: enrolments.append(each.url.endswith("/cards/me/devices"))
        )
        other = window.context.new_page()
        for page in (window.page, other):
            page.goto("about:blank")
        for page in (window.page, other):
            page.goto("/card/", wait_until="commit")
        for page in (window.page, other):
            expect(page.get_by_text(window.say("live_works_offline"))).to_be_visible()
        assert sum(enrolments) == 1


def test_a_till_that_asks_gets_an_answer_made_for_it(chromium, phone_town, person, pairing_code):
    phone = CardWindow(chromium, phone_town, person)
    with phone, TillWindow(chromium, phone_town) as window:
        phone.sign_in()
        window.pair(pairing_code)
        needs_challenge(phone_town, needed=True)
        try:
            window.check(phone.film())
            window.button("to_offers").click()
            window.button("question_ask").click()
            expect(window.field("presentation")).to_be_focused()
            (asked,) = window.seen()
            assert asked.text.startswith("UM1:")

            phone.page.get_by_role("link", name=phone.say("live_question")).click()
            phone.field("live_question_text").fill("UC1:NOT A QUESTION")
            phone.button("live_question_answer").click()
            expect(phone.page.get_by_text(phone.say("live_question_wrong"))).to_be_visible()
            phone.field("live_question_text").fill(asked.text)
            phone.button("live_question_answer").click()
            expect(phone.code).to_be_visible()

            window.field("presentation").fill(phone.film())
            window.field("presentation").press("Enter")
            window.choose()
        finally:
            needs_challenge(phone_town, needed=False)
        assert phone.complaints + window.complaints == []


def needs_challenge(town, *, needed):
    """Have the limited offer accept nothing but answers to the till's own question."""
    with db.transaction() as session:
        session.execute(
            update(OfferVersion)
            .where(OfferVersion.offer_id == UUID(town.limited_offer))
            .values(needs_challenge=needed)
        )


def test_the_camera_reads_a_tills_question(chromium, phone_town, person, tmp_path):
    question = challenge_text(audience="TESTTILL", nonce=secrets.token_bytes(8))
    film = tmp_path / "question.mjpeg"
    film.write_bytes(frame_of(question) * 3)
    path = next(filter(None, map(shutil.which, NAMES)))
    camera = [
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={film}",
    ]
    with (
        chromium.browser_type.launch(executable_path=path, args=camera) as browser,
        CardWindow(browser, phone_town, person) as window,
    ):
        page = window.sign_in().page
        page.get_by_role("link", name=window.say("live_question")).click()

        expect(window.heading("live_answer_for", till="TESTTILL")).to_be_visible()
        assert judged(window.film()).code == "wrong_audience"
        assert window.complaints == []


def frame_of(text):
    """Return one frame of a film in which a code is held before the camera."""
    frame = Image.new("RGB", (640, 480), "white")
    frame.paste(qrcode.make(text, box_size=8).get_image().convert("RGB"), (180, 100))
    jpeg = io.BytesIO()
    frame.save(jpeg, "JPEG", quality=90)
    return jpeg.getvalue()
