from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
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


class Book(StrEnum):
    """A set of accounts that closes on its own. Mutual aid is not the union's own money."""

    UNION = "union"
    MUTUAL_AID = "mutual_aid"


class AccountKind(StrEnum):
    ASSET = "asset"
    LIABILITY = "liability"
    INCOME = "income"
    EXPENSE = "expense"
    FUND = "fund"


class FundSource(StrEnum):
    """Whose money it is. Funds never mix: every journal names one."""

    UNION_FUND = "union_fund"  # 工会经费
    DUES = "dues"  # 会费
    MUTUAL_AID = "mutual_aid"  # 互助金
    AID = "aid"  # 帮扶资金
    FISCAL = "fiscal"  # 财政专项


class Family(StrEnum):
    """A family of benefits that moves money."""

    DISCOUNT = "discount"
    AID = "aid"
    TRAINING = "training"


class PostingEvent(StrEnum):
    """What happened to a benefit when money became owed."""

    CAPTURED = "captured"
    APPROVED = "approved"
    COMPLETED = "completed"
    PAID = "paid"  # what was owed left the bank
    OFFLINE_RISK = "offline_risk"  # a sale that no limit bears: the till could not know


class Side(StrEnum):
    DEBIT = "debit"
    CREDIT = "credit"


class PartyType(StrEnum):
    """Whom a line of a sub-ledger is about."""

    MERCHANT = "merchant"
    MEMBER = "member"


_ONE_BOOK = "(book = 'mutual_aid') = (fund_source = 'mutual_aid')"


