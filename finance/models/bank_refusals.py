"""What the bank never carried out, on the word of two people."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base
from kernel.ids import new_id
from kernel.states import Moves


class BankRefusalState(StrEnum):
    DECLARED = "declared"  # by one person
    CONFIRMED = "confirmed"  # by another: what the payment was for is owed again
    WITHDRAWN = "withdrawn"
    REVOKED = "revoked"  # the bank carried it out after all


BANK_REFUSAL_MOVES: Moves[BankRefusalState] = {
    BankRefusalState.DECLARED: frozenset({BankRefusalState.CONFIRMED, BankRefusalState.WITHDRAWN}),
    BankRefusalState.CONFIRMED: frozenset({BankRefusalState.REVOKED}),
    BankRefusalState.WITHDRAWN: frozenset(),
    BankRefusalState.REVOKED: frozenset(),
}
_IS_LIVE = text("state IN ('declared', 'confirmed')")


class BankRefusal(Base):
    """That the bank will not carry a payment out: no line of its statements will ever say so.

    `refused_on` is the bank's day, `reason` what it said. The database moves the payment with the
    confirmation, and back when it is revoked; one for each payment is live.
    """

    __tablename__ = "bank_refusals"
    __table_args__ = (
        CheckConstraint("approver_id <> maker_id", name="two_people"),
        CheckConstraint(
            "(approver_id IS NULL) = (confirmed_at IS NULL)"
            " AND (approver_id IS NOT NULL) = (state IN ('confirmed', 'revoked'))",
            name="confirmed_by_somebody",
        ),
        CheckConstraint(
            "(ended_by IS NULL) = (ended_at IS NULL)"
            " AND (ended_by IS NOT NULL) = (state IN ('withdrawn', 'revoked'))"
            " AND (state = 'revoked') = (ended_reason IS NOT NULL)",
            name="ended_by_somebody",
        ),
        CheckConstraint("version > 0", name="version_positive"),
        Index("uq_bank_refusals_live", "payment_id", unique=True, postgresql_where=_IS_LIVE),
        Index("ix_bank_refusals_payment_id", "payment_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    payment_id: Mapped[UUID] = mapped_column(ForeignKey("payments.id"))
    refused_on: Mapped[date]
    reason: Mapped[str] = mapped_column(String(200))
    state: Mapped[BankRefusalState] = mapped_column(default=BankRefusalState.DECLARED)
    maker_id: Mapped[UUID] = mapped_column(ForeignKey("staff_accounts.id"))
    declared_at: Mapped[datetime]
    approver_id: Mapped[UUID | None] = mapped_column(ForeignKey("staff_accounts.id"))
    confirmed_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff_accounts.id"))
    ended_at: Mapped[datetime | None]
    ended_reason: Mapped[str | None] = mapped_column(String(200))
    version: Mapped[int] = mapped_column(default=1)
