"""JSON endpoints of training: members enrol, tills take attendance."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Response
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, gettext

from benefits.rules import Reason
from kernel.clock import shanghai_date, shanghai_day, utc_now
from kernel.db import transaction
from kernel.pages import attachment, shown_moment
from kernel.web import (
    REPLAYED_HEADER,
    Blueprint,
    current_actor,
    decode_id_cursor,
    encode_cursor,
)
from training.models import CourseMeeting, Enrolment
from training.queries import (
    SessionLine,
    enrolments_of,
    lines_by_id,
    meetings_by_session,
    presences_of,
    sessions_at,
)
from training.schemas import (
    AttendanceRequest,
    AttendanceResponse,
    EnrolmentPage,
    EnrolmentRequest,
    EnrolmentResponse,
    ListQuery,
    SessionPage,
    SiteSessions,
)
from training.services import (
    AttendanceAnswer,
    EnrolmentAnswer,
    ScanRequest,
    SeenSession,
    attend,
    enrol,
    enrolment_calendar,
    sessions_for_member,
    withdraw,
)

api = Blueprint("training_api", __name__, description="Training: enrol, wait, attend")

_CALENDAR_TYPE = "text/calendar"
_FILE = {"type": "string", "format": "binary"}


@api.get("/training/sessions")
@api.arguments(ListQuery, location="query")
@api.response(200, SessionPage)
def list_sessions(query: dict[str, Any]) -> ResponseReturnValue:
    """List what is held now or later: what I can enrol in, and why not in the others."""
    with transaction() as session:
        seen = sessions_for_member(
            session,
            member_id=current_actor().member_id,
            after=decode_id_cursor(query["cursor"]) if "cursor" in query else None,
            rows=query["rows"],
            now=utc_now(),
        )
        ids = [each.line.session.id for each in seen]
        meetings = meetings_by_session(session, session_ids=ids)
    return {
        "items": [_seen(each, meetings[each.line.session.id]) for each in seen],
        "next_cursor": _cursor(ids, query["rows"]),
    }


@api.post("/training/enrolments")
@api.arguments(EnrolmentRequest)
@api.response(201, EnrolmentResponse)
def enrol_in_session(body: dict[str, Any]) -> ResponseReturnValue:
    """Take a seat in a session, or the last place in its queue."""
    with transaction() as session:
        answer = enrol(
            session,
            member_id=current_actor().member_id,
            enrolment_id=body["id"],
            session_id=body["session_id"],
            now=utc_now(),
        )
    return _answer(answer, 201)


@api.delete("/training/enrolments/<uuid:enrolment_id>")
@api.response(200, EnrolmentResponse)
def withdraw_from_session(enrolment_id: UUID) -> ResponseReturnValue:
    """Give my seat, or my place in the queue, back."""
    with transaction() as session:
        answer = withdraw(
            session,
            member_id=current_actor().member_id,
            enrolment_id=enrolment_id,
            now=utc_now(),
        )
    return _answer(answer, 200)


@api.get("/training/enrolments")
@api.arguments(ListQuery, location="query")
@api.response(200, EnrolmentPage)
def list_enrolments(query: dict[str, Any]) -> ResponseReturnValue:
    """List my enrolments, newest first, each with its place in the queue and its attendance."""
    with transaction() as session:
        found = enrolments_of(
            session,
            member_id=current_actor().member_id,
            after=decode_id_cursor(query["cursor"]) if "cursor" in query else None,
            rows=query["rows"],
        )
        session_ids = [enrolment.session_id for enrolment, _ in found]
        lines = lines_by_id(session, session_ids=session_ids)
        meetings = meetings_by_session(session, session_ids=session_ids)
        presences = presences_of(
            session, meetings=meetings, enrolments=[enrolment for enrolment, _ in found]
        )
    items = [
        _enrolment(enrolment, place)
        | {
            "session": _session(lines[enrolment.session_id], meetings[enrolment.session_id]),
            "attendance": presences[enrolment.id],
        }
        for enrolment, place in found
    ]
    ids = [enrolment.id for enrolment, _ in found]
    return {"items": items, "next_cursor": _cursor(ids, query["rows"])}


@api.get("/training/enrolments/<uuid:enrolment_id>/calendar.ics")
@api.response(200, _FILE, content_type=_CALENDAR_TYPE)
def download_calendar(enrolment_id: UUID) -> Response:
    """Return the meetings of a session I am in as a calendar file; fetched again, it replaces."""
    with transaction() as session:
        content = enrolment_calendar(
            session,
            member_id=current_actor().member_id,
            enrolment_id=enrolment_id,
            in_chinese=_is_chinese(),
            now=utc_now(),
        )
    return attachment(content, filename="training.ics", mimetype=_CALENDAR_TYPE)


@api.post("/attendances")
@api.arguments(AttendanceRequest)
@api.response(201, AttendanceResponse)
def take_attendance(body: dict[str, Any]) -> ResponseReturnValue:
    """Write down that a member came or left: our clock says when, a second scan changes nothing."""
    with transaction() as session:
        answer = attend(
            session, till=current_actor().till, request=ScanRequest(**body), now=utc_now()
        )
    return _attendance(answer), 201, _replayed(replayed=answer.replayed)


@api.get("/training/sessions/at-my-site")
@api.response(200, SiteSessions)
def list_site_sessions() -> ResponseReturnValue:
    """List the sessions that meet at this till's site today."""
    till = current_actor().till
    with transaction() as session:
        lines = sessions_at(
            session, site_id=till.site_id, day=shanghai_day(shanghai_date(utc_now()))
        )
        meetings = meetings_by_session(session, session_ids=[line.session.id for line in lines])
    return {
        "items": [
            _session(line, meetings[line.session.id]) | {"enrolled": line.seated} for line in lines
        ]
    }


