"""Who is paid, how much, by which reference, and who said so."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    String,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base
from kernel.ids import new_id
from kernel.money import Fen
from kernel.secrets import SealedColumn
from kernel.states import Moves
from ledger.models import Book, FundSource, PartyType

PAYEE_ACCOUNT = SealedColumn("payments", "payee_account_sealed")
PAYEE_NAME = SealedColumn("payments", "payee_name_sealed")
MEMBER_ACCOUNT = SealedColumn("payout_accounts", "account_sealed")


class PayoutAccount(Base):
    """The account in a member's own name to which the union transfers; never cash.

    The member gives it by phone, or an officer at a desk. Sealed, `account_masked` to read.
    """

    __tablename__ = "payout_accounts"
    __table_args__ = (CheckConstraint("version > 0", name="version_positive"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id"), unique=True)
    account_sealed: Mapped[bytes]
    account_masked: Mapped[str] = mapped_column(String(40))
    account_index: Mapped[bytes] = mapped_column(index=True)
    bank_name: Mapped[str] = mapped_column(String(60))
    set_by_staff_id: Mapped[UUID | None] = mapped_column(ForeignKey("staff_accounts.id"))
    set_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)


class BatchState(StrEnum):
    PREPARED = "prepared"
    APPROVED = "approved"
    SENT = "sent"  # the bank file was made
    CANCELLED = "cancelled"


BATCH_MOVES: Moves[BatchState] = {
    BatchState.PREPARED: frozenset({BatchState.APPROVED, BatchState.CANCELLED}),
    BatchState.APPROVED: frozenset({BatchState.SENT, BatchState.CANCELLED}),
    BatchState.SENT: frozenset(),
    BatchState.CANCELLED: frozenset(),
}


class PaymentBatch(Base):
    """Payments of one book that are approved and sent to the bank together, by two people.

    `payments` and `total_fen` are what the approver approved; the database holds them to the
    batch's payments when it is approved and when it is sent.
    """

    __tablename__ = "payment_batches"
    __table_args__ = (
        CheckConstraint("approver_id <> maker_id", name="two_people"),
        CheckConstraint(
            "(state IN ('approved', 'sent')) <= (approver_id IS NOT NULL)"
            " AND (approver_id IS NULL) = (approved_at IS NULL)",
            name="approved_by_somebody",
        ),
        CheckConstraint(
            "(state = 'sent') = (file_sha256 IS NOT NULL)"
            " AND (file_sha256 IS NULL) = (sent_at IS NULL)",
            name="sent_as_a_file",
        ),
        CheckConstraint("payments > 0 AND total_fen > 0", name="pays_something"),
        CheckConstraint("version > 0", name="version_positive"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[int] = mapped_column(Identity(always=True), unique=True)
    book: Mapped[Book]
    state: Mapped[BatchState] = mapped_column(default=BatchState.PREPARED)
    payments: Mapped[int]
    total_fen: Mapped[Fen]
    maker_id: Mapped[UUID] = mapped_column(ForeignKey("staff_accounts.id"))
    prepared_at: Mapped[datetime]
    approver_id: Mapped[UUID | None] = mapped_column(ForeignKey("staff_accounts.id"))
    approved_at: Mapped[datetime | None]
    file_sha256: Mapped[bytes | None]
    sent_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)


class PaymentState(StrEnum):
    PREPARED = "prepared"
    SENT = "sent"
    PAID = "paid"  # bank lines say so, to the last fen
    RETURNED = "returned"  # the bank sent it back: what it paid is owed again
    CANCELLED = "cancelled"


PAYMENT_MOVES: Moves[PaymentState] = {
    PaymentState.PREPARED: frozenset({PaymentState.SENT, PaymentState.CANCELLED}),
    PaymentState.SENT: frozenset({PaymentState.PAID, PaymentState.RETURNED}),
    # A match that is undone makes a payment unproven, or unreturned, again.
    PaymentState.PAID: frozenset({PaymentState.RETURNED, PaymentState.SENT}),
    PaymentState.RETURNED: frozenset({PaymentState.PAID, PaymentState.SENT}),
    PaymentState.CANCELLED: frozenset(),
}
LIVE_PAYMENTS = (PaymentState.PREPARED, PaymentState.SENT, PaymentState.PAID)
_IS_LIVE = text("state IN ('prepared', 'sent', 'paid')")


class Payment(Base):
    """One transfer for one thing that is owed: a fund of a statement, or a payable.

    `reference` is the end-to-end reference (queries.REFERENCE): we make it, the bank echoes it.
    The payee is a snapshot. Only one payment per thing is live; after a return, the next
    `attempt` is a payment of its own. `matched_fen` is what bank lines paid out, `returned_fen`
    what they brought back: kept by the database from the matches, and bounded there.
    """

    __tablename__ = "payments"
    __table_args__ = (
        CheckConstraint("num_nonnulls(statement_id, payable_id) = 1", name="for_one_thing"),
        ForeignKeyConstraint(
            ["statement_id", "fund_source"],
            ["statement_funds.statement_id", "statement_funds.fund_source"],
            name="fk_payments_statement_id",
        ),
        CheckConstraint("amount_fen > 0", name="amount_positive"),
        CheckConstraint(
            "matched_fen BETWEEN 0 AND amount_fen AND returned_fen BETWEEN 0 AND matched_fen",
            name="matched_within_amount",
        ),
        CheckConstraint("state <> 'paid' OR matched_fen = amount_fen", name="paid_is_matched"),
        CheckConstraint("attempt > 0", name="attempt_positive"),
        CheckConstraint("length(reference) <= 35", name="reference_fits_a_bank"),
        Index(
            "uq_payments_live_statement",
            "statement_id",
            "fund_source",
            unique=True,
            postgresql_where=_IS_LIVE,
        ),
        Index("uq_payments_live_payable", "payable_id", unique=True, postgresql_where=_IS_LIVE),
        Index("ix_payments_batch_id", "batch_id"),
        Index("ix_payments_payee_id", "payee_id"),
        Index("ix_payments_unmatched", "amount_fen", postgresql_where=text("state = 'sent'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    reference: Mapped[str] = mapped_column(String(35), unique=True)
    batch_id: Mapped[UUID] = mapped_column(ForeignKey("payment_batches.id"))
    statement_id: Mapped[UUID | None]
    payable_id: Mapped[UUID | None] = mapped_column(ForeignKey("payables.id"))
    attempt: Mapped[int]
    fund_source: Mapped[FundSource]
    amount_fen: Mapped[Fen]
    payee_type: Mapped[PartyType]
    payee_id: Mapped[UUID]
    payee_name_sealed: Mapped[bytes]
    payee_account_sealed: Mapped[bytes]
    payee_shown: Mapped[str] = mapped_column(String(200))  # a member's name is masked
    account_masked: Mapped[str] = mapped_column(String(40))
    state: Mapped[PaymentState] = mapped_column(default=PaymentState.PREPARED)
    matched_fen: Mapped[Fen] = mapped_column(default=Fen(0))
    returned_fen: Mapped[Fen] = mapped_column(default=Fen(0))
