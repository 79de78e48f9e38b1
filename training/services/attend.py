"""Attendance by card scan, in and out, at the session's own site."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from cards.errors import CardNotUsable
from cards.models import RecordKind
from cards.services import add_record
from cards.services.verify import verify_presentation
from kernel.actors import Till
from kernel.db import TryAgain
from kernel.refusals import RequestKeyReused, refused_by
from training.errors import (
    NoMeetingNow,
    NotEnrolled,
    NotScannedIn,
    NotThisSite,
    SessionNotFound,
    SessionNotOpen,
    SiteSuspended,
)
from training.models import (
    Attendance,
    CourseMeeting,
    Direction,
    Enrolment,
    EnrolmentState,
    SessionState,
)
from training.queries import (
    CardSeen,
    SessionLine,
    attendances_of,
    card_seen,
    live_enrolment,
    meetings_of,
    session_line,
)
from training.rules import meeting_to_enter, meetings_to_leave, next_scan_at, scan_digest

SOURCE = "attendance"
# What the member reads of a scan: one line when they come, one when they go.
_EVENTS = {Direction.IN: "attended_in", Direction.OUT: "attended"}
_TAKEN: dict[str, type[Exception]] = {
    "pk_attendances": TryAgain,
    "uq_attendances_enrolment_id_meeting_id_direction": TryAgain,
}


@dataclass(frozen=True)
class ScanRequest:
    """What the till asks. `occurred_at` is its own clock, kept and not believed."""

    id: UUID
    session_id: UUID
    presentation: str
    direction: Direction
    occurred_at: datetime

    @property
    def digest(self) -> bytes:
        return scan_digest(
            session_id=self.session_id,
            direction=self.direction.value,
            presentation=self.presentation,
        )


@dataclass(frozen=True)
class AttendanceAnswer:
    """The scan as the till hears it; `replayed` when this coming or going was known already."""

    attendance: Attendance
    meeting: CourseMeeting
    line: SessionLine
    card: CardSeen
    replayed: bool


def attend(
    session: Session, *, till: Till, request: ScanRequest, now: datetime
) -> AttendanceAnswer:
    """Write down that a member came to a meeting, or left it; `now` is when.

    The same id and facts hear the first answer. A second scan the same way at one meeting, under
    whatever id, hears the first too. Locks what verify_presentation() locks, then the enrolment.

    Raises SessionNotFound, NotThisSite, SiteSuspended, SessionNotOpen, CardNotUsable, NotEnrolled,
    NoMeetingNow, NotScannedIn, RequestKeyReused; and TryAgain when the same scan was written in
    this moment.
    """
    line = session_line(session, session_id=request.session_id)
    if line is None or line.session.state is SessionState.DRAFT:
        raise SessionNotFound
    known = session.get(Attendance, request.id)
    if known is not None:
        if known.terminal_id != till.terminal_id or known.facts_digest != request.digest:
            raise RequestKeyReused
        return _replay(session, line=line, known=known)
    _refuse_elsewhere(line, till)
    verdict = verify_presentation(
        session,
        terminal_id=till.terminal_id,
        audience=till.code,
        presentation=request.presentation,
        scan_id=request.id,
        now=now,
    )
    holder = verdict.holder
    if holder is None:
        raise CardNotUsable(reason=verdict.reason)
    enrolment = _lock_enrolment(session, line=line, member_id=holder.member_id)
    scans = attendances_of(session, enrolment_id=enrolment.id)
    meetings = meetings_of(session, session_id=line.session.id)
    meeting = _meeting(line, meetings, scans, direction=request.direction, now=now)
    earlier = _scan_of(scans, meeting, request.direction)
    card = CardSeen(holder.number_tail, holder.name_masked)
    if earlier is not None:
        return AttendanceAnswer(earlier, meeting, line, card, replayed=True)
    attendance = Attendance(
        id=request.id,
        session_id=line.session.id,
        enrolment_id=enrolment.id,
        meeting_id=meeting.id,
        direction=request.direction,
        terminal_id=till.terminal_id,
        verification_id=verdict.verification_id,
        facts_digest=request.digest,
        occurred_at=request.occurred_at,
        received_at=now,
    )
    session.add(attendance)
    with refused_by(_TAKEN):
        session.flush()
    add_record(
        session,
        card_id=holder.card_id,
        kind=RecordKind.TRAINING,
        event=_EVENTS[request.direction],
        source_type=SOURCE,
        source_id=attendance.id,
        title_zh=line.course.title_zh,
        title_en=line.course.title_en,
        occurred_at=now,
        now=now,
    )
    return AttendanceAnswer(attendance, meeting, line, card, replayed=False)


def _refuse_elsewhere(line: SessionLine, till: Till) -> None:
    """Raise NotThisSite, SiteSuspended or SessionNotOpen unless this till takes attendance."""
    if line.session.site_id != till.site_id:
        raise NotThisSite
    if not line.site_is_active:
        raise SiteSuspended
    if line.session.state is not SessionState.OPEN:
        raise SessionNotOpen(state=line.session.state)


def _lock_enrolment(session: Session, *, line: SessionLine, member_id: UUID) -> Enrolment:
    """Lock the member's enrolment and return it as it is now. Raises NotEnrolled."""
    found = live_enrolment(session, session_id=line.session.id, member_id=member_id)
    if found is None:
        raise NotEnrolled(reason="not_enrolled")
    session.refresh(found, with_for_update={"key_share": True})
    if found.state is not EnrolmentState.ENROLLED:
        raise NotEnrolled(reason=found.state)
    return found


def _meeting(
    line: SessionLine,
    meetings: list[CourseMeeting],
    scans: list[Attendance],
    *,
    direction: Direction,
    now: datetime,
) -> CourseMeeting:
    """Return the meeting that a scan now is for. Raises NoMeetingNow, NotScannedIn."""
    margin = line.course.scan_margin_minutes
    if direction is Direction.IN:
        entered = meeting_to_enter(meetings, margin_minutes=margin, now=now)
        if entered is None:
            raise _no_meeting(meetings, margin, now)
        return entered
    left = meetings_to_leave(meetings, margin_minutes=margin, now=now)
    if not left:
        raise _no_meeting(meetings, margin, now)
    came = [each for each in left if _scan_of(scans, each, Direction.IN) is not None]
    inside = [each for each in came if _scan_of(scans, each, Direction.OUT) is None]
    if not came:
        raise NotScannedIn
    return (inside or came)[0]


def _no_meeting(meetings: list[CourseMeeting], margin: int, now: datetime) -> NoMeetingNow:
    next_at = next_scan_at(meetings, margin_minutes=margin, now=now)
    return NoMeetingNow(next_at=next_at.isoformat() if next_at else None)


def _scan_of(
    scans: list[Attendance], meeting: CourseMeeting, direction: Direction
) -> Attendance | None:
    return next(
        (each for each in scans if each.meeting_id == meeting.id and each.direction is direction),
        None,
    )


def _replay(session: Session, *, line: SessionLine, known: Attendance) -> AttendanceAnswer:
    meeting = session.get_one(CourseMeeting, known.meeting_id)
    card = card_seen(session, verification_id=known.verification_id)
    return AttendanceAnswer(known, meeting, line, card, replayed=True)