def _replayed(*, replayed: bool) -> dict[str, str]:
    return {REPLAYED_HEADER: "true"} if replayed else {}


def _cursor(ids: Sequence[UUID], rows: int) -> str | None:
    return encode_cursor(str(ids[-1])) if len(ids) == rows else None


def _is_chinese() -> bool:
    return str(get_locale()).startswith("zh")


def _titled(zh: str, en: str) -> str:
    return zh if _is_chinese() else en


def _session(line: SessionLine, meetings: Sequence[CourseMeeting]) -> dict[str, Any]:
    held, course = line.session, line.course
    return {
        "session_id": held.id,
        "course_id": course.id,
        "title": _titled(course.title_zh, course.title_en),
        "category": course.category,
        "organiser": course.organiser,
        "site": line.site.name,
        "address": line.site.address,
        "starts_at": held.starts_at,
        "ends_at": held.ends_at,
        "enrol_from": held.enrol_from,
        "enrol_until": held.enrol_until,
        "meetings": meetings,
        "seats": line.seats,
        "free": line.free,
        "waiting": line.waiting,
        "attendance_rate_bp": course.attendance_rate_bp,
        "attendance_basis": course.attendance_basis.value,
        "subsidy_fen": course.subsidy_fen,
    }


def _seen(each: SeenSession, meetings: Sequence[CourseMeeting]) -> dict[str, Any]:
    first = each.reasons[0] if each.reasons else None
    return _session(each.line, meetings) | {
        "usable": not each.reasons,
        "reason": first.code if first else None,
        "reason_text": gettext(first.text) if first else None,
        "next_step": _next_step(first) if first else None,
        "enrolment_id": each.enrolment_id,
    }


def _next_step(reason: Reason) -> str:
    return str(gettext(reason.next_step, **_readable(reason.facts)))


def _readable(facts: Mapping[str, object]) -> dict[str, object]:
    """Return a reason's facts with its moments as people read them."""
    next_at = facts.get("next_at")
    if not isinstance(next_at, str):
        return dict(facts)
    return {**facts, "next_at": shown_moment(datetime.fromisoformat(next_at))}


def _answer(answer: EnrolmentAnswer, status: int) -> ResponseReturnValue:
    content = _enrolment(answer.enrolment, answer.place)
    return content, status, _replayed(replayed=answer.replayed)


def _enrolment(enrolment: Enrolment, place: int | None) -> dict[str, Any]:
    return {
        "id": enrolment.id,
        "session_id": enrolment.session_id,
        "state": enrolment.state,
        "place": place,
        "created_at": enrolment.created_at,
    }


def _attendance(answer: AttendanceAnswer) -> dict[str, Any]:
    attendance, course = answer.attendance, answer.line.course
    return {
        "id": attendance.id,
        "session_id": attendance.session_id,
        "title": _titled(course.title_zh, course.title_en),
        "direction": attendance.direction,
        "meeting": answer.meeting,
        "occurred_at": attendance.occurred_at,
        "received_at": attendance.received_at,
        "card": {"tail": answer.card.tail, "masked_name": answer.card.name_masked},
    }
