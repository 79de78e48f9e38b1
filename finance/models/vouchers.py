"""Accounting vouchers (记账凭证): what a closed month hands over to the accounting package."""

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, SmallInteger, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base
from kernel.ids import new_id
from kernel.money import Fen
from ledger.models import Book, FundSource

SUMMARY_CHARACTERS_MAX = 60


class Voucher(Base):
    """What one kind of fact came to on one day for one fund: numbered without gaps by book.

    Written when the month is closed, never changed. `is_red` is red ink (红字冲销): what reverses
    stands below zero on the side that it reverses.
    """

    __tablename__ = "vouchers"
    __table_args__ = (
        UniqueConstraint("month", "book", "number"),
        UniqueConstraint("book_date", "fund_source", "source_type", "is_red"),
        CheckConstraint("number > 0", name="number_positive"),
        CheckConstraint("journals > 0", name="of_something"),
        CheckConstraint("attachments >= 0", name="attachments_not_negative"),
        CheckConstraint(
            "(book = 'mutual_aid') = (fund_source = 'mutual_aid')", name="mutual_aid_apart"
        ),
        CheckConstraint("to_char(book_date, 'YYYY-MM') = month", name="day_of_month"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    month: Mapped[str] = mapped_column(ForeignKey("periods.month"))
    book: Mapped[Book]
    number: Mapped[int]
    book_date: Mapped[date]
    fund_source: Mapped[FundSource]
    source_type: Mapped[str] = mapped_column(String(40))  # of the journals it sums up
    is_red: Mapped[bool]
    journals: Mapped[int]  # how many it sums up
    attachments: Mapped[int]  # sheets of paper behind it
    summary: Mapped[str] = mapped_column(String(SUMMARY_CHARACTERS_MAX))


class VoucherLine(Base):
    """One side of a voucher. The account's code is the chart's own, looked up when it is shown."""

    __tablename__ = "voucher_lines"
    __table_args__ = (
        CheckConstraint("line_no > 0", name="line_no_positive"),
        CheckConstraint("(debit_fen = 0) <> (credit_fen = 0)", name="one_side"),
    )

    voucher_id: Mapped[UUID] = mapped_column(ForeignKey("vouchers.id"), primary_key=True)
    line_no: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"))
    debit_fen: Mapped[Fen]
    credit_fen: Mapped[Fen]
