"""The audit trail: rows are only ever added."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "audit_entries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "actor_kind",
            sa.Enum(
                *("nobody", "member", "terminal", "staff", "system"),
                name="actorkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.String(length=80), nullable=False),
        sa.Column("object_type", sa.String(length=40), nullable=False),
        sa.Column("object_id", sa.Uuid(), nullable=True),
        sa.Column("member_id", sa.Uuid(), nullable=True),
        sa.Column("union_path", sa.String(length=500), nullable=True),
        sa.Column("purpose", sa.String(length=200), nullable=True),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint(
            r"action ~ '^[a-z][a-z_]*(\.[a-z][a-z_]*)+$'",
            name=op.f("ck_audit_entries_action_is_dotted_code"),
        ),
        sa.CheckConstraint(
            "(actor_kind IN ('nobody', 'system')) = (actor_id IS NULL)",
            name=op.f("ck_audit_entries_actor_is_named"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entries")),
    )
    op.create_index("ix_audit_entries_place", "audit_entries", ["occurred_at", "id"])
    op.create_index("ix_audit_entries_object", "audit_entries", ["object_type", "object_id"])
    op.create_index(
        "ix_audit_entries_member",
        "audit_entries",
        ["member_id", "occurred_at"],
        postgresql_where=sa.text("member_id IS NOT NULL"),
    )
    op.create_index(
        "ix_audit_entries_path_subtree",
        "audit_entries",
        ["union_path"],
        postgresql_ops={"union_path": "text_pattern_ops"},
    )
    # By statement: an UPDATE that would change no row is refused as well.
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entries"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute("REVOKE UPDATE, DELETE, TRUNCATE ON audit_entries FROM union_card_app")


def downgrade() -> None:
    op.drop_table("audit_entries")
