from typing import Any

from marshmallow import fields, validate

from kernel.forms import ShanghaiMoment, YuanField
from kernel.i18n import N_
from kernel.money import WHOLE_BP, BasisPoints, parse_yuan
from kernel.wire import FenField, Moment, Text, Wire
from training.models import (
    AttendanceBasis,
    Direction,
    EnrolmentState,
    Payer,
    TrainingCategory,
)

# Longer than any code can be, and bounded before anything looks at it (card-credential 8.1).
PRESENTATION_CHARACTERS_MAX = 4_000


class ListQuery(Wire):
    cursor = Text()
    rows = fields.Integer(load_default=50, validate=validate.Range(min=1, max=100))


class MeetingResponse(Wire):
    starts_at = Moment()
    ends_at = Moment()


class SessionResponse(Wire):
    session_id = fields.UUID()
    course_id = fields.UUID()
    title = fields.String()
    category = fields.Enum(TrainingCategory, by_value=True)
    organiser = fields.String()
    site = fields.String()
    address = fields.String()
    starts_at = Moment()
    ends_at = Moment()
    enrol_from = Moment()
    enrol_until = Moment()
    meetings = fields.List(fields.Nested(MeetingResponse))
    seats = fields.Integer()
    free = fields.Integer()
    waiting = fields.Integer(metadata={"description": "How many wait for a seat."})
    attendance_rate_bp = fields.Integer(
        metadata={"description": "Of the meetings or minutes, 1 bp = 0.01 %."}
    )
    attendance_basis = fields.String()
    subsidy_fen = FenField(metadata={"description": "Owed to who completes the course."})


class SessionSeen(SessionResponse):
    """A session as the list shows it to one member."""

    usable = fields.Boolean(metadata={"description": "Whether this member can enrol now."})
    reason = fields.String(allow_none=True, metadata={"description": "A stable code."})
    reason_text = fields.String(allow_none=True)
    next_step = fields.String(allow_none=True)
    enrolment_id = fields.UUID(allow_none=True, metadata={"description": "One's own."})


class SessionPage(Wire):
    items = fields.List(fields.Nested(SessionSeen))
    next_cursor = fields.String(allow_none=True)


class EnrolmentRequest(Wire):
    id = fields.UUID(required=True, metadata={"description": "Made by the device, once."})
    session_id = fields.UUID(required=True)


class EnrolmentResponse(Wire):
    id = fields.UUID()
    session_id = fields.UUID()
    state = fields.Enum(EnrolmentState, by_value=True)
    place = fields.Integer(
        allow_none=True, metadata={"description": "In the queue, 1 is next; null: not waiting."}
    )
    created_at = Moment()


class OwnMeeting(MeetingResponse):
    came_at = Moment(allow_none=True)
    left_at = Moment(allow_none=True)


class OwnEnrolment(EnrolmentResponse):
    session = fields.Nested(SessionResponse)
    attendance = fields.List(fields.Nested(OwnMeeting))


class EnrolmentPage(Wire):
    items = fields.List(fields.Nested(OwnEnrolment))
    next_cursor = fields.String(allow_none=True)


class AttendanceRequest(Wire):
    id = fields.UUID(required=True, metadata={"description": "Made by the till, once."})
    presentation = fields.String(
        required=True,
        validate=validate.Length(min=1, max=PRESENTATION_CHARACTERS_MAX),
        metadata={"description": "The QR's text: UC1:…, UR1:… or US1:…"},
    )
    session_id = fields.UUID(required=True)
    direction = fields.Enum(Direction, by_value=True, required=True)
    occurred_at = Moment(required=True, metadata={"description": "The till's clock: kept only."})


class CardSeenResponse(Wire):
    tail = fields.String()
    masked_name = fields.String()


class AttendanceResponse(Wire):
    id = fields.UUID()
    session_id = fields.UUID()
    title = fields.String()
    direction = fields.Enum(Direction, by_value=True)
    meeting = fields.Nested(MeetingResponse)
    occurred_at = Moment()
    received_at = Moment(metadata={"description": "The service's clock: what counts."})
    card = fields.Nested(CardSeenResponse)


class SiteSession(SessionResponse):
    """A session as a till of its site shows it."""

    enrolled = fields.Integer()


class SiteSessions(Wire):
    items = fields.List(fields.Nested(SiteSession))


# --- Forms of the desk

_SEATS_MAX = 1000
_DAY_MINUTES = 24 * 60


class PercentField(fields.Field[BasisPoints]):
    """A share typed in percent with at most two places, read as basis points: above 0, to 100."""

    default_error_messages = {"invalid": N_("Give a share in percent, above 0 and at most 100.")}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> BasisPoints:
        # Percent with two places and yuan with two places are the same digits.
        share = parse_yuan(value.removesuffix("%")) if isinstance(value, str) else None
        if share is None or not 0 < share <= WHOLE_BP:
            raise self.make_error("invalid")
        return BasisPoints(share)


class CourseTerms(Wire):
    category = fields.Enum(TrainingCategory, by_value=True, required=True)
    organiser = Text(required=True)
    payer = fields.Enum(Payer, by_value=True, required=True)
    title_zh = Text(required=True)
    title_en = Text(required=True)
    programme_id = fields.UUID(required=True)
    subsidy_fen = YuanField(required=True)
    attendance_basis = fields.Enum(AttendanceBasis, by_value=True, required=True)
    attendance_rate_bp = PercentField(required=True)
    scan_margin_minutes = fields.Integer(required=True, validate=validate.Range(min=0, max=240))


class CourseForm(CourseTerms):
    union_code = Text(required=True, maximum=40)


class EditCourseForm(CourseTerms):
    version = fields.Integer(required=True)


class MeetingForm(Wire):
    first_starts_at = ShanghaiMoment(required=True)
    meeting_minutes = fields.Integer(
        required=True, validate=validate.Range(min=1, max=_DAY_MINUTES)
    )


class SessionForm(MeetingForm):
    """A session whose meetings come at a steady pace; odd ones are added to the draft."""

    site_id = fields.UUID(required=True)
    seats = fields.Integer(required=True, validate=validate.Range(min=1, max=_SEATS_MAX))
    enrol_from = ShanghaiMoment(required=True)
    enrol_until = ShanghaiMoment(required=True)
    meetings = fields.Integer(required=True, validate=validate.Range(min=1, max=60))
    every_days = fields.Integer(required=True, validate=validate.Range(min=1, max=31))


class VersionForm(Wire):
    version = fields.Integer(required=True)


class SeatsForm(VersionForm):
    seats = fields.Integer(required=True, validate=validate.Range(min=1, max=_SEATS_MAX))
