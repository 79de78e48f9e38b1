"""One member's whole way through the real service: gunicorn, the background worker, the desk."""

import json
import re
from datetime import timedelta

import pytest

from kernel.clock import SHANGHAI, shanghai_date, utc_now
from kernel.ids import new_id
from tests.desk import Desk
from tests.drive import Phone, answered
from tests.make.aid import INPATIENT, PAPER_KINDS, pdf
from tests.people import resident_number, roster, roster_line

UNION = "SZ-LG"
DOCUMENT = resident_number("19900307", 862)
PERSON = {"name": "欧阳远航", "phone": "15400009862", "document_tail": DOCUMENT[-4:]}
AID_CONSENTS = ("aid_health_data", "payout_account")
COURSE = "随车急救培训(演示)"
SUBSIDY_FEN = 300_00


class Journey:
    """The people and tills of the town, each signed in where they work."""

    def __init__(self, town):
        self.town = town
        self.now = utc_now()
        self.staff = {person["username"]: person for person in town.demo["staff"]}
        self.desks = {}
        self.phone = Phone(town.base_url, PERSON, sign_in_code=town.demo["sign_in_code"])

    def desk(self, username):
        """Return the desk where somebody is signed in: a one-time code is good for one sign-in."""
        if username not in self.desks:
            person = self.staff[username]
            self.desks[username] = Desk(self.town.base_url, person).sign_in()
        return self.desks[username]

    def work(self):
        """Let the background worker do what is waiting."""
        self.town.service.flask("worker", "--until-idle")

    def import_roster(self):
        officer = self.desk("register")
        line = roster_line(
            name=PERSON["name"], document=DOCUMENT, phone=PERSON["phone"], union=UNION
        )
        page = officer.send(
            "/desk/register/imports",
            files={"file": ("roster.csv", roster(line), "text/csv")},
        )
        self.work()
        preview = figures(officer.open(page))
        officer.send(f"{page}/commit", page=page)
        self.work()
        return preview, figures(officer.open(page))

    def issue_card(self):
        officer = self.desk("register")
        page = officer.send("/desk/cards/batches", union_code=UNION)
        self.work()
        return json.loads(officer.open(f"{page}/progress"))

    def buy(self):
        """Show the card at a merchant's till and have an offer redeemed."""
        till = self.town.till()
        seen = till.verify(self.phone.show())
        assert (seen["accepted"], seen["assurance"]) == (True, "possession"), seen
        sale = till.redeem(self.town.limited_offer, 2_599, verification_id=seen["verification_id"])
        return answered(sale, 201)

    def claim(self):
        """Hand in a stay in hospital with its papers."""
        begins = shanghai_date(self.now) - timedelta(days=100)
        flask = self.town.service.flask
        flask("aid", "load-schemes")
        flask("aid", "enrol", INPATIENT, UNION, "--from", begins.isoformat())
        texts = answered(self.phone.get("/members/me/consents"), 200)["items"]
        agreed = [
            {"purpose": text["purpose"], "version": text["version"]}
            for text in texts
            if text["purpose"] in AID_CONSENTS
        ]
        answered(self.phone.post("/members/me/consents", consents=agreed), 200)
        papers = [self.hand_in(kind) for kind in PAPER_KINDS[INPATIENT]]
        return answered(
            self.phone.post(
                "/aid/claims",
                id=str(new_id()),
                scheme=INPATIENT,
                event_type="illness",
                event_date=(shanghai_date(self.now) - timedelta(days=5)).isoformat(),
                lines=[
                    {
                        "invoice_no": "86200001",
                        "hospital": "演示医院",
                        "admission_no": "ZY86200001",
                        "pool_paid_fen": 12_000_00,
                        "self_paid_fen": 3_000_00,
                        "days": 8,
                    }
                ],
                documents=papers,
            ),
            201,
        )

    def hand_in(self, kind):
        answer = self.phone.http.post(
            f"{self.phone.base_url}/api/v1/aid/documents",
            data={"kind": kind},
            files={"file": (f"{kind}.pdf", pdf(kind), "application/pdf")},
            timeout=30,
        )
        return answered(answer, 201)["id"]

    def decide(self, username, claim_id, verb, **fields):
        """Send one of a claim's forms at somebody's desk; return the answer."""
        page = f"/desk/aid/{claim_id}"
        desk = self.desk(username)
        version = re.search(r'name="version" value="(\d+)"', desk.open(page))
        return desk.try_to_send(
            f"{page}/{verb}", page=page, version=version[1] if version else 2, **fields
        ).status_code

    def plan_course(self):
        """Begin a course at the desk and open a session that meets now, at a service site."""
        self.officer = self.desk("training")
        course_page = self.officer.send(
            "/desk/training/courses",
            page="/desk/training/courses/new",
            category="post_skill",
            organiser="深圳市总工会(演示)",
            payer="union",
            title_zh=COURSE,
            title_en="First aid on the road (demo)",
            union_code="SZ",
            programme_id=self.officer.choice("/desk/training/courses/new", "Skills"),
            subsidy_fen="300.00",
            attendance_basis="meetings",
            attendance_rate_bp="80",
            scan_margin_minutes="30",
        )
        place = next(each for each in self.town.demo["terminals"] if each["kind"] == "service_site")
        form = f"{course_page}/sessions/new"
        self.session_page = self.officer.send(
            f"{course_page}/sessions",
            page=form,
            site_id=self.officer.choice(form, place["merchant"]),
            seats="1",
            enrol_from=typed(self.now - timedelta(days=1)),
            enrol_until=typed(self.now + timedelta(minutes=50)),
            first_starts_at=typed(self.now - timedelta(minutes=5)),
            meeting_minutes="60",
            meetings="1",
            every_days="7",
        )
        self.session_id = self.session_page.rpartition("/")[2]
        self.act_on_session("open")

    def act_on_session(self, verb):
        version = re.search(r'name="version" value="(\d+)"', self.officer.open(self.session_page))[
            1
        ]
        page = self.session_page
        return self.officer.send(f"{page}/{verb}", page=page, version=version)

    def attend(self):
        """Scan in and out at the service site, each with a code of its own."""
        till = self.town.service_till()
        scans = []
        for direction in ("in", "out"):
            code = answered(self.phone.get("/cards/me/slice"), 200)["text"]
            scans.append(
                answered(
                    till.post(
                        "/attendances",
                        id=str(new_id()),
                        presentation=code,
                        session_id=self.session_id,
                        direction=direction,
                        occurred_at=utc_now().isoformat(),
                    ),
                    201,
                )
            )
        return scans


