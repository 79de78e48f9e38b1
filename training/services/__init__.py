"""What can be done with courses, sessions and seats, one file per group of verbs."""

from training.services.attend import AttendanceAnswer, ScanRequest, attend
from training.services.calendar import enrolment_calendar
from training.services.complete import cancel_session, complete_session
from training.services.courses import CourseFacts, add_course, change_course
from training.services.enrol import EnrolmentAnswer, enrol, withdraw
from training.services.moving import Moved, move_waiting_list
from training.services.offers import SeenSession, sessions_for_member
from training.services.sessions import (
    MeetingTimes,
    SessionFacts,
    add_meeting,
    add_session,
    change_seats,
    drop_meeting,
    open_session,
)

__all__ = [
    "AttendanceAnswer",
    "CourseFacts",
    "EnrolmentAnswer",
    "MeetingTimes",
    "Moved",
    "ScanRequest",
    "SeenSession",
    "SessionFacts",
    "add_course",
    "add_meeting",
    "add_session",
    "attend",
    "cancel_session",
    "change_course",
    "change_seats",
    "complete_session",
    "drop_meeting",
    "enrol",
    "enrolment_calendar",
    "move_waiting_list",
    "open_session",
    "sessions_for_member",
    "withdraw",
]
