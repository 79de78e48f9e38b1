"""Ending a session: judging who attended enough, and owing them the subsidy; or calling it off."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.services import record
from benefits.models import LimitScope, LimitUnit, LimitWindow
from benefits.queries import LimitLine
from benefits.rules import window_key
from benefits.services import return_limits, take_what_is_left
from kernel.actors import Actor
from kernel.clock import shanghai_date
from kernel.money import Fen
from kernel.refusals import refuse_stale
from kernel.states import move
from ledger.models import Family, PartyType, PostingEvent
from ledger.services import make_payable, post
from members.queries import union_path_of
from training.errors import SessionNotOver
from training.models import (
    SESSION_MOVES,
    Completion,
    CourseSession,
    Enrolment,
    EnrolmentState,
    SessionState,
)
from training.queries import (
    SOURCE,
    SessionLine,
    inside_count,
    meetings_by_session,
    meetings_of,
    presences_of,
)
from training.rules import Judgement, judge_attendance
from training.services.seats import end_enrolment, lock_session, tell

_NOTHING = Fen(0)
_CALLED_OFF = ("培训班已取消：{}", "This training was called off: {}")
_LIVE = (EnrolmentState.ENROLLED, EnrolmentState.WAITING)


@dataclass(frozen=True)
class SessionOutcome:
    """How many completed and did not, and what is owed for it in all."""

    completed: int
    not_completed: int
    subsidies_fen: Fen


def complete_session(
    session: Session, *, actor: Actor, session_id: UUID, version: int, now: datetime
) -> SessionOutcome:
    """Judge everybody who has a seat; book the subsidy of who attended enough, as payable.

    Whoever still waits lapses. It can be done when the last meeting is over, or once it has begun
    and nobody is inside any more. Paying what is owed is finance's, by other people.

    Locks the session, its enrolments by id, then the period (shared). Raises SessionNotFound,
    EditConflict, MoveNotAllowed, SessionNotOver, PostingRuleMissing, PeriodClosed.
    """
    line = lock_session(session, session_id=session_id)
    held = line.session
    refuse_stale(held.version, version)
    target = move(SESSION_MOVES, held.state, SessionState.COMPLETED)
    _refuse_not_over(session, held, now)
    live = _lock_live(session, session_id)
    meetings = meetings_by_session(session, session_ids=[session_id])
    presences = presences_of(session, meetings=meetings, enrolments=live)
    counts = {EnrolmentState.COMPLETED: 0, EnrolmentState.NOT_COMPLETED: 0}
    for enrolment in live:
        if enrolment.state is EnrolmentState.WAITING:
            _lapse(session, line=line, enrolment=enrolment, now=now)
            continue
        judgement = judge_attendance(
            presences[enrolment.id],
            basis=line.course.attendance_basis,
            rate_bp=line.course.attendance_rate_bp,
        )
        result = _judge(
            session, actor=actor, line=line, enrolment=enrolment, judgement=judgement, now=now
        )
        counts[result] += 1
    held.state = target
    held.completed_at = now
    held.completed_by = actor.staff_id
    held.version += 1
    session.flush()
    outcome = SessionOutcome(
        counts[EnrolmentState.COMPLETED],
        counts[EnrolmentState.NOT_COMPLETED],
        Fen(counts[EnrolmentState.COMPLETED] * line.course.subsidy_fen),
    )
    record(
        session,
        actor=actor,
        action="training_session.completed",
        object_type="training_session",
        object_id=session_id,
        union_path=union_path_of(session, union_id=line.course.union_id),
        now=now,
        completed=outcome.completed,
        not_completed=outcome.not_completed,
        subsidies_fen=outcome.subsidies_fen,
    )
    return outcome


def cancel_session(
    session: Session, *, actor: Actor, session_id: UUID, version: int, now: datetime
) -> CourseSession:
    """Call a session off: every seat goes back, whoever had one or waited lapses.

    Locks as complete_session() does. Raises SessionNotFound, EditConflict, MoveNotAllowed.
    """
    line = lock_session(session, session_id=session_id)
    held = line.session
    refuse_stale(held.version, version)
    held.state = move(SESSION_MOVES, held.state, SessionState.CANCELLED)
    held.version += 1
    live = _lock_live(session, session_id)
    for enrolment in live:
        _lapse(session, line=line, enrolment=enrolment, now=now)
        return_limits(session, source_id=enrolment.id)
        tell(session, enrolment=enrolment, words=_CALLED_OFF, course=line.course, now=now)
    session.flush()
    record(
        session,
        actor=actor,
        action="training_session.cancelled",
        object_type="training_session",
        object_id=session_id,
        union_path=union_path_of(session, union_id=line.course.union_id),
        now=now,
        lapsed=len(live),
    )
    return held


def _lock_live(session: Session, session_id: UUID) -> list[Enrolment]:
    """Lock who has a seat or waits, by id, so that no attendance is written beside the judging."""
    query = (
        select(Enrolment)
        .where(Enrolment.session_id == session_id, Enrolment.state.in_(_LIVE))
        .order_by(Enrolment.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return list(session.scalars(query))


def _refuse_not_over(session: Session, held: CourseSession, now: datetime) -> None:
    """Raise SessionNotOver while a meeting is ahead, or somebody is inside the last one."""
    last = meetings_of(session, session_id=held.id)[-1]
    if now < last.starts_at:
        raise SessionNotOver(reason="meeting_ahead", next_at=last.starts_at.isoformat())
    if now < last.ends_at:
        inside = inside_count(session, meeting_id=last.id)
        if inside:
            raise SessionNotOver(reason="still_inside", count=inside)


def _lapse(session: Session, *, line: SessionLine, enrolment: Enrolment, now: datetime) -> None:
    end_enrolment(
        session,
        enrolment=enrolment,
        target=EnrolmentState.LAPSED,
        course=line.course,
        now=now,
    )


def _judge(
    session: Session,
    *,
    actor: Actor,
    line: SessionLine,
    enrolment: Enrolment,
    judgement: Judgement,
    now: datetime,
) -> EnrolmentState:
    """Write the judgement down, and what it makes owed; return where the enrolment ends."""
    course = line.course
    subsidy = _NOTHING
    if judgement.is_complete:
        subsidy = _within_ceiling(session, line=line, enrolment=enrolment, now=now)
    result = EnrolmentState.COMPLETED if judgement.is_complete else EnrolmentState.NOT_COMPLETED
    session.add(
        Completion(
            enrolment_id=enrolment.id,
            basis=course.attendance_basis,
            attended=judgement.attended,
            whole=judgement.whole,
            needed=judgement.needed,
            is_complete=judgement.is_complete,
            subsidy_fen=subsidy,
            judged_at=now,
            judged_by=actor.staff_id,
        )
    )
    end_enrolment(
        session,
        enrolment=enrolment,
        target=result,
        course=course,
        now=now,
        union_pays_fen=subsidy,
    )
    if subsidy:
        journal_id = post(
            session,
            source_type=SOURCE,
            source_id=enrolment.id,
            kind="completed",
            family=Family.TRAINING,
            fund_source=line.programme.fund_source,
            event=PostingEvent.COMPLETED,
            amount_fen=subsidy,
            party_type=PartyType.MEMBER,
            party_id=enrolment.member_id,
            programme_id=line.programme.id,
            occurred_at=now,
            now=now,
        )
        make_payable(session, journal_id=journal_id, now=now)
    return result


def _within_ceiling(
    session: Session, *, line: SessionLine, enrolment: Enrolment, now: datetime
) -> Fen:
    """Return what the course is worth, or what its programme leaves this member of their year."""
    subsidy, most = line.course.subsidy_fen, line.programme.member_year_fen
    if not subsidy or most is None:
        return subsidy
    day = shanghai_date(now)
    ceiling = LimitLine(
        rule_id=line.programme.id,
        scope=LimitScope.MEMBER,
        scope_id=enrolment.member_id,
        window=LimitWindow.YEAR,
        win=window_key(LimitWindow.YEAR, day),
        unit=LimitUnit.FEN,
        maximum=most,
        stripes=1,
        taken=0,
    )
    taken = take_what_is_left(
        session, source_id=enrolment.id, line=ceiling, wanted=subsidy, day=day
    )
    return Fen(taken)
