"""What was true when a month was closed."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base


class CloseRequest(Base):
    """That a person of finance asks for a month to be closed; another one closes it."""

    __tablename__ = "close_requests"

    month: Mapped[str] = mapped_column(ForeignKey("periods.month"), primary_key=True)
    maker_id: Mapped[UUID] = mapped_column(ForeignKey("staff_accounts.id"))
    asked_at: Mapped[datetime]


class CloseCertificate(Base):
    """The residuals with which a month was closed, all zero, and the exceptions named instead."""

    __tablename__ = "close_certificates"
    __table_args__ = (CheckConstraint("approver_id <> maker_id", name="two_people"),)

    month: Mapped[str] = mapped_column(ForeignKey("periods.month"), primary_key=True)
    residuals: Mapped[dict[str, Any]] = mapped_column(JSONB)
    identities: Mapped[dict[str, Any]] = mapped_column(JSONB)  # both sides of each, in fen
    named: Mapped[list[Any]] = mapped_column(JSONB)  # open discrepancies: code, subject, fen, age
    # What each programme came to, in fen. None, as `signed`: closed before certificates had it.
    programmes: Mapped[list[Any] | None] = mapped_column(JSONB)
    # What each budget line carried in, was given, spent and carried out. None: closed before that.
    budgets: Mapped[list[Any] | None] = mapped_column(JSONB)
    signed: Mapped[str | None] = mapped_column(Text)  # all of it, as a compact JWS
    maker_id: Mapped[UUID] = mapped_column(ForeignKey("staff_accounts.id"))
    approver_id: Mapped[UUID] = mapped_column(ForeignKey("staff_accounts.id"))
    closed_at: Mapped[datetime]


class ResidualCheck(Base):
    """What the hourly watch found in an open month the last time it looked."""

    __tablename__ = "residual_checks"

    month: Mapped[str] = mapped_column(ForeignKey("periods.month"), primary_key=True)
    residuals: Mapped[dict[str, Any]] = mapped_column(JSONB)
    checked_at: Mapped[datetime]