def typed(moment):
    return f"{moment.astimezone(SHANGHAI):%Y-%m-%dT%H:%M}"


def figures(page):
    return [int(count.replace(",", "")) for count in re.findall(r'"figure">([\d,]+)<', page)]


@pytest.mark.service
def test_one_member_from_the_roster_to_the_books(town):
    journey = Journey(town)
    phone = journey.phone

    preview, written = journey.import_roster()
    assert (preview, written) == ([1, 0, 0, 0], [1, 0, 0, 0])
    batch = journey.issue_card()
    assert batch["finished"]
    assert batch["done"] == batch["total"] > 0

    phone.sign_in().enrol()
    card = answered(phone.get("/cards/me"), 200)
    assert (card["state"], card["name"]) == ("active", PERSON["name"])
    sale = journey.buy()
    parts = ("member_pays_fen", "merchant_bears_fen", "union_pays_fen")
    assert [sale[part] for part in parts] == [20_99, 0, 5_00]

    claim = journey.claim()
    assert claim["benefit_fen"] == 1_920_00  # 80 % of what counts: 20 % of the pool's 12,000
    assert [step["article"] for step in claim["steps"]]
    assert journey.decide("assessor", claim["id"], "assess") == 303
    assert journey.decide("assessor", claim["id"], "approve") == 403
    assert journey.decide("approver", claim["id"], "approve") == 303
    assert answered(phone.get(f"/aid/claims/{claim['id']}"), 200)["state"] == "payable"

    journey.plan_course()
    seat = answered(
        phone.post("/training/enrolments", id=str(new_id()), session_id=journey.session_id), 201
    )
    assert (seat["state"], seat["place"]) == ("enrolled", None)
    came, left = journey.attend()
    assert (came["direction"], left["direction"]) == ("in", "out")
    journey.act_on_session("complete")

    page = answered(phone.get("/members/me/records", rows=100), 200)
    lines = {(line["kind"], line["event"]): line for line in page["items"]}
    assert [line["occurred_at"] for line in page["items"]] == sorted(
        (line["occurred_at"] for line in page["items"]), reverse=True
    )
    expected = {
        ("discount", "captured"): (20_99, 0, 5_00),
        ("aid", "submitted"): (0, 0, 0),
        ("aid", "approved"): (0, 0, 1_920_00),
        ("training", "enrolled"): (0, 0, 0),
        ("training", "attended_in"): (0, 0, 0),
        ("training", "attended"): (0, 0, 0),
        ("training", "completed"): (0, 0, SUBSIDY_FEN),
    }
    assert {key: tuple(lines[key][part] for part in parts) for key in expected} == expected
    assert lines["discount", "captured"]["source_id"] == sale["id"]
    assert lines["aid", "approved"]["source_id"] == claim["id"]
    assert lines["training", "completed"]["source_id"] == seat["id"]
    assert page["totals"]["union_pays_fen"] == 5_00 + 1_920_00 + SUBSIDY_FEN

    month = f"{shanghai_date(utc_now()):%Y-%m}"
    closing = json.loads(
        town.service.flask("finance", "close", month, "--check", "--json").splitlines()[-1]
    )
    assert closing["residuals"]
    assert set(closing["residuals"].values()) == {0}
