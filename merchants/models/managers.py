"""Who looks after a merchant: its managers, their sign-in, and the clerks they invite."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base
from kernel.ids import new_id
from kernel.secrets import SealedColumn
from kernel.states import Moves


class ManagerState(StrEnum):
    APPLIED = "applied"  # waits with the application of the merchant
    INVITED = "invited"  # becomes active by signing in
    ACTIVE = "active"
    ENDED = "ended"


MANAGER_MOVES: Moves[ManagerState] = {
    ManagerState.APPLIED: frozenset({ManagerState.ACTIVE, ManagerState.ENDED}),
    ManagerState.INVITED: frozenset({ManagerState.ACTIVE, ManagerState.ENDED}),
    ManagerState.ACTIVE: frozenset({ManagerState.ENDED}),
    ManagerState.ENDED: frozenset(),
}

MANAGER_NAME = SealedColumn("merchant_managers", "name_sealed")
MANAGER_PHONE = SealedColumn("merchant_managers", "phone_sealed")


class MerchantManager(Base):
    """One person who looks after one merchant, known by their phone.

    Somebody who looks after two merchants has a row for each. `invited_by` is another manager of
    the same merchant; without one they applied, or the desk added them.
    """

    __tablename__ = "merchant_managers"
    __table_args__ = (
        CheckConstraint("(state = 'ended') = (ended_at IS NOT NULL)", name="ended_has_moment"),
        Index(
            "uq_merchant_managers_live",
            "merchant_id",
            "phone_index",
            unique=True,
            postgresql_where=text("state <> 'ended'"),
        ),
        Index("ix_merchant_managers_phone_index", "phone_index"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    merchant_id: Mapped[UUID] = mapped_column(ForeignKey("merchants.id"), index=True)
    name_sealed: Mapped[bytes]
    phone_sealed: Mapped[bytes]
    phone_index: Mapped[bytes]
    state: Mapped[ManagerState]
    invited_by: Mapped[UUID | None] = mapped_column(ForeignKey("merchant_managers.id"))
    created_at: Mapped[datetime]
    activated_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class ManagerCode(Base):
    """The newest code sent to a phone and how often it was tried; one row a phone.

    Kept for unknown phones too: the limits and the answers must not tell them apart.
    """

    __tablename__ = "manager_codes"

    phone_index: Mapped[bytes] = mapped_column(primary_key=True)
    code_index: Mapped[bytes]  # keyed: six digits have no entropy of their own
    sent_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    used_at: Mapped[datetime | None]
    sends_on: Mapped[date]  # Shanghai day that `sends` counts
    sends: Mapped[int] = mapped_column(default=1)


class ManagerSession(Base):
    """A signed-in phone of a manager. The token itself is only ever in its cookie."""

    __tablename__ = "manager_sessions"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    manager_id: Mapped[UUID] = mapped_column(ForeignKey("merchant_managers.id"), index=True)
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    browser: Mapped[str] = mapped_column(String(60))
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    revoked_at: Mapped[datetime | None]


class ApplicationTries(Base):
    """Applications from one network on one Shanghai day; the network by blind index only."""

    __tablename__ = "merchant_application_tries"
    __table_args__ = (CheckConstraint("tries > 0", name="tries_positive"),)

    subject: Mapped[bytes] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    tries: Mapped[int]


class ClerkState(StrEnum):
    INVITED = "invited"  # no phone of theirs is paired yet
    ACTIVE = "active"
    ENDED = "ended"


CLERK_MOVES: Moves[ClerkState] = {
    ClerkState.INVITED: frozenset({ClerkState.ACTIVE, ClerkState.ENDED}),
    ClerkState.ACTIVE: frozenset({ClerkState.ENDED}),
    ClerkState.ENDED: frozenset(),
}

CLERK_NAME = SealedColumn("clerks", "name_sealed")


class Clerk(Base):
    """Somebody who works at a site with a till of their own, for as long as they use it."""

    __tablename__ = "clerks"
    __table_args__ = (
        CheckConstraint("(state = 'ended') = (ended_at IS NOT NULL)", name="ended_has_moment"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    merchant_id: Mapped[UUID] = mapped_column(ForeignKey("merchants.id"), index=True)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("sites.id"), index=True)
    name_sealed: Mapped[bytes]
    state: Mapped[ClerkState] = mapped_column(default=ClerkState.INVITED)
    invited_by: Mapped[UUID] = mapped_column(ForeignKey("merchant_managers.id"))
    invited_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
