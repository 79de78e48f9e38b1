"""On whose word payments are made, from which accounts, and how many batches at a time."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base
from kernel.ids import new_id
from kernel.money import Fen
from ledger.models import Book


class PaymentTiers(Base):
    """From which total a batch is checked as well, and from which a second person approves it.

    The newest approved are in force; the first came with the product, and no person proposed them.
    The database keeps with each batch what they ask of it.
    """

    __tablename__ = "payment_tiers"
    __table_args__ = (
        CheckConstraint("approver_id <> maker_id", name="two_people"),
        CheckConstraint(
            "(approver_id IS NULL) = (approved_at IS NULL) OR (number = 1 AND maker_id IS NULL)",
            name="approved_by_somebody",
        ),
        CheckConstraint("maker_id IS NOT NULL OR number = 1", name="proposed_by_somebody"),
        CheckConstraint("num_nonnulls(approved_at, withdrawn_at) < 2", name="one_end"),
        CheckConstraint(
            "0 <= check_from_fen AND check_from_fen <= twice_from_fen", name="in_order"
        ),
        CheckConstraint("version > 0", name="version_positive"),
        # One proposal at a time.
        Index(
            "uq_payment_tiers_waiting",
            text("(approved_at IS NULL)"),
            unique=True,
            postgresql_where=text("approved_at IS NULL AND withdrawn_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[int] = mapped_column(Identity(always=True), unique=True)
    check_from_fen: Mapped[Fen]
    twice_from_fen: Mapped[Fen]
    maker_id: Mapped[UUID | None] = mapped_column(ForeignKey("staff_accounts.id"))
    proposed_at: Mapped[datetime]
    approver_id: Mapped[UUID | None] = mapped_column(ForeignKey("staff_accounts.id"))
    approved_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)


class PayingAccount(Base):
    """The union's own account from which a book pays, as a bank file names it.

    A change is a row of its own, so that the file of a batch that was sent stays what it was.
    """

    __tablename__ = "paying_accounts"
    __table_args__ = (
        CheckConstraint("bank_code ~ '^[0-9]{12}$'", name="bank_code"),
        Index(
            "uq_paying_accounts_in_use",
            "book",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    book: Mapped[Book]
    holder: Mapped[str] = mapped_column(String(140))
    account_number: Mapped[str] = mapped_column(String(34))
    bank_name: Mapped[str] = mapped_column(String(140))
    bank_code: Mapped[str] = mapped_column(String(12))  # of the branch: 联行号
    set_by: Mapped[UUID] = mapped_column(ForeignKey("staff_accounts.id"))
    set_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class PaymentRun(Base):
    """All that could be paid in a book at one moment, put into batches one after another.

    `things` and `total_fen` are what could be paid then. Each step is a batch and a transaction of
    its own; whoever goes on after a dead worker finds the batches that there are.
    """

    __tablename__ = "payment_runs"
    __table_args__ = (
        CheckConstraint("things > 0 AND total_fen > 0 AND per_batch > 0", name="pays_something"),
        Index(
            "uq_payment_runs_going_on",
            "book",
            unique=True,
            postgresql_where=text("finished_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[int] = mapped_column(Identity(always=True), unique=True)
    book: Mapped[Book]
    per_batch: Mapped[int]
    things: Mapped[int]
    total_fen: Mapped[Fen]
    maker_id: Mapped[UUID] = mapped_column(ForeignKey("staff_accounts.id"))
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
