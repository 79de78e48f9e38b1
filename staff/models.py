from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.actors import Role
from kernel.db import Base
from kernel.ids import new_id
from kernel.secrets import SealedColumn
from kernel.states import Moves

USERNAME_PATTERN = r"^[a-z][a-z0-9._-]{2,39}$"


class AccountState(StrEnum):
    ACTIVE = "active"
    DISABLED = "disabled"


ACCOUNT_MOVES: Moves[AccountState] = {
    AccountState.ACTIVE: frozenset({AccountState.DISABLED}),
    AccountState.DISABLED: frozenset({AccountState.ACTIVE}),
}


class SessionState(StrEnum):
    PENDING = "pending"  # the password was right, the second factor has not been given
    OPEN = "open"
    ENDED = "ended"


SESSION_MOVES: Moves[SessionState] = {
    SessionState.PENDING: frozenset({SessionState.OPEN, SessionState.ENDED}),
    SessionState.OPEN: frozenset({SessionState.ENDED}),
    SessionState.ENDED: frozenset(),
}

TOTP_SECRET = SealedColumn("staff_accounts", "totp_secret_sealed")
TOTP_CANDIDATE = SealedColumn("staff_accounts", "totp_candidate_sealed")


class StaffAccount(Base):
    """A person who works at the desk.

    `display_name` is what colleagues see: a work name, no fact of the register. Both credentials
    start temporary where an administrator has seen them, and until the person has replaced both the
    account has no roles: whoever hands out a key must not be able to use it.
    """

    __tablename__ = "staff_accounts"
    __table_args__ = (
        CheckConstraint(f"username ~ '{USERNAME_PATTERN}'", name="username_is_plain"),
        CheckConstraint("created_by <> id", name="not_created_by_itself"),
        CheckConstraint("version > 0", name="version_positive"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    username: Mapped[str] = mapped_column(String(40), unique=True)
    display_name: Mapped[str] = mapped_column(String(60))
    union_id: Mapped[UUID] = mapped_column(ForeignKey("union_orgs.id"), index=True)
    password_hash: Mapped[str] = mapped_column(String(200))
    password_set_at: Mapped[datetime]
    password_is_temporary: Mapped[bool]
    totp_secret_sealed: Mapped[bytes]
    totp_is_temporary: Mapped[bool]
    # The 30-second step whose code was accepted last: a code works once.
    totp_last_step: Mapped[int | None]
    totp_candidate_sealed: Mapped[bytes | None]
    state: Mapped[AccountState] = mapped_column(default=AccountState.ACTIVE)
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff_accounts.id"))
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    @property
    def is_provisional(self) -> bool:
        """Say whether somebody else knows a credential of this account."""
        return self.password_is_temporary or self.totp_is_temporary


class StaffGrant(Base):
    """A role held for one union and everything below it. Taken back by removing the row."""

    __tablename__ = "staff_grants"
    __table_args__ = (
        UniqueConstraint("staff_id", "role", "union_id"),
        CheckConstraint("granted_by <> staff_id", name="not_to_oneself"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    staff_id: Mapped[UUID] = mapped_column(ForeignKey("staff_accounts.id"))
    role: Mapped[Role]
    union_id: Mapped[UUID] = mapped_column(ForeignKey("union_orgs.id"), index=True)
    granted_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff_accounts.id"))
    granted_at: Mapped[datetime]


class StaffSession(Base):
    """A browser signed in to the desk, or half-way there. The token is only ever in its cookie."""

    __tablename__ = "staff_sessions"
    __table_args__ = (
        CheckConstraint("(ended_at IS NULL) = (state <> 'ended')", name="ended_has_a_time"),
        CheckConstraint("expires_at > created_at", name="expires_after_creation"),
        Index("ix_staff_sessions_open", "staff_id", postgresql_where=text("state = 'open'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    staff_id: Mapped[UUID] = mapped_column(ForeignKey("staff_accounts.id"))
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    state: Mapped[SessionState] = mapped_column(default=SessionState.PENDING)
    browser: Mapped[str] = mapped_column(String(40))  # coarse, such as "Firefox, Windows"
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class SignInFailures(Base):
    """How many sign-ins failed for one name or from one address; both only as keyed digests.

    Kept for names that do not exist too: the limit must not tell them apart.
    """

    __tablename__ = "sign_in_failures"
    __table_args__ = (CheckConstraint("count >= 0", name="count_not_negative"),)

    subject: Mapped[bytes] = mapped_column(primary_key=True)
    count: Mapped[int]
    last_at: Mapped[datetime] = mapped_column(index=True)
