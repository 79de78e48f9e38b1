"""Corrections of the register: what people say is wrong in it, and what an officer decided."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base
from kernel.ids import new_id
from kernel.secrets import SealedColumn
from kernel.states import Moves


class CorrectionState(StrEnum):
    OPEN = "open"
    DONE = "done"
    REJECTED = "rejected"


CORRECTION_MOVES: Moves[CorrectionState] = {
    CorrectionState.OPEN: frozenset({CorrectionState.DONE, CorrectionState.REJECTED}),
    CorrectionState.DONE: frozenset(),
    CorrectionState.REJECTED: frozenset(),
}


class CorrectionField(StrEnum):
    """What is said to be wrong. SIGN_IN: the person could not sign in, so anything may be."""

    SIGN_IN = "sign_in"
    NAME = "name"
    DOCUMENT = "document"
    PHONE = "phone"
    OTHER = "other"


CORRECTION_NAME = SealedColumn("correction_requests", "name_sealed")
CORRECTION_PHONE = SealedColumn("correction_requests", "phone_sealed")
CORRECTION_TAIL = SealedColumn("correction_requests", "document_tail_sealed")
CORRECTION_TEXT = SealedColumn("correction_requests", "text_sealed")
CORRECTION_ANSWER = SealedColumn("correction_requests", "answer_sealed")


class CorrectionRequest(Base):
    """A person whose facts do not match the register asks a register officer to look.

    Whoever could not sign in (SIGN_IN) is known by the phone they proved, and by `member_id` where
    name and document tail are one member's. A signed-in member is known by `member_id` alone.
    """

    __tablename__ = "correction_requests"
    __table_args__ = (
        CheckConstraint(
            "field <> 'sign_in' OR"
            " (phone_index IS NOT NULL AND phone_sealed IS NOT NULL AND name_sealed IS NOT NULL)",
            name="sign_in_has_phone_and_name",
        ),
        CheckConstraint("field = 'sign_in' OR member_id IS NOT NULL", name="somebody_asks"),
        CheckConstraint("(state = 'open') = (decided_at IS NULL)", name="decided_is_dated"),
        Index(
            "uq_correction_requests_open",
            "phone_index",
            unique=True,
            postgresql_where=text("state = 'open' AND field = 'sign_in'"),
        ),
        Index(
            "uq_correction_requests_open_of_member",
            "member_id",
            "field",
            unique=True,
            postgresql_where=text("state = 'open' AND field <> 'sign_in'"),
        ),
        Index("ix_correction_requests_phone", "phone_index", "id"),
        Index("ix_correction_requests_member", "member_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    phone_index: Mapped[bytes | None]
    phone_sealed: Mapped[bytes | None]
    name_sealed: Mapped[bytes | None]
    document_tail_sealed: Mapped[bytes | None]
    text_sealed: Mapped[bytes | None]
    member_id: Mapped[UUID | None] = mapped_column(ForeignKey("members.id"))
    field: Mapped[CorrectionField] = mapped_column(default=CorrectionField.SIGN_IN)
    state: Mapped[CorrectionState] = mapped_column(default=CorrectionState.OPEN)
    answer_sealed: Mapped[bytes | None]
    created_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff_accounts.id"))
