"""Requests to look at what the register says of a person."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
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

CORRECTION_NAME = SealedColumn("correction_requests", "name_sealed")
CORRECTION_PHONE = SealedColumn("correction_requests", "phone_sealed")


class CorrectionRequest(Base):
    """A person whose facts do not match the register asks a register officer to look."""

    __tablename__ = "correction_requests"
    __table_args__ = (
        Index(
            "uq_correction_requests_open",
            "phone_index",
            unique=True,
            postgresql_where=text("state = 'open'"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    phone_index: Mapped[bytes]
    phone_sealed: Mapped[bytes]
    name_sealed: Mapped[bytes]
    member_id: Mapped[UUID | None] = mapped_column(ForeignKey("members.id"))
    state: Mapped[CorrectionState] = mapped_column(default=CorrectionState.OPEN)
    created_at: Mapped[datetime]
