from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base
from kernel.ids import new_id
from kernel.states import Moves


class Signal(StrEnum):
    """What can look unusual (domain 2.8). Each has one rule, whose numbers the desk edits."""

    VELOCITY = "velocity"  # many sales at one till in a short time
    AT_THRESHOLD = "at_threshold"  # bills of exactly the amount from which an offer counts
    FIRST_CARDS = "first_cards"  # cards that were never used anywhere before
    OUTSIDE_HOURS = "outside_hours"  # sales while places are closed
    FAR_SITES = "far_sites"  # one card in two districts within minutes
    VOIDS = "voids"  # sales taken back whole after they were captured
    NOT_ME = "not_me"  # members say that a purchase was not theirs
    PRICE_RAISED = "price_raised"  # the list price went up when an offer's terms were changed


SHARES = frozenset({Signal.AT_THRESHOLD, Signal.FIRST_CARDS})


class RiskRule(Base):
    """From which numbers on a signal flags. Looked at over the trailing `window_minutes`.

    `threshold` is a count; for a share of sales it is in percent, and counts from `sales_min` sales
    on; for a raised price it is the raise in percent. `opens_hour` and `closes_hour` are of the
    Shanghai day, and only for sales outside of them. `weight` orders the flags for whoever looks.
    """

    __tablename__ = "risk_rules"
    __table_args__ = (
        CheckConstraint("threshold BETWEEN 1 AND 10000", name="threshold_in_range"),
        CheckConstraint("window_minutes BETWEEN 1 AND 10080", name="window_within_a_week"),
        CheckConstraint("sales_min BETWEEN 1 AND 10000", name="sales_min_in_range"),
        CheckConstraint("weight BETWEEN 1 AND 100", name="weight_in_range"),
        CheckConstraint(
            "(signal = 'outside_hours') = (opens_hour IS NOT NULL)"
            " AND (opens_hour IS NULL) = (closes_hour IS NULL)"
            " AND opens_hour >= 0 AND opens_hour < closes_hour AND closes_hour <= 24",
            name="hours_of_a_day",
        ),
        CheckConstraint("version > 0", name="version_positive"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    signal: Mapped[Signal] = mapped_column(unique=True)
    threshold: Mapped[int]
    sales_min: Mapped[int]
    window_minutes: Mapped[int]
    opens_hour: Mapped[int | None] = mapped_column(SmallInteger)
    closes_hour: Mapped[int | None] = mapped_column(SmallInteger)
    weight: Mapped[int]
    active: Mapped[bool]
    version: Mapped[int] = mapped_column(default=1)
    changed_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff_accounts.id"))
    changed_at: Mapped[datetime | None]


class FlagState(StrEnum):
    OPEN = "open"
    CLEARED = "cleared"
    CONFIRMED = "confirmed"


FLAG_MOVES: Moves[FlagState] = {
    FlagState.OPEN: frozenset({FlagState.CLEARED, FlagState.CONFIRMED}),
    FlagState.CLEARED: frozenset(),
    FlagState.CONFIRMED: frozenset(),
}


class RiskFlag(Base):
    """A signal that fired: for a person to look into, who decides once and says why.

    `subject_id` is the till, or the offer of a raised price; a subject is flagged once a signal and
    Shanghai day. The numbers of the rule are kept as they were, so that the flag explains itself.
    """

    __tablename__ = "risk_flags"
    __table_args__ = (
        UniqueConstraint("signal", "subject_id", "seen_on"),
        CheckConstraint(
            "num_nonnulls(decided_by, decided_at, decision_reason)"
            " = CASE state WHEN 'open' THEN 0 ELSE 3 END",
            name="decided_whole",
        ),
        CheckConstraint("sanction_id IS NULL OR state = 'confirmed'", name="acted_on_confirmed"),
        CheckConstraint("matched BETWEEN 0 AND total", name="matched_of_total"),
        Index("ix_risk_flags_merchant_id", "merchant_id", "flagged_at"),
        Index("ix_risk_flags_open", "flagged_at", postgresql_where="state = 'open'"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    signal: Mapped[Signal]
    merchant_id: Mapped[UUID] = mapped_column(ForeignKey("merchants.id"))
    terminal_id: Mapped[UUID | None] = mapped_column(ForeignKey("terminals.id"))
    subject_id: Mapped[UUID]
    seen_on: Mapped[date]
    peak_at: Mapped[datetime]  # the end of the window in which it was seen first
    matched: Mapped[int]
    total: Mapped[int]
    threshold: Mapped[int]
    window_minutes: Mapped[int]
    weight: Mapped[int]
    flagged_at: Mapped[datetime]
    state: Mapped[FlagState] = mapped_column(default=FlagState.OPEN)
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff_accounts.id"))
    decided_at: Mapped[datetime | None]
    decision_reason: Mapped[str | None] = mapped_column(String(200))
    sanction_id: Mapped[UUID | None] = mapped_column(ForeignKey("merchant_sanctions.id"))


class RiskWatch(Base):
    """Until when sales have been looked at: one row, moved on when a whole round is done."""

    __tablename__ = "risk_watch"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    looked_until: Mapped[datetime]
