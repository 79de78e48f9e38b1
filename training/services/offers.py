"""What one member can enrol in, and why not in the rest: judged as enrolling itself judges."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from benefits.rules import Reason
from kernel.clock import shanghai_date
from training.models import EnrolmentState
from training.queries import SessionLine, live_enrolments, member_card, sessions_to_enrol_in
from training.rules import enrol_reasons, training_reason

_LIVE = frozenset({EnrolmentState.ENROLLED, EnrolmentState.WAITING})


@dataclass(frozen=True)
class SeenSession:
    """A session as one member sees it, with everything that speaks against enrolling now."""

    line: SessionLine
    reasons: tuple[Reason, ...]
    enrolment_id: UUID | None


def sessions_for_member(
    session: Session, *, member_id: UUID, after: UUID | None, rows: int, now: datetime
) -> list[SeenSession]:
    """Return what is held now or later, by id from behind `after`, judged for one member."""
    lines = sessions_to_enrol_in(session, now=now, after=after, rows=rows)
    applicant = member_card(session, member_id=member_id).applicant
    mine = live_enrolments(
        session, member_id=member_id, session_ids=[line.session.id for line in lines]
    )
    day = shanghai_date(now)
    seen = []
    for line in lines:
        own = mine.get(line.session.id)
        reasons = enrol_reasons(line.terms(day=day), applicant, now=now, day=day)
        if own is not None:
            code = "already_enrolled" if own.state in _LIVE else "session_over_for_you"
            reasons = (training_reason(code), *reasons)
        seen.append(SeenSession(line, reasons, own.id if own is not None else None))
    return seen
