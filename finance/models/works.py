"""What is done in the background because there is much of it, and how far it is."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base
from kernel.ids import new_id
from kernel.secrets import SealedColumn


class WorkKind(StrEnum):
    """What is done in the background when there is much of it."""

    BANK_FILE = "bank_file"
    TRADE_BILL = "trade_bill"
    OPENING = "opening"  # of statements
    CLOSING = "closing"  # of a month


class WorkStage(StrEnum):
    """What long work is doing right now."""

    READ = "read"
    WRITE = "write"
    MATCH = "match"
    NAME = "name"
    COLLECT = "collect"
    NOTE = "note"
    COMPARE = "compare"
    SIGN = "sign"
    VOUCHERS = "vouchers"


class Outcome(StrEnum):
    """How long work ended."""

    DONE = "done"
    REFUSED = "refused"  # a rule said no: nothing was changed
    CANCELLED = "cancelled"  # somebody did not want it any more: nothing was changed
    FAILED = "failed"  # a fault of ours: nothing was changed


WORK_CONTENT = SealedColumn("work_files", "content_sealed")


class Work(Base):
    """One piece of long work: what was asked by whom, how far it is, how it ended.

    It changes everything or nothing, in one transaction; `stage`, `done` and `total` are written
    beside that transaction, so that others see them. Whoever goes on after a dead worker begins
    again. `subject` is what it is about, in words that two requests for the same thing share.
    """

    __tablename__ = "works"
    __table_args__ = (
        CheckConstraint(
            "(finished_at IS NULL) = (outcome IS NULL) AND (answer IS NULL OR outcome IS NOT NULL)",
            name="ended_once",
        ),
        CheckConstraint(
            "(cancel_asked_by IS NULL) = (cancel_asked_at IS NULL)", name="cancelled_by_somebody"
        ),
        CheckConstraint("done >= 0 AND total >= 0", name="counts_not_negative"),
        Index(
            "uq_works_going_on",
            "kind",
            "subject",
            unique=True,
            postgresql_where=text("finished_at IS NULL"),
        ),
        Index("ix_works_asked_at", "asked_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[WorkKind]
    subject: Mapped[str] = mapped_column(String(200))
    asked: Mapped[dict[str, Any]]
    maker_id: Mapped[UUID] = mapped_column(ForeignKey("staff_accounts.id"))
    asked_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    stage: Mapped[WorkStage | None]
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    cancel_asked_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff_accounts.id"))
    cancel_asked_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    outcome: Mapped[Outcome | None]
    answer: Mapped[dict[str, Any] | None]


class WorkFile(Base):
    """The file that long work is about, sealed; deleted when the work has ended.

    A bank's file names people, and it was taken in: it is not kept a second time.
    """

    __tablename__ = "work_files"

    work_id: Mapped[UUID] = mapped_column(ForeignKey("works.id"), primary_key=True)
    content_sealed: Mapped[bytes]
