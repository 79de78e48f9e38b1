from datetime import datetime
from enum import StrEnum
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
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base
from kernel.ids import new_id
from kernel.states import Moves


class SanctionKind(StrEnum):
    """What a union can do about a merchant, the mildest first. None of it touches a member."""

    WARNING = "warning"
    SUSPENSION = "suspension"  # its tills may look, and redeem nothing
    PAYOUT_HOLD = "payout_hold"  # what it is owed stays owed, and is not paid
    TERMINATION = "termination"  # the business ends for good


class Sanction(Base):
    """An act of a person against a merchant, with its reason, until another person lifts it.

    Of one kind, a merchant has one at a time; warnings add up. While a payout hold stands, the
    database refuses the merchant's payments.
    """

    __tablename__ = "merchant_sanctions"
    __table_args__ = (
        UniqueConstraint("id", "merchant_id", "set_by"),
        CheckConstraint("lifted_by <> set_by", name="two_people"),
        CheckConstraint(
            "num_nonnulls(lifted_by, lifted_at, lift_reason) IN (0, 3)", name="lifted_whole"
        ),
        CheckConstraint("kind <> 'termination' OR lifted_at IS NULL", name="end_is_final"),
        CheckConstraint("version > 0", name="version_positive"),
        Index(
            "uq_merchant_sanctions_one_of_a_kind",
            "merchant_id",
            "kind",
            unique=True,
            postgresql_where=text("lifted_at IS NULL AND kind <> 'warning'"),
        ),
        Index("ix_merchant_sanctions_merchant_id", "merchant_id", "set_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    merchant_id: Mapped[UUID] = mapped_column(ForeignKey("merchants.id"))
    kind: Mapped[SanctionKind]
    reason: Mapped[str] = mapped_column(String(200))  # the merchant reads it
    set_by: Mapped[UUID] = mapped_column(ForeignKey("staff_accounts.id"))
    set_at: Mapped[datetime]
    lifted_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff_accounts.id"))
    lifted_at: Mapped[datetime | None]
    lift_reason: Mapped[str | None] = mapped_column(String(200))
    version: Mapped[int] = mapped_column(default=1)

    @property
    def stands(self) -> bool:
        return self.lifted_at is None


class SanctionAppealState(StrEnum):
    OPEN = "open"
    GRANTED = "granted"
    REJECTED = "rejected"


SANCTION_APPEAL_MOVES: Moves[SanctionAppealState] = {
    SanctionAppealState.OPEN: frozenset(
        {SanctionAppealState.GRANTED, SanctionAppealState.REJECTED}
    ),
    SanctionAppealState.GRANTED: frozenset(),
    SanctionAppealState.REJECTED: frozenset(),
}


class SanctionAppeal(Base):
    """What a merchant says against a sanction, and the answer of another person than who set it.

    The caller made the id, which is the idempotency record. `made_by` is the till or the manager.
    """

    __tablename__ = "sanction_appeals"
    __table_args__ = (
        ForeignKeyConstraint(
            ["sanction_id", "merchant_id", "set_by"],
            [
                "merchant_sanctions.id",
                "merchant_sanctions.merchant_id",
                "merchant_sanctions.set_by",
            ],
            name="fk_sanction_appeals_sanction",
        ),
        CheckConstraint("answered_by <> set_by", name="two_people"),
        CheckConstraint(
            "num_nonnulls(answer, answered_by, answered_at)"
            " = CASE state WHEN 'open' THEN 0 ELSE 3 END",
            name="answered_whole",
        ),
        Index(
            "uq_sanction_appeals_one_open",
            "sanction_id",
            unique=True,
            postgresql_where=text("state = 'open'"),
        ),
        Index("ix_sanction_appeals_merchant_id", "merchant_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    sanction_id: Mapped[UUID]
    merchant_id: Mapped[UUID]
    set_by: Mapped[UUID]  # its sanction's: what the CHECK compares
    text: Mapped[str] = mapped_column(String(200))
    made_by: Mapped[UUID]
    made_at: Mapped[datetime]
    state: Mapped[SanctionAppealState] = mapped_column(default=SanctionAppealState.OPEN)
    answer: Mapped[str | None] = mapped_column(String(200))
    answered_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff_accounts.id"))
    answered_at: Mapped[datetime | None]
