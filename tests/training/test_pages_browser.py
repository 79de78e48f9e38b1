"""The desk's pages for training in a real browser: each state seen, fit for everybody."""

from datetime import timedelta

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from kernel.actors import Actor, ActorKind, Role
from kernel.clock import utc_now
from kernel.ids import new_id
from tests.browser import Window
from tests.make.maker import Maker
from tests.make.staff import PASSWORD, code_at
from tests.service import Service
from tests.training.conftest import till_of
from training.models import Direction, SessionState
from training.services import ScanRequest, attend, complete_session, enrol

pytestmark = pytest.mark.browser

SIZES = {"wide": (1280, 860), "phone": (390, 844)}
LANGUAGES = ["zh-CN", "en"]
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


class Hall:
    """A union's training room, and people to fill it with, in the database of one session."""

    def __init__(self, session):
        self.session = session
        self.make = Maker(session)
        self.now = utc_now()
        self.make.issuer_keys(now=self.now)
        self.make.chart()
        self.union = self.make.union(code="SZ-BA", name="宝安区总工会(演示)")
        owner = self.make.service_organisation(name="宝安职工之家(演示)", union_id=self.union.id)
        self.site = self.make.site(merchant_id=owner.id, name="培训教室")
        self.terminal = self.make.terminal(site=self.site)
        self.course = self.make.course(union=self.union)

    def held(self, **facts):
        begins = self.now - 30 * MINUTE
        defaults = {"meetings": [(begins, self.now + HOUR)], "seats": 3}
        return self.make.course_session(course=self.course, site=self.site, **defaults | facts)

    def enrol(self, held, name):
        """Enrol a member; answer the phone that shows their code."""
        member = self.make.member(union=self.union, name=name)
        self.make.consent(member)
        phone = self.make.phone(self.make.card(member=member), now=self.now)
        enrol(
            self.session,
            member_id=member.id,
            enrolment_id=new_id(),
            session_id=held.id,
            now=self.now,
        )
        return phone

    def scan(self, held, phone, direction, *, now):
        request = ScanRequest(new_id(), held.id, phone.code(now=now), direction, now)
        attend(self.session, till=till_of(self.terminal), request=request, now=now)


@pytest.fixture(scope="module")
def served(databases, settings_for, app):
    """A service with sessions in each state, and somebody new for each sign-in."""
    settings = settings_for(databases.copy())
    engine = create_engine(settings.database_url)
    with Session(engine, expire_on_commit=False) as session, session.begin():
        hall = Hall(session)
        for number in range(4):
            hall.make.staff(Role.TRAINING_OFFICER, union=hall.union, username=f"officer{number}")
        elsewhere = hall.make.union(code="SZ-LG", name="龙岗区总工会(演示)")
        for number in range(4):
            hall.make.staff(Role.AUDITOR, union=elsewhere, username=f"auditor{number}")
        draft = hall.held(
            state=SessionState.DRAFT,
            meetings=[
                (hall.now + (24 * day) * HOUR, hall.now + (24 * day + 2) * HOUR)
                for day in range(1, 4)
            ],
        )
        running, done = hall.held(), hall.held()
        crowd = [
            hall.enrol(running, name) for name in ("欧阳小明", "张小芳", "李强", "王磊", "陈晨曦")
        ]
        hall.scan(running, crowd[0], Direction.IN, now=hall.now)
        hall.scan(running, crowd[1], Direction.IN, now=hall.now)
        hall.scan(running, crowd[1], Direction.OUT, now=hall.now + MINUTE)
        phones = [hall.enrol(done, name) for name in ("周涛", "吴敏", "郑丽")]
        for direction, later in ((Direction.IN, 0), (Direction.OUT, 1)):
            hall.scan(done, phones[0], direction, now=hall.now + later * MINUTE)
        judge = hall.make.staff(Role.TRAINING_OFFICER, union=hall.union)
        complete_session(
            session,
            actor=Actor(ActorKind.STAFF, id=judge.id),
            session_id=done.id,
            version=1,
            now=hall.now + 2 * HOUR,
        )
        shown = {"draft": draft.id, "running": running.id, "done": done.id}
        course_id = hall.course.id
    engine.dispose()
    with Service(settings) as service:
        # A code works once, so no two tests sign in as the same person.
        service.people = {
            "officer": (f"officer{number}" for number in range(4)),
            "auditor": (f"auditor{number}" for number in range(4)),
        }
        service.sessions = shown
        service.course = course_id
        yield service
    databases.drop(settings.database_url.rpartition("/")[2])


def sign_in(window, served, who):
    page = window.page
    page.goto("/desk/")
    page.locator("[name=username]").fill(next(served.people[who]))
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=password]").press("Enter")
    page.locator("[name=code]").fill(code_at(utc_now()))
    page.locator("[name=code]").press("Enter")
    page.wait_for_url("**/desk/")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", SIZES)
def test_every_state_of_the_pages_is_fit_for_everybody(chromium, served, size, language):
    with Window(chromium, served.base_url, size=SIZES[size], language=language) as window:
        page = window.page
        seen = {}

        def look(name):
            window.shoot(f"training-{name}-{size}-{language}")
            seen[name] = window.faults()

        sign_in(window, served, "officer")
        course = f"/courses/{served.course}"
        for name, path in (
            ("courses", ""),
            ("course", course),
            ("course-form", f"{course}/edit"),
            ("new-session", f"{course}/sessions/new"),
            ("draft", f"/sessions/{served.sessions['draft']}"),
            ("in-progress", f"/sessions/{served.sessions['running']}"),
            ("completed", f"/sessions/{served.sessions['done']}"),
            ("foreign", f"/sessions/{new_id()}"),
        ):
            page.goto(f"/desk/training{path}")
            look(name)
        page.goto(f"/desk/training/sessions/{served.sessions['running']}")
        page.once("dialog", lambda dialog: dialog.accept())
        window.follow(page.locator("form[action$='/complete'] button"))
        look("complete-refused")
        page.goto("/desk/training/courses/new")
        page.locator("[name=attendance_rate_bp]").fill("101")
        page.locator("form.form").evaluate("form => { form.noValidate = true }")
        window.follow(page.locator("form.form button").first)
        look("course-refused")

        assert {name: faults for name, faults in seen.items() if faults} == {}
        assert window.complaints == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_where_there_is_nothing_the_page_says_what_to_do(chromium, served, language):
    with Window(chromium, served.base_url, language=language) as window:
        sign_in(window, served, "auditor")
        window.page.goto("/desk/training")
        window.shoot(f"training-empty-{language}")

        assert window.page.locator(".empty").count() == 1
        assert window.faults() == []
        assert window.complaints == []
