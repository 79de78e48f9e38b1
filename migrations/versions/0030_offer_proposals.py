"""Offers that merchants propose; reversals found by till and moment."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    op.create_table(
        "offer_proposals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("merchant_id", sa.Uuid(), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("title_zh", sa.String(length=200), nullable=False),
        sa.Column("title_en", sa.String(length=200), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "percent",
                "full_reduction",
                "fixed_price",
                "daily_coupon",
                "gift",
                name="offerkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("member_rate_bp", sa.Integer(), nullable=True),
        sa.Column("threshold_fen", sa.BigInteger(), nullable=True),
        sa.Column("reduction_fen", sa.BigInteger(), nullable=True),
        sa.Column("list_fen", sa.BigInteger(), nullable=True),
        sa.Column("member_fen", sa.BigInteger(), nullable=True),
        sa.Column("union_share_bp", sa.Integer(), nullable=False),
        sa.Column("union_max_fen", sa.BigInteger(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("note", sa.String(length=200), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "approved",
                "refused",
                "withdrawn",
                name="proposalstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("offer_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "(state = 'approved') = (offer_id IS NOT NULL)",
            name=op.f("ck_offer_proposals_approved_is_offer"),
        ),
        sa.CheckConstraint(
            "(state = 'refused') = (reason IS NOT NULL)",
            name=op.f("ck_offer_proposals_refused_says_why"),
        ),
        sa.CheckConstraint(
            "(state = 'withdrawn') = (withdrawn_at IS NOT NULL)",
            name=op.f("ck_offer_proposals_withdrawn_has_moment"),
        ),
        sa.CheckConstraint(
            "kind <> 'daily_coupon' OR (reduction_fen > 0 AND threshold_fen >= reduction_fen)",
            name=op.f("ck_offer_proposals_daily_coupon_terms"),
        ),
        sa.CheckConstraint(
            "kind <> 'fixed_price' OR (member_fen >= 0 AND list_fen > member_fen)",
            name=op.f("ck_offer_proposals_fixed_price_terms"),
        ),
        sa.CheckConstraint(
            "kind <> 'full_reduction' OR (reduction_fen > 0 AND threshold_fen >= reduction_fen)",
            name=op.f("ck_offer_proposals_full_reduction_terms"),
        ),
        sa.CheckConstraint(
            "kind <> 'gift' OR (list_fen > 0 AND union_max_fen IS NULL)",
            name=op.f("ck_offer_proposals_gift_terms"),
        ),
        sa.CheckConstraint(
            "kind <> 'percent' OR member_rate_bp BETWEEN 0 AND 9999",
            name=op.f("ck_offer_proposals_percent_terms"),
        ),
        sa.CheckConstraint(
            "num_nonnulls(decided_by, decided_at) = CASE WHEN state IN"
            " ('approved', 'refused') THEN 2 ELSE 0 END",
            name=op.f("ck_offer_proposals_decided_whole"),
        ),
        sa.CheckConstraint(
            "num_nonnulls(member_rate_bp, threshold_fen, reduction_fen, list_fen,"
            " member_fen) = CASE WHEN kind IN ('percent', 'gift') THEN 1 ELSE 2 END",
            name=op.f("ck_offer_proposals_all_own_amounts"),
        ),
        sa.CheckConstraint(
            "num_nonnulls(member_rate_bp, threshold_fen, reduction_fen, list_fen,"
            " member_fen) = CASE kind WHEN 'percent' THEN"
            " num_nonnulls(member_rate_bp) WHEN 'gift' THEN num_nonnulls(list_fen)"
            " WHEN 'fixed_price' THEN num_nonnulls(list_fen, member_fen) ELSE"
            " num_nonnulls(threshold_fen, reduction_fen) END",
            name=op.f("ck_offer_proposals_no_foreign_amounts"),
        ),
        sa.CheckConstraint("ends_on > starts_on", name=op.f("ck_offer_proposals_ends_after_start")),
        sa.CheckConstraint(
            "union_max_fen >= 0", name=op.f("ck_offer_proposals_union_max_not_negative")
        ),
        sa.CheckConstraint(
            "union_share_bp BETWEEN 0 AND 10000",
            name=op.f("ck_offer_proposals_union_share_in_range"),
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["staff_accounts.id"], name=op.f("fk_offer_proposals_decided_by")
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id"], ["merchants.id"], name=op.f("fk_offer_proposals_merchant_id")
        ),
        sa.ForeignKeyConstraint(
            ["offer_id"], ["offers.id"], name=op.f("fk_offer_proposals_offer_id")
        ),
        sa.ForeignKeyConstraint(
            ["proposed_by"], ["merchant_managers.id"], name=op.f("fk_offer_proposals_proposed_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer_proposals")),
        sa.UniqueConstraint("offer_id", name=op.f("uq_offer_proposals_offer_id")),
    )
    op.create_index(
        "ix_offer_proposals_merchant", "offer_proposals", ["merchant_id", "proposed_at"]
    )
    op.create_index(
        "ix_offer_proposals_waiting",
        "offer_proposals",
        ["proposed_at"],
        postgresql_where=sa.text("state = 'waiting'"),
    )
    # What was proposed stays as it was said; a row only gets its answer.
    op.execute("REVOKE UPDATE, DELETE ON offer_proposals FROM union_card_app")
    op.execute(
        "GRANT UPDATE (state, decided_by, decided_at, reason, withdrawn_at, offer_id)"
        " ON offer_proposals TO union_card_app"
    )
    # What a till took back in a day: what its merchant's managers read.
    op.create_index(
        "ix_redemption_reversals_terminal", "redemption_reversals", ["terminal_id", "created_at"]
    )


def downgrade() -> None:
    op.drop_index("ix_redemption_reversals_terminal", table_name="redemption_reversals")
    op.drop_table("offer_proposals")
