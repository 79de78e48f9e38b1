"""Cards, the phones they are on, and cards issued by the batch."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Sequence, String, text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base
from kernel.ids import new_id
from kernel.money import Fen
from kernel.states import Moves


class CardState(StrEnum):
    PENDING_VERIFY = "pending_verify"
    ISSUED = "issued"  # numbered; becomes active with its first credential
    ACTIVE = "active"
    LOST = "lost"
    FROZEN = "frozen"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


CARD_MOVES: Moves[CardState] = {
    CardState.PENDING_VERIFY: frozenset({CardState.ISSUED, CardState.CANCELLED}),
    CardState.ISSUED: frozenset(
        {CardState.ACTIVE, CardState.LOST, CardState.FROZEN, CardState.CANCELLED}
    ),
    CardState.ACTIVE: frozenset(
        {CardState.LOST, CardState.FROZEN, CardState.EXPIRED, CardState.CANCELLED}
    ),
    # A card that was never shown goes back to being issued, not active.
    CardState.LOST: frozenset(
        {CardState.ACTIVE, CardState.ISSUED, CardState.FROZEN, CardState.CANCELLED}
    ),
    CardState.FROZEN: frozenset(
        {CardState.ACTIVE, CardState.ISSUED, CardState.LOST, CardState.CANCELLED}
    ),
    # A phone may be lost, or a card looked into, while its membership waits to be confirmed.
    CardState.EXPIRED: frozenset(
        {CardState.ACTIVE, CardState.LOST, CardState.FROZEN, CardState.CANCELLED}
    ),
    CardState.CANCELLED: frozenset(),
}


# The serial in a card's number (domain 2.3): nine digits, never used twice.
CARD_SERIAL = Sequence("card_serial", maxvalue=999_999_999, metadata=Base.metadata)


class Card(Base):
    """A member's card: at most one that is not cancelled. Its number never returns.

    `number` is 16 digits, `4403` + year + serial + Luhn (domain 2.3): nothing personal in it.
    """

    __tablename__ = "cards"
    __table_args__ = (
        Index(
            "uq_cards_one_a_member",
            "member_id",
            unique=True,
            postgresql_where=text("state <> 'cancelled'"),
        ),
        CheckConstraint("number ~ '^[0-9]{16}$'", name="number_of_digits"),
        CheckConstraint("version > 0", name="version_positive"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id"), index=True)
    number: Mapped[str] = mapped_column(String(16), unique=True)
    state: Mapped[CardState]
    state_reason: Mapped[str | None] = mapped_column(String(200))
    frozen_until: Mapped[datetime | None]  # a freeze that nobody prolongs ends then
    issued_at: Mapped[datetime]
    activated_at: Mapped[datetime | None]
    # Where a deployment wants the membership confirmed again and again (CardPolicy): when it was
    # last, and since when the member knows that it is to be.
    confirmed_at: Mapped[datetime | None]
    confirmation_asked_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    def is_usable(self) -> bool:
        return self.state is CardState.ACTIVE

    def confirmed_from(self) -> datetime:
        """Return since when the membership counts as confirmed."""
        return self.confirmed_at or self.activated_at or self.issued_at


class Device(Base):
    """A phone whose key signs presentations. The key never left it; here is its public point.

    A key is enrolled once at a time; a phone that was retired and comes back gets a row of its own.
    `lost_at` stands at a phone that may be in other hands: it cannot restore a lost card.
    """

    __tablename__ = "devices"
    __table_args__ = (
        CheckConstraint("length(public_key) = 33", name="point_compressed"),
        Index(
            "uq_devices_live_key",
            "public_key",
            unique=True,
            postgresql_where=text("retired_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    card_id: Mapped[UUID] = mapped_column(ForeignKey("cards.id"), index=True)
    name: Mapped[str] = mapped_column(String(60))
    public_key: Mapped[bytes]
    enrolled_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]
    lost_at: Mapped[datetime | None]


class CardPolicy(Base):
    """The one row of numbers that a deployment decides for its cards."""

    __tablename__ = "card_policies"
    __table_args__ = (
        CheckConstraint("id = 1", name="one_row"),
        CheckConstraint("devices_max BETWEEN 1 AND 20", name="devices_max_in_range"),
        # 8.5 of the format: verifiers refuse a credential that lives longer than 35 days.
        CheckConstraint("credential_days BETWEEN 1 AND 35", name="credential_days_in_range"),
        CheckConstraint(
            "phone_cooldown_hours BETWEEN 0 AND 720", name="phone_cooldown_hours_in_range"
        ),
        # Longer than the notice of thirty days that a member is given.
        CheckConstraint(
            "confirm_every_days BETWEEN 60 AND 3660", name="confirm_every_days_in_range"
        ),
        # 8.5 of the format again: paper lives 800 days at most.
        CheckConstraint("paper_days BETWEEN 1 AND 800", name="paper_days_in_range"),
        CheckConstraint("paper_kept_days BETWEEN 1 AND 90", name="paper_kept_days_in_range"),
        CheckConstraint("static_daily_fen >= 0", name="static_daily_not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    devices_max: Mapped[int]  # live devices a card
    credential_days: Mapped[int]
    # After a new phone number, until one of the card's phones or a desk has confirmed it.
    phone_cooldown_hours: Mapped[int] = mapped_column(default=24)
    confirm_every_days: Mapped[int | None]  # None: a card does not expire
    paper_days: Mapped[int] = mapped_column(default=730)
    paper_has_hint: Mapped[bool] = mapped_column(default=True)  # a surname and a star in its code
    paper_kept_days: Mapped[int] = mapped_column(default=7)  # the printed files
    # What the union pays at most in a Shanghai day for one card shown on paper; 0: nothing.
    static_daily_fen: Mapped[Fen] = mapped_column(default=Fen(50_000))


class BatchState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"


BATCH_MOVES: Moves[BatchState] = {
    BatchState.WAITING: frozenset({BatchState.RUNNING}),
    # A worker that was killed finds the batch as it left it and goes on.
    BatchState.RUNNING: frozenset({BatchState.RUNNING, BatchState.DONE}),
    BatchState.DONE: frozenset(),
}


class CardBatch(Base):
    """Cards issued to everybody in a union's subtree, by a job that counts as it goes.

    `done` of `total` members are what the progress bar shows; `total` is that of the start.
    """

    __tablename__ = "card_batches"
    __table_args__ = (CheckConstraint("done = issued + already", name="counts_add_up"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    union_id: Mapped[UUID] = mapped_column(ForeignKey("union_orgs.id"), index=True)
    requested_by: Mapped[UUID] = mapped_column(ForeignKey("staff_accounts.id"), index=True)
    state: Mapped[BatchState] = mapped_column(default=BatchState.WAITING)
    total: Mapped[int]
    done: Mapped[int] = mapped_column(default=0)
    issued: Mapped[int] = mapped_column(default=0)
    already: Mapped[int] = mapped_column(default=0)
    last_member_id: Mapped[UUID | None]  # where the job goes on
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
