"""Mutual aid and training on the member's phone: a claim from its simulation on; seats."""

import io
import random
from datetime import timedelta
from uuid import UUID

import pytest
from icalendar import Calendar
from PIL import Image
from playwright.sync_api import expect
from sqlalchemy import select

from aid.models import AidDocument
from cards.models import Card
from kernel import db
from kernel.actors import SYSTEM
from kernel.clock import shanghai_date, utc_now
from kernel.ids import new_id
from members.models import Member
from merchants.models import Site
from merchants.services import issue_pairing_code
from tests.desk import Desk
from tests.drive import Till, answered
from tests.journeys.phones import CardWindow
from tests.journeys.test_phone_screens import LOOKS, Gallery
from tests.make.maker import Maker
from training.models import CourseSession
from training.queries import sessions_to_enrol_in
from training.services import enrol

pytestmark = pytest.mark.browser

SCHEME = "Guangdong inpatient mutual aid for workers in service"
KINDS = ("settlement_sheet", "invoice", "discharge_summary")
CLASSROOM = "培训教室"
# Long enough for what a phone does by itself after the last keystroke.
SIMULATED = {"timeout": 8_000}
TWICE = "button => { button.click(); button.click(); }"


class MemberWindow(CardWindow):
    """A member's phone at mutual aid or training."""

    def open(self, place):
        self.page.evaluate("place => { location.hash = place; }", place)

    def chip(self, key):
        return self.page.locator(".chip", has_text=self.say(key))

    def begin_claim(self, invoice):
        """Fill a new claim in up to its amounts: 1,920.00 yuan."""
        page = self.page
        self.open("aid/new")
        page.locator('input[value="GD_INPT_2022"]').check()
        page.locator('input[value="illness"]').check()
        happened = shanghai_date(utc_now()) - timedelta(days=5)
        self.field("aid_event_date").fill(happened.isoformat())
        self.field("aid_invoice_no").fill(invoice)
        self.field("aid_hospital").fill("演示医院")
        self.field("aid_admission_no").fill(f"ZY-{invoice}")
        self.field("aid_pool_paid").fill("12000")
        self.field("aid_self_paid").fill("3000.00")
        self.field("aid_days").fill("8")

    def agree(self):
        """Agree to the first consent on the page that is asked for."""
        self.button("aid_agree").first.click()

    def photograph(self, kind, content, name="paper.jpg"):
        files = {"name": name, "mimeType": "image/jpeg", "buffer": content}
        self.page.locator(f"#photo-{kind}").set_input_files(files)

    def give_account(self):
        self.field("aid_account_number").fill("6222 0200 0000 0000 000")
        self.field("aid_bank").fill("演示银行")
        self.button("aid_account_save").click()
        expect(self.page.get_by_text("演示银行")).to_be_visible()


def photo(side=200):
    """Return a JPEG of noise: its bytes grow with its area, and no two are the same."""
    picture = Image.frombytes("RGB", (side, side), random.randbytes(3 * side * side))
    content = io.BytesIO()
    picture.save(content, "JPEG", quality=90)
    return content.getvalue()


def test_a_claim_is_simulated_survives_a_closed_tab_and_is_handed_in_once(
    chromium, phone_town, person
):
    invoice = f"INV-{new_id()}"
    with MemberWindow(chromium, phone_town, person) as window:
        page = window.sign_in().page
        window.open("aid")
        expect(window.heading("aid_title")).to_be_focused()
        expect(page.get_by_text(window.say("aid_none"))).to_be_visible()
        window.begin_claim(invoice)
        expect(page.locator(".trail-sum")).to_contain_text("¥1,920.00", **SIMULATED)
        page.get_by_text(window.say("aid_article", article="5")).first.click()
        expect(page.get_by_text("eighty per cent").first).to_be_visible()

        # No paper before the consent; a photo that did not arrive is sent again.
        expect(page.locator("#photo-invoice")).to_have_count(0)
        window.agree()
        large = photo(1600)
        assert len(large) > 1024 * 1024
        page.route("**/aid/documents", lambda route: route.abort())
        window.photograph("invoice", large)
        expect(window.button("aid_paper_again")).to_be_visible()
        expect(window.button("aid_hand_in")).to_be_disabled()
        page.unroute("**/aid/documents")
        window.button("aid_paper_again").click()
        expect(there(window)).to_have_count(1)
        window.photograph("settlement_sheet", photo())
        expect(there(window)).to_have_count(2)

        page.reload()
        expect(window.field("aid_invoice_no")).to_have_value(invoice)
        expect(there(window)).to_have_count(2)
        window.agree()
        window.give_account()
        window.field("aid_pool_paid").fill("12,5")
        expect(page.get_by_text(window.say("aid_amount_wrong"))).to_be_visible()
        window.field("aid_pool_paid").fill("12000")
        expect(page.locator(".trail-sum")).to_contain_text("¥1,920.00", **SIMULATED)
        posts = []
        page.on("request", lambda each: posts.append(each.url) if each.method == "POST" else None)
        # Both taps before the page can draw anything.
        window.button("aid_hand_in").evaluate(TWICE)
        expect(page.get_by_text(window.say("aid_done_submitted"))).to_be_visible()
        assert [url.rpartition("/")[2] for url in posts] == ["claims"]
        sizes = papers_of(page.url.rpartition("/")[2])
        assert set(sizes) == {"invoice", "settlement_sheet"}
        assert sizes["invoice"] < len(large)
        assert window.complaints == []


