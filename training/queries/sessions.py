"""Sessions and their meetings, and how full they are now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.orm import Session

from benefits.models import LimitRule, Programme, ProgrammeState
from members.models import UnionOrg
from members.queries import within
from merchants.models import Merchant, MerchantState, Site
from training.errors import SessionNotFound
from training.models import (
    Course,
    CourseMeeting,
    CourseSession,
    Enrolment,
    EnrolmentState,
    SessionState,
)
from training.rules import SessionTerms

PAGE_ROWS_MAX = 100
# What the journal, the payable and the card's record of an enrolment name as their source.
SOURCE = "enrolment"
# Whoever is one of these sits, or sat, on a seat.
SEATED = (EnrolmentState.ENROLLED, EnrolmentState.COMPLETED, EnrolmentState.NOT_COMPLETED)


@dataclass(frozen=True)
class SessionLine:
    """A session with its course, place and programme, and how full it is now."""

    session: CourseSession
    course: Course
    site: Site
    site_is_active: bool
    programme: Programme
    seats: int
    seated: int
    waiting: int

    @property
    def free(self) -> int:
        return max(0, self.seats - self.seated)

    def terms(self, *, day: date) -> SessionTerms:
        """Return what decides about enrolling on a Shanghai day."""
        programme = self.programme
        runs = programme.state is ProgrammeState.RUNNING and programme.starts_on <= day
        return SessionTerms(
            is_open=self.session.state is SessionState.OPEN,
            enrol_from=self.session.enrol_from,
            enrol_until=self.session.enrol_until,
            programme_runs=runs and (programme.ends_on is None or day < programme.ends_on),
            programme_rules=programme.eligibility,
            course_rules=self.course.eligibility,
        )


def _count(*states: EnrolmentState) -> ColumnElement[int]:
    return (
        select(func.count())
        .where(Enrolment.session_id == CourseSession.id, Enrolment.state.in_(states))
        .correlate(CourseSession)
        .scalar_subquery()
    )


def _session_lines() -> Select[*tuple[Any, ...]]:
    return (
        select(
            CourseSession,
            Course,
            Site,
            Merchant.state == MerchantState.ACTIVE,
            Programme,
            LimitRule.maximum,
            _count(*SEATED),
            _count(EnrolmentState.WAITING),
        )
        .join(Course, Course.id == CourseSession.course_id)
        .join(Site, Site.id == CourseSession.site_id)
        .join(Merchant, Merchant.id == Site.merchant_id)
        .join(Programme, Programme.id == Course.programme_id)
        .join(LimitRule, LimitRule.id == CourseSession.seats_rule_id)
    )


def session_line(session: Session, *, session_id: UUID) -> SessionLine | None:
    row = session.execute(_session_lines().where(CourseSession.id == session_id)).one_or_none()
    return SessionLine(*row) if row is not None else None


def find_session(session: Session, *, session_id: UUID, paths: Sequence[str]) -> SessionLine:
    """Return a session of a course in reach. Raises SessionNotFound for any other."""
    query = _session_lines().join(UnionOrg, UnionOrg.id == Course.union_id)
    row = session.execute(query.where(CourseSession.id == session_id, within(paths))).one_or_none()
    if row is None:
        raise SessionNotFound
    return SessionLine(*row)


def sessions_to_enrol_in(
    session: Session, *, now: datetime, after: UUID | None = None, rows: int = PAGE_ROWS_MAX
) -> list[SessionLine]:
    """Return what is held now or later and open, by id (older first)."""
    query = _session_lines().where(
        CourseSession.state == SessionState.OPEN, CourseSession.ends_at > now
    )
    if after is not None:
        query = query.where(CourseSession.id > after)
    found = session.execute(query.order_by(CourseSession.id).limit(rows))
    return [SessionLine(*row) for row in found]


def sessions_at(
    session: Session, *, site_id: UUID, day: tuple[datetime, datetime]
) -> list[SessionLine]:
    """Return the open sessions of a site that meet between the two moments of `day`."""
    meets = exists().where(
        CourseMeeting.session_id == CourseSession.id,
        CourseMeeting.starts_at < day[1],
        CourseMeeting.ends_at > day[0],
    )
    query = _session_lines().where(
        CourseSession.site_id == site_id, CourseSession.state == SessionState.OPEN, meets
    )
    found = session.execute(query.order_by(CourseSession.starts_at, CourseSession.id))
    return [SessionLine(*row) for row in found]


def sessions_of(session: Session, *, course_id: UUID) -> list[SessionLine]:
    query = _session_lines().where(CourseSession.course_id == course_id)
    found = session.execute(query.order_by(CourseSession.starts_at.desc(), CourseSession.id))
    return [SessionLine(*row) for row in found]


def meetings_of(session: Session, *, session_id: UUID) -> list[CourseMeeting]:
    return meetings_by_session(session, session_ids=[session_id])[session_id]


def meetings_by_session(
    session: Session, *, session_ids: Sequence[UUID]
) -> dict[UUID, list[CourseMeeting]]:
    query = select(CourseMeeting).where(CourseMeeting.session_id.in_(session_ids))
    found: dict[UUID, list[CourseMeeting]] = {each: [] for each in session_ids}
    for meeting in session.scalars(query.order_by(CourseMeeting.starts_at)):
        found[meeting.session_id].append(meeting)
    return found


def lines_by_id(session: Session, *, session_ids: Sequence[UUID]) -> dict[UUID, SessionLine]:
    found = session.execute(_session_lines().where(CourseSession.id.in_(session_ids)))
    return {row[0].id: SessionLine(*row) for row in found}
