"""Who is paid, how much, by which reference, and who said so."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    FetchedValue,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    SmallInteger,
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
    __table_args__ = (
        CheckConstraint("version > 0", name="version_positive"),
        CheckConstraint("bank_code ~ '^[0-9]{12}$'", name="bank_code"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id"), unique=True)
    account_sealed: Mapped[bytes]
    account_masked: Mapped[str] = mapped_column(String(40))
    account_index: Mapped[bytes] = mapped_column(index=True)
    bank_name: Mapped[str] = mapped_column(String(60))
    bank_code: Mapped[str | None] = mapped_column(String(12))  # of the branch: 联行号
    set_by_staff_id: Mapped[UUID | None] = mapped_column(ForeignKey("staff_accounts.id"))
    set_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)


class BatchState(StrEnum):
    PREPARED = "prepared"
    CHECKED = "checked"
    APPROVED_ONCE = "approved_once"  # by the first of two
    APPROVED = "approved"
    SENT = "sent"  # the bank file was made
    CANCELLED = "cancelled"


BATCH_MOVES: Moves[BatchState] = {
    # Which of these comes next is said by the batch's tier: `needs_check`, `approvals`.
    BatchState.PREPARED: frozenset(
        {
            BatchState.CHECKED,
            BatchState.APPROVED_ONCE,
            BatchState.APPROVED,
            BatchState.CANCELLED,
        }
    ),
    BatchState.CHECKED: frozenset(
        {BatchState.APPROVED_ONCE, BatchState.APPROVED, BatchState.CANCELLED}
    ),
    BatchState.APPROVED_ONCE: frozenset({BatchState.APPROVED, BatchState.CANCELLED}),
    BatchState.APPROVED: frozenset({BatchState.SENT, BatchState.CANCELLED}),
    BatchState.SENT: frozenset(),
    BatchState.CANCELLED: frozenset(),
}


class PaymentBatch(Base):
    """Payments of one book that are signed and sent to the bank together.

    `payments` and `total_fen` are what was signed; the database holds them to the batch's payments
    at every signature and when it is sent. It also says what the total asks for (PaymentTiers):
    a check first, one approval or two (`first_approver_id`, then `approver_id`), nobody twice.
    """

    __tablename__ = "payment_batches"
    __table_args__ = (
        CheckConstraint("approver_id <> maker_id", name="two_people"),
        CheckConstraint(
            "checker_id <> maker_id AND checker_id <> first_approver_id"
            " AND checker_id <> approver_id",
            name="checker_differs",
        ),
        CheckConstraint(
            "first_approver_id <> maker_id AND first_approver_id <> approver_id",
            name="approvers_differ",
        ),
        CheckConstraint("approvals IN (1, 2)", name="approvals_known"),
        CheckConstraint(
            "(checker_id IS NULL) = (checked_at IS NULL)"
            " AND (state = 'checked') <= (checker_id IS NOT NULL)"
            " AND (needs_check AND state IN ('approved_once', 'approved', 'sent'))"
            " <= (checker_id IS NOT NULL)",
            name="checked_by_somebody",
        ),
        CheckConstraint(
            "(first_approver_id IS NULL) = (first_approved_at IS NULL)"
            " AND (state = 'approved_once') <= (first_approver_id IS NOT NULL)"
            " AND (approvals = 2 AND state IN ('approved', 'sent'))"
            " <= (first_approver_id IS NOT NULL)",
            name="approved_twice",
        ),
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
        Index("ix_payment_batches_run_id", "run_id", postgresql_where=text("run_id IS NOT NULL")),
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
    run_id: Mapped[UUID | None] = mapped_column(ForeignKey("payment_runs.id"))
    needs_check: Mapped[bool] = mapped_column(server_default=FetchedValue())
    approvals: Mapped[int] = mapped_column(SmallInteger, server_default=FetchedValue())
    checker_id: Mapped[UUID | None] = mapped_column(ForeignKey("staff_accounts.id"))
    checked_at: Mapped[datetime | None]
    first_approver_id: Mapped[UUID | None] = mapped_column(ForeignKey("staff_accounts.id"))
    first_approved_at: Mapped[datetime | None]
    approver_id: Mapped[UUID | None] = mapped_column(ForeignKey("staff_accounts.id"))
    approved_at: Mapped[datetime | None]
    # The layout of its file, and the account that the file names; chosen when it is sent.
    profile: Mapped[str] = mapped_column(String(40), default="csv", server_default="csv")
    paid_from_id: Mapped[UUID | None] = mapped_column(ForeignKey("paying_accounts.id"))
    file_sha256: Mapped[bytes | None]
    sent_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)


class PaymentState(StrEnum):
    PREPARED = "prepared"
    SENT = "sent"
    PAID = "paid"  # bank lines say so, to the last fen
    RETURNED = "returned"  # the bank sent it back: what it paid is owed again
    REFUSED = "refused"  # two people say that the bank never carried it out: owed again
    CANCELLED = "cancelled"


PAYMENT_MOVES: Moves[PaymentState] = {
    PaymentState.PREPARED: frozenset({PaymentState.SENT, PaymentState.CANCELLED}),
    PaymentState.SENT: frozenset({PaymentState.PAID, PaymentState.RETURNED, PaymentState.REFUSED}),
    # With the confirmation of a BankRefusal, and back when it is revoked.
    PaymentState.REFUSED: frozenset({PaymentState.SENT}),
    # A match that is undone makes a payment unproven, or unreturned, again.
    PaymentState.PAID: frozenset({PaymentState.RETURNED, PaymentState.SENT}),
    PaymentState.RETURNED: frozenset({PaymentState.PAID, PaymentState.SENT}),
    PaymentState.CANCELLED: frozenset(),
}
LIVE_PAYMENTS = (PaymentState.PREPARED, PaymentState.SENT, PaymentState.PAID)
# What these would have paid is owed again, by another attempt.
CAME_TO_NOTHING = (PaymentState.RETURNED, PaymentState.REFUSED)
_IS_LIVE = text("state IN ('prepared', 'sent', 'paid')")


class PayeeAccount(StrEnum):
    """What the account of a payment is, beside the payee's last payment that went to the bank."""

    FIRST = "first"  # there was none
    SAME = "same"
    CHANGED = "changed"  # another account, or in another name


