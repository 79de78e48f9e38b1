from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    SmallInteger,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base
from kernel.ids import new_id
from kernel.money import Fen
from kernel.states import Moves


class RedemptionState(StrEnum):
    HELD = "held"
    CAPTURED = "captured"
    VOIDED = "voided"
    EXPIRED = "expired"
    PARTLY_REVERSED = "partly_reversed"
    REVERSED = "reversed"


REDEMPTION_MOVES: Moves[RedemptionState] = {
    RedemptionState.HELD: frozenset(
        {RedemptionState.CAPTURED, RedemptionState.VOIDED, RedemptionState.EXPIRED}
    ),
    RedemptionState.CAPTURED: frozenset(
        {RedemptionState.VOIDED, RedemptionState.PARTLY_REVERSED, RedemptionState.REVERSED}
    ),
    RedemptionState.PARTLY_REVERSED: frozenset(
        {RedemptionState.PARTLY_REVERSED, RedemptionState.REVERSED}
    ),
    RedemptionState.VOIDED: frozenset(),
    RedemptionState.EXPIRED: frozenset(),
    RedemptionState.REVERSED: frozenset(),
}


class Redemption(Base):
    """One use of an offer. The till made the id; the row is the idempotency record.

    The amounts are written once: `gross = member_pays + merchant_bears + union_pays`, recomputable
    from the offer version. `back_*` is what voids and reversals have taken back so far. A receipt
    number is given at capture, without gaps per terminal and Shanghai day; a hold has none.
    Columns that never change have no UPDATE grant for the application.
    """

    __tablename__ = "redemptions"
    __table_args__ = (
        # A verification carries at most one redemption per offer.
        UniqueConstraint("verification_id", "offer_id"),
        # Of the offers that exclude each other it carries one; what was taken back frees them.
        Index(
            "uq_redemptions_stack_group",
            "verification_id",
            "stack_group",
            unique=True,
            postgresql_where=(
                "stack_group IS NOT NULL AND state IN ('held', 'captured', 'partly_reversed')"
            ),
        ),
        UniqueConstraint("terminal_id", "receipt_on", "receipt_seq"),
        CheckConstraint(
            "gross_fen = member_pays_fen + merchant_bears_fen + union_pays_fen",
            name="parts_make_gross",
        ),
        CheckConstraint(
            "gross_fen > 0 AND member_pays_fen >= 0 AND merchant_bears_fen >= 0"
            " AND union_pays_fen >= 0",
            name="amounts_not_negative",
        ),
        CheckConstraint(
            "back_member_fen BETWEEN 0 AND member_pays_fen"
            " AND back_merchant_fen BETWEEN 0 AND merchant_bears_fen"
            " AND back_union_fen BETWEEN 0 AND union_pays_fen",
            name="back_within_parts",
        ),
        CheckConstraint(
            "(receipt_seq IS NULL) = (captured_at IS NULL)"
            " AND (receipt_seq IS NULL) = (receipt_on IS NULL)",
            name="receipt_at_capture",
        ),
        CheckConstraint("state <> 'held' OR expires_at IS NOT NULL", name="hold_expires"),
        Index("ix_redemptions_terminal", "terminal_id", "received_at"),
        Index("ix_redemptions_card", "card_id"),
        # Sales come in the order of time, so a summary per block finds what is new.
        Index("ix_redemptions_captured_at", "captured_at", postgresql_using="brin"),
        Index("ix_redemptions_held", "expires_at", postgresql_where="state = 'held'"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    terminal_id: Mapped[UUID] = mapped_column(ForeignKey("terminals.id"))
    site_id: Mapped[UUID]
    merchant_id: Mapped[UUID]
    card_id: Mapped[UUID] = mapped_column(ForeignKey("cards.id"))
    member_id: Mapped[UUID]
    verification_id: Mapped[UUID] = mapped_column(ForeignKey("verifications.id"))
    # The offer, its version and its programme are read by a sale, never locked: a foreign key
    # would lock their rows at each one. None of them is ever deleted (docs/decisions/0011).
    offer_id: Mapped[UUID]
    offer_version_id: Mapped[UUID]
    programme_id: Mapped[UUID]
    stack_group: Mapped[str | None] = mapped_column(String(40))
    facts_digest: Mapped[bytes]
    terminal_seq: Mapped[int | None] = mapped_column(BigInteger)
    gross_fen: Mapped[Fen]
    member_pays_fen: Mapped[Fen]
    merchant_bears_fen: Mapped[Fen]
    union_pays_fen: Mapped[Fen]
    occurred_at: Mapped[datetime]
    received_at: Mapped[datetime]
    state: Mapped[RedemptionState]
    expires_at: Mapped[datetime | None]
    captured_at: Mapped[datetime | None]
    receipt_on: Mapped[date | None]
    receipt_seq: Mapped[int | None]
    back_member_fen: Mapped[Fen] = mapped_column(default=Fen(0))
    back_merchant_fen: Mapped[Fen] = mapped_column(default=Fen(0))
    back_union_fen: Mapped[Fen] = mapped_column(default=Fen(0))

    @property
    def left_fen(self) -> Fen:
        """What of the gross has not been taken back."""
        back = self.back_member_fen + self.back_merchant_fen + self.back_union_fen
        return Fen(self.gross_fen - back)


class ReversalKind(StrEnum):
    VOID = "void"
    REVERSAL = "reversal"


class RedemptionReversal(Base):
    """What was taken back of a captured redemption, once. `amount_fen` is of the gross."""

    __tablename__ = "redemption_reversals"
    __table_args__ = (
        CheckConstraint(
            "amount_fen = member_fen + merchant_fen + union_fen AND amount_fen > 0",
            name="parts_make_amount",
        ),
        CheckConstraint(
            "member_fen >= 0 AND merchant_fen >= 0 AND union_fen >= 0", name="parts_not_negative"
        ),
        Index("ix_redemption_reversals_redemption", "redemption_id"),
        Index("ix_redemption_reversals_terminal", "terminal_id", "created_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    redemption_id: Mapped[UUID] = mapped_column(ForeignKey("redemptions.id"))
    terminal_id: Mapped[UUID] = mapped_column(ForeignKey("terminals.id"))
    kind: Mapped[ReversalKind]
    amount_fen: Mapped[Fen]
    member_fen: Mapped[Fen]
    merchant_fen: Mapped[Fen]
    union_fen: Mapped[Fen]
    reason: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]


class ReceiptCounter(Base):
    """The last receipt of a terminal on a Shanghai day: taken in the sale's own transaction."""

    __tablename__ = "receipt_counters"

    terminal_id: Mapped[UUID] = mapped_column(ForeignKey("terminals.id"), primary_key=True)
    receipt_on: Mapped[date] = mapped_column(primary_key=True)
    last: Mapped[int]


class RedemptionRefusal(Base):
    """A sale that was refused: the till's log.

    A refusal is an answer, not a record of the id: the till may try again, and hears what is true
    then.
    """

    __tablename__ = "redemption_refusals"
    __table_args__ = (Index("ix_redemption_refusals_terminal", "terminal_id", "created_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    terminal_id: Mapped[UUID] = mapped_column(ForeignKey("terminals.id"))
    redemption_id: Mapped[UUID]
    code: Mapped[str] = mapped_column(String(40))
    reason: Mapped[str | None] = mapped_column(String(60))
    created_at: Mapped[datetime]


class RedemptionRating(Base):
    """What a member thinks of a sale: one to five stars, and a few words if they like.

    One a sale, changed for a week. Read at the desk without the member.
    """

    __tablename__ = "redemption_ratings"
    __table_args__ = (
        CheckConstraint("stars BETWEEN 1 AND 5", name="stars_in_range"),
        Index("ix_redemption_ratings_offer", "offer_id", "rated_at"),
    )

    redemption_id: Mapped[UUID] = mapped_column(ForeignKey("redemptions.id"), primary_key=True)
    offer_id: Mapped[UUID]  # its redemption's, so that an offer's ratings are read by themselves
    stars: Mapped[int] = mapped_column(SmallInteger)
    comment: Mapped[str | None] = mapped_column(String(200))
    rated_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class ReportState(StrEnum):
    OPEN = "open"
    ANSWERED = "answered"


REPORT_MOVES: Moves[ReportState] = {
    ReportState.OPEN: frozenset({ReportState.ANSWERED}),
    ReportState.ANSWERED: frozenset(),
}


class RedemptionReport(Base):
    """What a member says is not theirs of the sales on their card, and what they were told.

    One a sale; answered once, by somebody who looks after the member's union.
    """

    __tablename__ = "redemption_reports"
    __table_args__ = (
        CheckConstraint(
            "num_nonnulls(answer, answered_by, answered_at)"
            " = CASE state WHEN 'answered' THEN 3 ELSE 0 END",
            name="answered_whole",
        ),
        Index("ix_redemption_reports_open", "reported_at", postgresql_where="state = 'open'"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    redemption_id: Mapped[UUID] = mapped_column(ForeignKey("redemptions.id"), unique=True)
    member_id: Mapped[UUID]
    text: Mapped[str] = mapped_column(String(200))
    state: Mapped[ReportState] = mapped_column(default=ReportState.OPEN)
    reported_at: Mapped[datetime]
    answer: Mapped[str | None] = mapped_column(String(200))
    answered_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff_accounts.id"))
    answered_at: Mapped[datetime | None]
