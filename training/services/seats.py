"""A session's seats and its queue. Whoever calls this holds the lock of the session's row."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from benefits.errors import LimitReached
from benefits.models import LimitScope, LimitUnit, LimitWindow
from benefits.queries import LimitLine
from benefits.services import Take, take_limits
from cards.models import RecordKind
from cards.services import add_record
from kernel.clock import shanghai_date
from kernel.money import Fen
from kernel.states import move
from members.models import NoticeKind
from members.services import notify
from training.errors import SessionNotFound
from training.models import TRAINING_MOVES, Course, CourseSession, Enrolment, EnrolmentState
from training.queries import SOURCE, SessionLine, next_waiting, session_line

_NOTHING = Fen(0)
_SEAT_GIVEN = ("候补成功，您已有座位：{}", "A seat came free and is yours: {}")


def lock_session(session: Session, *, session_id: UUID) -> SessionLine:
    """Lock a session and return it as it is now. Raises SessionNotFound.

    Everything that changes its queue takes turns here: without that, somebody could join the queue
    while the seat they wait for is being freed, and wait for ever beside it. Attendances refer to
    the row meanwhile and do not wait.
    """
    held = session.get(
        CourseSession, session_id, with_for_update={"key_share": True}, populate_existing=True
    )
    line = session_line(session, session_id=session_id) if held is not None else None
    if line is None:
        raise SessionNotFound
    return line


def take_seat(session: Session, *, line: SessionLine, enrolment_id: UUID, now: datetime) -> bool:
    """Take one seat for an enrolment, or say that there is none; nothing is read beforehand.

    One conditional statement decides. Locks the row of the limit.
    """
    seats = LimitLine(
        rule_id=line.session.seats_rule_id,
        scope=LimitScope.SESSION,
        scope_id=line.session.id,
        window=LimitWindow.TOTAL,
        win=LimitWindow.TOTAL,
        unit=LimitUnit.USES,
        maximum=line.seats,
        stripes=1,
        taken=0,
    )
    try:
        # One row of one limit: when it is refused, nothing of it was taken, so we may go on.
        take_limits(
            session,
            source_id=enrolment_id,
            takes=[Take(seats, stripe=0, maximum=line.seats, quantity=1)],
            is_held=False,
            day=shanghai_date(now),
        )
    except LimitReached:
        return False
    return True


def promote_waiting(session: Session, *, line: SessionLine, now: datetime) -> list[Enrolment]:
    """Give every free seat to who waits, by order of arrival; return who got one."""
    promoted: list[Enrolment] = []
    while True:
        first = next_waiting(session, session_id=line.session.id)
        if first is None or not take_seat(session, line=line, enrolment_id=first.id, now=now):
            return promoted
        first.state = move(TRAINING_MOVES, first.state, EnrolmentState.ENROLLED)
        first.seated_at = now
        session.flush()
        note(session, enrolment=first, course=line.course, event="enrolled", now=now)
        tell(session, enrolment=first, words=_SEAT_GIVEN, course=line.course, now=now)
        promoted.append(first)


def end_enrolment(
    session: Session,
    *,
    enrolment: Enrolment,
    target: EnrolmentState,
    course: Course,
    now: datetime,
    union_pays_fen: Fen = _NOTHING,
) -> None:
    """Move an enrolment to where it ends, and tell the card's record. Raises MoveNotAllowed."""
    enrolment.state = move(TRAINING_MOVES, enrolment.state, target)
    enrolment.ended_at = now
    session.flush()
    note(
        session,
        enrolment=enrolment,
        course=course,
        event=target.value,
        now=now,
        union_pays_fen=union_pays_fen,
    )


def note(
    session: Session,
    *,
    enrolment: Enrolment,
    course: Course,
    event: str,
    now: datetime,
    union_pays_fen: Fen = _NOTHING,
) -> None:
    """Write what happened to an enrolment into the card's record."""
    add_record(
        session,
        card_id=enrolment.card_id,
        kind=RecordKind.TRAINING,
        event=event,
        source_type=SOURCE,
        source_id=enrolment.id,
        title_zh=course.title_zh,
        title_en=course.title_en,
        union_pays_fen=union_pays_fen,
        occurred_at=now,
        now=now,
    )


def tell(
    session: Session,
    *,
    enrolment: Enrolment,
    words: tuple[str, str],
    course: Course,
    now: datetime,
) -> None:
    """Tell the member of an enrolment something they did not do; `words` take the course's name."""
    zh, en = words
    notify(
        session,
        member_id=enrolment.member_id,
        kind=NoticeKind.SEAT,
        title_zh=zh.format(course.title_zh),
        title_en=en.format(course.title_en),
        place="training",
        now=now,
    )