def test_a_returned_claim_is_supplied_and_an_invoice_counts_once(chromium, phone_town, person):
    invoice = f"INV-{new_id()}"
    claim_id = claim_of(person, invoice)
    with MemberWindow(chromium, phone_town, person) as window:
        page = window.sign_in().page
        send_back(phone_town, claim_id)
        window.open("aid")
        page.get_by_role("link", name=window.say("aid_returned")).click()
        expect(page.get_by_text("The summary is missing.").first).to_be_visible()
        expect(page.get_by_text(window.say("aid_paper_asked"))).to_have_count(1)
        window.photograph("discharge_summary", photo())
        expect(page.get_by_text(window.say("aid_paper_asked"))).to_have_count(0)
        window.button("aid_again_send").click()
        expect(page.get_by_text(window.say("aid_done_resubmitted"))).to_be_visible()
        expect(page.get_by_text(window.say("aid_paper_count", count=1))).to_have_count(1)
        assert set(papers_of(claim_id)) == {"discharge_summary"}

        window.begin_claim(invoice)
        expect(page.locator(".trail-sum")).to_be_visible(**SIMULATED)
        window.button("aid_hand_in").click()
        expect(page.locator('[id="lines.0.invoice_no-error"]')).to_contain_text("counts once")
        expect(page.get_by_text(window.say("aid_next_used"))).to_be_visible()

        window.open(f"aid/{claim_id}")
        window.button("aid_withdraw").click()
        window.button("aid_withdraw_yes").click()
        expect(page.get_by_text(window.say("aid_done_withdrawn"))).to_be_visible()
        assert window.complaints == []


def there(window):
    return window.chip("aid_paper_there")


def papers_of(claim_id):
    """Return the sizes of a claim's papers by kind."""
    query = select(AidDocument).where(AidDocument.claim_id == UUID(str(claim_id)))
    with db.transaction() as session:
        return {paper.kind: paper.size_bytes for paper in session.scalars(query)}


def claim_of(person, invoice):
    """Hand a claim without papers in for a member of the demo; return its id."""
    with db.transaction() as session:
        maker = Maker(session)
        query = select(Member).join(Card).where(Card.number == person["card_number"])
        member = session.scalars(query).one()
        for purpose in ("aid_health_data", "payout_account"):
            maker.consent(member, purpose=purpose)
        now = utc_now()
        claim = maker.aid_claim(
            member,
            now=now,
            papers=False,
            event_date=shanghai_date(now) - timedelta(days=5),
            lines=[maker.aid_line(invoice_no=invoice, admission_no=invoice)],
        )
        return str(claim.id)


def send_back(town, claim_id):
    """Have the assessor ask for the discharge summary, at the desk."""
    assessor = next(each for each in town.demo["staff"] if each["username"] == "assessor")
    desk = Desk(town.base_url, assessor).sign_in()
    desk.send_current(
        f"/desk/aid/{claim_id}/return",
        page=f"/desk/aid/{claim_id}",
        papers="discharge_summary",
        note="The summary is missing.",
    )


def test_a_draft_and_the_lists_stay_without_a_network_and_go_with_the_member(
    chromium, phone_town, person
):
    with MemberWindow(chromium, phone_town, person) as window:
        page = window.sign_in().page
        window.open("training")
        expect(page.get_by_role("heading", level=3).first).to_be_visible()
        window.begin_claim("INV-OFFLINE")
        expect(page.locator(".trail-sum")).to_be_visible(**SIMULATED)
        page.route("**/api/v1/**", lambda route: route.abort())
        window.field("aid_days").fill("9")
        expect(page.get_by_text(window.say("aid_needs_connection"))).to_be_visible(**SIMULATED)
        window.open("training")
        expect(page.get_by_role("heading", level=3).first).to_be_visible()
        expect(page.get_by_role("alert")).to_contain_text("This is what was heard at")
        page.unroute("**/api/v1/**")

        kept = page.evaluate(KEPT_NAMES)
        assert {"aid-drafts", "training-sessions", "training-mine"} <= set(kept)
        window.open("me")
        window.button("sign_out").click()
        expect(window.heading("sign_in")).to_be_visible()
        names = page.evaluate(KEPT_NAMES)
        assert [name for name in names if name.startswith(("aid-", "training-"))] == []