class Account(Base):
    """A line of the chart. Code, names and use are editable; kind and book never change.

    Postings name an account without a foreign key, which would lock this row at each sale: the
    trigger on `postings` looks it up, and no row here is ever removed.
    """

    __tablename__ = "accounts"
    # What posting_rules refers to, so that both accounts of a rule are of its book.
    __table_args__ = (UniqueConstraint("id", "book"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    code: Mapped[str] = mapped_column(String(20), unique=True)  # 科目代码
    name_zh: Mapped[str] = mapped_column(String(100))
    name_en: Mapped[str] = mapped_column(String(100))
    kind: Mapped[AccountKind]
    book: Mapped[Book]
    is_active: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    version: Mapped[int] = mapped_column(default=1, server_default=text("1"))


class PostingRule(Base):
    """Which two accounts an event of a family moves money between, by fund source.

    A combination without an active rule cannot be posted: mutual-aid money pays no discount.
    """

    __tablename__ = "posting_rules"
    __table_args__ = (
        UniqueConstraint("family", "fund_source", "event"),
        ForeignKeyConstraint(["debit_account_id", "book"], ["accounts.id", "accounts.book"]),
        ForeignKeyConstraint(["credit_account_id", "book"], ["accounts.id", "accounts.book"]),
        CheckConstraint("debit_account_id <> credit_account_id", name="accounts_differ"),
        CheckConstraint(_ONE_BOOK, name="mutual_aid_apart"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    family: Mapped[Family]
    fund_source: Mapped[FundSource]
    event: Mapped[PostingEvent]
    book: Mapped[Book]
    debit_account_id: Mapped[UUID]
    credit_account_id: Mapped[UUID]
    party_side: Mapped[Side]  # the line that names the merchant or member
    is_active: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    version: Mapped[int] = mapped_column(default=1, server_default=text("1"))


class BudgetLine(Base):
    """What a year's budget sets aside of one fund, and the account its costs go to.

    Written once. How much it holds is the sum of its entries in changes that were approved.
    """

    __tablename__ = "budget_lines"
    __table_args__ = (
        UniqueConstraint("year", "code"),
        ForeignKeyConstraint(["account_id", "book"], ["accounts.id", "accounts.book"]),
        CheckConstraint(_ONE_BOOK, name="mutual_aid_apart"),
        CheckConstraint("year BETWEEN 2020 AND 2099", name="year_of_ours"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    year: Mapped[int] = mapped_column(SmallInteger)
    code: Mapped[str] = mapped_column(String(20))
    name_zh: Mapped[str] = mapped_column(String(100))
    name_en: Mapped[str] = mapped_column(String(100))
    fund_source: Mapped[FundSource]
    book: Mapped[Book]
    account_id: Mapped[UUID]
    maker_id: Mapped[UUID]  # staff; no foreign key, staff are above the ledger
    created_at: Mapped[datetime]


class BudgetChangeKind(StrEnum):
    ALLOCATION = "allocation"  # more for one line
    VIREMENT = "virement"  # from one line to another: paired entries
    RELEASE = "release"  # less of one line, such as what a year left unused


class BudgetChangeState(StrEnum):
    PROPOSED = "proposed"
    APPROVED = "approved"
    REFUSED = "refused"


BUDGET_CHANGE_MOVES: Moves[BudgetChangeState] = {
    BudgetChangeState.PROPOSED: frozenset({BudgetChangeState.APPROVED, BudgetChangeState.REFUSED}),
    BudgetChangeState.APPROVED: frozenset(),
    BudgetChangeState.REFUSED: frozenset(),
}


class BudgetChange(Base):
    """A change of a year's budget within one fund: proposed by one person, decided by another."""

    __tablename__ = "budget_changes"
    __table_args__ = (
        CheckConstraint("approver_id <> maker_id", name="two_people"),
        CheckConstraint(
            "(state = 'proposed') = (approver_id IS NULL)"
            " AND (approver_id IS NULL) = (decided_at IS NULL)",
            name="decided_by_somebody",
        ),
        Index(
            "ix_budget_changes_waiting",
            "proposed_at",
            postgresql_where=text("state = 'proposed'"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[BudgetChangeKind]
    year: Mapped[int] = mapped_column(SmallInteger)
    fund_source: Mapped[FundSource]
    reason: Mapped[str] = mapped_column(String(200))
    state: Mapped[BudgetChangeState] = mapped_column(default=BudgetChangeState.PROPOSED)
    maker_id: Mapped[UUID]
    proposed_at: Mapped[datetime]
    approver_id: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]


class BudgetEntry(Base):
    """One side of a change: so much more, or less, for one line. Written once.

    The database refuses a virement whose two sides are not opposite, entries of another year or
    fund than their change's, and an approval that leaves a line below nothing.
    """

    __tablename__ = "budget_entries"
    __table_args__ = (
        CheckConstraint("amount_fen <> 0", name="amount_is_something"),
        CheckConstraint("line_no BETWEEN 1 AND 2", name="at_most_a_pair"),
        UniqueConstraint("change_id", "budget_line_id"),
        Index("ix_budget_entries_budget_line_id", "budget_line_id"),
    )

    change_id: Mapped[UUID] = mapped_column(ForeignKey("budget_changes.id"), primary_key=True)
    line_no: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    budget_line_id: Mapped[UUID] = mapped_column(ForeignKey("budget_lines.id"))
    amount_fen: Mapped[Fen]


class ProgrammeBudget(Base):
    """Which budget line bears a programme's costs in a year; without one, the rule's account does.

    Read by every posting of a cost. Without a foreign key to the programmes, which are above.
    """

    __tablename__ = "programme_budgets"
    __table_args__ = (Index("ix_programme_budgets_budget_line_id", "budget_line_id"),)

    programme_id: Mapped[UUID] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    budget_line_id: Mapped[UUID] = mapped_column(ForeignKey("budget_lines.id"))


class PeriodState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


PERIOD_MOVES: Moves[PeriodState] = {
    PeriodState.OPEN: frozenset({PeriodState.CLOSED}),
    PeriodState.CLOSED: frozenset(),
}


class Period(Base):
    """A month of the books, [starts_on, ends_on). Closed by two people, for good.

    The bounds follow from the month, so that two periods can never overlap.
    """

    __tablename__ = "periods"
    __table_args__ = (
        CheckConstraint("month ~ '^20[0-9]{2}-(0[1-9]|1[0-2])$'", name="month_is_key"),
        CheckConstraint(
            "starts_on = make_date(left(month, 4)::int, right(month, 2)::int, 1)"
            " AND ends_on = (starts_on + interval '1 month')::date",
            name="bounds_of_month",
        ),
        CheckConstraint("maker_id <> approver_id", name="two_people"),
        CheckConstraint(
            "(state = 'closed') = (maker_id IS NOT NULL AND approver_id IS NOT NULL"
            " AND closed_at IS NOT NULL)",
            name="closed_by_somebody",
        ),
    )

    month: Mapped[str] = mapped_column(String(7), primary_key=True)  # such as "2026-11"
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    state: Mapped[PeriodState] = mapped_column(
        default=PeriodState.OPEN, server_default=PeriodState.OPEN.value
    )
    maker_id: Mapped[UUID | None]  # staff; no foreign key, staff are above the ledger
    approver_id: Mapped[UUID | None]
    closed_at: Mapped[datetime | None]


class PeriodBalance(Base):
    """What an account stood at when a month was closed, by fund source. Written with the closing.

    Signed as debits less credits, so a liability's balance is below zero. `debit_fen` and
    `credit_fen` are turnovers as vouchers say them: a reversal is red ink on the side it reverses.
    """

    __tablename__ = "period_balances"
    __table_args__ = (
        CheckConstraint("opening_fen + debit_fen - credit_fen = closing_fen", name="adds_up"),
    )

    month: Mapped[str] = mapped_column(ForeignKey("periods.month"), primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    fund_source: Mapped[FundSource] = mapped_column(primary_key=True)
    opening_fen: Mapped[Fen]
    debit_fen: Mapped[Fen]
    credit_fen: Mapped[Fen]
    closing_fen: Mapped[Fen]


class Journal(Base):
    """One fact, booked once, for ever. Its postings are written in its own transaction."""

    __tablename__ = "journals"
    __table_args__ = (
        UniqueConstraint("source_type", "source_id", "kind"),
        CheckConstraint(_ONE_BOOK, name="mutual_aid_apart"),
        CheckConstraint("reverses_id <> id", name="reverses_another"),
        Index(
            "ix_journals_reverses_id",
            "reverses_id",
            postgresql_where=text("reverses_id IS NOT NULL"),
        ),
        # Journals arrive by day, so a summary per block finds a month and costs a sale nothing.
        Index("ix_journals_book_date", "book_date", postgresql_using="brin"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    source_type: Mapped[str] = mapped_column(String(40))  # such as "redemption"
    source_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(String(40))  # what happened to it, such as "captured"
    book: Mapped[Book]
    fund_source: Mapped[FundSource]
    # No foreign key: the programmes table belongs to a package above this one.
    programme_id: Mapped[UUID | None]
    book_date: Mapped[date]  # a Shanghai day
    occurred_at: Mapped[datetime]  # by the device's clock
    received_at: Mapped[datetime]  # by ours
    reverses_id: Mapped[UUID | None] = mapped_column(ForeignKey("journals.id"))
    posted_in_tx: Mapped[int] = mapped_column(BigInteger)  # set by a trigger, whatever is given


class Posting(Base):
    """One line of a journal: fen on one side of one account.

    Lines are numbered from 1 without gaps; the balance check relies on it (decision 0008).
    """

    __tablename__ = "postings"
    __table_args__ = (
        CheckConstraint("line_no > 0", name="line_no_positive"),
        CheckConstraint(
            "debit_fen >= 0 AND credit_fen >= 0 AND (debit_fen = 0) <> (credit_fen = 0)",
            name="one_side",
        ),
        CheckConstraint("(party_type IS NULL) = (party_id IS NULL)", name="party_whole"),
        Index("ix_postings_party_id", "party_id", postgresql_where=text("party_id IS NOT NULL")),
    )

    journal_id: Mapped[UUID] = mapped_column(ForeignKey("journals.id"), primary_key=True)
    line_no: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    account_id: Mapped[UUID]  # looked up by the trigger: see Account
    debit_fen: Mapped[Fen]
    credit_fen: Mapped[Fen]
    party_type: Mapped[PartyType | None]
    party_id: Mapped[UUID | None]


class PayableState(StrEnum):
    OWED = "owed"
    PAYING = "paying"
    PAID = "paid"
    RETURNED = "returned"  # the bank sent it back


PAYABLE_MOVES: Moves[PayableState] = {
    PayableState.OWED: frozenset({PayableState.PAYING}),
    PayableState.PAYING: frozenset({PayableState.OWED, PayableState.PAID, PayableState.RETURNED}),
    # What a bank line was matched with in error is unproven, or unreturned, again.
    PayableState.PAID: frozenset({PayableState.RETURNED, PayableState.PAYING}),
    PayableState.RETURNED: frozenset({PayableState.PAYING, PayableState.PAID}),
}


class Payable(Base):
    """What one journal made owed to a member or merchant outside of statements.

    Its facts are those of the journal and never change; only the state moves.
    """

    __tablename__ = "payables"
    __table_args__ = (
        UniqueConstraint("source_type", "source_id"),
        CheckConstraint("amount_fen > 0", name="amount_positive"),
        Index("ix_payables_payee_id", "payee_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    source_type: Mapped[str] = mapped_column(String(40))
    source_id: Mapped[UUID]
    payee_type: Mapped[PartyType]
    payee_id: Mapped[UUID]
    amount_fen: Mapped[Fen]
    fund_source: Mapped[FundSource]
    journal_id: Mapped[UUID] = mapped_column(ForeignKey("journals.id"), unique=True)
    owed_since: Mapped[datetime]
    state: Mapped[PayableState] = mapped_column(
        default=PayableState.OWED, server_default=PayableState.OWED.value
    )
