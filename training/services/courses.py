"""Courses: what is taught, on which terms."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from audit.services import record
from benefits.models import Programme, ProgrammeState
from kernel.actors import Actor
from kernel.money import WHOLE_BP, BasisPoints, Fen
from kernel.refusals import refuse_stale
from ledger.models import Family
from members.queries import union_path_of
from training.errors import CourseNotFound, CourseTermsWrong
from training.models import AttendanceBasis, Course, Payer, TrainingCategory

_OURS = frozenset({Payer.UNION, Payer.FISCAL})


@dataclass(frozen=True)
class CourseFacts:
    """What a course is. `eligibility` comes on top of its programme's rules."""

    category: TrainingCategory
    organiser: str
    payer: Payer
    title_zh: str
    title_en: str
    programme_id: UUID
    subsidy_fen: Fen
    attendance_basis: AttendanceBasis
    attendance_rate_bp: BasisPoints
    scan_margin_minutes: int
    eligibility: Sequence[Mapping[str, Any]] = ()


def add_course(
    session: Session, *, actor: Actor, union_id: UUID, facts: CourseFacts, now: datetime
) -> Course:
    """Begin a course of a union. Raises CourseTermsWrong."""
    _check(session, facts)
    course = Course(union_id=union_id, created_at=now, **_columns(facts))
    session.add(course)
    session.flush()
    _record(session, actor=actor, action="course.added", course=course, now=now)
    return course


def change_course(
    session: Session,
    *,
    actor: Actor,
    course_id: UUID,
    version: int,
    facts: CourseFacts,
    now: datetime,
) -> Course:
    """Change a course; sessions that are not completed yet are judged by the new terms.

    Locks the course. Raises CourseNotFound, EditConflict, CourseTermsWrong.
    """
    course = session.get(Course, course_id, with_for_update=True, populate_existing=True)
    if course is None:
        raise CourseNotFound
    refuse_stale(course.version, version)
    _check(session, facts)
    for name, value in _columns(facts).items():
        setattr(course, name, value)
    course.version += 1
    session.flush()
    _record(session, actor=actor, action="course.changed", course=course, now=now)
    return course


def _columns(facts: CourseFacts) -> dict[str, Any]:
    return asdict(facts) | {"eligibility": [dict(rule) for rule in facts.eligibility]}


def _check(session: Session, facts: CourseFacts) -> None:
    """Raise CourseTermsWrong naming the first field that makes no course of these terms."""
    if facts.subsidy_fen < 0 or (facts.subsidy_fen and facts.payer not in _OURS):
        raise CourseTermsWrong(field="subsidy_fen", reason="payer_owes_nothing")
    if not 0 < facts.attendance_rate_bp <= WHOLE_BP:
        raise CourseTermsWrong(field="attendance_rate_bp", reason="rate_out_of_range")
    programme = session.get(Programme, facts.programme_id)
    is_training = programme is not None and programme.family is Family.TRAINING
    if programme is None or not is_training or programme.state is ProgrammeState.ENDED:
        raise CourseTermsWrong(field="programme_id", reason="no_training_programme")


def _record(session: Session, *, actor: Actor, action: str, course: Course, now: datetime) -> None:
    record(
        session,
        actor=actor,
        action=action,
        object_type="course",
        object_id=course.id,
        union_path=union_path_of(session, union_id=course.union_id),
        now=now,
        subsidy_fen=course.subsidy_fen,
        attendance_rate_bp=course.attendance_rate_bp,
    )