KEPT_NAMES = """
() => new Promise((resolve) => {
  const request = indexedDB.open("union-card");
  request.onsuccess = () => {
    const names = request.result.transaction("kept").objectStore("kept").getAllKeys();
    names.onsuccess = () => { request.result.close(); resolve(names.result); };
  };
})
"""


def test_a_seat_a_place_in_the_queue_the_calendar_and_attendance(chromium, phone_town, person):
    with MemberWindow(chromium, phone_town, person) as window:
        page = window.sign_in().page
        today, later = training_sessions()
        fill(phone_town, later)
        window.open("training")
        cards = page.locator("ul.plain-list > li.group")
        full = cards.filter(has_text=window.say("training_full", waiting=0))
        full.get_by_role("button", name=window.say("training_queue")).click()
        expect(page.get_by_text(window.say("training_place", place=1)).first).to_be_visible()
        waiting = cards.filter(has=window.chip("training_waiting"))
        expect(waiting).to_contain_text(window.say("training_queue_why", seats=3))

        with page.expect_download() as saved:
            waiting.get_by_role("button", name=window.say("training_calendar")).click()
        events = Calendar.from_ical(saved.value.path().read_bytes()).walk("VEVENT")
        assert len(events) == 3
        assert {each["STATUS"] for each in events} == {"TENTATIVE"}

        waiting.get_by_role("button", name=window.say("training_withdraw")).click()
        window.button("training_withdraw_yes").click()
        expect(window.chip("training_withdrawn")).to_be_visible()

        window.button("training_enrol").evaluate(TWICE)
        expect(page.get_by_text(window.say("training_has_seat"))).to_be_visible()
        window.open("card")
        expect(window.code).to_be_visible()
        attend(phone_town, today, window.film(fresh=True))
        window.open("training")
        expect(page.get_by_text("Scanned in at")).to_be_visible()
        assert window.complaints == []


def training_sessions():
    """Return the ids of the demo's two sessions: the one of today, the one of next week."""
    with db.transaction() as session:
        lines = sessions_to_enrol_in(session, now=utc_now())
        return [line.session.id for line in sorted(lines, key=lambda line: line.session.starts_at)]


def fill(town, session_id):
    """Give the seats that are left to members of the end of the list."""
    with db.transaction() as session:
        numbers = [each["card_number"] for each in town.demo["members"][-3:]]
        held = session.get_one(CourseSession, session_id)
        for member_id in session.scalars(select(Card.member_id).where(Card.number.in_(numbers))):
            enrol(
                session,
                member_id=member_id,
                enrolment_id=new_id(),
                session_id=held.id,
                now=utc_now(),
            )


def attend(town, session_id, code):
    """Scan a member in at the classroom."""
    with db.transaction() as session:
        site_id = session.scalars(select(Site.id).where(Site.name == CLASSROOM)).one()
        pairing = issue_pairing_code(session, site_id=site_id, actor=SYSTEM, now=utc_now())
    till = Till(town.base_url).pair(pairing)
    scan = till.post(
        "/attendances",
        id=str(new_id()),
        presentation=code,
        session_id=str(session_id),
        direction="in",
        occurred_at=utc_now().isoformat(),
    )
    answered(scan, 201)


@pytest.mark.parametrize("look", LOOKS)
def test_mutual_aid_and_training_are_fit_for_everybody(chromium, phone_town, person, look):
    with MemberWindow(chromium, phone_town, person, **LOOKS[look]) as window:
        page = window.sign_in().page
        gallery = Gallery(window, f"member-{look}")
        window.open("training")
        expect(page.get_by_role("heading", level=3).first).to_be_visible()
        gallery.look("training")
        window.button("training_enrol").first.click()
        expect(page.get_by_text(window.say("training_has_seat"))).to_be_visible()
        gallery.look("training-mine")
        page.get_by_role("button", name=window.say("training_withdraw")).first.click()
        gallery.look("training-question")
        window.button("leave_as_it_is").click()
        window.open("aid")
        expect(page.get_by_role("heading", level=3).first).to_be_visible()
        gallery.look("aid")
        window.open("aid/new")
        expect(page.get_by_role("radio").first).to_be_visible()
        gallery.look("aid-new")
        window.begin_claim(f"INV-{look}")
        expect(page.locator(".trail-sum")).to_be_visible(**SIMULATED)
        window.agree()
        window.photograph("invoice", photo())
        expect(there(window)).to_have_count(1)
        window.field("aid_days").fill("x")
        expect(page.get_by_text(window.say("aid_days_wrong"))).to_be_visible()
        gallery.look("aid-form")
        window.field("aid_days").fill("8")
        window.agree()
        window.give_account()
        window.button("aid_hand_in").click()
        expect(page.get_by_text(window.say("aid_done_submitted"))).to_be_visible()
        gallery.look("aid-claim")
        window.open("aid")
        expect(page.locator(".list-card")).to_be_visible()
        gallery.look("aid-list")

        assert gallery.faults == {}
        assert window.complaints == []
