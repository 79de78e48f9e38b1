"""Coupons: releases of an offer, the pieces members got, and who takes part in a draw."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"


def _enum(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def _moment(name: str, *, null: bool = True) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=null)


def upgrade() -> None:
    # Adding a constant default rewrites nothing.
    op.add_column(
        "offers", sa.Column("needs_coupon", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.alter_column("offers", "needs_coupon", server_default=None)
    _create_releases()
    _create_coupons()
    op.create_table(
        "coupon_entries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("release_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=10), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=True),
        _moment("created_at", null=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_coupon_entries_member_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coupon_entries")),
        sa.UniqueConstraint(
            "release_id", "member_id", name=op.f("uq_coupon_entries_release_id_member_id")
        ),
        sa.UniqueConstraint("release_id", "code", name=op.f("uq_coupon_entries_release_id_code")),
        sa.UniqueConstraint("release_id", "rank", name=op.f("uq_coupon_entries_release_id_rank")),
    )
    op.create_index(op.f("ix_coupon_entries_member_id"), "coupon_entries", ["member_id"])
    # Whoever entered stays, under the same code; a coupon keeps whose it is and where it came from.
    for table, changeable in (
        ("coupon_entries", "rank"),
        ("coupons", "state, until, used_by, used_at, ended_at"),
    ):
        op.execute(f"REVOKE UPDATE, DELETE ON {table} FROM union_card_app")
        op.execute(f"GRANT UPDATE ({changeable}) ON {table} TO union_card_app")
    op.execute("REVOKE DELETE ON coupon_releases FROM union_card_app")


_CHECKS = (
    ("pieces > 0", "some_pieces"),
    ("reserve_pieces BETWEEN 0 AND pieces", "reserve_within_pieces"),
    ("stripes BETWEEN 1 AND 64", "stripes_in_range"),
    ("closes_at > opens_at", "closes_after_opening"),
    ("use_within_days BETWEEN 1 AND 366", "use_within_a_year"),
    ("claim_within_hours BETWEEN 1 AND 720", "claim_within_a_month"),
    (
        (
            "num_nonnulls(seed_source_zh, seed_source_en, seed_known_at)"
            " = CASE mode WHEN 'draw' THEN 3 ELSE 0 END"
        ),
        "draw_names_its_seed",
    ),
    ("seed_known_at > closes_at", "seed_known_after_closing"),
    ("listed_at >= closes_at AND listed_at < seed_known_at", "listed_before_the_seed"),
    ("num_nonnulls(listed_at, list_hash, entrant_count) IN (0, 3)", "listed_whole"),
    ("num_nonnulls(seed_first, seed_first_by, seed_first_at) IN (0, 3)", "seed_typed_whole"),
    ("seed_second_by <> seed_first_by", "seed_of_two_people"),
    (
        (
            "num_nonnulls(seed, seed_second_by, drawn_at) IN (0, 3)"
            " AND (seed IS NULL OR (seed = seed_first AND listed_at IS NOT NULL))"
        ),
        "drawn_whole",
    ),
    ("state <> 'listed' OR listed_at IS NOT NULL", "listed_has_list"),
    ("state <> 'drawn' OR drawn_at IS NOT NULL", "drawn_has_seed"),
    ("set_aside >= 0 AND moved_pieces >= 0", "counts_not_negative"),
)


def _create_releases() -> None:
    states = ("draft", "published", "listed", "drawn", "ended")
    op.create_table(
        "coupon_releases",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("offer_id", sa.Uuid(), nullable=False),
        sa.Column("mode", _enum("releasemode", "grab", "draw"), nullable=False),
        sa.Column("state", _enum("releasestate", *states), nullable=False),
        sa.Column("pieces", sa.Integer(), nullable=False),
        sa.Column("reserve_pieces", sa.Integer(), nullable=False),
        sa.Column("stripes", sa.SmallInteger(), nullable=False),
        _moment("opens_at", null=False),
        _moment("closes_at", null=False),
        sa.Column("use_within_days", sa.Integer(), nullable=False),
        sa.Column("claim_within_hours", sa.Integer(), nullable=True),
        sa.Column("rerelease", _enum("rerelease", "by_itself", "by_hand"), nullable=False),
        sa.Column("seed_source_zh", sa.String(length=200), nullable=True),
        sa.Column("seed_source_en", sa.String(length=200), nullable=True),
        _moment("seed_known_at"),
        _moment("listed_at"),
        sa.Column("list_hash", sa.String(length=64), nullable=True),
        sa.Column("entrant_count", sa.Integer(), nullable=True),
        sa.Column("seed_first", sa.String(length=100), nullable=True),
        sa.Column("seed_first_by", sa.Uuid(), nullable=True),
        _moment("seed_first_at"),
        sa.Column("seed", sa.String(length=100), nullable=True),
        sa.Column("seed_second_by", sa.Uuid(), nullable=True),
        _moment("drawn_at"),
        sa.Column("last_rank", sa.Integer(), nullable=False),
        sa.Column("set_aside", sa.Integer(), nullable=False),
        sa.Column("moved_pieces", sa.Integer(), nullable=False),
        sa.Column("again_of", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        _moment("created_at", null=False),
        _moment("published_at"),
        *(
            sa.CheckConstraint(condition, name=op.f(f"ck_coupon_releases_{name}"))
            for condition, name in _CHECKS
        ),
        *(
            sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_coupon_releases_{column}"))
            for column, target in (
                ("offer_id", "offers.id"),
                ("seed_first_by", "staff_accounts.id"),
                ("seed_second_by", "staff_accounts.id"),
                ("again_of", "coupon_releases.id"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coupon_releases")),
    )
    op.create_index(op.f("ix_coupon_releases_offer_id"), "coupon_releases", ["offer_id"])


def _create_coupons() -> None:
    states = ("offered", "live", "used", "expired", "lapsed")
    op.create_table(
        "coupons",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("release_id", sa.Uuid(), nullable=False),
        sa.Column("offer_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("origin", _enum("couponorigin", "grab", "draw", "desk"), nullable=False),
        sa.Column("state", _enum("couponstate", *states), nullable=False),
        _moment("granted_at", null=False),
        _moment("until", null=False),
        sa.Column("given_by", sa.Uuid(), nullable=True),
        sa.Column("used_by", sa.Uuid(), nullable=True),
        _moment("used_at"),
        _moment("ended_at"),
        sa.CheckConstraint(
            "num_nonnulls(used_by, used_at) = CASE state WHEN 'used' THEN 2 ELSE 0 END",
            name=op.f("ck_coupons_used_whole"),
        ),
        sa.CheckConstraint(
            "(origin = 'desk') = (given_by IS NOT NULL)", name=op.f("ck_coupons_desk_says_who")
        ),
        sa.CheckConstraint(
            "state <> 'offered' OR origin = 'draw'", name=op.f("ck_coupons_only_wins_are_claimed")
        ),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_coupons_member_id")),
        sa.ForeignKeyConstraint(
            ["given_by"], ["staff_accounts.id"], name=op.f("fk_coupons_given_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coupons")),
        sa.UniqueConstraint(
            "release_id", "member_id", name=op.f("uq_coupons_release_id_member_id")
        ),
    )
    op.create_index(op.f("ix_coupons_member_id"), "coupons", ["member_id"])
    op.create_index(
        "ix_coupons_due",
        "coupons",
        ["until"],
        postgresql_where=sa.text("state IN ('offered', 'live')"),
    )
    op.create_index("uq_coupons_used_by", "coupons", ["used_by"], unique=True)


def downgrade() -> None:
    # The rows of the pieces go with their releases: nothing else counts under those ids.
    op.execute("DELETE FROM limit_takes WHERE rule_id IN (SELECT id FROM coupon_releases)")
    op.execute("DELETE FROM limits WHERE rule_id IN (SELECT id FROM coupon_releases)")
    for table in ("coupon_entries", "coupons", "coupon_releases"):
        op.drop_table(table)
    op.drop_column("offers", "needs_coupon")
