"""What a merchant is owed for a period, line by line, and what is said against it."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    String,
    UniqueConstraint,
    column,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base
from kernel.ids import new_id
from kernel.money import Fen
from kernel.secrets import SealedColumn
from kernel.states import Moves
from ledger.models import FundSource


class StatementState(StrEnum):
    OPEN = "open"  # its lines are taken; the merchant does not see it yet
    ISSUED = "issued"
    AGREED = "agreed"
    DISPUTED = "disputed"
    APPROVED = "approved"
    PAID = "paid"


STATEMENT_MOVES: Moves[StatementState] = {
    StatementState.OPEN: frozenset({StatementState.ISSUED}),
    StatementState.ISSUED: frozenset({StatementState.AGREED, StatementState.DISPUTED}),
    StatementState.AGREED: frozenset({StatementState.APPROVED}),
    # Once its disputes are answered; what they changed is a line of the next statement.
    StatementState.DISPUTED: frozenset({StatementState.AGREED}),
    StatementState.APPROVED: frozenset({StatementState.PAID}),
    # The bank sent the money back.
    StatementState.PAID: frozenset({StatementState.APPROVED}),
}


class Statement(Base):
    """What one merchant is owed for the Shanghai days [starts_on, ends_on). No two overlap.

    Lines and funds are written when it is opened and never change. It may also hold lines of
    earlier days that came late. The merchant agrees at a till (`agreed_by_terminal_id`) or on the
    page of a manager (`agreed_by_manager_id`); neither, where its last dispute was decided, or
    where it said nothing until `confirm_by`. What the agreement said is kept as it was when the
    statement was opened: `min_payout_fen`, `pay_from` (the first day on which it is paid) and whom
    its invoices must name.
    """

    __tablename__ = "statements"
    __table_args__ = (
        ExcludeConstraint(
            (column("merchant_id"), "="),
            (func.daterange(column("starts_on"), column("ends_on"), text("'[)'")), "&&"),
            using="gist",
            name="ex_statements_days_of_merchant",
        ),
        CheckConstraint("starts_on < ends_on", name="days_in_order"),
        CheckConstraint("approver_id <> maker_id", name="two_people"),
        CheckConstraint(
            "(state IN ('approved', 'paid')) = (approver_id IS NOT NULL)"
            " AND (approver_id IS NULL) = (approved_at IS NULL)",
            name="approved_by_somebody",
        ),
        CheckConstraint("(state = 'open') = (issued_at IS NULL)", name="issued_at_a_time"),
        CheckConstraint(
            "state NOT IN ('agreed', 'approved', 'paid') OR agreed_at IS NOT NULL",
            name="agreed_before_approved",
        ),
        CheckConstraint(
            "num_nonnulls(agreed_by_terminal_id, agreed_by_manager_id) <= num_nonnulls(agreed_at)",
            name="agreed_by_one",
        ),
        CheckConstraint(
            "NOT agreed_by_silence OR (agreed_at IS NOT NULL AND confirm_by IS NOT NULL"
            " AND num_nonnulls(agreed_by_terminal_id, agreed_by_manager_id) = 0)",
            name="silent_is_nobodys_word",
        ),
        # One without lines pays out what was carried; the guard looks when it is issued.
        CheckConstraint("lines >= 0", name="says_something"),
        CheckConstraint("min_payout_fen >= 0", name="min_payout_not_negative"),
        CheckConstraint("version > 0", name="version_positive"),
        Index("ix_statements_state", "state", "number"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[int] = mapped_column(Identity(always=True), unique=True)
    merchant_id: Mapped[UUID] = mapped_column(ForeignKey("merchants.id"))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    state: Mapped[StatementState] = mapped_column(default=StatementState.OPEN)
    lines: Mapped[int]
    lines_fen: Mapped[Fen]  # the sum of its lines
    maker_id: Mapped[UUID] = mapped_column(ForeignKey("staff_accounts.id"))
    opened_at: Mapped[datetime]
    min_payout_fen: Mapped[Fen] = mapped_column(default=Fen(0))
    pay_from: Mapped[date | None]
    invoice_buyer_uscc: Mapped[str | None] = mapped_column(String(18))
    issued_at: Mapped[datetime | None]
    confirm_by: Mapped[date | None]  # the last day on which the merchant's answer is waited for
    agreed_by_silence: Mapped[bool] = mapped_column(default=False)
    agreed_by_terminal_id: Mapped[UUID | None] = mapped_column(ForeignKey("terminals.id"))
    agreed_by_manager_id: Mapped[UUID | None] = mapped_column(ForeignKey("merchant_managers.id"))
    agreed_at: Mapped[datetime | None]
    approver_id: Mapped[UUID | None] = mapped_column(ForeignKey("staff_accounts.id"))
    approved_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)


class StatementLine(Base):
    """One journal on one statement, once for ever. Positive is owed to the merchant.

    The database refuses an amount that is not what the journal booked for this merchant, a line of
    no journal or no statement, and one on a statement that is no longer open. It looks at all lines
    of an INSERT at once, which foreign keys do not: docs/decisions/0032.
    """

    __tablename__ = "statement_lines"
    __table_args__ = (
        UniqueConstraint("statement_id", "line_no"),
        CheckConstraint("line_no > 0", name="line_no_positive"),
        CheckConstraint("amount_fen <> 0", name="amount_is_something"),
    )

    journal_id: Mapped[UUID] = mapped_column(primary_key=True)
    statement_id: Mapped[UUID]
    line_no: Mapped[int]
    fund_source: Mapped[FundSource]
    amount_fen: Mapped[Fen]


class StatementFund(Base):
    """What a statement comes to for one fund source: the thing that is paid. Funds never mix.

    `lines + carried in = payable + carried out`. Carried out into the merchant's next statement of
    the fund is what it owes back (negative: more was reversed than sold), and what is too little
    to be paid (positive: less than the smallest payment that was agreed).
    """

    __tablename__ = "statement_funds"
    __table_args__ = (
        CheckConstraint(
            "lines_fen + carried_in_fen = payable_fen + carried_out_fen", name="sums_agree"
        ),
        CheckConstraint("payable_fen >= 0", name="payable_not_negative"),
        # Of one statement's carried amount, one later statement may make use.
        ForeignKeyConstraint(
            ["carried_from_id", "fund_source"],
            ["statement_funds.statement_id", "statement_funds.fund_source"],
            name="fk_statement_funds_carried_from_id",
        ),
        UniqueConstraint("carried_from_id", "fund_source"),
        CheckConstraint(
            "carried_from_id IS NOT NULL OR carried_in_fen = 0", name="carried_from_somewhere"
        ),
    )

    statement_id: Mapped[UUID] = mapped_column(ForeignKey("statements.id"), primary_key=True)
    fund_source: Mapped[FundSource] = mapped_column(primary_key=True)
    lines_fen: Mapped[Fen]
    carried_from_id: Mapped[UUID | None]
    carried_in_fen: Mapped[Fen] = mapped_column(default=Fen(0))
    payable_fen: Mapped[Fen]
    carried_out_fen: Mapped[Fen]


class DisputeState(StrEnum):
    OPEN = "open"
    ANSWERED = "answered"  # by the maker; a second person has not confirmed it
    ACCEPTED = "accepted"
    REJECTED = "rejected"


DISPUTE_MOVES: Moves[DisputeState] = {
    DisputeState.OPEN: frozenset({DisputeState.ANSWERED}),
    # Sent back to the maker, or confirmed.
    DisputeState.ANSWERED: frozenset(
        {DisputeState.OPEN, DisputeState.ACCEPTED, DisputeState.REJECTED}
    ),
    DisputeState.ACCEPTED: frozenset(),
    DisputeState.REJECTED: frozenset(),
}


class Dispute(Base):
    """What a merchant says against one line, and what two people of finance decided about it.

    Raised at a till or by a manager; the id comes with it and is the idempotency record.
    `adjustment_fen` is what the maker answers with: signed, zero when the line stands. Confirmed,
    it is booked (`journal_id`) and becomes a line of the merchant's next statement; the disputed
    line is never edited.
    """

    __tablename__ = "disputes"
    __table_args__ = (
        # One dispute a line: its answer is final.
        UniqueConstraint("line_journal_id"),
        CheckConstraint(
            "num_nonnulls(raised_by_terminal_id, raised_by_manager_id) = 1", name="raised_by_one"
        ),
        CheckConstraint("approver_id <> maker_id", name="two_people"),
        CheckConstraint(
            "(state = 'open') = (maker_id IS NULL)"
            " AND (maker_id IS NULL) = (answer IS NULL)"
            " AND (maker_id IS NULL) = (adjustment_fen IS NULL)",
            name="answered_by_somebody",
        ),
        CheckConstraint(
            "(state IN ('accepted', 'rejected')) = (approver_id IS NOT NULL)"
            " AND (approver_id IS NULL) = (decided_at IS NULL)",
            name="decided_by_somebody",
        ),
        CheckConstraint(
            "(state = 'accepted') = (journal_id IS NOT NULL)"
            " AND (state <> 'accepted' OR adjustment_fen <> 0)"
            " AND (state <> 'rejected' OR adjustment_fen = 0)",
            name="booked_when_accepted",
        ),
        Index("ix_disputes_statement_id", "statement_id"),
        Index(
            "ix_disputes_waiting", "state", "raised_at", postgresql_where=text("decided_at IS NULL")
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    statement_id: Mapped[UUID] = mapped_column(ForeignKey("statements.id"))
    line_journal_id: Mapped[UUID] = mapped_column(ForeignKey("statement_lines.journal_id"))
    raised_by_terminal_id: Mapped[UUID | None] = mapped_column(ForeignKey("terminals.id"))
    raised_by_manager_id: Mapped[UUID | None] = mapped_column(ForeignKey("merchant_managers.id"))
    reason: Mapped[str] = mapped_column(String(200))
    raised_at: Mapped[datetime]
    state: Mapped[DisputeState] = mapped_column(default=DisputeState.OPEN)
    maker_id: Mapped[UUID | None] = mapped_column(ForeignKey("staff_accounts.id"))
    answer: Mapped[str | None] = mapped_column(String(200))
    adjustment_fen: Mapped[Fen | None]
    approver_id: Mapped[UUID | None] = mapped_column(ForeignKey("staff_accounts.id"))
    decided_at: Mapped[datetime | None]
    journal_id: Mapped[UUID | None] = mapped_column(ForeignKey("journals.id"), unique=True)
    version: Mapped[int] = mapped_column(default=1)


class EvidenceMedia(StrEnum):
    PDF = "application/pdf"
    JPEG = "image/jpeg"
    PNG = "image/png"


EVIDENCE_CONTENT = SealedColumn("dispute_evidence", "content_sealed")


class DisputeEvidence(Base):
    """A file that a merchant puts beside its dispute: a receipt, a sales slip. Written once.

    Sealed: a photographed receipt may name its customer.
    """

    __tablename__ = "dispute_evidence"
    __table_args__ = (
        CheckConstraint("size_bytes > 0", name="size_positive"),
        UniqueConstraint("dispute_id", "content_sha256"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    dispute_id: Mapped[UUID] = mapped_column(ForeignKey("disputes.id"))
    media_type: Mapped[EvidenceMedia]
    size_bytes: Mapped[int]
    content_sha256: Mapped[bytes]
    content_sealed: Mapped[bytes]
    manager_id: Mapped[UUID] = mapped_column(ForeignKey("merchant_managers.id"))
    added_at: Mapped[datetime]
