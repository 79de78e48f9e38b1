"""What a till may grant without a network, and what it says it has granted."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base
from kernel.ids import new_id
from kernel.money import Fen
from kernel.states import Moves


class OfflinePolicy(Base):
    """The one row of numbers that a deployment decides for its tills without a network.

    All fen are of the union's part. A record that comes more than `late_hours` after its sale is
    refused. `card_risk_fen` is what the programmes bear of one card in a Shanghai month.
    """

    __tablename__ = "offline_policies"
    __table_args__ = (
        CheckConstraint("id = 1", name="one_row"),
        CheckConstraint(
            "per_sale_fen >= 0 AND per_day_fen >= 0 AND per_day_sales >= 0 AND card_risk_fen >= 0",
            name="amounts_not_negative",
        ),
        CheckConstraint("lease_hours BETWEEN 1 AND 72", name="lease_hours_in_range"),
        CheckConstraint("late_hours BETWEEN 1 AND 72", name="late_hours_in_range"),
        CheckConstraint("version > 0", name="version_positive"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    per_sale_fen: Mapped[Fen]
    per_day_fen: Mapped[Fen]
    per_day_sales: Mapped[int]
    lease_hours: Mapped[int]
    late_hours: Mapped[int]
    card_risk_fen: Mapped[Fen]
    version: Mapped[int] = mapped_column(default=1)


class Lease(Base):
    """What one till may grant without a network, [issued_at, expires_at).

    `offers` maps the offer versions it names to the Unix second in which each ends, or null.
    `renewed_at` is when the till last heard it: what was known then, the till could have known.
    """

    __tablename__ = "leases"
    __table_args__ = (
        CheckConstraint("issued_at <= renewed_at", name="renewed_after_issue"),
        CheckConstraint("issued_at < expires_at", name="lives_a_while"),
        CheckConstraint(
            "per_sale_fen >= 0 AND per_day_fen >= 0 AND per_day_sales >= 0",
            name="amounts_not_negative",
        ),
        Index("ix_leases_terminal", "terminal_id", "issued_at"),
        Index("ix_leases_expires_at", "expires_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    terminal_id: Mapped[UUID] = mapped_column(ForeignKey("terminals.id"))
    issued_at: Mapped[datetime]
    renewed_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    per_sale_fen: Mapped[Fen]
    per_day_fen: Mapped[Fen]
    per_day_sales: Mapped[int]
    offers: Mapped[dict[str, Any]]


class RecordVerdict(StrEnum):
    WAITING = "waiting"  # taken in, and not judged yet: the till sends it again
    CAPTURED = "captured"
    REFUSED = "refused"


RECORD_MOVES: Moves[RecordVerdict] = {
    RecordVerdict.WAITING: frozenset({RecordVerdict.CAPTURED, RecordVerdict.REFUSED}),
    RecordVerdict.CAPTURED: frozenset(),
    RecordVerdict.REFUSED: frozenset(),
}


class BorneBy(StrEnum):
    """Who bears the union's part of a sale without a network."""

    LIMIT = "limit"  # the programme, within its limits: a sale like any other
    OFFLINE_RISK = "offline_risk"  # the programme, for what the till could not know
    MERCHANT = "merchant"


class OfflineRecord(Base):
    """A sale that a till made without a network: what it signed, and what was judged of it.

    `terminal_id` made the record, `sent_by` sent it: another one once the first was unpaired.
    `seq` and `prev` are the till's chain; a record is `in_chain` if both neighbours that are known
    agree with it, and `after_gap` if the one before it had not come. Three clocks are kept:
    `occurred_at` is the till's, `signed_at` the member's phone's, `received_at` ours, at its first
    coming. A verdict is final: the database refuses to change it.
    """

    __tablename__ = "offline_records"
    __table_args__ = (
        Index(
            "uq_offline_records_chain",
            "terminal_id",
            "seq",
            unique=True,
            postgresql_where=text("in_chain"),
        ),
        Index("ix_offline_records_terminal", "terminal_id", "received_at"),
        Index("ix_offline_records_received", "received_at", "id"),
        # What the desk looks for gaps among: few of many.
        Index(
            "ix_offline_records_gaps",
            "received_at",
            "id",
            postgresql_where=text("in_chain AND after_gap"),
        ),
        Index("ix_offline_records_lease_id", "lease_id"),
        Index(
            "ix_offline_records_day",
            "terminal_id",
            "sold_on",
            postgresql_where=text("verdict = 'captured'"),
        ),
        CheckConstraint("seq > 0 AND gross_fen > 0 AND cut_fen >= 0", name="amounts_in_range"),
        CheckConstraint("length(record_hash) = 32 AND length(facts_digest) = 32", name="hashes"),
        CheckConstraint("(verdict = 'waiting') = (judged_at IS NULL)", name="judged_has_moment"),
        CheckConstraint(
            "(verdict = 'captured') = (redemption_id IS NOT NULL)"
            " AND (verdict = 'captured') = (sold_on IS NOT NULL)",
            name="captured_is_a_sale",
        ),
        CheckConstraint(
            "(verdict = 'waiting') = (borne_by IS NULL)"
            " AND (verdict <> 'refused' OR borne_by = 'merchant')",
            name="somebody_bears_it",
        ),
        CheckConstraint("verdict = 'captured' OR reason IS NOT NULL", name="refused_says_why"),
        CheckConstraint("in_chain OR verdict = 'refused'", name="outside_is_refused"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    terminal_id: Mapped[UUID] = mapped_column(ForeignKey("terminals.id"))
    sent_by: Mapped[UUID] = mapped_column(ForeignKey("terminals.id"))
    lease_id: Mapped[UUID | None] = mapped_column(ForeignKey("leases.id"))
    seq: Mapped[int] = mapped_column(BigInteger)
    prev: Mapped[str] = mapped_column(String(43))
    record_hash: Mapped[bytes]  # SHA-256 of `jws`: what the next record's `prev` says
    facts_digest: Mapped[bytes]  # SHA-256 of what was signed, whatever its signature is
    jws: Mapped[str]
    in_chain: Mapped[bool]
    after_gap: Mapped[bool]
    offer_version_id: Mapped[UUID]
    gross_fen: Mapped[Fen]
    occurred_at: Mapped[datetime]
    signed_at: Mapped[datetime | None]
    received_at: Mapped[datetime]
    verdict: Mapped[RecordVerdict]
    judged_at: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(String(40))
    borne_by: Mapped[BorneBy | None]
    redemption_id: Mapped[UUID | None] = mapped_column(ForeignKey("redemptions.id"), unique=True)
    sold_on: Mapped[date | None]  # the Shanghai day whose lease it drew on
    cut_fen: Mapped[Fen] = mapped_column(default=Fen(0))  # of the union's part, beyond the lease
    # The scan that had the same presentation first, where somebody showed it at two tills.
    replay_of: Mapped[UUID | None] = mapped_column(ForeignKey("verifications.id"))
