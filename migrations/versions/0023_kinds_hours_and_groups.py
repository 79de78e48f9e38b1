"""Daily coupons and gifts; when an offer counts; offers that exclude each other."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0023"
down_revision = "0022"

KINDS = "'percent', 'full_reduction', 'fixed_price'"
AMOUNTS = "num_nonnulls(member_rate_bp, threshold_fen, reduction_fen, list_fen, member_fen)"
CHECKS = {
    "no_foreign_amounts": (
        f"{AMOUNTS} = CASE kind WHEN 'percent' THEN num_nonnulls(member_rate_bp)"
        " WHEN 'gift' THEN num_nonnulls(list_fen)"
        " WHEN 'fixed_price' THEN num_nonnulls(list_fen, member_fen)"
        " ELSE num_nonnulls(threshold_fen, reduction_fen) END"
    ),
    "all_own_amounts": f"{AMOUNTS} = CASE WHEN kind IN ('percent', 'gift') THEN 1 ELSE 2 END",
    "daily_coupon_terms": (
        "kind <> 'daily_coupon' OR (reduction_fen > 0 AND threshold_fen >= reduction_fen)"
    ),
    "gift_terms": "kind <> 'gift' OR (list_fen > 0 AND union_max_fen IS NULL)",
    "some_weekday": "weekday_mask BETWEEN 1 AND 127",
    "hours_of_a_day": (
        "num_nonnulls(from_minute, to_minute) <> 1 AND from_minute BETWEEN 0 AND 1439"
        " AND to_minute BETWEEN 1 AND 1440 AND from_minute <> to_minute"
    ),
    "joined_within_some_days": "joined_within_days > 0",
    "stack_group_named": "stack_group <> ''",
}


def columns() -> tuple[sa.Column[Any], ...]:
    """Return the new columns of an offer's version; each can be added to a table once."""
    return (
        sa.Column("weekday_mask", sa.SmallInteger(), nullable=False, server_default="127"),
        sa.Column("from_minute", sa.SmallInteger(), nullable=True),
        sa.Column("to_minute", sa.SmallInteger(), nullable=True),
        sa.Column(
            "blackouts",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            server_default=sa.text("'[]'"),
        ),
        sa.Column("joined_within_days", sa.Integer(), nullable=True),
        sa.Column("stack_group", sa.String(length=40), nullable=True),
    )


def offer_kinds(kinds: str) -> None:
    """Say again which kinds of offer there are."""
    op.drop_constraint(op.f("ck_offer_versions_offerkind"), "offer_versions", type_="check")
    op.create_check_constraint(
        op.f("ck_offer_versions_offerkind"), "offer_versions", f"kind IN ({kinds})"
    )


def upgrade() -> None:
    offer_kinds(f"{KINDS}, 'daily_coupon', 'gift'")
    for column in columns():
        op.add_column("offer_versions", column)
    # The defaults were for the rows that are there; new ones say it themselves.
    for name in ("weekday_mask", "blackouts"):
        op.alter_column("offer_versions", name, server_default=None)
    for name, condition in CHECKS.items():
        op.create_check_constraint(op.f(f"ck_offer_versions_{name}"), "offer_versions", condition)
    op.add_column("redemptions", sa.Column("stack_group", sa.String(length=40), nullable=True))
    op.create_index(
        "uq_redemptions_stack_group",
        "redemptions",
        ["verification_id", "stack_group"],
        unique=True,
        postgresql_where=sa.text(
            "stack_group IS NOT NULL AND state IN ('held', 'captured', 'partly_reversed')"
        ),
    )


def downgrade() -> None:
    op.drop_index("uq_redemptions_stack_group", table_name="redemptions")
    op.drop_column("redemptions", "stack_group")
    for name in CHECKS:
        op.drop_constraint(op.f(f"ck_offer_versions_{name}"), "offer_versions", type_="check")
    for column in columns():
        op.drop_column("offer_versions", column.name)
    offer_kinds(KINDS)
