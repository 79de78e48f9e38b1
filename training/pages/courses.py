"""Courses: list, open, begin and change; a session is planned from here."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from cards.errors import UnionNotYours
from cards.queries import union_within
from kernel.clock import utc_now
from kernel.db import transaction
from kernel.errors import Refusal
from kernel.exports import CellKind, Column
from kernel.forms import Form, blank_form, read_form, typed_yuan
from kernel.i18n import N_
from kernel.listing import listing, rows_wanted
from kernel.pages import cursor_id, see_other
from kernel.web import current_actor
from members.queries import union_tree
from merchants.errors import SiteNotFound
from training.errors import CourseTermsWrong, SeatsTooMany, SessionTimesWrong
from training.models import Course
from training.pages.blueprint import (
    CATEGORY_WORDS,
    WORDS,
    back_to,
    changing_paths,
    pages,
    reading_paths,
    titled,
)
from training.queries import (
    CourseLine,
    course_within,
    courses_within,
    find_course,
    programme_of,
    sessions_of,
    sites_for_sessions,
    training_programmes,
)
from training.rules import repeated
from training.schemas import CourseForm, EditCourseForm, SessionForm
from training.services import (
    CourseFacts,
    MeetingTimes,
    SessionFacts,
    add_course,
    add_session,
    change_course,
)


@pages.get("")
def courses() -> ResponseReturnValue:
    """List the courses of the unions I look after, or save the list as a file."""
    with transaction() as session:
        rows = courses_within(
            session,
            paths=reading_paths(),
            after=cursor_id(),
            rows=rows_wanted(),
        )
    return listing(
        "training/courses.html",
        rows,
        columns=_columns(),
        name="courses",
        place=lambda row: (str(row.course.id),),
        may_add=bool(changing_paths()),
        titled=titled,
        **WORDS,
    )


def _columns() -> list[Column[CourseLine]]:
    return [
        Column(gettext("Course"), lambda row: titled(row.course.title_zh, row.course.title_en)),
        Column(gettext("Category"), lambda row: gettext(CATEGORY_WORDS[row.course.category])),
        Column(gettext("Organiser"), lambda row: row.course.organiser),
        Column(gettext("Union"), lambda row: row.union_name),
        Column(gettext("Subsidy"), lambda row: row.course.subsidy_fen, CellKind.MONEY),
        Column(gettext("Open sessions"), lambda row: row.open_sessions, CellKind.NUMBER),
        Column(gettext("Next begins"), lambda row: row.next_starts_at, CellKind.MOMENT),
    ]


@pages.get("/courses/new")
def new_course_form() -> ResponseReturnValue:
    """Ask what is taught, and on which terms."""
    return _ask(blank_form())


@pages.post("/courses")
def save_new_course() -> ResponseReturnValue:
    """Begin a course."""
    form = read_form(CourseForm())
    if not form.ok:
        return _ask(form)
    values = dict(form.values)
    union_code = values.pop("union_code")
    try:
        with transaction() as session:
            union = union_within(session, code=union_code, paths=changing_paths())
            if union is None:
                raise UnionNotYours
            course = add_course(
                session,
                actor=current_actor(),
                union_id=union.id,
                facts=CourseFacts(**values),
                now=utc_now(),
            )
    except Refusal as refusal:
        form.refuse(refusal, _course_field(refusal))
        return _ask(form)
    return _back_to_course(course.id, N_("The course is there. Plan its first session."))


@pages.get("/courses/<uuid:course_id>")
def one_course(course_id: UUID) -> ResponseReturnValue:
    """Show a course, its terms and its sessions."""
    with transaction() as session:
        found = find_course(session, course_id=course_id, paths=reading_paths())
        lines = sessions_of(session, course_id=course_id)
        programme = programme_of(session, course=found)
        changeable = course_within(session, course_id=course_id, paths=changing_paths())
    return render_template(
        "training/course.html",
        course=found,
        programme=programme,
        lines=lines,
        may_change=changeable is not None,
        titled=titled,
        **WORDS,
    )


@pages.get("/courses/<uuid:course_id>/edit")
def edit_course_form(course_id: UUID) -> ResponseReturnValue:
    """Show a course's terms to be changed."""
    with transaction() as session:
        found = find_course(session, course_id=course_id, paths=changing_paths())
    form = blank_form(
        category=found.category,
        organiser=found.organiser,
        payer=found.payer,
        title_zh=found.title_zh,
        title_en=found.title_en,
        programme_id=found.programme_id,
        subsidy_fen=typed_yuan(found.subsidy_fen),
        attendance_basis=found.attendance_basis,
        attendance_rate_bp=f"{found.attendance_rate_bp / 100:g}",
        scan_margin_minutes=found.scan_margin_minutes,
    )
    return _ask(form, found)


