"""Coupons: how many pieces of an offer there are, who got one, and what became of it."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    SmallInteger,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base
from kernel.ids import new_id
from kernel.states import Moves

SEED_CHARACTERS_MAX = 100
ENTRANT_CODE_CHARACTERS = 10
# Rows over which the pieces of a grab are spread (docs/decisions/0026).
GRAB_STRIPES = 32


class ReleaseMode(StrEnum):
    GRAB = "grab"  # whoever comes first, from an exact second on
    DRAW = "draw"  # by lot among all who entered


class ReleaseState(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"
    LISTED = "listed"  # of a draw: who takes part is published, its seed not yet known
    DRAWN = "drawn"
    ENDED = "ended"


RELEASE_MOVES: Moves[ReleaseState] = {
    ReleaseState.DRAFT: frozenset({ReleaseState.PUBLISHED, ReleaseState.ENDED}),
    ReleaseState.PUBLISHED: frozenset({ReleaseState.LISTED, ReleaseState.ENDED}),
    ReleaseState.LISTED: frozenset({ReleaseState.DRAWN}),
    ReleaseState.DRAWN: frozenset({ReleaseState.ENDED}),
    ReleaseState.ENDED: frozenset(),
}


class Rerelease(StrEnum):
    """What happens to a piece that comes back unclaimed or unused."""

    BY_ITSELF = "by_itself"  # on sale again while the grab lasts; to the next in a draw's ranking
    BY_HAND = "by_hand"  # kept for a release of its own


class CouponRelease(Base):
    """So many pieces of one offer, given out from `opens_at` until `closes_at`, half open.

    `reserve_pieces` of them are handed out at a desk only. The pieces left are rows of `limits`
    under the release's own id; pieces + nothing else: what is on sale, in reserve, set aside and
    moved to another release adds up to `pieces`.
    """

    __tablename__ = "coupon_releases"
    __table_args__ = (
        CheckConstraint("pieces > 0", name="some_pieces"),
        CheckConstraint("reserve_pieces BETWEEN 0 AND pieces", name="reserve_within_pieces"),
        CheckConstraint("stripes BETWEEN 1 AND 64", name="stripes_in_range"),
        CheckConstraint("closes_at > opens_at", name="closes_after_opening"),
        CheckConstraint("use_within_days BETWEEN 1 AND 366", name="use_within_a_year"),
        CheckConstraint("claim_within_hours BETWEEN 1 AND 720", name="claim_within_a_month"),
        CheckConstraint(
            "num_nonnulls(seed_source_zh, seed_source_en, seed_known_at)"
            " = CASE mode WHEN 'draw' THEN 3 ELSE 0 END",
            name="draw_names_its_seed",
        ),
        CheckConstraint("seed_known_at > closes_at", name="seed_known_after_closing"),
        # The heart of a fair draw: who takes part is fixed in public before the seed can be known.
        CheckConstraint(
            "listed_at >= closes_at AND listed_at < seed_known_at", name="listed_before_the_seed"
        ),
        CheckConstraint(
            "num_nonnulls(listed_at, list_hash, entrant_count) IN (0, 3)", name="listed_whole"
        ),
        CheckConstraint(
            "num_nonnulls(seed_first, seed_first_by, seed_first_at) IN (0, 3)",
            name="seed_typed_whole",
        ),
        CheckConstraint("seed_second_by <> seed_first_by", name="seed_of_two_people"),
        CheckConstraint(
            "num_nonnulls(seed, seed_second_by, drawn_at) IN (0, 3)"
            " AND (seed IS NULL OR (seed = seed_first AND listed_at IS NOT NULL))",
            name="drawn_whole",
        ),
        CheckConstraint("state <> 'listed' OR listed_at IS NOT NULL", name="listed_has_list"),
        CheckConstraint("state <> 'drawn' OR drawn_at IS NOT NULL", name="drawn_has_seed"),
        CheckConstraint("set_aside >= 0 AND moved_pieces >= 0", name="counts_not_negative"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    offer_id: Mapped[UUID] = mapped_column(ForeignKey("offers.id"), index=True)
    mode: Mapped[ReleaseMode]
    state: Mapped[ReleaseState] = mapped_column(default=ReleaseState.DRAFT)
    pieces: Mapped[int]
    reserve_pieces: Mapped[int]
    stripes: Mapped[int] = mapped_column(SmallInteger)
    opens_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    use_within_days: Mapped[int]
    claim_within_hours: Mapped[int | None]
    rerelease: Mapped[Rerelease]
    seed_source_zh: Mapped[str | None] = mapped_column(String(200))
    seed_source_en: Mapped[str | None] = mapped_column(String(200))
    seed_known_at: Mapped[datetime | None]
    listed_at: Mapped[datetime | None]
    list_hash: Mapped[str | None] = mapped_column(String(64))  # SHA-256 of the list, hexadecimal
    entrant_count: Mapped[int | None]
    seed_first: Mapped[str | None] = mapped_column(String(SEED_CHARACTERS_MAX))
    seed_first_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff_accounts.id"))
    seed_first_at: Mapped[datetime | None]
    seed: Mapped[str | None] = mapped_column(String(SEED_CHARACTERS_MAX))
    seed_second_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff_accounts.id"))
    drawn_at: Mapped[datetime | None]
    last_rank: Mapped[int] = mapped_column(default=0)  # of a draw: the last who was offered a piece
    set_aside: Mapped[int] = mapped_column(default=0)  # came back, and waits for another release
    moved_pieces: Mapped[int] = mapped_column(default=0)  # went to another release
    again_of: Mapped[UUID | None] = mapped_column(ForeignKey("coupon_releases.id"))
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    published_at: Mapped[datetime | None]


class CouponOrigin(StrEnum):
    GRAB = "grab"
    DRAW = "draw"
    DESK = "desk"


class CouponState(StrEnum):
    OFFERED = "offered"  # won, and to be claimed
    LIVE = "live"
    USED = "used"
    EXPIRED = "expired"  # not used in time
    LAPSED = "lapsed"  # not claimed in time


COUPON_MOVES: Moves[CouponState] = {
    CouponState.OFFERED: frozenset({CouponState.LIVE, CouponState.LAPSED}),
    CouponState.LIVE: frozenset({CouponState.USED, CouponState.EXPIRED}),
    CouponState.USED: frozenset({CouponState.LIVE}),
    CouponState.EXPIRED: frozenset(),
    CouponState.LAPSED: frozenset(),
}


class Coupon(Base):
    """A piece that one member got. The id of a grabbed one was made by their phone.

    `until` is the moment from which it can no longer be claimed (offered) or used (live). The
    release and the offer are named without foreign keys: thousands of grabs a minute would lock
    their rows (docs/decisions/0011).
    """

    __tablename__ = "coupons"
    __table_args__ = (
        # The row is the idempotency record: whoever taps again finds it.
        UniqueConstraint("release_id", "member_id"),
        CheckConstraint(
            "num_nonnulls(used_by, used_at) = CASE state WHEN 'used' THEN 2 ELSE 0 END",
            name="used_whole",
        ),
        CheckConstraint("(origin = 'desk') = (given_by IS NOT NULL)", name="desk_says_who"),
        CheckConstraint("state <> 'offered' OR origin = 'draw'", name="only_wins_are_claimed"),
        Index("ix_coupons_due", "until", postgresql_where=text("state IN ('offered', 'live')")),
        Index("uq_coupons_used_by", "used_by", unique=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    release_id: Mapped[UUID]
    offer_id: Mapped[UUID]
    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id"), index=True)
    origin: Mapped[CouponOrigin]
    state: Mapped[CouponState]
    granted_at: Mapped[datetime]
    until: Mapped[datetime]
    given_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff_accounts.id"))
    used_by: Mapped[UUID | None]  # the redemption
    used_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class CouponEntry(Base):
    """Somebody who takes part in a draw, in public known by `code` alone."""

    __tablename__ = "coupon_entries"
    __table_args__ = (
        UniqueConstraint("release_id", "member_id"),
        UniqueConstraint("release_id", "code"),
        UniqueConstraint("release_id", "rank"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    release_id: Mapped[UUID]
    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id"), index=True)
    code: Mapped[str] = mapped_column(String(ENTRANT_CODE_CHARACTERS))
    rank: Mapped[int | None]  # 1 is drawn first; none before the draw
    created_at: Mapped[datetime]
