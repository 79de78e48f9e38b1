"""What the bank says, line by line, and which payments it is about."""

from datetime import date, datetime, time
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    SmallInteger,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base
from kernel.ids import new_id
from kernel.money import Fen
from kernel.states import Moves


class BankAccount(Base):
    """An account of the union's at a bank. It is known from the first statement file on.

    `opening_fen` is the balance before its first line; `closing_fen` the one after its last. The
    balance chain of all its lines leads from one to the other.
    """

    __tablename__ = "bank_accounts"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(String(34), unique=True)
    name: Mapped[str | None] = mapped_column(String(200))
    opening_fen: Mapped[Fen]
    closing_fen: Mapped[Fen]
    known_since: Mapped[datetime]


class BankFile(Base):
    """A statement file that was taken in, once."""

    __tablename__ = "bank_files"
    __table_args__ = (
        CheckConstraint("lines >= new AND new >= 0", name="new_among_lines"),
        Index("ix_bank_files_account_id", "account_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("bank_accounts.id"))
    name: Mapped[str] = mapped_column(String(200), default="")  # as whoever brought it calls it
    sha256: Mapped[bytes] = mapped_column(unique=True)
    profile: Mapped[str] = mapped_column(
        String(40)
    )  # which layout: finance/data/bank_profiles.json
    lines: Mapped[int]
    new: Mapped[int]
    first_on: Mapped[date | None]
    last_on: Mapped[date | None]
    imported_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff_accounts.id"))
    imported_at: Mapped[datetime]


class BankLine(Base):
    """One line of the bank's statement. Positive came in, negative went out.

    `(booked_on, amount_fen, balance_fen)` is what every layout says of a line; `occurrence` tells
    equal ones apart, so that a line is one however often and in whichever layout it comes, and two
    equal lines of one file are two. `matched_fen` has the sign of the amount and is kept by the
    database from the matches.
    """

    __tablename__ = "bank_lines"
    __table_args__ = (
        UniqueConstraint(
            *("account_id", "booked_on", "amount_fen", "balance_fen", "occurrence"),
            name="uq_bank_lines_once",
        ),
        UniqueConstraint("account_id", "seq"),
        CheckConstraint("amount_fen <> 0", name="amount_is_something"),
        CheckConstraint("occurrence > 0", name="occurrence_positive"),
        CheckConstraint(
            "matched_fen BETWEEN least(amount_fen, 0) AND greatest(amount_fen, 0)",
            name="matched_within_amount",
        ),
        Index("ix_bank_lines_booked_on", "booked_on"),
        Index(
            "ix_bank_lines_reference", "reference", postgresql_where=text("reference IS NOT NULL")
        ),
        Index(
            "ix_bank_lines_unmatched",
            "amount_fen",
            postgresql_where=text("matched_fen <> amount_fen"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("bank_accounts.id"))
    file_id: Mapped[UUID] = mapped_column(ForeignKey("bank_files.id"))  # where it came first
    seq: Mapped[int]  # its place in the account's balance chain; earlier lines may come later
    booked_on: Mapped[date]  # the bank's day
    booked_at: Mapped[time | None]  # Shanghai wall clock, where the layout says it
    amount_fen: Mapped[Fen]
    balance_fen: Mapped[Fen]  # after this line
    occurrence: Mapped[int] = mapped_column(SmallInteger)
    counterparty: Mapped[str | None] = mapped_column(String(200))  # as the bank shows it
    counterparty_account: Mapped[str | None] = mapped_column(String(40))  # as the bank masks it
    summary: Mapped[str] = mapped_column(String(400))
    bank_reference: Mapped[str | None] = mapped_column(String(60))
    reference: Mapped[str | None] = mapped_column(String(35))  # one of ours, found in the summary
    matched_fen: Mapped[Fen] = mapped_column(default=Fen(0))


class Match(Base):
    """That a bank line is about a payment, for so much of both. Signed as the line.

    Negative paid the payment, positive brought it back. Never edited: undone by another person than
    who made it, and made again with an id of its own. `score` is of the suggestion that was taken.
    """

    __tablename__ = "matches"
    __table_args__ = (
        CheckConstraint("amount_fen <> 0", name="amount_is_something"),
        CheckConstraint("undone_by <> matched_by", name="undone_by_another"),
        CheckConstraint(
            "num_nonnulls(undone_by, undone_at, undone_reason) IN (0, 3)", name="undone_whole"
        ),
        CheckConstraint("score BETWEEN 0 AND 100", name="score_in_percent"),
        Index("ix_matches_bank_line_id", "bank_line_id"),
        Index("ix_matches_payment_id", "payment_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    bank_line_id: Mapped[UUID] = mapped_column(ForeignKey("bank_lines.id"))
    payment_id: Mapped[UUID] = mapped_column(ForeignKey("payments.id"))
    amount_fen: Mapped[Fen]
    score: Mapped[int | None] = mapped_column(SmallInteger)
    reason: Mapped[str] = mapped_column(String(40))  # why: a code of rules.matching
    matched_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff_accounts.id"))  # None: a rule
    matched_at: Mapped[datetime]
    undone_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff_accounts.id"))
    undone_at: Mapped[datetime | None]
    undone_reason: Mapped[str | None] = mapped_column(String(200))


class DiscrepancyCode(StrEnum):
    """What kind of difference (差错): those of domain.md 2.5, and what a bank does by itself."""

    PLATFORM_ONLY = "platform_only"  # 长款: we say it, the other side does not
    EXTERNAL_ONLY = "external_only"  # 短款: the other side says it, we do not
    AMOUNT_MISMATCH = "amount_mismatch"
    DUPLICATE = "duplicate"
    CROSS_DAY = "cross_day"
    REFUND_UNPAIRED = "refund_unpaired"
    INELIGIBLE_AT_TIME = "ineligible_at_time"
    OVER_CAP = "over_cap"
    INVOICE_MISMATCH = "invoice_mismatch"
    BANK_FEE = "bank_fee"
    ALLOCATION = "allocation"  # 拨付: money a higher union sent


class DiscrepancyState(StrEnum):
    OPEN = "open"
    RESOLVED = "resolved"


DISCREPANCY_MOVES: Moves[DiscrepancyState] = {
    DiscrepancyState.OPEN: frozenset({DiscrepancyState.RESOLVED}),
    DiscrepancyState.RESOLVED: frozenset({DiscrepancyState.OPEN}),
}


class Discrepancy(Base):
    """A residual with a name, an owner and an age, about one thing of ours or of another side.

    About a bank line or a payment, an open one explains what of it is unmatched; matched in full,
    it is resolved. About anything else, `amount_fen` is what is not explained, signed as the other
    side says more or less than we do.
    """

    __tablename__ = "discrepancies"
    __table_args__ = (
        CheckConstraint(
            "num_nonnulls(bank_line_id, payment_id, trade_id, redemption_id, offline_record_id,"
            " invoice_id) = 1",
            name="about_one_thing",
        ),
        CheckConstraint(
            "(amount_fen IS NULL) = (num_nonnulls(bank_line_id, payment_id) = 1)",
            name="amount_of_its_own",
        ),
        CheckConstraint("(state = 'resolved') = (resolved_at IS NOT NULL)", name="resolved_once"),
        Index("ix_discrepancies_open", "opened_at", postgresql_where=text("state = 'open'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    code: Mapped[DiscrepancyCode]
    bank_line_id: Mapped[UUID | None] = mapped_column(ForeignKey("bank_lines.id"), unique=True)
    payment_id: Mapped[UUID | None] = mapped_column(ForeignKey("payments.id"), unique=True)
    trade_id: Mapped[UUID | None] = mapped_column(ForeignKey("trades.id"), unique=True)
    redemption_id: Mapped[UUID | None] = mapped_column(ForeignKey("redemptions.id"), unique=True)
    offline_record_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("offline_records.id"), unique=True
    )
    invoice_id: Mapped[UUID | None] = mapped_column(ForeignKey("invoices.id"), unique=True)
    amount_fen: Mapped[Fen | None]
    state: Mapped[DiscrepancyState] = mapped_column(default=DiscrepancyState.OPEN)
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("staff_accounts.id"))
    note: Mapped[str | None] = mapped_column(String(200))
    opened_at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    @property
    def subject(self) -> tuple[str, UUID]:
        """Return what it is about: which kind of thing, and which."""
        found = {
            "bank_line": self.bank_line_id,
            "payment": self.payment_id,
            "trade": self.trade_id,
            "redemption": self.redemption_id,
            "offline_record": self.offline_record_id,
            "invoice": self.invoice_id,
        }
        return next((kind, id_) for kind, id_ in found.items() if id_ is not None)
