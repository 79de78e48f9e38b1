"""Signing in: codes, sessions, and what a person agreed to on the way."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base
from kernel.ids import new_id


class SignInCode(Base):
    """The newest code sent to a phone and how often it was tried; one row a phone.

    Kept for unknown phones too: the limits and the answers must not tell them apart.
    """

    __tablename__ = "sign_in_codes"

    phone_index: Mapped[bytes] = mapped_column(primary_key=True)
    code_index: Mapped[bytes]  # keyed: six digits have no entropy of their own
    sent_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    used_at: Mapped[datetime | None]
    sends_on: Mapped[date]  # Shanghai day that `sends` counts
    sends: Mapped[int] = mapped_column(default=1)


class MemberSession(Base):
    """A signed-in phone. The token itself is only ever with the member."""

    __tablename__ = "member_sessions"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id"), index=True)
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class RealNameFailure(Base):
    """How often a proven phone gave a name and document that do not match the register."""

    __tablename__ = "real_name_failures"

    phone_index: Mapped[bytes] = mapped_column(primary_key=True)
    count: Mapped[int] = mapped_column(default=1)
    last_at: Mapped[datetime]


class Consent(Base):
    """One purpose a member agreed to, in one version of its text; a withdrawal ends the row."""

    __tablename__ = "consents"
    __table_args__ = (
        Index(
            "uq_consents_live",
            "member_id",
            "purpose",
            "version",
            unique=True,
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id"))
    purpose: Mapped[str] = mapped_column(String(40))
    version: Mapped[int]
    given_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
