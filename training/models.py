from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql import column, func

from kernel.db import Base
from kernel.ids import new_id
from kernel.money import BasisPoints, Fen
from kernel.states import Moves


class TrainingCategory(StrEnum):
    DREAM_PLAN = "dream_plan"
    TEAM_LEADER = "team_leader"
    POST_SKILL = "post_skill"
    CULTURE = "culture"
    LECTURE = "lecture"


class Payer(StrEnum):
    """Whose money a course is held with."""

    UNION = "union"
    EMPLOYER = "employer"
    FISCAL = "fiscal"
    SELF = "self"


class AttendanceBasis(StrEnum):
    """What is counted to see whether somebody attended enough."""

    MEETINGS = "meetings"  # those at which they were scanned in and out
    MINUTES = "minutes"  # between the two scans, inside the meeting's own times


class Course(Base):
    """What is taught, by whom, for whom, and what completing it is worth.

    `eligibility` is a list of rules as benefits.rules.evaluate() reads them, beside those of the
    programme. Complete is who attended `attendance_rate_bp` of what `attendance_basis` counts; they
    are owed `subsidy_fen`. A scan counts from `scan_margin_minutes` before a meeting begins until
    as long after it ends.
    """

    __tablename__ = "courses"
    __table_args__ = (
        CheckConstraint("attendance_rate_bp BETWEEN 1 AND 10000", name="rate_in_range"),
        CheckConstraint("subsidy_fen >= 0", name="subsidy_not_negative"),
        # The books hold the union's money and what the city gives it, nobody else's.
        CheckConstraint("subsidy_fen = 0 OR payer IN ('union', 'fiscal')", name="subsidy_is_ours"),
        CheckConstraint("scan_margin_minutes BETWEEN 0 AND 240", name="margin_in_range"),
        CheckConstraint("version > 0", name="version_positive"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    category: Mapped[TrainingCategory]
    organiser: Mapped[str] = mapped_column(String(200))
    payer: Mapped[Payer]
    title_zh: Mapped[str] = mapped_column(String(200))
    title_en: Mapped[str] = mapped_column(String(200))
    union_id: Mapped[UUID] = mapped_column(ForeignKey("union_orgs.id"), index=True)
    programme_id: Mapped[UUID] = mapped_column(ForeignKey("programmes.id"), index=True)
    subsidy_fen: Mapped[Fen]
    attendance_basis: Mapped[AttendanceBasis]
    attendance_rate_bp: Mapped[BasisPoints]
    scan_margin_minutes: Mapped[int]
    eligibility: Mapped[list[Any]] = mapped_column(default=list)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]


class SessionState(StrEnum):
    DRAFT = "draft"
    OPEN = "open"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


SESSION_MOVES: Moves[SessionState] = {
    SessionState.DRAFT: frozenset({SessionState.OPEN, SessionState.CANCELLED}),
    SessionState.OPEN: frozenset({SessionState.COMPLETED, SessionState.CANCELLED}),
    SessionState.COMPLETED: frozenset(),
    SessionState.CANCELLED: frozenset(),
}


class CourseSession(Base):
    """A course held once, at one site, with so many seats.

    Its row is locked by whoever enrols, withdraws, changes seats or ends it: the queue has one
    order. How many seats there are is the maximum of the limit rule `seats_rule_id`, and how many
    are taken is that rule's row of `limits`. It runs in [starts_at, ends_at), from its first
    meeting to its last; members enrol in [enrol_from, enrol_until).
    """

    __tablename__ = "course_sessions"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        CheckConstraint("enrol_until > enrol_from", name="enrol_until_after_from"),
        CheckConstraint("enrol_until <= ends_at", name="enrol_before_end"),
        CheckConstraint(
            "(state = 'completed') = (completed_at IS NOT NULL AND completed_by IS NOT NULL)",
            name="completed_by_somebody",
        ),
        CheckConstraint("version > 0", name="version_positive"),
        Index("ix_course_sessions_open", "ends_at", postgresql_where=text("state = 'open'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    course_id: Mapped[UUID] = mapped_column(ForeignKey("courses.id"), index=True)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("sites.id"), index=True)
    seats_rule_id: Mapped[UUID] = mapped_column(ForeignKey("limit_rules.id"), unique=True)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    enrol_from: Mapped[datetime]
    enrol_until: Mapped[datetime]
    state: Mapped[SessionState] = mapped_column(default=SessionState.DRAFT)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    completed_at: Mapped[datetime | None]
    completed_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff_accounts.id"))


class CourseMeeting(Base):
    """One time at which a session comes together, [starts_at, ends_at). No two overlap."""

    __tablename__ = "course_meetings"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        ExcludeConstraint(
            (column("session_id"), "="),
            (func.tstzrange(column("starts_at"), column("ends_at")), "&&"),
            using="gist",
            name="ex_course_meetings_times",
        ),
        # What an attendance holds on to, so that its meeting is of its enrolment's session.
        UniqueConstraint("id", "session_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    session_id: Mapped[UUID] = mapped_column(ForeignKey("course_sessions.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]


class EnrolmentState(StrEnum):
    ENROLLED = "enrolled"
    WAITING = "waiting"
    WITHDRAWN = "withdrawn"
    # Still waiting when the session ended, or it was cancelled, or no member any more before it.
    LAPSED = "lapsed"
    COMPLETED = "completed"
    NOT_COMPLETED = "not_completed"


TRAINING_MOVES: Moves[EnrolmentState] = {
    EnrolmentState.WAITING: frozenset(
        {EnrolmentState.ENROLLED, EnrolmentState.WITHDRAWN, EnrolmentState.LAPSED}
    ),
    EnrolmentState.ENROLLED: frozenset(
        {
            EnrolmentState.WITHDRAWN,
            EnrolmentState.LAPSED,
            EnrolmentState.COMPLETED,
            EnrolmentState.NOT_COMPLETED,
        }
    ),
    EnrolmentState.WITHDRAWN: frozenset(),
    EnrolmentState.LAPSED: frozenset(),
    EnrolmentState.COMPLETED: frozenset(),
    EnrolmentState.NOT_COMPLETED: frozenset(),
}


class Enrolment(Base):
    """A member in a session, or waiting for a seat in it. The phone made the id.

    `queue_no` is the order of arrival; whoever waits with the lowest gets the next seat. The place
    in the queue is counted when somebody asks, never stored. The row is the idempotency record.
    """

    __tablename__ = "enrolments"
    __table_args__ = (
        UniqueConstraint("session_id", "queue_no"),
        UniqueConstraint("id", "session_id"),
        Index(
            "uq_enrolments_one_live",
            "session_id",
            "member_id",
            unique=True,
            postgresql_where=text("state <> 'withdrawn'"),
        ),
        Index("ix_enrolments_member", "member_id"),
        CheckConstraint(
            "(state IN ('enrolled', 'completed', 'not_completed') AND seated_at IS NOT NULL)"
            " OR (state = 'waiting' AND seated_at IS NULL) OR state IN ('withdrawn', 'lapsed')",
            name="seat_by_state",
        ),
        CheckConstraint(
            "(state IN ('enrolled', 'waiting')) = (ended_at IS NULL)", name="end_by_state"
        ),
        CheckConstraint("queue_no > 0", name="queue_no_positive"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    session_id: Mapped[UUID] = mapped_column(ForeignKey("course_sessions.id"))
    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id"))
    card_id: Mapped[UUID] = mapped_column(ForeignKey("cards.id"), index=True)
    queue_no: Mapped[int]
    state: Mapped[EnrolmentState]
    created_at: Mapped[datetime]
    seated_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class Direction(StrEnum):
    IN = "in"
    OUT = "out"


class Attendance(Base):
    """One scan of a card at a meeting: coming or going, the first of each. Append-only.

    The till made the id. `received_at` is our clock and is what counts; `occurred_at` is what the
    till said and is believed by nobody.
    """

    __tablename__ = "attendances"
    __table_args__ = (
        UniqueConstraint("enrolment_id", "meeting_id", "direction"),
        ForeignKeyConstraint(
            ["enrolment_id", "session_id"], ["enrolments.id", "enrolments.session_id"]
        ),
        ForeignKeyConstraint(
            ["meeting_id", "session_id"], ["course_meetings.id", "course_meetings.session_id"]
        ),
        Index("ix_attendances_session", "session_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    session_id: Mapped[UUID]
    enrolment_id: Mapped[UUID]
    meeting_id: Mapped[UUID]
    direction: Mapped[Direction]
    terminal_id: Mapped[UUID] = mapped_column(ForeignKey("terminals.id"), index=True)
    verification_id: Mapped[UUID] = mapped_column(ForeignKey("verifications.id"), index=True)
    facts_digest: Mapped[bytes]
    occurred_at: Mapped[datetime]
    received_at: Mapped[datetime]


class Completion(Base):
    """How one enrolment was judged when its session was over, and by what. Append-only.

    `attended` of `whole` meetings or minutes, of which `needed` were asked. What is owed is posted
    and made payable under this row's enrolment, in the same transaction.
    """

    __tablename__ = "completions"
    __table_args__ = (
        CheckConstraint("attended BETWEEN 0 AND whole", name="attended_within_whole"),
        CheckConstraint("needed BETWEEN 1 AND whole", name="needed_within_whole"),
        CheckConstraint("is_complete = (attended >= needed)", name="complete_if_enough"),
        CheckConstraint(
            "subsidy_fen >= 0 AND (is_complete OR subsidy_fen = 0)", name="subsidy_if_complete"
        ),
    )

    enrolment_id: Mapped[UUID] = mapped_column(ForeignKey("enrolments.id"), primary_key=True)
    basis: Mapped[AttendanceBasis]
    attended: Mapped[int]
    whole: Mapped[int]
    needed: Mapped[int]
    is_complete: Mapped[bool]
    subsidy_fen: Mapped[Fen]
    judged_at: Mapped[datetime]
    judged_by: Mapped[UUID] = mapped_column(ForeignKey("staff_accounts.id"))
