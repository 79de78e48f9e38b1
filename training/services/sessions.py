"""Sessions: a course held at a site, with seats and meetings."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from audit.services import record
from benefits.models import LimitRule, LimitScope, LimitUnit, LimitWindow
from benefits.services import LimitFacts, add_limit, change_limit
from kernel.actors import Actor
from kernel.db import violated_constraint
from kernel.refusals import refuse_stale
from kernel.states import move
from members.queries import union_path_of
from training.errors import (
    CourseNotFound,
    SeatsTooMany,
    SessionNotOpen,
    SessionTimesWrong,
)
from training.models import SESSION_MOVES, Course, CourseMeeting, CourseSession, SessionState
from training.queries import SessionLine, meetings_of
from training.services.seats import lock_session, promote_waiting

SEATS_MAX = 1000
MEETINGS_MAX = 60


@dataclass(frozen=True)
class MeetingTimes:
    """When a session comes together: [starts_at, ends_at)."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class SessionFacts:
    """Where and when a course is held, for how many, and when members enrol."""

    site_id: UUID
    seats: int
    enrol_from: datetime
    enrol_until: datetime
    meetings: Sequence[MeetingTimes]


def add_session(
    session: Session, *, actor: Actor, course_id: UUID, facts: SessionFacts, now: datetime
) -> CourseSession:
    """Plan a session as a draft. Raises CourseNotFound, SeatsTooMany, SessionTimesWrong."""
    course = session.get(Course, course_id)
    if course is None:
        raise CourseNotFound
    _check_seats(facts.seats)
    _check_times(facts)
    seats = add_limit(
        session,
        actor=actor,
        programme_id=course.programme_id,
        facts=LimitFacts(LimitScope.SESSION, LimitWindow.TOTAL, LimitUnit.USES, facts.seats),
        now=now,
    )
    held = CourseSession(
        course_id=course_id,
        site_id=facts.site_id,
        seats_rule_id=seats.id,
        starts_at=min(meeting.starts_at for meeting in facts.meetings),
        ends_at=max(meeting.ends_at for meeting in facts.meetings),
        enrol_from=facts.enrol_from,
        enrol_until=facts.enrol_until,
        created_at=now,
    )
    session.add(held)
    session.flush()
    for meeting in facts.meetings:
        session.add(
            CourseMeeting(session_id=held.id, starts_at=meeting.starts_at, ends_at=meeting.ends_at)
        )
    _flush_meetings(session)
    _record(session, actor=actor, action="training_session.added", held=held, now=now)
    return held


def add_meeting(
    session: Session, *, actor: Actor, session_id: UUID, times: MeetingTimes, now: datetime
) -> CourseMeeting:
    """Add a meeting to a draft. Locks the session. Raises SessionNotOpen, SessionTimesWrong."""
    held = _lock_draft(session, session_id)
    known = meetings_of(session, session_id=session_id)
    if times.ends_at <= times.starts_at or len(known) >= MEETINGS_MAX:
        raise SessionTimesWrong(field="meetings", reason="ends_before_it_starts")
    meeting = CourseMeeting(session_id=session_id, starts_at=times.starts_at, ends_at=times.ends_at)
    session.add(meeting)
    _flush_meetings(session)
    _span(held, [*known, meeting])
    session.flush()
    _record(session, actor=actor, action="training_session.meeting_added", held=held, now=now)
    return meeting


def drop_meeting(
    session: Session, *, actor: Actor, session_id: UUID, meeting_id: UUID, now: datetime
) -> CourseSession:
    """Take a meeting out of a draft; one must stay. Raises SessionNotOpen, SessionTimesWrong."""
    held = _lock_draft(session, session_id)
    known = meetings_of(session, session_id=session_id)
    kept = [meeting for meeting in known if meeting.id != meeting_id]
    if not kept:
        raise SessionTimesWrong(field="meetings", reason="no_meeting")
    for meeting in known:
        if meeting.id == meeting_id:
            session.delete(meeting)
    _span(held, kept)
    if held.enrol_until > held.ends_at:
        raise SessionTimesWrong(field="enrol_until", reason="after_the_end")
    session.flush()
    _record(session, actor=actor, action="training_session.meeting_dropped", held=held, now=now)
    return held


