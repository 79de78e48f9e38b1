from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.actors import ActorKind
from kernel.db import Base
from kernel.ids import new_id
from kernel.secrets import SealedColumn

ACTION_PATTERN = r"^[a-z][a-z_]*(\.[a-z][a-z_]*)+$"
AUDIT_KEY_PRIVATE = SealedColumn("audit_keys", "private_sealed")


class AuditEntry(Base):
    """One thing somebody did or looked at. Written once, never changed: a trigger and the grants.

    No foreign keys: an entry outlives what it tells of, and this package is below all others.
    """

    __tablename__ = "audit_entries"
    __table_args__ = (
        CheckConstraint(f"action ~ '{ACTION_PATTERN}'", name="action_is_dotted_code"),
        CheckConstraint(
            "(actor_kind IN ('nobody', 'system')) = (actor_id IS NULL)", name="actor_is_named"
        ),
        Index("ix_audit_entries_place", "occurred_at", "id"),
        Index("ix_audit_entries_object", "object_type", "object_id"),
        Index(
            "ix_audit_entries_member",
            "member_id",
            "occurred_at",
            postgresql_where=text("member_id IS NOT NULL"),
        ),
        # LIKE 'SZ/SZ-BA/%' can use the index only in byte order.
        Index(
            "ix_audit_entries_path_subtree",
            "union_path",
            postgresql_ops={"union_path": "text_pattern_ops"},
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    occurred_at: Mapped[datetime]
    actor_kind: Mapped[ActorKind]
    actor_id: Mapped[UUID | None]
    action: Mapped[str] = mapped_column(String(80))  # a dotted code such as "card.frozen"
    object_type: Mapped[str] = mapped_column(String(40))
    object_id: Mapped[UUID | None]  # None: a list or an export, no single object
    member_id: Mapped[UUID | None]  # whose personal data it was about
    union_path: Mapped[str | None] = mapped_column(String(500))  # None: of the whole deployment
    purpose: Mapped[str | None] = mapped_column(String(200))  # why somebody opened a full value
    facts: Mapped[dict[str, Any]]


class AuditKey(Base):
    """A P-256 key with which the service signs what others are to hold it to; the newest signs.

    The first one the service makes by itself, when it first signs. Each later one is proposed by a
    person and signs from when another approved it; until then `signs_from` is None, and what it
    will sign can be foretold to auditors. `public_jwk` is byte for byte what `thumbprint`, by which
    a signature names the key, is made of.
    """

    __tablename__ = "audit_keys"
    __table_args__ = (
        CheckConstraint("approver_id <> maker_id", name="two_people"),
        CheckConstraint(
            "CASE WHEN maker_id IS NULL THEN approver_id IS NULL AND signs_from IS NOT NULL"
            " ELSE (approver_id IS NULL) = (signs_from IS NULL) END",
            name="approved_by_somebody",
        ),
        Index(
            "uq_audit_keys_first",
            text("(maker_id IS NULL)"),
            unique=True,
            postgresql_where=text("maker_id IS NULL"),
        ),
        Index(
            "uq_audit_keys_waiting",
            text("(signs_from IS NULL)"),
            unique=True,
            postgresql_where=text("signs_from IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    thumbprint: Mapped[str] = mapped_column(String(43), unique=True)
    public_jwk: Mapped[str] = mapped_column(String(200))
    private_sealed: Mapped[bytes]
    created_at: Mapped[datetime]
    maker_id: Mapped[UUID | None]  # staff; no foreign key, staff are above the audit trail
    approver_id: Mapped[UUID | None]
    signs_from: Mapped[datetime | None]
