"""What the desk sees: courses and enrolments in reach, and where a session can be held."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from benefits.models import Programme, ProgrammeState
from cards.models import Card
from cards.rules import number_tail
from kernel.clock import shanghai_date
from ledger.models import Family, Payable, PayableState
from members.models import Member, UnionOrg
from members.queries import within
from merchants.models import Merchant, MerchantKind, MerchantState, Site, SiteState
from training.errors import CourseNotFound
from training.models import (
    Completion,
    Course,
    CourseSession,
    Enrolment,
    EnrolmentState,
    SessionState,
)
from training.queries.sessions import PAGE_ROWS_MAX, SOURCE


@dataclass(frozen=True)
class CourseLine:
    """A course as a list shows it: with its union, its open sessions and the next of them."""

    course: Course
    union_name: str
    open_sessions: int
    next_starts_at: datetime | None


def courses_within(
    session: Session, *, paths: Sequence[str], after: UUID | None = None, rows: int = PAGE_ROWS_MAX
) -> list[CourseLine]:
    """Return the courses in reach, newest first, from below `after`."""
    mine = and_(CourseSession.course_id == Course.id, CourseSession.state == SessionState.OPEN)
    count = select(func.count()).where(mine).correlate(Course).scalar_subquery()
    starts = select(func.min(CourseSession.starts_at)).where(mine).correlate(Course)
    query = (
        select(Course, UnionOrg.name, count, starts.scalar_subquery())
        .join(UnionOrg, UnionOrg.id == Course.union_id)
        .where(within(paths))
        .order_by(Course.id.desc())
        .limit(rows)
    )
    if after is not None:
        query = query.where(Course.id < after)
    return [CourseLine(*row) for row in session.execute(query)]


def course_within(session: Session, *, course_id: UUID, paths: Sequence[str]) -> Course | None:
    query = (
        select(Course)
        .join(UnionOrg, UnionOrg.id == Course.union_id)
        .where(Course.id == course_id, within(paths))
    )
    return session.scalars(query).one_or_none()


def find_course(session: Session, *, course_id: UUID, paths: Sequence[str]) -> Course:
    """Return a course in reach. Raises CourseNotFound for any other."""
    course = course_within(session, course_id=course_id, paths=paths)
    if course is None:
        raise CourseNotFound
    return course


def programme_of(session: Session, *, course: Course) -> Programme:
    return session.get_one(Programme, course.programme_id)


def training_programmes(session: Session, *, now: datetime) -> list[Programme]:
    """Return the programmes a course may be held under: training, and not over."""
    query = select(Programme).where(
        Programme.family == Family.TRAINING,
        Programme.state != ProgrammeState.ENDED,
        Programme.ends_on.is_(None) | (Programme.ends_on > shanghai_date(now)),
    )
    return list(session.scalars(query.order_by(Programme.code)))


def sites_for_sessions(session: Session, *, paths: Sequence[str]) -> list[tuple[Site, str]]:
    """Return the open sites of service organisations in reach, each with its owner's name."""
    query = (
        select(Site, Merchant.name)
        .join(Merchant, Merchant.id == Site.merchant_id)
        .join(UnionOrg, UnionOrg.id == Merchant.union_id)
        .where(
            Merchant.kind == MerchantKind.SERVICE_SITE,
            Merchant.state == MerchantState.ACTIVE,
            Site.state == SiteState.OPEN,
            within(paths),
        )
        .order_by(Merchant.name, Site.name)
    )
    return [(site, name) for site, name in session.execute(query)]


@dataclass(frozen=True)
class EnrolmentLine:
    """One enrolment as the desk sees it: masked, with how it was judged and what became of it."""

    enrolment: Enrolment
    name_masked: str
    card_number: str
    union_name: str
    completion: Completion | None
    payable_state: PayableState | None

    @property
    def card_tail(self) -> str:
        return number_tail(self.card_number)


def enrolment_lines(
    session: Session, *, session_id: UUID, states: Sequence[EnrolmentState]
) -> list[EnrolmentLine]:
    """Return a session's enrolments in these states, in the order of their arrival."""
    query = (
        select(Enrolment, Member.name_masked, Card.number, UnionOrg.name, Completion, Payable.state)
        .join(Member, Member.id == Enrolment.member_id)
        .join(Card, Card.id == Enrolment.card_id)
        .join(UnionOrg, UnionOrg.id == Member.union_id)
        .outerjoin(Completion, Completion.enrolment_id == Enrolment.id)
        .outerjoin(
            Payable,
            and_(Payable.source_type == SOURCE, Payable.source_id == Enrolment.id),
        )
        .where(Enrolment.session_id == session_id, Enrolment.state.in_(states))
        .order_by(Enrolment.queue_no)
    )
    return [EnrolmentLine(*row) for row in session.execute(query)]
