"""One session: its queue, its attendance, and everything that is done with it."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from flask import render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from kernel.clock import utc_now
from kernel.db import transaction
from kernel.errors import Refusal
from kernel.exports import CellKind, Column, list_file, wanted_format
from kernel.forms import Form, blank_form, read_form
from kernel.i18n import N_
from kernel.money import yuan
from kernel.web import current_actor
from training.models import EnrolmentState
from training.pages.blueprint import (
    ENROLMENT_WORDS,
    PAYABLE_WORDS,
    WORDS,
    back_to,
    changing_paths,
    pages,
    reading_paths,
    titled,
)
from training.queries import (
    EnrolmentLine,
    course_within,
    enrolment_lines,
    find_session,
    meetings_by_session,
    presences_of,
)
from training.schemas import MeetingForm, SeatsForm, VersionForm
from training.services import (
    MeetingTimes,
    add_meeting,
    cancel_session,
    change_seats,
    complete_session,
    drop_meeting,
    open_session,
)

_SEATED = (EnrolmentState.ENROLLED, EnrolmentState.COMPLETED, EnrolmentState.NOT_COMPLETED)
_GONE = (EnrolmentState.WITHDRAWN, EnrolmentState.LAPSED)


@pages.get("/sessions/<uuid:session_id>")
def one_session(session_id: UUID) -> ResponseReturnValue:
    """Show a session: who has a seat, who waits, who came; or save who has a seat as a file."""
    file_format = wanted_format()
    if file_format is None:
        return _show(session_id)
    with transaction() as session:
        find_session(session, session_id=session_id, paths=reading_paths())
        rows = enrolment_lines(session, session_id=session_id, states=list(EnrolmentState))
    return list_file(rows, _columns(), name="enrolments", file_format=file_format)


def _columns() -> list[Column[EnrolmentLine]]:
    return [
        Column(gettext("Order"), lambda row: row.enrolment.queue_no, CellKind.NUMBER),
        Column(gettext("Member"), lambda row: row.name_masked),
        Column(gettext("Card"), lambda row: row.card_tail),
        Column(gettext("Union"), lambda row: row.union_name),
        Column(gettext("State"), lambda row: gettext(ENROLMENT_WORDS[row.enrolment.state])),
        Column(gettext("Enrolled at"), lambda row: row.enrolment.created_at, CellKind.MOMENT),
        Column(gettext("Attended"), lambda row: row.completion and row.completion.attended),
        Column(
            gettext("Subsidy"),
            lambda row: row.completion and row.completion.subsidy_fen,
            CellKind.MONEY,
        ),
        Column(
            gettext("Payment"),
            lambda row: gettext(PAYABLE_WORDS[row.payable_state]) if row.payable_state else "",
        ),
    ]


@pages.post("/sessions/<uuid:session_id>/open")
def open_to_members(session_id: UUID) -> ResponseReturnValue:
    """Let members see a session and enrol."""

    def act(version: int) -> ResponseReturnValue:
        with transaction() as session:
            find_session(session, session_id=session_id, paths=changing_paths())
            open_session(
                session,
                actor=current_actor(),
                session_id=session_id,
                version=version,
                now=utc_now(),
            )
        return back_to(session_id, N_("The session is open: members see it and enrol."))

    return _act(session_id, act)


@pages.post("/sessions/<uuid:session_id>/cancel")
def call_off(session_id: UUID) -> ResponseReturnValue:
    """Call a session off."""

    def act(version: int) -> ResponseReturnValue:
        with transaction() as session:
            find_session(session, session_id=session_id, paths=changing_paths())
            cancel_session(
                session,
                actor=current_actor(),
                session_id=session_id,
                version=version,
                now=utc_now(),
            )
        return back_to(session_id, N_("The session is called off. All seats are free."))

    return _act(session_id, act)


@pages.post("/sessions/<uuid:session_id>/complete")
def complete(session_id: UUID) -> ResponseReturnValue:
    """Judge the attendance of everybody who has a seat."""

    def act(version: int) -> ResponseReturnValue:
        with transaction() as session:
            find_session(session, session_id=session_id, paths=changing_paths())
            outcome = complete_session(
                session,
                actor=current_actor(),
                session_id=session_id,
                version=version,
                now=utc_now(),
            )
        return back_to(
            session_id,
            N_("Completed: %(completed)s, not completed: %(missed)s. ¥%(owed)s is owed."),
            completed=outcome.completed,
            missed=outcome.not_completed,
            owed=yuan(outcome.subsidies_fen),
        )

    return _act(session_id, act)


@pages.post("/sessions/<uuid:session_id>/seats")
def save_seats(session_id: UUID) -> ResponseReturnValue:
    """Set how many seats there are."""
    form = read_form(SeatsForm())
    if not form.ok:
        return _show(session_id, seats=form)
    try:
        with transaction() as session:
            find_session(session, session_id=session_id, paths=changing_paths())
            change_seats(
                session,
                actor=current_actor(),
                session_id=session_id,
                now=utc_now(),
                **form.values,
            )
    except Refusal as refusal:
        form.refuse(refusal)
        return _show(session_id, seats=form)
    return back_to(session_id, N_("The seats are changed; new ones went to who waited."))


@pages.post("/sessions/<uuid:session_id>/meetings")
def save_meeting(session_id: UUID) -> ResponseReturnValue:
    """Add a meeting to a draft."""
    form = read_form(MeetingForm())
    if not form.ok:
        return _show(session_id, meeting=form)
    starts_at = form.values["first_starts_at"]
    times = MeetingTimes(starts_at, starts_at + timedelta(minutes=form.values["meeting_minutes"]))
    try:
        with transaction() as session:
            find_session(session, session_id=session_id, paths=changing_paths())
            add_meeting(
                session,
                actor=current_actor(),
                session_id=session_id,
                times=times,
                now=utc_now(),
            )
    except Refusal as refusal:
        form.refuse(refusal, "first_starts_at")
        return _show(session_id, meeting=form)
    return back_to(session_id, N_("The meeting is added."))


@pages.post("/sessions/<uuid:session_id>/meetings/<uuid:meeting_id>/drop")
def remove_meeting(session_id: UUID, meeting_id: UUID) -> ResponseReturnValue:
    """Take a meeting out of a draft."""
    form = blank_form()
    try:
        with transaction() as session:
            find_session(session, session_id=session_id, paths=changing_paths())
            drop_meeting(
                session,
                actor=current_actor(),
                session_id=session_id,
                meeting_id=meeting_id,
                now=utc_now(),
            )
    except Refusal as refusal:
        form.refuse(refusal)
        return _show(session_id, action=form)
    return back_to(session_id, N_("The meeting is taken out."))


def _act(session_id: UUID, act: Callable[[int], ResponseReturnValue]) -> ResponseReturnValue:
    """Carry out one of the page's buttons; what is refused is said above the page itself."""
    form = read_form(VersionForm())
    if not form.ok:
        return _show(session_id, action=form)
    try:
        return act(form.values["version"])
    except Refusal as refusal:
        form.refuse(refusal)
        return _show(session_id, action=form)


