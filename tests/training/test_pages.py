"""The desk's pages for training: from the course to what is owed, and who sees none of it."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from kernel.actors import Role
from kernel.clock import SHANGHAI, utc_now
from kernel.ids import new_id
from training.models import Course, CourseMeeting, CourseSession, EnrolmentState, SessionState
from training.queries import meetings_of

COURSES = "/desk/training"
HOUR = timedelta(hours=1)


@pytest.fixture
def programme(make):
    return make.training_programme()


@pytest.fixture
def officer(make, baoan, signed_in):
    return signed_in(make.staff(Role.TRAINING_OFFICER, union=baoan))


@pytest.fixture
def stranger(make, longgang, signed_in):
    return signed_in(make.staff(Role.TRAINING_OFFICER, union=longgang))


@pytest.fixture
def auditor(make, baoan, signed_in):
    return signed_in(make.staff(Role.AUDITOR, union=baoan))


@pytest.fixture
def site(make, baoan):
    return make.site(merchant_id=make.service_organisation(union_id=baoan.id).id)


@pytest.fixture
def course(make, baoan, programme):
    return make.course(union=baoan, programme=programme)


@pytest.fixture
def held(make, course, site):
    """A session that meets now, by the clock that the pages read."""
    now = utc_now()
    return make.course_session(
        course=course,
        site=site,
        seats=1,
        meetings=[(now - HOUR, now + HOUR)],
        enrol_from=now - 2 * HOUR,
        enrol_until=now + HOUR,
    )


def page_of(held):
    return f"{COURSES}/sessions/{held.id}"


def typed(moment):
    return f"{moment.astimezone(SHANGHAI):%Y-%m-%dT%H:%M}"


def course_form(programme, **changes):
    return {
        "category": "team_leader",
        "organiser": "宝安区总工会(演示)",
        "payer": "union",
        "title_zh": "班组长培训",
        "title_en": "Team leaders",
        "programme_id": str(programme.id),
        "subsidy_fen": "300.00",
        "attendance_basis": "meetings",
        "attendance_rate_bp": "66.67",
        "scan_margin_minutes": "30",
        "union_code": "SZ-BA",
    } | changes


def session_form(site, **changes):
    begins = utc_now().replace(second=0, microsecond=0) + 24 * HOUR
    return {
        "site_id": str(site.id),
        "seats": "20",
        "first_starts_at": typed(begins),
        "meeting_minutes": "120",
        "meetings": "3",
        "every_days": "7",
        "enrol_from": typed(begins - 24 * HOUR),
        "enrol_until": typed(begins),
    } | changes


def test_an_empty_list_says_what_to_do(officer, auditor):
    assert f"{COURSES}/courses/new" in officer.open(COURSES).text
    assert 'class="empty"' in auditor.open(COURSES).text
    assert "/courses/new" not in auditor.open(COURSES).text


def test_a_course_is_begun_and_changed(session, officer, programme):
    made = officer.send(
        f"{COURSES}/courses", page=f"{COURSES}/courses/new", **course_form(programme)
    )
    course = session.scalars(select(Course)).one()
    form = course_form(programme, subsidy_fen="500", version="1")
    form.pop("union_code")
    changed = officer.send(
        f"{COURSES}/courses/{course.id}", page=f"{COURSES}/courses/{course.id}/edit", **form
    )

    assert (made.status_code, changed.status_code) == (303, 303)
    session.refresh(course)
    assert (course.attendance_rate_bp, course.subsidy_fen, course.version) == (6667, 500_00, 2)
    assert "500.00" in officer.open(f"{COURSES}/courses/{course.id}").text
    again = officer.send(
        f"{COURSES}/courses/{course.id}", page=f"{COURSES}/courses/{course.id}/edit", **form
    )
    assert again.status_code == 412


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title_zh": ""}, "title_zh"),
        ({"subsidy_fen": "-1"}, "subsidy_fen"),
        ({"payer": "employer"}, "subsidy_fen"),
        ({"attendance_rate_bp": "0"}, "attendance_rate_bp"),
        ({"attendance_rate_bp": "100.01"}, "attendance_rate_bp"),
        ({"union_code": "SZ-LG"}, "union_code"),
        ({"programme_id": str(new_id())}, "programme_id"),
        ({"category": "moon"}, "category"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(session, officer, programme, changes, field):
    answer = officer.send(
        f"{COURSES}/courses", page=f"{COURSES}/courses/new", **course_form(programme, **changes)
    )

    assert answer.status_code in {404, 422}
    assert f'id="{field}-fault"' in answer.text
    assert "宝安区总工会(演示)" in answer.text
    assert session.scalars(select(Course)).all() == []


def test_a_session_is_planned_at_a_steady_pace_and_opened(session, officer, course, site):
    new = f"{COURSES}/courses/{course.id}/sessions/new"
    made = officer.send(new.removesuffix("/new"), page=new, **session_form(site))
    held = session.scalars(select(CourseSession)).one()
    starts = [each.starts_at for each in meetings_of(session, session_id=held.id)]

    assert made.status_code == 303
    assert [later - starts[0] for later in starts] == [timedelta(days=7 * n) for n in range(3)]
    assert held.state is SessionState.DRAFT
    opened = officer.send(f"{page_of(held)}/open", page=page_of(held), version="1")
    assert opened.status_code == 303
    session.refresh(held)
    assert held.state is SessionState.OPEN


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"seats": "0"}, "seats"),
        ({"seats": "1001"}, "seats"),
        ({"first_starts_at": "tomorrow"}, "first_starts_at"),
        ({"enrol_until": "2001-01-01T00:00"}, "enrol_until"),
        ({"every_days": "1", "meeting_minutes": "1441"}, "meeting_minutes"),
        ({"site_id": str(new_id())}, "site_id"),
    ],
)
def test_a_session_that_cannot_be_held_is_refused_in_words(
    *, session, officer, course, site, changes, field
):
    new = f"{COURSES}/courses/{course.id}/sessions/new"

    answer = officer.send(new.removesuffix("/new"), page=new, **session_form(site, **changes))

    assert answer.status_code in {404, 422}
    assert f'id="{field}-fault"' in answer.text
    assert session.scalars(select(CourseSession)).all() == []


def test_a_draft_s_meetings_are_added_and_taken_out(session, make, officer, course, site):
    now = utc_now()
    held = make.course_session(
        course=course,
        site=site,
        state=SessionState.DRAFT,
        meetings=[(now + HOUR, now + 2 * HOUR)],
    )
    path = f"{page_of(held)}/meetings"
    added = officer.send(
        path, page=page_of(held), first_starts_at=typed(now + 5 * HOUR), meeting_minutes="60"
    )
    overlap = officer.send(
        path, page=page_of(held), first_starts_at=typed(now + 5 * HOUR), meeting_minutes="60"
    )
    first = meetings_of(session, session_id=held.id)[0]
    dropped = officer.send(f"{path}/{first.id}/drop", page=page_of(held))
    last = session.scalars(select(CourseMeeting)).one()
    kept = officer.send(f"{path}/{last.id}/drop", page=page_of(held))

    assert [added.status_code, overlap.status_code] == [303, 422]
    assert [dropped.status_code, kept.status_code] == [303, 422]


def test_the_page_shows_seats_queue_and_who_is_inside(
    *, officer, held, make, reader, enrolled, session
):
    first, second = reader(name="欧阳小明"), reader(name="张明")
    enrolled(first, held, now=utc_now())
    enrolled(second, held, now=utc_now())

    page = officer.open(page_of(held)).text

    assert "欧**明" in page
    assert "张*" in page
    assert "欧阳小明" not in page
    more = officer.send(f"{page_of(held)}/seats", page=page_of(held), seats="2", version="1")
    assert more.status_code == 303
    saved = officer.open(f"{page_of(held)}?format=csv").get_data(as_text=True)
    assert "欧**明" in saved


def test_completing_says_how_many_and_what_is_owed(session, officer, held, reader, enrolled):
    enrolment = enrolled(reader(), held, now=utc_now()).enrolment

    answer = officer.send(f"{page_of(held)}/complete", page=page_of(held), version="1")

    assert answer.status_code == 303
    session.refresh(enrolment)
    assert enrolment.state is EnrolmentState.NOT_COMPLETED
    page = officer.open(page_of(held)).text
    assert "0 / 1" in page
    assert "/complete" not in page


def test_completing_too_early_is_refused_on_the_page(officer, make, course, site):
    now = utc_now()
    held = make.course_session(course=course, site=site, meetings=[(now + HOUR, now + 2 * HOUR)])

    answer = officer.send(f"{page_of(held)}/complete", page=page_of(held), version="1")

    assert answer.status_code == 409
    assert 'class="summary"' in answer.text


def test_calling_it_off_frees_the_seats(session, officer, held, reader, enrolled):
    enrolment = enrolled(reader(), held, now=utc_now()).enrolment

    assert (
        officer.send(f"{page_of(held)}/cancel", page=page_of(held), version="1").status_code == 303
    )
    session.refresh(enrolment)
    assert enrolment.state is EnrolmentState.LAPSED


PARTS = ["open", "cancel", "complete", "seats", "meetings"]


def test_an_officer_of_another_union_finds_nothing(stranger, held, course):
    assert course.title_zh not in stranger.open(COURSES).text
    for path in (
        page_of(held),
        f"{COURSES}/courses/{course.id}",
        f"{COURSES}/courses/{course.id}/edit",
        f"{COURSES}/courses/{course.id}/sessions/new",
    ):
        assert stranger.open(path).status_code == 404, path
    fields = {"version": "1", "seats": "5"}
    for part in PARTS:
        answer = stranger.send(f"{page_of(held)}/{part}", page=f"{COURSES}/courses/new", **fields)
        assert answer.status_code in {404, 422}, part
        assert held.state is SessionState.OPEN


def test_an_auditor_reads_and_changes_nothing(auditor, officer, held, course):
    page = auditor.open(page_of(held))

    assert page.status_code == 200
    assert "/complete" not in page.text
    assert auditor.open(f"{COURSES}/courses/{course.id}").status_code == 200
    token = officer.token(page_of(held))
    for part in PARTS:
        sent = auditor.client.post(f"{page_of(held)}/{part}", data={"csrf_token": token})
        assert sent.status_code == 403, part


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_page_is_there_in_both_languages(officer, held, course, language):
    for path in (
        COURSES,
        f"{COURSES}/courses/new",
        f"{COURSES}/courses/{course.id}",
        f"{COURSES}/courses/{course.id}/edit",
        f"{COURSES}/courses/{course.id}/sessions/new",
        page_of(held),
    ):
        answer = officer.open(path, headers={"Accept-Language": language})
        assert answer.status_code == 200, path
        assert f'lang="{language}"' in answer.text
