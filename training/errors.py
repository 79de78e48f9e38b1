from kernel.errors import Refusal
from kernel.i18n import N_


class CourseNotFound(Refusal):
    status = 404
    code = "course_not_found"
    title = N_("There is no such course, or it is not yours to see.")


class SessionNotFound(Refusal):
    status = 404
    code = "training_session_not_found"
    title = N_("There is no such session, or it is not yours to see.")


class EnrolmentNotFound(Refusal):
    status = 404
    code = "enrolment_not_found"
    title = N_("You have no such enrolment.")


class EnrolmentRefused(Refusal):
    """Facts: `reason` and what belongs to it, as the list of sessions shows them."""

    status = 409
    code = "enrolment_not_possible"
    title = N_("You cannot enrol in this session. The list of sessions says why.")


class AlreadyEnrolled(Refusal):
    """Facts: `enrolment_id`, the one that is there."""

    status = 409
    code = "already_enrolled"
    title = N_("You are enrolled in this session already, or waiting for a seat.")


class WithdrawalTooLate(Refusal):
    """Facts: `reason`: the session has begun, or the member has been there."""

    status = 409
    code = "withdrawal_too_late"
    title = N_("It is too late to withdraw from this session. Tell its organiser.")


class NotThisSite(Refusal):
    status = 409
    code = "not_this_site"
    title = N_("This session is held at another site. Attendance counts only there.")


class SiteSuspended(Refusal):
    status = 409
    code = "site_suspended"
    title = N_("This site is suspended: no attendance is taken here.")


class NotEnrolled(Refusal):
    """Facts: `reason`: `not_enrolled`, or the state of the enrolment, such as `waiting`."""

    status = 409
    code = "not_enrolled"
    title = N_("This member has no seat in this session.")


class NoMeetingNow(Refusal):
    """Facts: `next_at`, when the next scan counts, or None."""

    status = 409
    code = "no_meeting_now"
    title = N_("No meeting of this session is being held now.")


class NotScannedIn(Refusal):
    status = 409
    code = "not_scanned_in"
    title = N_("This member was not scanned in at this meeting. Scan them in first.")


class SessionNotOpen(Refusal):
    """Facts: `state`."""

    status = 409
    code = "training_session_not_open"
    title = N_("This session is not open: not yet, or no more.")


class SessionNotOver(Refusal):
    """Facts: `reason`: `meeting_ahead`, or `still_inside` with how many."""

    status = 409
    code = "training_session_not_over"
    title = N_("This session is not over: a meeting is still to come, or members are still inside.")


class CourseTermsWrong(Refusal):
    """Facts: `field` and `reason`."""

    status = 422
    code = "course_terms_wrong"
    title = N_("These terms do not make a course. Check who pays, and the programme.")


class SessionTimesWrong(Refusal):
    """Facts: `field` and `reason`."""

    status = 422
    code = "training_session_times_wrong"
    title = N_("These times do not make a session. Check the meetings and the days of enrolment.")


class SeatsTooMany(Refusal):
    status = 422
    code = "seats_too_many"
    title = N_("A session has at least one seat and at most a thousand.")
