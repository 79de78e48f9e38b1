"""Merchants, their sites, agreements and tills; an agreement shares no day with another."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"


def kind(name, *values):
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    # Lets an exclusion constraint compare a uuid for equality beside a range. Trusted: the owner
    # of the database may make it. It stays on the way back, since others may use it.
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    op.create_table(
        "merchants",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", kind("merchantkind", "merchant", "service_site"), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("uscc", sa.String(18)),
        sa.Column("category", sa.String(40), nullable=False),
        sa.Column("district", sa.String(40), nullable=False),
        sa.Column(
            "state",
            kind("merchantstate", "applied", "active", "suspended", "ended"),
            nullable=False,
        ),
        sa.Column("state_reason", sa.String(200)),
        sa.Column("account_number_sealed", sa.LargeBinary()),
        sa.Column("account_holder_sealed", sa.LargeBinary()),
        sa.Column("account_masked", sa.String(40)),
        sa.Column("account_index", sa.LargeBinary()),
        sa.Column("union_id", sa.Uuid()),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("version > 0", name=op.f("ck_merchants_version_positive")),
        sa.CheckConstraint(
            "kind = 'service_site' OR uscc IS NOT NULL",
            name=op.f("ck_merchants_merchant_has_uscc"),
        ),
        sa.CheckConstraint(
            "num_nonnulls(account_number_sealed, account_holder_sealed, account_masked,"
            " account_index) IN (0, 4)",
            name=op.f("ck_merchants_account_whole"),
        ),
        sa.ForeignKeyConstraint(
            ["union_id"], ["union_orgs.id"], name=op.f("fk_merchants_union_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merchants")),
        sa.UniqueConstraint("uscc", name=op.f("uq_merchants_uscc")),
    )
    op.create_index(op.f("ix_merchants_account_index"), "merchants", ["account_index"])
    op.create_index(op.f("ix_merchants_state"), "merchants", ["state"])
    op.create_index(op.f("ix_merchants_union_id"), "merchants", ["union_id"])

    op.create_table(
        "sites",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("merchant_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("address", sa.String(200), nullable=False),
        sa.Column("district", sa.String(40), nullable=False),
        sa.Column("state", kind("sitestate", "open", "closed"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id"], ["merchants.id"], name=op.f("fk_sites_merchant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sites")),
        sa.UniqueConstraint("id", "merchant_id", name=op.f("uq_sites_id_merchant_id")),
        sa.UniqueConstraint("merchant_id", "name", name=op.f("uq_sites_merchant_id_name")),
    )

    op.create_table(
        "agreements",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("merchant_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(60), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("state", kind("agreementstate", "draft", "active", "ended"), nullable=False),
        sa.Column("signed_by", sa.String(200), nullable=False),
        sa.Column("created_by", sa.Uuid()),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True)),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        postgresql.ExcludeConstraint(
            (sa.column("merchant_id"), "="),
            (sa.text("daterange(starts_on, ends_on, '[)')"), "&&"),
            where=sa.text("state = 'active'"),
            using="gist",
            name="ex_agreements_days_of_merchant",
        ),
        sa.CheckConstraint(
            "state <> 'active' OR signed_at IS NOT NULL",
            name=op.f("ck_agreements_active_is_signed"),
        ),
        sa.CheckConstraint("starts_on < ends_on", name=op.f("ck_agreements_days_in_order")),
        sa.ForeignKeyConstraint(
            ["created_by"], ["staff_accounts.id"], name=op.f("fk_agreements_created_by")
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id"], ["merchants.id"], name=op.f("fk_agreements_merchant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreements")),
        sa.UniqueConstraint("number", name=op.f("uq_agreements_number")),
    )
    op.create_index(op.f("ix_agreements_merchant_id"), "agreements", ["merchant_id"])

    op.create_table(
        "terminals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("merchant_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(8), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("paired_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("unpaired_at", sa.DateTime(timezone=True)),
        sa.Column("last_seen_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("length(code) = 8", name=op.f("ck_terminals_code_of_eight")),
        sa.CheckConstraint("length(public_key) = 33", name=op.f("ck_terminals_point_compressed")),
        sa.CheckConstraint("seq >= 0", name=op.f("ck_terminals_seq_not_negative")),
        sa.ForeignKeyConstraint(
            ["site_id", "merchant_id"],
            ["sites.id", "sites.merchant_id"],
            name=op.f("fk_terminals_site_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_terminals")),
        sa.UniqueConstraint("code", name=op.f("uq_terminals_code")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_terminals_token_hash")),
    )
    op.create_index(op.f("ix_terminals_merchant_id"), "terminals", ["merchant_id"])
    op.create_index("ix_terminals_site_id", "terminals", ["site_id"])

    op.create_table(
        "pairing_codes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("code_index", sa.LargeBinary(), nullable=False),
        sa.Column("created_by", sa.Uuid()),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True)),
        sa.Column("terminal_id", sa.Uuid()),
        sa.CheckConstraint(
            "(used_at IS NULL) = (terminal_id IS NULL)",
            name=op.f("ck_pairing_codes_use_is_whole"),
        ),
        sa.CheckConstraint("created_at < expires_at", name=op.f("ck_pairing_codes_lives_a_while")),
        sa.ForeignKeyConstraint(
            ["created_by"], ["staff_accounts.id"], name=op.f("fk_pairing_codes_created_by")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_pairing_codes_site_id")),
        sa.ForeignKeyConstraint(
            ["terminal_id"], ["terminals.id"], name=op.f("fk_pairing_codes_terminal_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pairing_codes")),
        sa.UniqueConstraint("code_index", name=op.f("uq_pairing_codes_code_index")),
        sa.UniqueConstraint("terminal_id", name=op.f("uq_pairing_codes_terminal_id")),
    )
    op.create_index(op.f("ix_pairing_codes_site_id"), "pairing_codes", ["site_id"])

    op.create_table(
        "pairing_failures",
        sa.Column("address_index", sa.LargeBinary(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.CheckConstraint("tries >= 0", name=op.f("ck_pairing_failures_tries_not_negative")),
        sa.PrimaryKeyConstraint("address_index", name=op.f("pk_pairing_failures")),
    )
    op.create_index(op.f("ix_pairing_failures_started_at"), "pairing_failures", ["started_at"])

    op.create_table(
        "merchant_files",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("content_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("uploaded_by", sa.Uuid(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(
            ["uploaded_by"], ["staff_accounts.id"], name=op.f("fk_merchant_files_uploaded_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merchant_files")),
    )
    op.create_index(op.f("ix_merchant_files_uploaded_by"), "merchant_files", ["uploaded_by"])


def downgrade() -> None:
    for table in (
        "merchant_files",
        "pairing_failures",
        "pairing_codes",
        "terminals",
        "agreements",
        "sites",
        "merchants",
    ):
        op.drop_table(table)
