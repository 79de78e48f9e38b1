"""Members in sessions: who may enrol, places in the queue, and attendance.

A place in the queue is counted when somebody asks, never stored.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from benefits.rules import MemberFacts
from cards.models import Card, CardState, Verification
from cards.rules import number_tail
from members.models import STANDING, Member, UnionOrg
from training.models import (
    Attendance,
    CourseMeeting,
    CourseSession,
    Direction,
    Enrolment,
    EnrolmentState,
    SessionState,
)
from training.queries.sessions import PAGE_ROWS_MAX
from training.rules import Applicant, Presence

_CARD_FIT = frozenset({CardState.ISSUED, CardState.ACTIVE})


@dataclass(frozen=True)
class MemberCard:
    """A member as enrolling sees them, with the card that it is recorded against."""

    applicant: Applicant
    card_id: UUID | None


def member_card(session: Session, *, member_id: UUID) -> MemberCard:
    """Return who wants to enrol. Raises NoResultFound for somebody who is not in the register."""
    member, path, card = session.execute(
        select(Member, UnionOrg.path, Card)
        .join(UnionOrg, UnionOrg.id == Member.union_id)
        .outerjoin(Card, and_(Card.member_id == Member.id, Card.state != CardState.CANCELLED))
        .where(Member.id == member_id)
    ).one()
    facts = MemberFacts(
        union_path=path,
        status=member.status.value,
        joined_on=member.joined_on,
        born_on=member.born_on,
        employment=member.employment,
        is_migrant=member.is_migrant,
        hardship_level=member.hardship_level,
    )
    applicant = Applicant(
        facts=facts,
        has_standing=member.has_standing(),
        card_state=card.state.value if card else None,
        card_is_usable=card is not None and card.state in _CARD_FIT,
    )
    return MemberCard(applicant, card.id if card else None)


def live_enrolment(session: Session, *, session_id: UUID, member_id: UUID) -> Enrolment | None:
    """Return a member's one enrolment in a session that was not withdrawn."""
    return live_enrolments(session, member_id=member_id, session_ids=[session_id]).get(session_id)


def live_enrolments(
    session: Session, *, member_id: UUID, session_ids: Sequence[UUID]
) -> dict[UUID, Enrolment]:
    """Return a member's enrolments that were not withdrawn, by session."""
    query = select(Enrolment).where(
        Enrolment.member_id == member_id,
        Enrolment.session_id.in_(session_ids),
        Enrolment.state != EnrolmentState.WITHDRAWN,
    )
    return {enrolment.session_id: enrolment for enrolment in session.scalars(query)}


def place_of(session: Session, *, enrolment: Enrolment) -> int | None:
    """Return how many wait up to and with this one: 1 is next. None for who does not wait."""
    if enrolment.state is not EnrolmentState.WAITING:
        return None
    query = select(func.count()).where(
        Enrolment.session_id == enrolment.session_id,
        Enrolment.state == EnrolmentState.WAITING,
        Enrolment.queue_no <= enrolment.queue_no,
    )
    return session.scalar(query)


def next_waiting(session: Session, *, session_id: UUID) -> Enrolment | None:
    """Return who gets the next seat: the first who waits and is a member today."""
    query = (
        select(Enrolment)
        .join(Member, Member.id == Enrolment.member_id)
        .where(
            Enrolment.session_id == session_id,
            Enrolment.state == EnrolmentState.WAITING,
            Member.status.in_(STANDING),
        )
        .order_by(Enrolment.queue_no)
        .limit(1)
    )
    return session.scalars(query).one_or_none()


def seated_without_standing(session: Session, *, session_id: UUID) -> list[Enrolment]:
    """Return, by id and locked, who has a seat and is no member any more."""
    query = (
        select(Enrolment)
        .join(Member, Member.id == Enrolment.member_id)
        .where(
            Enrolment.session_id == session_id,
            Enrolment.state == EnrolmentState.ENROLLED,
            Member.status.not_in(STANDING),
        )
        .order_by(Enrolment.id)
        .with_for_update(key_share=True, of=Enrolment)
        .execution_options(populate_existing=True)
    )
    return list(session.scalars(query))