def open_session(
    session: Session, *, actor: Actor, session_id: UUID, version: int, now: datetime
) -> CourseSession:
    """Let members see a session and enrol. Raises SessionNotFound, EditConflict, MoveNotAllowed."""
    held = lock_session(session, session_id=session_id).session
    refuse_stale(held.version, version)
    if held.ends_at <= now:
        raise SessionTimesWrong(field="meetings", reason="all_over")
    held.state = move(SESSION_MOVES, held.state, SessionState.OPEN)
    held.version += 1
    session.flush()
    _record(session, actor=actor, action="training_session.opened", held=held, now=now)
    return held


def change_seats(
    session: Session, *, actor: Actor, session_id: UUID, seats: int, version: int, now: datetime
) -> SessionLine:
    """Set how many seats there are; new ones go to who waits, at once.

    Fewer than are taken takes none away: nobody gets one until enough have withdrawn. Locks the
    session, then the row of its seats. Raises SessionNotFound, EditConflict, SeatsTooMany,
    SessionNotOpen.
    """
    _check_seats(seats)
    held = lock_session(session, session_id=session_id).session
    refuse_stale(held.version, version)
    if held.state not in (SessionState.DRAFT, SessionState.OPEN):
        raise SessionNotOpen(state=held.state)
    rule = session.get_one(LimitRule, held.seats_rule_id)
    change_limit(
        session, actor=actor, rule_id=rule.id, maximum=seats, version=rule.version, now=now
    )
    held.version += 1
    session.flush()
    line = lock_session(session, session_id=session_id)
    promote_waiting(session, line=line, now=now)
    _record(session, actor=actor, action="training_session.seats_changed", held=held, now=now)
    return line


def _lock_draft(session: Session, session_id: UUID) -> CourseSession:
    held = lock_session(session, session_id=session_id).session
    if held.state is not SessionState.DRAFT:
        raise SessionNotOpen(state=held.state)
    return held


def _check_seats(seats: int) -> None:
    if not 0 < seats <= SEATS_MAX:
        raise SeatsTooMany


def _check_times(facts: SessionFacts) -> None:
    """Raise SessionTimesWrong naming the first field whose times make no session."""
    if not 0 < len(facts.meetings) <= MEETINGS_MAX:
        raise SessionTimesWrong(field="meetings", reason="no_meeting")
    if any(meeting.ends_at <= meeting.starts_at for meeting in facts.meetings):
        raise SessionTimesWrong(field="meetings", reason="ends_before_it_starts")
    if facts.enrol_until <= facts.enrol_from:
        raise SessionTimesWrong(field="enrol_until", reason="before_it_begins")
    if facts.enrol_until > max(meeting.ends_at for meeting in facts.meetings):
        raise SessionTimesWrong(field="enrol_until", reason="after_the_end")


def _span(held: CourseSession, meetings: Sequence[CourseMeeting]) -> None:
    held.starts_at = min(meeting.starts_at for meeting in meetings)
    held.ends_at = max(meeting.ends_at for meeting in meetings)


def _flush_meetings(session: Session) -> None:
    try:
        session.flush()
    except IntegrityError as error:
        if violated_constraint(error) == "ex_course_meetings_times":
            raise SessionTimesWrong(field="meetings", reason="overlap") from error
        raise


def _record(
    session: Session, *, actor: Actor, action: str, held: CourseSession, now: datetime
) -> None:
    course = session.get_one(Course, held.course_id)
    record(
        session,
        actor=actor,
        action=action,
        object_type="training_session",
        object_id=held.id,
        union_path=union_path_of(session, union_id=course.union_id),
        now=now,
        state=held.state.value,
    )
