"""Text messages on their way, and how many ended how: docs/decisions/0023."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    op.create_table(
        "sms_messages",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("purpose", one_of("smspurpose", "sign_in_code", "notice"), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=True),
        sa.Column("phone_index", sa.LargeBinary(), nullable=False),
        sa.Column("phone_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("text_sealed", sa.LargeBinary(), nullable=True),
        sa.Column(
            "state", one_of("smsstate", "waiting", "sent", "failed", "expired"), nullable=False
        ),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(length=60), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'waiting') = (ended_at IS NULL)",
            name=op.f("ck_sms_messages_ended_or_waiting"),
        ),
        sa.CheckConstraint(
            "state <> 'waiting' OR text_sealed IS NOT NULL", name=op.f("ck_sms_messages_has_text")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sms_messages")),
    )
    waiting = sa.text("state = 'waiting'")
    op.create_index("ix_sms_messages_created_at", "sms_messages", ["created_at"])
    op.create_index(
        "ix_sms_messages_waiting", "sms_messages", ["phone_index"], postgresql_where=waiting
    )
    op.create_index("ix_sms_messages_due", "sms_messages", ["expires_at"], postgresql_where=waiting)
    op.create_table(
        "sms_totals",
        sa.Column("purpose", one_of("smspurpose", "sign_in_code", "notice"), nullable=False),
        sa.Column(
            "outcome", one_of("smsoutcome", "sent", "retried", "failed", "expired"), nullable=False
        ),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("purpose", "outcome", name=op.f("pk_sms_totals")),
    )


def downgrade() -> None:
    op.drop_table("sms_totals")
    op.drop_table("sms_messages")
