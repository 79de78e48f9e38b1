"""Staff: accounts, roles for a union's subtree, sessions, counted sign-in failures."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "sign_in_failures",
        sa.Column("subject", sa.LargeBinary(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("count >= 0", name=op.f("ck_sign_in_failures_count_not_negative")),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_sign_in_failures")),
    )
    op.create_index(
        op.f("ix_sign_in_failures_last_at"), "sign_in_failures", ["last_at"], unique=False
    )
    op.create_table(
        "staff_accounts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("username", sa.String(length=40), nullable=False),
        sa.Column("display_name", sa.String(length=60), nullable=False),
        sa.Column("union_id", sa.Uuid(), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("password_set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("password_is_temporary", sa.Boolean(), nullable=False),
        sa.Column("totp_secret_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("totp_is_temporary", sa.Boolean(), nullable=False),
        sa.Column("totp_last_step", sa.Integer(), nullable=True),
        sa.Column("totp_candidate_sealed", sa.LargeBinary(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "active",
                "disabled",
                name="accountstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "username ~ '^[a-z][a-z0-9._-]{2,39}$'",
            name=op.f("ck_staff_accounts_username_is_plain"),
        ),
        sa.CheckConstraint(
            "created_by <> id", name=op.f("ck_staff_accounts_not_created_by_itself")
        ),
        sa.CheckConstraint("version > 0", name=op.f("ck_staff_accounts_version_positive")),
        sa.ForeignKeyConstraint(
            ["created_by"], ["staff_accounts.id"], name=op.f("fk_staff_accounts_created_by")
        ),
        sa.ForeignKeyConstraint(
            ["union_id"], ["union_orgs.id"], name=op.f("fk_staff_accounts_union_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_accounts")),
        sa.UniqueConstraint("username", name=op.f("uq_staff_accounts_username")),
    )
    op.create_index(
        op.f("ix_staff_accounts_union_id"), "staff_accounts", ["union_id"], unique=False
    )
    op.create_table(
        "staff_grants",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "register_officer",
                "claims_assessor",
                "claims_approver",
                "training_officer",
                "programme_designer",
                "site_worker",
                "finance_maker",
                "finance_checker",
                "finance_approver",
                "auditor",
                "administrator",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("union_id", sa.Uuid(), nullable=False),
        sa.Column("granted_by", sa.Uuid(), nullable=True),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("granted_by <> staff_id", name=op.f("ck_staff_grants_not_to_oneself")),
        sa.ForeignKeyConstraint(
            ["granted_by"], ["staff_accounts.id"], name=op.f("fk_staff_grants_granted_by")
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff_accounts.id"], name=op.f("fk_staff_grants_staff_id")
        ),
        sa.ForeignKeyConstraint(
            ["union_id"], ["union_orgs.id"], name=op.f("fk_staff_grants_union_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_grants")),
        sa.UniqueConstraint(
            "staff_id", "role", "union_id", name=op.f("uq_staff_grants_staff_id_role_union_id")
        ),
    )
    op.create_index(op.f("ix_staff_grants_union_id"), "staff_grants", ["union_id"], unique=False)
    op.create_table(
        "staff_sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "pending",
                "open",
                "ended",
                name="sessionstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("browser", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (state <> 'ended')",
            name=op.f("ck_staff_sessions_ended_has_a_time"),
        ),
        sa.CheckConstraint(
            "expires_at > created_at", name=op.f("ck_staff_sessions_expires_after_creation")
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff_accounts.id"], name=op.f("fk_staff_sessions_staff_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_sessions")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_staff_sessions_token_hash")),
    )
    op.create_index(
        "ix_staff_sessions_open",
        "staff_sessions",
        ["staff_id"],
        unique=False,
        postgresql_where=sa.text("state = 'open'"),
    )


def downgrade() -> None:
    op.drop_index(
        "ix_staff_sessions_open",
        table_name="staff_sessions",
        postgresql_where=sa.text("state = 'open'"),
    )
    op.drop_table("staff_sessions")
    op.drop_index(op.f("ix_staff_grants_union_id"), table_name="staff_grants")
    op.drop_table("staff_grants")
    op.drop_index(op.f("ix_staff_accounts_union_id"), table_name="staff_accounts")
    op.drop_table("staff_accounts")
    op.drop_index(op.f("ix_sign_in_failures_last_at"), table_name="sign_in_failures")
    op.drop_table("sign_in_failures")