class Payment(Base):
    """One transfer for one thing that is owed: a fund of a statement, or a payable.

    `reference` is the end-to-end reference (queries.REFERENCE): we make it, the bank echoes it.
    The payee is a snapshot, with `payee_account_is` for those who sign. Only one payment per thing
    is live; after a return, the next `attempt` is a payment of its own. `matched_fen` is what bank
    lines paid out, `returned_fen` what they brought back: kept by the database from the matches,
    and bounded there.
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
        CheckConstraint("payee_bank_code ~ '^[0-9]{12}$'", name="payee_bank_code"),
        CheckConstraint(
            "matched_fen BETWEEN 0 AND amount_fen AND returned_fen BETWEEN 0 AND matched_fen",
            name="matched_within_amount",
        ),
        CheckConstraint("state <> 'paid' OR matched_fen = amount_fen", name="paid_is_matched"),
        CheckConstraint("state <> 'refused' OR matched_fen = 0", name="refused_is_unmatched"),
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
    payee_bank: Mapped[str | None] = mapped_column(String(60))
    payee_bank_code: Mapped[str | None] = mapped_column(String(12))
    payee_account_is: Mapped[PayeeAccount | None]  # None: from before it was looked at
    state: Mapped[PaymentState] = mapped_column(default=PaymentState.PREPARED)
    matched_fen: Mapped[Fen] = mapped_column(default=Fen(0))
    returned_fen: Mapped[Fen] = mapped_column(default=Fen(0))