def _show(
    session_id: UUID,
    *,
    action: Form | None = None,
    seats: Form | None = None,
    meeting: Form | None = None,
) -> ResponseReturnValue:
    """Show a session; one of the forms is what was sent and has faults."""
    with transaction() as session:
        line = find_session(session, session_id=session_id, paths=reading_paths())
        meetings = meetings_by_session(session, session_ids=[session_id])
        seated = enrolment_lines(session, session_id=session_id, states=_SEATED)
        waiting = enrolment_lines(session, session_id=session_id, states=[EnrolmentState.WAITING])
        gone = enrolment_lines(session, session_id=session_id, states=_GONE)
        presences = presences_of(
            session, meetings=meetings, enrolments=[each.enrolment for each in seated]
        )
        changeable = course_within(session, course_id=line.course.id, paths=changing_paths())
    sent = next((form for form in (action, seats, meeting) if form is not None), blank_form())
    return render_template(
        "training/session.html",
        line=line,
        meetings=meetings[session_id],
        seated=seated,
        waiting=waiting,
        gone=gone,
        presences=presences,
        may_change=changeable is not None,
        action=action or blank_form(),
        seats=seats or blank_form(seats=line.seats),
        meeting=meeting or blank_form(),
        titled=titled,
        **WORDS,
    ), sent.status
