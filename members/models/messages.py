"""Text messages on their way to a phone, and how many ended how."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base
from kernel.ids import new_id
from kernel.secrets import SealedColumn
from kernel.states import Moves


class SmsPurpose(StrEnum):
    SIGN_IN_CODE = "sign_in_code"
    NOTICE = "notice"


class SmsState(StrEnum):
    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"
    EXPIRED = "expired"


SMS_MOVES: Moves[SmsState] = {
    SmsState.WAITING: frozenset({SmsState.SENT, SmsState.FAILED, SmsState.EXPIRED}),
    SmsState.SENT: frozenset(),
    SmsState.FAILED: frozenset(),
    SmsState.EXPIRED: frozenset(),
}

SMS_PHONE = SealedColumn("sms_messages", "phone_sealed")
SMS_TEXT = SealedColumn("sms_messages", "text_sealed")


class SmsMessage(Base):
    """One text message. Phone and text are sealed; the text of a code is gone once it has ended.

    `last_error` is a code of kernel.gateway, never what a gateway said. No foreign key to the
    member, for the reason that Notice gives; a code has no member at all.
    """

    __tablename__ = "sms_messages"
    __table_args__ = (
        CheckConstraint("(state = 'waiting') = (ended_at IS NULL)", name="ended_or_waiting"),
        CheckConstraint("state <> 'waiting' OR text_sealed IS NOT NULL", name="has_text"),
        Index("ix_sms_messages_created_at", "created_at"),
        Index(
            "ix_sms_messages_waiting",
            "phone_index",
            postgresql_where=text("state = 'waiting'"),
        ),
        Index("ix_sms_messages_due", "expires_at", postgresql_where=text("state = 'waiting'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    purpose: Mapped[SmsPurpose]
    member_id: Mapped[UUID | None]
    phone_index: Mapped[bytes]
    phone_sealed: Mapped[bytes]
    text_sealed: Mapped[bytes | None]
    state: Mapped[SmsState] = mapped_column(default=SmsState.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None] = mapped_column(String(60))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class SmsOutcome(StrEnum):
    """What a try or a message came to: `retried` is a try that will be made again."""

    SENT = "sent"
    RETRIED = "retried"
    FAILED = "failed"
    EXPIRED = "expired"


class SmsTotal(Base):
    """How often each outcome came about, ever: what /metrics tells. Outlives the messages."""

    __tablename__ = "sms_totals"

    purpose: Mapped[SmsPurpose] = mapped_column(primary_key=True)
    outcome: Mapped[SmsOutcome] = mapped_column(primary_key=True)
    total: Mapped[int] = mapped_column(BigInteger)
