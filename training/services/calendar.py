"""The calendar file of an enrolment (RFC 5545), for whatever calendar a member keeps."""

from datetime import datetime
from uuid import UUID

from icalendar import Calendar, Event
from sqlalchemy.orm import Session

from kernel.clock import SHANGHAI
from training.errors import EnrolmentNotFound
from training.models import CourseMeeting, CourseSession, Enrolment, EnrolmentState, SessionState
from training.queries import SessionLine, lines_by_id, meetings_of

_MAKER = "-//Union Card//Training//ZH"
_OFF = frozenset({EnrolmentState.WITHDRAWN, EnrolmentState.LAPSED})


def enrolment_calendar(
    session: Session, *, member_id: UUID, enrolment_id: UUID, in_chinese: bool, now: datetime
) -> bytes:
    """Return the meetings of the session a member is in, as a calendar file in Shanghai's time.

    A meeting keeps its UID, so a file that is fetched again replaces what the first one wrote:
    what is off says CANCELLED, a place in the queue TENTATIVE. Raises EnrolmentNotFound.
    """
    enrolment = session.get(Enrolment, enrolment_id)
    if enrolment is None or enrolment.member_id != member_id:
        raise EnrolmentNotFound
    line = lines_by_id(session, session_ids=[enrolment.session_id])[enrolment.session_id]
    title = line.course.title_zh if in_chinese else line.course.title_en
    status = _status(enrolment, line.session)
    calendar = Calendar()
    calendar.add("prodid", _MAKER)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    for meeting in meetings_of(session, session_id=enrolment.session_id):
        calendar.add_component(_event(meeting, line, title=title, status=status, now=now))
    # Some calendars know no zone that the file does not describe.
    calendar.add_missing_timezones()
    content: bytes = calendar.to_ical()
    return content


def _event(
    meeting: CourseMeeting, line: SessionLine, *, title: str, status: str, now: datetime
) -> Event:
    event = Event()
    event.add("uid", f"{meeting.id}@training.union-card")
    event.add("dtstamp", now)
    # A calendar takes the newest: of two files the one that was fetched later.
    event.add("sequence", int((now - line.session.created_at).total_seconds()))
    event.add("dtstart", meeting.starts_at.astimezone(SHANGHAI))
    event.add("dtend", meeting.ends_at.astimezone(SHANGHAI))
    event.add("summary", title)
    event.add("location", f"{line.site.name}, {line.site.address}")
    event.add("comment", line.course.organiser)
    event.add("status", status)
    return event


def _status(enrolment: Enrolment, held: CourseSession) -> str:
    if held.state is SessionState.CANCELLED or enrolment.state in _OFF:
        return "CANCELLED"
    return "TENTATIVE" if enrolment.state is EnrolmentState.WAITING else "CONFIRMED"
