"""Cards: numbers, phones, credentials, issuer keys and lists, scans, and the card's record."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

APPEND_ONLY = ("card_records", "trust_lists")


def upgrade() -> None:
    op.execute("CREATE SEQUENCE card_serial MAXVALUE 999999999")
    op.create_table(
        "card_policies",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("devices_max", sa.Integer(), nullable=False),
        sa.Column("credential_days", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "credential_days BETWEEN 1 AND 35",
            name=op.f("ck_card_policies_credential_days_in_range"),
        ),
        sa.CheckConstraint(
            "devices_max BETWEEN 1 AND 20", name=op.f("ck_card_policies_devices_max_in_range")
        ),
        sa.CheckConstraint("id = 1", name=op.f("ck_card_policies_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card_policies")),
    )
    op.create_table(
        "issuer_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key_use", sa.SmallInteger(), nullable=False),
        sa.Column("kid", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("private_sealed", sa.LargeBinary(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "published",
                "signing",
                "retired",
                "compromised",
                name="issuerkeystate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("key_use BETWEEN 0 AND 4", name=op.f("ck_issuer_keys_use_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issuer_keys")),
        sa.UniqueConstraint("kid", name=op.f("uq_issuer_keys_kid")),
    )
    op.create_index(
        "uq_issuer_keys_signing",
        "issuer_keys",
        ["key_use"],
        unique=True,
        postgresql_where=sa.text("state = 'signing'"),
    )
    op.create_table(
        "replays",
        sa.Column("cti", sa.LargeBinary(), nullable=False),
        sa.Column("moment", sa.BigInteger(), nullable=False),
        sa.Column("verification_id", sa.Uuid(), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("cti", name=op.f("pk_replays")),
    )
    op.create_table(
        "status_lists",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column(
            "series",
            sa.Enum(
                "card",
                "paper",
                "slice",
                name="statusseries",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("is_full", sa.Boolean(), nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=True),
        sa.Column("built_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(number = 0) = (series = 'slice')", name=op.f("ck_status_lists_slices_have_list_zero")
        ),
        sa.CheckConstraint(
            "(token IS NULL) = (built_at IS NULL)", name=op.f("ck_status_lists_token_has_moment")
        ),
        sa.CheckConstraint(
            "number BETWEEN 0 AND 65535", name=op.f("ck_status_lists_number_in_range")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_status_lists")),
    )
    op.create_index(
        "uq_status_lists_open",
        "status_lists",
        ["series", "period"],
        unique=True,
        postgresql_where=sa.text("NOT is_full"),
    )
    op.create_table(
        "trust_lists",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_trust_lists")),
    )
    op.create_table(
        "card_batches",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("union_id", sa.Uuid(), nullable=False),
        sa.Column("requested_by", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "running",
                "done",
                name="batchstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("issued", sa.Integer(), nullable=False),
        sa.Column("already", sa.Integer(), nullable=False),
        sa.Column("last_member_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("done = issued + already", name=op.f("ck_card_batches_counts_add_up")),
        sa.ForeignKeyConstraint(
            ["requested_by"], ["staff_accounts.id"], name=op.f("fk_card_batches_requested_by")
        ),
        sa.ForeignKeyConstraint(
            ["union_id"], ["union_orgs.id"], name=op.f("fk_card_batches_union_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card_batches")),
    )
    op.create_index(
        op.f("ix_card_batches_requested_by"), "card_batches", ["requested_by"], unique=False
    )
    op.create_index(op.f("ix_card_batches_union_id"), "card_batches", ["union_id"], unique=False)
    op.create_table(
        "cards",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "pending_verify",
                "issued",
                "active",
                "lost",
                "frozen",
                "expired",
                "cancelled",
                name="cardstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("state_reason", sa.String(length=200), nullable=True),
        sa.Column("frozen_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("activated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("number ~ '^[0-9]{16}$'", name=op.f("ck_cards_number_of_digits")),
        sa.CheckConstraint("version > 0", name=op.f("ck_cards_version_positive")),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_cards_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cards")),
        sa.UniqueConstraint("number", name=op.f("uq_cards_number")),
    )
    op.create_index(op.f("ix_cards_member_id"), "cards", ["member_id"], unique=False)
    op.create_index(
        "uq_cards_one_a_member",
        "cards",
        ["member_id"],
        unique=True,
        postgresql_where=sa.text("state <> 'cancelled'"),
    )
    op.create_table(
        "card_records",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("card_id", sa.Uuid(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "card",
                "discount",
                "aid",
                "training",
                name="recordkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("event", sa.String(length=40), nullable=False),
        sa.Column("source_type", sa.String(length=40), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("title_zh", sa.String(length=200), nullable=False),
        sa.Column("title_en", sa.String(length=200), nullable=False),
        sa.Column("gross_fen", sa.BigInteger(), nullable=False),
        sa.Column("member_pays_fen", sa.BigInteger(), nullable=False),
        sa.Column("merchant_bears_fen", sa.BigInteger(), nullable=False),
        sa.Column("union_pays_fen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "gross_fen = member_pays_fen + merchant_bears_fen + union_pays_fen",
            name=op.f("ck_card_records_parts_make_gross"),
        ),
        sa.ForeignKeyConstraint(["card_id"], ["cards.id"], name=op.f("fk_card_records_card_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card_records")),
    )
    op.create_index(
        "ix_card_records_card", "card_records", ["card_id", "occurred_at"], unique=False
    )
    op.create_index(
        "uq_card_records_source", "card_records", ["source_type", "source_id", "event"], unique=True
    )
    op.create_table(
        "devices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("card_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("enrolled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("length(public_key) = 33", name=op.f("ck_devices_point_compressed")),
        sa.ForeignKeyConstraint(["card_id"], ["cards.id"], name=op.f("fk_devices_card_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_devices")),
    )
    op.create_index(op.f("ix_devices_card_id"), "devices", ["card_id"], unique=False)
    op.create_index(
        "uq_devices_live_key",
        "devices",
        ["public_key"],
        unique=True,
        postgresql_where=sa.text("retired_at IS NULL"),
    )
    op.create_table(
        "enrolment_nonces",
        sa.Column("nonce", sa.LargeBinary(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["session_id"], ["member_sessions.id"], name=op.f("fk_enrolment_nonces_session_id")
        ),
        sa.PrimaryKeyConstraint("nonce", name=op.f("pk_enrolment_nonces")),
    )
    op.create_index(
        op.f("ix_enrolment_nonces_session_id"), "enrolment_nonces", ["session_id"], unique=False
    )
    op.create_table(
        "credentials",
        sa.Column("cti", sa.LargeBinary(), nullable=False),
        sa.Column("card_id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=True),
        sa.Column("profile", sa.SmallInteger(), nullable=False),
        sa.Column("kid", sa.LargeBinary(), nullable=False),
        sa.Column("status_list", sa.Integer(), nullable=True),
        sa.Column("status_index", sa.Integer(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "valid",
                "invalid",
                "suspended",
                name="credentialstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(state = 'valid') = (changed_at IS NULL)",
            name=op.f("ck_credentials_change_has_moment"),
        ),
        sa.CheckConstraint(
            "(profile = 1) = (device_id IS NOT NULL)", name=op.f("ck_credentials_phone_has_device")
        ),
        sa.CheckConstraint(
            "(profile = 3) = (status_list IS NULL)", name=op.f("ck_credentials_slice_has_no_entry")
        ),
        sa.CheckConstraint(
            "(status_list IS NULL) = (status_index IS NULL)",
            name=op.f("ck_credentials_status_entry_whole"),
        ),
        sa.CheckConstraint("length(cti) = 8", name=op.f("ck_credentials_cti_of_eight_bytes")),
        sa.CheckConstraint("profile BETWEEN 1 AND 3", name=op.f("ck_credentials_profile_known")),
        sa.ForeignKeyConstraint(["card_id"], ["cards.id"], name=op.f("fk_credentials_card_id")),
        sa.ForeignKeyConstraint(
            ["device_id"], ["devices.id"], name=op.f("fk_credentials_device_id")
        ),
        sa.PrimaryKeyConstraint("cti", name=op.f("pk_credentials")),
    )
    op.create_index(op.f("ix_credentials_card_id"), "credentials", ["card_id"], unique=False)
    op.create_index(op.f("ix_credentials_device_id"), "credentials", ["device_id"], unique=False)
    op.create_index(
        "ix_credentials_slices",
        "credentials",
        ["expires_at"],
        unique=False,
        postgresql_where=sa.text("profile = 3"),
    )
    op.create_index(
        "ix_credentials_status_changes",
        "credentials",
        ["status_list", "changed_at"],
        unique=False,
        postgresql_where=sa.text("state <> 'valid'"),
    )
    op.create_index(
        "uq_credentials_status_entry", "credentials", ["status_list", "status_index"], unique=True
    )
    op.create_table(
        "terminal_challenges",
        sa.Column("nonce", sa.LargeBinary(), nullable=False),
        sa.Column("terminal_id", sa.Uuid(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["terminal_id"], ["terminals.id"], name=op.f("fk_terminal_challenges_terminal_id")
        ),
        sa.PrimaryKeyConstraint("nonce", name=op.f("pk_terminal_challenges")),
    )
    op.create_index(
        op.f("ix_terminal_challenges_terminal_id"),
        "terminal_challenges",
        ["terminal_id"],
        unique=False,
    )
    op.create_table(
        "verifications",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("terminal_id", sa.Uuid(), nullable=False),
        sa.Column("scan_id", sa.Uuid(), nullable=True),
        sa.Column("card_id", sa.Uuid(), nullable=True),
        sa.Column("accepted", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column("assurance", sa.String(length=20), nullable=True),
        sa.Column("challenged", sa.Boolean(), nullable=False),
        sa.Column("cti", sa.LargeBinary(), nullable=True),
        sa.Column("moment", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "NOT accepted OR card_id IS NOT NULL", name=op.f("ck_verifications_accepted_has_card")
        ),
        sa.ForeignKeyConstraint(["card_id"], ["cards.id"], name=op.f("fk_verifications_card_id")),
        sa.ForeignKeyConstraint(
            ["terminal_id"], ["terminals.id"], name=op.f("fk_verifications_terminal_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verifications")),
    )
    op.create_index(op.f("ix_verifications_card_id"), "verifications", ["card_id"], unique=False)
    op.create_index(
        "ix_verifications_terminal", "verifications", ["terminal_id", "created_at"], unique=False
    )
    op.execute("INSERT INTO card_policies (id, devices_max, credential_days) VALUES (1, 3, 14)")
    for table in APPEND_ONLY:
        # By statement: an UPDATE that would change no row is refused as well.
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        op.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM union_card_app")


def downgrade() -> None:
    op.drop_table("verifications")
    op.drop_table("terminal_challenges")
    op.drop_table("credentials")
    op.drop_table("enrolment_nonces")
    op.drop_table("devices")
    op.drop_table("card_records")
    op.drop_table("cards")
    op.drop_table("card_batches")
    op.drop_table("trust_lists")
    op.drop_table("status_lists")
    op.drop_table("replays")
    op.drop_table("issuer_keys")
    op.drop_table("card_policies")
    op.execute("DROP SEQUENCE card_serial")
