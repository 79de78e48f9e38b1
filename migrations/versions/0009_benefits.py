"""Programmes, offers with versions, limits and what was taken of them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "limit_takes",
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("rule_id", sa.Uuid(), nullable=False),
        sa.Column("scope_id", sa.Uuid(), nullable=False),
        sa.Column("win", sa.String(length=10), nullable=False),
        sa.Column("stripe", sa.SmallInteger(), nullable=False),
        sa.Column(
            "unit",
            sa.Enum(
                "uses",
                "fen",
                name="limitunit",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("returned", sa.BigInteger(), nullable=False),
        sa.Column("is_held", sa.Boolean(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_limit_takes_quantity_positive")),
        sa.CheckConstraint(
            "returned BETWEEN 0 AND quantity", name=op.f("ck_limit_takes_returned_within_quantity")
        ),
        sa.PrimaryKeyConstraint(
            "source_id", "rule_id", "scope_id", "win", "stripe", name=op.f("pk_limit_takes")
        ),
    )
    op.create_index(
        "ix_limit_takes_limit",
        "limit_takes",
        ["rule_id", "scope_id", "win", "stripe"],
        unique=False,
    )
    op.create_table(
        "limits",
        sa.Column("rule_id", sa.Uuid(), nullable=False),
        sa.Column("scope_id", sa.Uuid(), nullable=False),
        sa.Column("win", sa.String(length=10), nullable=False),
        sa.Column("stripe", sa.SmallInteger(), nullable=False),
        sa.Column("max", sa.BigInteger(), nullable=False),
        sa.Column("held", sa.BigInteger(), nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("held + used <= max", name=op.f("ck_limits_within_max")),
        sa.CheckConstraint("held >= 0 AND used >= 0", name=op.f("ck_limits_not_negative")),
        sa.PrimaryKeyConstraint("rule_id", "scope_id", "win", "stripe", name=op.f("pk_limits")),
    )
    op.create_table(
        "programmes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name_zh", sa.String(length=200), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=False),
        sa.Column(
            "family",
            sa.Enum(
                "discount",
                "aid",
                "training",
                name="family",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "fund_source",
            sa.Enum(
                "union_fund",
                "dues",
                "mutual_aid",
                "aid",
                "fiscal",
                name="fundsource",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "running",
                "paused",
                "ended",
                name="programmestate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("eligibility", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("ends_on > starts_on", name=op.f("ck_programmes_ends_after_start")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programmes")),
        sa.UniqueConstraint("code", name=op.f("uq_programmes_code")),
    )
    op.create_table(
        "offers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("merchant_id", sa.Uuid(), nullable=True),
        sa.Column("title_zh", sa.String(length=200), nullable=False),
        sa.Column("title_en", sa.String(length=200), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "active",
                "ended",
                name="offerstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id"], ["merchants.id"], name=op.f("fk_offers_merchant_id")
        ),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programmes.id"], name=op.f("fk_offers_programme_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offers")),
    )
    op.create_index(op.f("ix_offers_merchant_id"), "offers", ["merchant_id"], unique=False)
    op.create_index(op.f("ix_offers_programme_id"), "offers", ["programme_id"], unique=False)
    op.create_table(
        "limit_rules",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("offer_id", sa.Uuid(), nullable=True),
        sa.Column(
            "scope",
            sa.Enum(
                "programme",
                "offer",
                "merchant",
                "site",
                "terminal",
                "member",
                name="limitscope",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "window",
            sa.Enum(
                "total",
                "day",
                "week",
                "month",
                name="limitwindow",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "unit",
            sa.Enum(
                "uses",
                "fen",
                name="limitunit",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("maximum", sa.BigInteger(), nullable=False),
        sa.Column("stripes", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "stripes = 1 OR scope IN ('programme', 'offer')",
            name=op.f("ck_limit_rules_stripes_for_shared_rows"),
        ),
        sa.CheckConstraint("maximum >= 0", name=op.f("ck_limit_rules_maximum_not_negative")),
        sa.CheckConstraint(
            "stripes BETWEEN 1 AND 64", name=op.f("ck_limit_rules_stripes_in_range")
        ),
        sa.ForeignKeyConstraint(["offer_id"], ["offers.id"], name=op.f("fk_limit_rules_offer_id")),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programmes.id"], name=op.f("fk_limit_rules_programme_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_limit_rules")),
    )
    op.create_index(op.f("ix_limit_rules_offer_id"), "limit_rules", ["offer_id"], unique=False)
    op.create_index(
        op.f("ix_limit_rules_programme_id"), "limit_rules", ["programme_id"], unique=False
    )
    op.create_table(
        "offer_versions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("offer_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "percent",
                "full_reduction",
                "fixed_price",
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
        sa.Column("assurances", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("needs_challenge", sa.Boolean(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("offer_id"), "="),
            (sa.text("tstzrange(valid_from, valid_to)"), "&&"),
            using="gist",
            name="ex_offer_versions_in_force",
        ),
        sa.CheckConstraint(
            "kind <> 'fixed_price' OR (member_fen >= 0 AND list_fen > member_fen)",
            name=op.f("ck_offer_versions_fixed_price_terms"),
        ),
        sa.CheckConstraint(
            "kind <> 'full_reduction' OR (reduction_fen > 0 AND threshold_fen >= reduction_fen)",
            name=op.f("ck_offer_versions_full_reduction_terms"),
        ),
        sa.CheckConstraint(
            "kind <> 'percent' OR member_rate_bp BETWEEN 0 AND 9999",
            name=op.f("ck_offer_versions_percent_terms"),
        ),
        sa.CheckConstraint(
            "union_max_fen >= 0", name=op.f("ck_offer_versions_union_max_not_negative")
        ),
        sa.CheckConstraint(
            "union_share_bp BETWEEN 0 AND 10000",
            name=op.f("ck_offer_versions_union_share_in_range"),
        ),
        sa.CheckConstraint(
            "valid_to > valid_from", name=op.f("ck_offer_versions_valid_to_after_from")
        ),
        sa.ForeignKeyConstraint(
            ["offer_id"], ["offers.id"], name=op.f("fk_offer_versions_offer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer_versions")),
        sa.UniqueConstraint("offer_id", "number", name=op.f("uq_offer_versions_offer_id_number")),
    )
    # What was taken is remembered for ever; only how much came back may change.
    op.execute("REVOKE UPDATE, DELETE ON limit_takes FROM union_card_app")
    op.execute("GRANT UPDATE (returned, is_held) ON limit_takes TO union_card_app")
    # Sales refer to these without foreign keys, which would lock them: they are never removed.
    for table in ("limits", "limit_rules", "offers", "offer_versions", "programmes"):
        op.execute(f"REVOKE DELETE ON {table} FROM union_card_app")


def downgrade() -> None:
    op.drop_table("offer_versions")
    op.drop_index(op.f("ix_limit_rules_programme_id"), table_name="limit_rules")
    op.drop_index(op.f("ix_limit_rules_offer_id"), table_name="limit_rules")
    op.drop_table("limit_rules")
    op.drop_index(op.f("ix_offers_programme_id"), table_name="offers")
    op.drop_index(op.f("ix_offers_merchant_id"), table_name="offers")
    op.drop_table("offers")
    op.drop_table("programmes")
    op.drop_table("limits")
    op.drop_index("ix_limit_takes_limit", table_name="limit_takes")
    op.drop_table("limit_takes")
