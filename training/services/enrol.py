"""Enrolling and withdrawing: a seat where there is one, else a place in the queue."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from benefits.services import return_limits
from kernel.clock import shanghai_date
from kernel.db import TryAgain
from kernel.refusals import RequestKeyReused, refused_by
from training.errors import (
    AlreadyEnrolled,
    EnrolmentNotFound,
    EnrolmentRefused,
    SessionNotFound,
    WithdrawalTooLate,
)
from training.models import Enrolment, EnrolmentState, SessionState
from training.queries import (
    SessionLine,
    attendances_of,
    live_enrolment,
    member_card,
    place_of,
)
from training.rules import enrol_reasons
from training.services.seats import (
    end_enrolment,
    lock_session,
    note,
    promote_waiting,
    take_seat,
)


@dataclass(frozen=True)
class EnrolmentAnswer:
    """An enrolment as the member hears it. `place` in the queue, 1 is next; None: has a seat."""

    enrolment: Enrolment
    place: int | None
    replayed: bool


def enrol(
    session: Session, *, member_id: UUID, enrolment_id: UUID, session_id: UUID, now: datetime
) -> EnrolmentAnswer:
    """Give a member a seat in a session, or the last place in its queue.

    The same id and session hear of the same enrolment, as it stands by now. Locks the session,
    then the row of its seats.

    Raises SessionNotFound, EnrolmentRefused, AlreadyEnrolled, RequestKeyReused; and TryAgain when
    the same id was written for another session in this moment.
    """
    line = lock_session(session, session_id=session_id)
    known = session.get(Enrolment, enrolment_id)
    if known is not None:
        if known.member_id != member_id or known.session_id != session_id:
            raise RequestKeyReused
        return EnrolmentAnswer(known, place_of(session, enrolment=known), replayed=True)
    if line.session.state is SessionState.DRAFT:
        raise SessionNotFound
    live = live_enrolment(session, session_id=session_id, member_id=member_id)
    if live is not None:
        raise AlreadyEnrolled(enrolment_id=live.id)
    card_id = _card_of(session, line=line, member_id=member_id, now=now)
    has_seat = take_seat(session, line=line, enrolment_id=enrolment_id, now=now)
    enrolment = Enrolment(
        id=enrolment_id,
        session_id=session_id,
        member_id=member_id,
        card_id=card_id,
        queue_no=_next_number(session, session_id),
        state=EnrolmentState.ENROLLED if has_seat else EnrolmentState.WAITING,
        created_at=now,
        seated_at=now if has_seat else None,
    )
    session.add(enrolment)
    with refused_by({"pk_enrolments": TryAgain}):
        session.flush()
    note(session, enrolment=enrolment, course=line.course, event=enrolment.state.value, now=now)
    return EnrolmentAnswer(enrolment, place_of(session, enrolment=enrolment), replayed=False)


def withdraw(
    session: Session, *, member_id: UUID, enrolment_id: UUID, now: datetime
) -> EnrolmentAnswer:
    """Take a member out of a session or its queue; the seat goes to the first who waits.

    The seat is given back and taken again under one lock, so nobody who comes in that moment can
    slip in between. Withdrawn before: the same answer. Locks the session, then the row of its
    seats. Raises EnrolmentNotFound, WithdrawalTooLate, MoveNotAllowed.
    """
    enrolment = session.get(Enrolment, enrolment_id)
    if enrolment is None or enrolment.member_id != member_id:
        raise EnrolmentNotFound
    line = lock_session(session, session_id=enrolment.session_id)
    session.refresh(enrolment, with_for_update={"key_share": True})
    if enrolment.state is EnrolmentState.WITHDRAWN:
        return EnrolmentAnswer(enrolment, None, replayed=True)
    _refuse_too_late(session, enrolment=enrolment, line=line, now=now)
    had_seat = enrolment.state is EnrolmentState.ENROLLED
    end_enrolment(
        session,
        enrolment=enrolment,
        target=EnrolmentState.WITHDRAWN,
        course=line.course,
        now=now,
    )
    if had_seat:
        return_limits(session, source_id=enrolment.id)
        promote_waiting(session, line=line, now=now)
    return EnrolmentAnswer(enrolment, None, replayed=False)


def _card_of(session: Session, *, line: SessionLine, member_id: UUID, now: datetime) -> UUID:
    """Return the card to enrol against. Raises EnrolmentRefused with the first reason not to."""
    member = member_card(session, member_id=member_id)
    day = shanghai_date(now)
    against = enrol_reasons(line.terms(day=day), member.applicant, now=now, day=day)
    if against:
        raise EnrolmentRefused(reason=against[0].code, **against[0].facts)
    assert member.card_id is not None
    return member.card_id


def _refuse_too_late(
    session: Session, *, enrolment: Enrolment, line: SessionLine, now: datetime
) -> None:
    """Raise WithdrawalTooLate once it has begun and enrolment is over, or the member was there."""
    if now >= max(line.session.starts_at, line.session.enrol_until):
        raise WithdrawalTooLate(reason="session_begun")
    if attendances_of(session, enrolment_id=enrolment.id):
        raise WithdrawalTooLate(reason="already_attended")


def _next_number(session: Session, session_id: UUID) -> int:
    # The session is locked: nobody else is counting.
    last = session.scalar(
        select(func.max(Enrolment.queue_no)).where(Enrolment.session_id == session_id)
    )
    return (last or 0) + 1