@pages.post("/courses/<uuid:course_id>")
def save_course(course_id: UUID) -> ResponseReturnValue:
    """Change a course's terms, if nobody changed them meanwhile; its eligibility stays."""
    form = read_form(EditCourseForm())
    with transaction() as session:
        found = find_course(session, course_id=course_id, paths=changing_paths())
    if not form.ok:
        return _ask(form, found)
    values = dict(form.values)
    version = values.pop("version")
    try:
        with transaction() as session:
            change_course(
                session,
                actor=current_actor(),
                course_id=course_id,
                version=version,
                facts=CourseFacts(**values, eligibility=found.eligibility),
                now=utc_now(),
            )
    except Refusal as refusal:
        form.refuse(refusal, _course_field(refusal))
        return _ask(form, found)
    return _back_to_course(course_id, N_("The course is changed."))


def _course_field(refusal: Refusal) -> str | None:
    """Return the field of the form that a refusal is about."""
    if isinstance(refusal, CourseTermsWrong):
        return str(refusal.facts["field"])
    return "union_code" if isinstance(refusal, UnionNotYours) else None


@pages.get("/courses/<uuid:course_id>/sessions/new")
def new_session_form(course_id: UUID) -> ResponseReturnValue:
    """Ask where and when the course is held."""
    with transaction() as session:
        found = find_course(session, course_id=course_id, paths=changing_paths())
    return _ask_session(blank_form(enrol_from=utc_now(), meetings=1, every_days=7), found)


@pages.post("/courses/<uuid:course_id>/sessions")
def save_new_session(course_id: UUID) -> ResponseReturnValue:
    """Plan a session as a draft, which members do not see yet."""
    form = read_form(SessionForm())
    with transaction() as session:
        found = find_course(session, course_id=course_id, paths=changing_paths())
    if not form.ok:
        return _ask_session(form, found)
    try:
        with transaction() as session:
            sites = sites_for_sessions(session, paths=changing_paths())
            if form.values["site_id"] not in {site.id for site, _ in sites}:
                raise SiteNotFound
            held = add_session(
                session,
                actor=current_actor(),
                course_id=course_id,
                facts=_session_facts(form.values),
                now=utc_now(),
            )
    except Refusal as refusal:
        form.refuse(refusal, _session_field(refusal))
        return _ask_session(form, found)
    return back_to(held.id, N_("The session is planned. Look it over, then open it to members."))


def _session_facts(values: Mapping[str, Any]) -> SessionFacts:
    return SessionFacts(
        site_id=values["site_id"],
        seats=values["seats"],
        enrol_from=values["enrol_from"],
        enrol_until=values["enrol_until"],
        meetings=[
            MeetingTimes(starts_at, ends_at)
            for starts_at, ends_at in repeated(
                values["first_starts_at"],
                minutes=values["meeting_minutes"],
                times=values["meetings"],
                every_days=values["every_days"],
            )
        ],
    )


def _session_field(refusal: Refusal) -> str | None:
    """Return the field of the form that a refusal is about."""
    if isinstance(refusal, SessionTimesWrong):
        field = str(refusal.facts["field"])
        return "first_starts_at" if field == "meetings" else field
    if isinstance(refusal, SiteNotFound):
        return "site_id"
    return "seats" if isinstance(refusal, SeatsTooMany) else None


def _back_to_course(course_id: UUID, sentence: str) -> ResponseReturnValue:
    return see_other(url_for("training_pages.one_course", course_id=course_id), sentence)


def _ask(form: Form, course: Course | None = None) -> ResponseReturnValue:
    with transaction() as session:
        programmes = training_programmes(session, now=utc_now())
        unions = union_tree(session, paths=changing_paths())
    return render_template(
        "training/course_form.html",
        form=form,
        course=course,
        programmes=[(each.id, titled(each.name_zh, each.name_en)) for each in programmes],
        unions=[(each.code, each.name) for each in unions],
        titled=titled,
        **WORDS,
    ), form.status


def _ask_session(form: Form, course: Course) -> ResponseReturnValue:
    with transaction() as session:
        sites = sites_for_sessions(session, paths=changing_paths())
    return render_template(
        "training/session_form.html",
        form=form,
        course=course,
        sites=[(site.id, f"{owner} · {site.name}") for site, owner in sites],
        titled=titled,
    ), form.status
