"""The tree of unions, the register, and how members sign in."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "real_name_failures",
        sa.Column("phone_index", sa.LargeBinary(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("phone_index", name=op.f("pk_real_name_failures")),
    )
    op.create_table(
        "sign_in_codes",
        sa.Column("phone_index", sa.LargeBinary(), nullable=False),
        sa.Column("code_index", sa.LargeBinary(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sends_on", sa.Date(), nullable=False),
        sa.Column("sends", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("phone_index", name=op.f("pk_sign_in_codes")),
    )
    op.create_table(
        "union_orgs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("path", sa.String(length=500), nullable=False),
        sa.Column(
            "level",
            sa.Enum(
                "city",
                "district",
                "industry",
                "street",
                "league",
                "enterprise",
                "group",
                name="orglevel",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("division_code", sa.String(length=6), nullable=True),
        sa.Column("uscc", sa.String(length=18), nullable=True),
        sa.CheckConstraint(
            "right(path, length(code)) = code", name=op.f("ck_union_orgs_path_ends_in_code")
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["union_orgs.id"], name=op.f("fk_union_orgs_parent_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_union_orgs")),
        sa.UniqueConstraint("code", name=op.f("uq_union_orgs_code")),
        sa.UniqueConstraint("path", name=op.f("uq_union_orgs_path")),
        sa.UniqueConstraint("uscc", name=op.f("uq_union_orgs_uscc")),
    )
    op.create_index(op.f("ix_union_orgs_parent_id"), "union_orgs", ["parent_id"], unique=False)
    op.create_index(
        "ix_union_orgs_path_subtree",
        "union_orgs",
        ["path"],
        postgresql_ops={"path": "text_pattern_ops"},
    )
    op.create_table(
        "members",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("union_id", sa.Uuid(), nullable=False),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("name_masked", sa.String(length=60), nullable=False),
        sa.Column("name_index", sa.LargeBinary(), nullable=False),
        sa.Column(
            "document_kind",
            sa.Enum(
                "CN_RIC",
                "HMT_RP",
                "HM_PASS",
                "TW_PASS",
                "FPR_2023",
                "FPR_2017",
                "PASSPORT",
                name="documentkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("document_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("document_index", sa.LargeBinary(), nullable=False),
        sa.Column("document_valid_until", sa.Date(), nullable=True),
        sa.Column("document_is_long_term", sa.Boolean(), nullable=False),
        sa.Column("nationality", sa.String(length=200), nullable=True),
        sa.Column("phone_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("phone_index", sa.LargeBinary(), nullable=True),
        sa.Column(
            "sex",
            sa.Enum(
                "male", "female", name="sex", native_enum=False, create_constraint=True, length=40
            ),
            nullable=True,
        ),
        sa.Column("born_on", sa.Date(), nullable=True),
        sa.Column(
            "education",
            sa.Enum(
                "primary",
                "junior_secondary",
                "vocational",
                "senior_secondary",
                "college",
                "bachelor",
                "master",
                "doctor",
                name="education",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column(
            "employment",
            sa.Enum(
                "employed",
                "waiting",
                "flexible",
                "unemployed",
                "retired",
                name="employmentstatus",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("is_migrant", sa.Boolean(), nullable=True),
        sa.Column(
            "hardship_level",
            sa.Enum(
                "none",
                "deep",
                "relative",
                "accidental",
                name="hardshiplevel",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "status",
            sa.Enum(
                "applied",
                "returned",
                "active",
                "transferring",
                "retained",
                "withdrawn",
                "expelled",
                "deceased",
                "duplicate_merged",
                name="membershipstatus",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("joined_on", sa.Date(), nullable=True),
        sa.Column("real_name_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("remark_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("version > 0", name=op.f("ck_members_version_positive")),
        sa.ForeignKeyConstraint(["union_id"], ["union_orgs.id"], name=op.f("fk_members_union_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_members")),
        sa.UniqueConstraint("document_index", name=op.f("uq_members_document_index")),
        sa.UniqueConstraint("phone_index", name=op.f("uq_members_phone_index")),
    )
    op.create_index(op.f("ix_members_name_index"), "members", ["name_index"], unique=False)
    op.create_index(op.f("ix_members_status"), "members", ["status"], unique=False)
    op.create_index(op.f("ix_members_union_id"), "members", ["union_id"], unique=False)
    op.create_table(
        "consents",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_consents_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    op.create_index(
        "uq_consents_live",
        "consents",
        ["member_id", "purpose", "version"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    op.create_table(
        "correction_requests",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("phone_index", sa.LargeBinary(), nullable=False),
        sa.Column("phone_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "done",
                "rejected",
                name="correctionstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_correction_requests_member_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_correction_requests")),
    )
    op.create_index(
        "uq_correction_requests_open",
        "correction_requests",
        ["phone_index"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "member_sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_member_sessions_member_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member_sessions")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_member_sessions_token_hash")),
    )
    op.create_index(
        op.f("ix_member_sessions_member_id"), "member_sessions", ["member_id"], unique=False
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_member_sessions_member_id"), table_name="member_sessions")
    op.drop_table("member_sessions")
    op.drop_index(
        "uq_correction_requests_open",
        table_name="correction_requests",
        postgresql_where=sa.text("state = 'open'"),
    )
    op.drop_table("correction_requests")
    op.drop_index(
        "uq_consents_live", table_name="consents", postgresql_where=sa.text("withdrawn_at IS NULL")
    )
    op.drop_table("consents")
    op.drop_index(op.f("ix_members_union_id"), table_name="members")
    op.drop_index(op.f("ix_members_status"), table_name="members")
    op.drop_index(op.f("ix_members_name_index"), table_name="members")
    op.drop_table("members")
    op.drop_index("ix_union_orgs_path_subtree", table_name="union_orgs")
    op.drop_index(op.f("ix_union_orgs_parent_id"), table_name="union_orgs")
    op.drop_table("union_orgs")
    op.drop_table("sign_in_codes")
    op.drop_table("real_name_failures")
