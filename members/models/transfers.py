"""Moves of a member from one union to another (domain.md 2.2, R06)."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base
from kernel.ids import new_id
from kernel.secrets import SealedColumn
from kernel.states import Moves
from members.models.register import MembershipStatus


class TransferState(StrEnum):
    REQUESTED = "requested"
    ESCALATED = "escalated"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


_DECIDED = frozenset({TransferState.ACCEPTED, TransferState.REFUSED, TransferState.WITHDRAWN})

TRANSFER_MOVES: Moves[TransferState] = {
    TransferState.REQUESTED: _DECIDED | {TransferState.ESCALATED},
    TransferState.ESCALATED: _DECIDED,
    TransferState.ACCEPTED: frozenset(),
    TransferState.REFUSED: frozenset(),
    TransferState.WITHDRAWN: frozenset(),
}
# Those that somebody still has to decide.
TRANSFERS_OPEN = frozenset({TransferState.REQUESTED, TransferState.ESCALATED})

TRANSFER_REASON = SealedColumn("membership_transfers", "reason_sealed")
TRANSFER_ANSWER = SealedColumn("membership_transfers", "answer_sealed")


class MembershipTransfer(Base):
    """A member asks to belong to another union; until it is decided they keep every benefit.

    `status_before` is what the membership goes back to when the receiving union refuses.
    """

    __tablename__ = "membership_transfers"
    __table_args__ = (
        CheckConstraint("from_union_id <> to_union_id", name="to_another_union"),
        CheckConstraint(
            "(state IN ('requested', 'escalated')) = (decided_at IS NULL)", name="decided_is_dated"
        ),
        # One open transfer a member: the second of two that arrive at once meets this.
        Index(
            "uq_membership_transfers_open",
            "member_id",
            unique=True,
            postgresql_where=text("state IN ('requested', 'escalated')"),
        ),
        Index("ix_membership_transfers_member", "member_id", "id"),
        Index(
            "ix_membership_transfers_waiting",
            "asked_at",
            postgresql_where=text("state = 'requested'"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id"))
    from_union_id: Mapped[UUID] = mapped_column(ForeignKey("union_orgs.id"), index=True)
    to_union_id: Mapped[UUID] = mapped_column(ForeignKey("union_orgs.id"), index=True)
    status_before: Mapped[MembershipStatus]
    state: Mapped[TransferState] = mapped_column(default=TransferState.REQUESTED)
    reason_sealed: Mapped[bytes]
    answer_sealed: Mapped[bytes | None]
    asked_at: Mapped[datetime]
    escalated_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff_accounts.id"))
