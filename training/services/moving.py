"""Waiting lists move without anybody asking: a seat nobody can use goes to the first who waits."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from benefits.services import return_limits
from training.models import EnrolmentState, SessionState
from training.queries import attendances_of, seated_without_standing
from training.services.seats import end_enrolment, lock_session, promote_waiting


@dataclass(frozen=True)
class Moved:
    """How many seats came free, and how many who waited got one."""

    lapsed: int
    promoted: int


def move_waiting_list(session: Session, *, session_id: UUID, now: datetime) -> Moved:
    """Free the seats of people who are no members any more; give every free seat to who waits.

    As withdrawing does, until the session has begun and enrolment is over; somebody who was there
    keeps the seat. Done again, it finds nothing to do. Locks the session, then the row of its
    seats. Raises SessionNotFound.
    """
    line = lock_session(session, session_id=session_id)
    held = line.session
    if held.state is not SessionState.OPEN or now >= max(held.starts_at, held.enrol_until):
        return Moved(0, 0)
    lapsed = 0
    for enrolment in seated_without_standing(session, session_id=session_id):
        if attendances_of(session, enrolment_id=enrolment.id):
            continue
        end_enrolment(
            session,
            enrolment=enrolment,
            target=EnrolmentState.LAPSED,
            course=line.course,
            now=now,
        )
        return_limits(session, source_id=enrolment.id)
        lapsed += 1
    return Moved(lapsed, len(promote_waiting(session, line=line, now=now)))
