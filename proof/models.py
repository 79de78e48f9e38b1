from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    SmallInteger,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base


class RecordKind(StrEnum):
    """What a leaf is of. What its record says is in queries.sources, and never changes for a kind.

    A new fact about an old kind is a new kind: the leaves that are there must stay true.
    """

    CAPTURED = "captured"
    TAKEN_BACK = "taken_back"
    BOOKED = "booked"
    CLAIM_DECIDED = "claim_decided"
    COURSE_DECIDED = "course_decided"
    DISPUTE_DECIDED = "dispute_decided"
    STATEMENT_ISSUED = "statement_issued"
    STATEMENT_APPROVED = "statement_approved"
    BATCH_SENT = "batch_sent"
    BANK_LINE = "bank_line"
    MATCHED = "matched"
    MATCH_UNDONE = "match_undone"
    MONTH_CLOSED = "month_closed"
    MONTH_CERTIFIED = "month_certified"


class ProofLeaf(Base):
    """The hash of one record, at its place in the log, counted from 0 without gaps."""

    __tablename__ = "proof_leaves"
    __table_args__ = (
        UniqueConstraint("kind", "record_key"),
        CheckConstraint("seq >= 0", name="counts_from_0"),
        CheckConstraint("length(hash) = 32", name="is_sha256"),
    )

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    kind: Mapped[RecordKind]
    record_key: Mapped[str] = mapped_column(String(60))  # the record's id, or its month
    hash: Mapped[bytes]
    logged_at: Mapped[datetime]


class ProofNode(Base):
    """The hash over 2^level leaves from `position` * 2^level on; every eighth level is kept."""

    __tablename__ = "proof_nodes"
    __table_args__ = (
        CheckConstraint("level > 0 AND level % 8 = 0", name="every_eighth_level"),
        CheckConstraint("length(hash) = 32", name="is_sha256"),
    )

    level: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    hash: Mapped[bytes]


class Checkpoint(Base):
    """The root over the first `size` leaves, signed: from then on none of them can change."""

    __tablename__ = "checkpoints"
    __table_args__ = (
        CheckConstraint("size > 0", name="says_something"),
        CheckConstraint("length(root) = 32", name="is_sha256"),
    )

    size: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    root: Mapped[bytes]
    token: Mapped[str]  # compact JWS: log, size, root, at, key
    made_at: Mapped[datetime]


class FaultKind(StrEnum):
    CHANGED = "changed"  # the record says something else than when it was logged
    GONE = "gone"
    TREE = "tree"  # the log itself was changed, somewhere in the 256 leaves from here on


class ProofFault(Base):
    """A leaf whose record is no longer as logged, when the hourly look last came by."""

    __tablename__ = "proof_faults"

    seq: Mapped[int] = mapped_column(
        ForeignKey("proof_leaves.seq"), primary_key=True, autoincrement=False
    )
    fault: Mapped[FaultKind]
    found_at: Mapped[datetime]


class ProofWatch(Base):
    """The one row of how far things are.

    Records up to `logged_until` have been looked for; leaves before `next_seq` have been compared
    with their records in this round, and all of them by `round_ended_at`. `waiting` is how many
    records had no leaf at the last look.
    """

    __tablename__ = "proof_watch"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    logged_until: Mapped[datetime | None]
    next_seq: Mapped[int] = mapped_column(BigInteger, default=0)
    round_ended_at: Mapped[datetime | None]
    looked_at: Mapped[datetime | None]
    waiting: Mapped[int] = mapped_column(BigInteger, default=0)
