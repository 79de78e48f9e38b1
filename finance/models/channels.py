"""What a payment channel says of the sales that were paid through it: the third side."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base
from kernel.ids import new_id
from kernel.money import Fen


class Channel(StrEnum):
    WECHAT = "wechat"


class ChannelAccount(Base):
    """A merchant's number (商户号) at a channel. Every sale of the merchant is paid through it."""

    __tablename__ = "channel_accounts"
    __table_args__ = (UniqueConstraint("channel", "number"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    channel: Mapped[Channel]
    number: Mapped[str] = mapped_column(String(32))
    merchant_id: Mapped[UUID] = mapped_column(ForeignKey("merchants.id"))
    known_since: Mapped[datetime]


class TradeBill(Base):
    """A bill that was taken in, once; one of no trades is the channel's "there is no bill".

    It covers the Shanghai days [first_on, last_on], both included.
    """

    __tablename__ = "trade_bills"
    __table_args__ = (
        UniqueConstraint("account_id", "sha256", "first_on"),
        CheckConstraint("trades >= new AND new >= 0", name="new_among_trades"),
        CheckConstraint("first_on <= last_on", name="days_in_order"),
        Index("ix_trade_bills_days", "account_id", "first_on"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("channel_accounts.id"))
    name: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[bytes]
    first_on: Mapped[date]
    last_on: Mapped[date]
    trades: Mapped[int]
    new: Mapped[int]
    imported_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff_accounts.id"))
    imported_at: Mapped[datetime]


class TradeKind(StrEnum):
    SALE = "sale"
    REFUND = "refund"
    REVOKED = "revoked"  # cancelled after it was paid


class Trade(Base):
    """One line of a bill: a sale, or what was given back of one under the same order number.

    `redemption_id` is the sale that it is of, `matched_at` when both were found to agree. Who paid
    is not taken in.
    """

    __tablename__ = "trades"
    __table_args__ = (
        UniqueConstraint("account_id", "trade_no", "kind", "refund_no"),
        CheckConstraint("order_fen >= 0 AND settled_fen >= 0 AND refund_fen >= 0", name="amounts"),
        CheckConstraint("matched_at IS NULL OR redemption_id IS NOT NULL", name="matched_with"),
        Index("ix_trades_bill_id", "bill_id"),
        Index("ix_trades_redemption_id", "redemption_id"),
        Index(
            "uq_trades_one_of_a_sale",
            "redemption_id",
            unique=True,
            postgresql_where=text("kind = 'sale' AND matched_at IS NOT NULL"),
        ),
        Index("ix_trades_unmatched", "account_id", postgresql_where=text("matched_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    bill_id: Mapped[UUID] = mapped_column(ForeignKey("trade_bills.id"))
    account_id: Mapped[UUID] = mapped_column(ForeignKey("channel_accounts.id"))
    trade_no: Mapped[str] = mapped_column(String(64))  # the channel's
    order_no: Mapped[str] = mapped_column(String(64))  # the till's: a receipt's number, or its id
    kind: Mapped[TradeKind]
    refund_no: Mapped[str] = mapped_column(String(64))  # empty for a sale
    traded_at: Mapped[datetime]
    order_fen: Mapped[Fen]
    settled_fen: Mapped[Fen]  # what the member paid
    refund_fen: Mapped[Fen]
    redemption_id: Mapped[UUID | None] = mapped_column(ForeignKey("redemptions.id"))
    matched_at: Mapped[datetime | None]
