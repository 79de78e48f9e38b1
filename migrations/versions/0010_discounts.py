"""Redemptions, what was taken back of them, receipts, and the till's refusals."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "receipt_counters",
        sa.Column("terminal_id", sa.Uuid(), nullable=False),
        sa.Column("receipt_on", sa.Date(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["terminal_id"], ["terminals.id"], name=op.f("fk_receipt_counters_terminal_id")
        ),
        sa.PrimaryKeyConstraint("terminal_id", "receipt_on", name=op.f("pk_receipt_counters")),
    )
    op.create_table(
        "redemption_refusals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("terminal_id", sa.Uuid(), nullable=False),
        sa.Column("redemption_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=60), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["terminal_id"], ["terminals.id"], name=op.f("fk_redemption_refusals_terminal_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_redemption_refusals")),
    )
    op.create_index(
        "ix_redemption_refusals_terminal",
        "redemption_refusals",
        ["terminal_id", "created_at"],
        unique=False,
    )
    op.create_table(
        "redemptions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("terminal_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("merchant_id", sa.Uuid(), nullable=False),
        sa.Column("card_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("verification_id", sa.Uuid(), nullable=False),
        sa.Column("offer_id", sa.Uuid(), nullable=False),
        sa.Column("offer_version_id", sa.Uuid(), nullable=False),
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("facts_digest", sa.LargeBinary(), nullable=False),
        sa.Column("terminal_seq", sa.BigInteger(), nullable=True),
        sa.Column("gross_fen", sa.BigInteger(), nullable=False),
        sa.Column("member_pays_fen", sa.BigInteger(), nullable=False),
        sa.Column("merchant_bears_fen", sa.BigInteger(), nullable=False),
        sa.Column("union_pays_fen", sa.BigInteger(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "held",
                "captured",
                "voided",
                "expired",
                "partly_reversed",
                "reversed",
                name="redemptionstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("captured_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("receipt_on", sa.Date(), nullable=True),
        sa.Column("receipt_seq", sa.Integer(), nullable=True),
        sa.Column("back_member_fen", sa.BigInteger(), nullable=False),
        sa.Column("back_merchant_fen", sa.BigInteger(), nullable=False),
        sa.Column("back_union_fen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "state <> 'held' OR expires_at IS NOT NULL", name=op.f("ck_redemptions_hold_expires")
        ),
        sa.CheckConstraint(
            "(receipt_seq IS NULL) = (captured_at IS NULL)"
            " AND (receipt_seq IS NULL) = (receipt_on IS NULL)",
            name=op.f("ck_redemptions_receipt_at_capture"),
        ),
        sa.CheckConstraint(
            "back_member_fen BETWEEN 0 AND member_pays_fen"
            " AND back_merchant_fen BETWEEN 0 AND merchant_bears_fen"
            " AND back_union_fen BETWEEN 0 AND union_pays_fen",
            name=op.f("ck_redemptions_back_within_parts"),
        ),
        sa.CheckConstraint(
            "gross_fen = member_pays_fen + merchant_bears_fen + union_pays_fen",
            name=op.f("ck_redemptions_parts_make_gross"),
        ),
        sa.CheckConstraint(
            "gross_fen > 0 AND member_pays_fen >= 0 AND merchant_bears_fen >= 0"
            " AND union_pays_fen >= 0",
            name=op.f("ck_redemptions_amounts_not_negative"),
        ),
        sa.ForeignKeyConstraint(["card_id"], ["cards.id"], name=op.f("fk_redemptions_card_id")),
        sa.ForeignKeyConstraint(
            ["terminal_id"], ["terminals.id"], name=op.f("fk_redemptions_terminal_id")
        ),
        sa.ForeignKeyConstraint(
            ["verification_id"], ["verifications.id"], name=op.f("fk_redemptions_verification_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_redemptions")),
        sa.UniqueConstraint(
            "terminal_id",
            "receipt_on",
            "receipt_seq",
            name=op.f("uq_redemptions_terminal_id_receipt_on_receipt_seq"),
        ),
        sa.UniqueConstraint(
            "verification_id", "offer_id", name=op.f("uq_redemptions_verification_id_offer_id")
        ),
    )
    op.create_index("ix_redemptions_card", "redemptions", ["card_id"], unique=False)
    op.create_index(
        "ix_redemptions_held",
        "redemptions",
        ["expires_at"],
        unique=False,
        postgresql_where="state = 'held'",
    )
    op.create_index(
        "ix_redemptions_terminal", "redemptions", ["terminal_id", "received_at"], unique=False
    )
    op.create_table(
        "redemption_reversals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("redemption_id", sa.Uuid(), nullable=False),
        sa.Column("terminal_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "void",
                "reversal",
                name="reversalkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("member_fen", sa.BigInteger(), nullable=False),
        sa.Column("merchant_fen", sa.BigInteger(), nullable=False),
        sa.Column("union_fen", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "amount_fen = member_fen + merchant_fen + union_fen AND amount_fen > 0",
            name=op.f("ck_redemption_reversals_parts_make_amount"),
        ),
        sa.CheckConstraint(
            "member_fen >= 0 AND merchant_fen >= 0 AND union_fen >= 0",
            name=op.f("ck_redemption_reversals_parts_not_negative"),
        ),
        sa.ForeignKeyConstraint(
            ["redemption_id"],
            ["redemptions.id"],
            name=op.f("fk_redemption_reversals_redemption_id"),
        ),
        sa.ForeignKeyConstraint(
            ["terminal_id"], ["terminals.id"], name=op.f("fk_redemption_reversals_terminal_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_redemption_reversals")),
    )
    op.create_index(
        "ix_redemption_reversals_redemption",
        "redemption_reversals",
        ["redemption_id"],
        unique=False,
    )
    # A sale's facts are written once; its state moves.
    op.execute("REVOKE UPDATE, DELETE ON redemptions FROM union_card_app")
    op.execute(
        "GRANT UPDATE (state, captured_at, receipt_on, receipt_seq, back_member_fen,"
        " back_merchant_fen, back_union_fen) ON redemptions TO union_card_app"
    )
    op.execute("REVOKE DELETE ON receipt_counters FROM union_card_app")
    for table in ("redemption_reversals", "redemption_refusals"):
        op.execute(f"REVOKE UPDATE, DELETE ON {table} FROM union_card_app")
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    op.drop_index("ix_redemption_reversals_redemption", table_name="redemption_reversals")
    op.drop_table("redemption_reversals")
    op.drop_index("ix_redemptions_terminal", table_name="redemptions")
    op.drop_index(
        "ix_redemptions_held", table_name="redemptions", postgresql_where="state = 'held'"
    )
    op.drop_index("ix_redemptions_card", table_name="redemptions")
    op.drop_table("redemptions")
    op.drop_index("ix_redemption_refusals_terminal", table_name="redemption_refusals")
    op.drop_table("redemption_refusals")
    op.drop_table("receipt_counters")