def sessions_to_move(session: Session, *, now: datetime, rows: int) -> list[UUID]:
    """Return open sessions ahead in which somebody waits or sits on a seat as no member."""
    waits = Enrolment.state == EnrolmentState.WAITING
    left = and_(Enrolment.state == EnrolmentState.ENROLLED, Member.status.not_in(STANDING))
    query = (
        select(CourseSession.id)
        .where(
            CourseSession.state == SessionState.OPEN,
            func.greatest(CourseSession.starts_at, CourseSession.enrol_until) > now,
            exists()
            .where(
                Enrolment.session_id == CourseSession.id,
                Member.id == Enrolment.member_id,
                or_(waits, left),
            )
            .correlate(CourseSession),
        )
        .order_by(CourseSession.id)
        .limit(rows)
    )
    return list(session.scalars(query))


def enrolments_of(
    session: Session, *, member_id: UUID, after: UUID | None = None, rows: int = PAGE_ROWS_MAX
) -> list[tuple[Enrolment, int | None]]:
    """Return a member's enrolments, newest first, each with its place in the queue."""
    ahead = aliased(Enrolment)
    place = (
        select(func.count())
        .where(
            ahead.session_id == Enrolment.session_id,
            ahead.state == EnrolmentState.WAITING,
            ahead.queue_no <= Enrolment.queue_no,
            Enrolment.state == EnrolmentState.WAITING,
        )
        .correlate(Enrolment)
        .scalar_subquery()
    )
    query = select(Enrolment, func.nullif(place, 0)).where(Enrolment.member_id == member_id)
    if after is not None:
        query = query.where(Enrolment.id < after)
    found = session.execute(query.order_by(Enrolment.id.desc()).limit(rows))
    return [(enrolment, place) for enrolment, place in found]


@dataclass(frozen=True)
class CardSeen:
    """What a till shows of the card it scanned."""

    tail: str
    name_masked: str


def card_seen(session: Session, *, verification_id: UUID) -> CardSeen:
    number, name = session.execute(
        select(Card.number, Member.name_masked)
        .join(Verification, Verification.card_id == Card.id)
        .join(Member, Member.id == Card.member_id)
        .where(Verification.id == verification_id)
    ).one()
    return CardSeen(number_tail(number), name)


def attendances_of(session: Session, *, enrolment_id: UUID) -> list[Attendance]:
    query = select(Attendance).where(Attendance.enrolment_id == enrolment_id)
    return list(session.scalars(query.order_by(Attendance.received_at)))


def presences_of(
    session: Session,
    *,
    meetings: Mapping[UUID, Sequence[CourseMeeting]],
    enrolments: Sequence[Enrolment],
) -> dict[UUID, list[Presence]]:
    """Return, by enrolment, each of its session's `meetings` with when the member came and left."""
    query = select(Attendance).where(
        Attendance.enrolment_id.in_([enrolment.id for enrolment in enrolments])
    )
    scans = {
        (scan.enrolment_id, scan.meeting_id, scan.direction): scan.received_at
        for scan in session.scalars(query)
    }
    return {
        enrolment.id: [
            Presence(
                meeting.starts_at,
                meeting.ends_at,
                scans.get((enrolment.id, meeting.id, Direction.IN)),
                scans.get((enrolment.id, meeting.id, Direction.OUT)),
            )
            for meeting in meetings[enrolment.session_id]
        ]
        for enrolment in enrolments
    }


def inside_count(session: Session, *, meeting_id: UUID) -> int:
    """Return how many were scanned in at a meeting and not out."""
    left = aliased(Attendance)
    query = select(func.count()).where(
        Attendance.meeting_id == meeting_id,
        Attendance.direction == Direction.IN,
        ~exists().where(
            left.enrolment_id == Attendance.enrolment_id,
            left.meeting_id == Attendance.meeting_id,
            left.direction == Direction.OUT,
        ),
    )
    return session.scalar(query) or 0
