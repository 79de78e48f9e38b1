"""Cards change hands and states: new numbers, losses told from elsewhere, appeals, confirmation."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

_COLUMNS = (
    ("members", "phone_changed_at"),
    ("cards", "confirmed_at"),
    ("cards", "confirmation_asked_at"),
    ("devices", "lost_at"),
)


def upgrade() -> None:
    for table, column in _COLUMNS:
        op.add_column(table, sa.Column(column, sa.DateTime(timezone=True), nullable=True))
    # The table has one row.
    op.add_column(
        "card_policies",
        sa.Column("phone_cooldown_hours", sa.Integer(), nullable=False, server_default="24"),
    )
    op.alter_column("card_policies", "phone_cooldown_hours", server_default=None)
    op.add_column("card_policies", sa.Column("confirm_every_days", sa.Integer(), nullable=True))
    op.create_check_constraint(
        op.f("ck_card_policies_phone_cooldown_hours_in_range"),
        "card_policies",
        "phone_cooldown_hours BETWEEN 0 AND 720",
    )
    op.create_check_constraint(
        op.f("ck_card_policies_confirm_every_days_in_range"),
        "card_policies",
        "confirm_every_days BETWEEN 60 AND 3660",
    )
    op.create_table(
        "lost_report_tries",
        sa.Column("subject", sa.LargeBinary(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.CheckConstraint("tries > 0", name=op.f("ck_lost_report_tries_tries_positive")),
        sa.PrimaryKeyConstraint("subject", "day", name=op.f("pk_lost_report_tries")),
    )
    op.create_table(
        "card_appeals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("card_id", sa.Uuid(), nullable=False),
        sa.Column("text_sealed", sa.LargeBinary(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "granted",
                "rejected",
                "overtaken",
                name="appealstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("answer", sa.String(length=200), nullable=True),
        sa.CheckConstraint(
            "(state = 'open') = (decided_at IS NULL)",
            name=op.f("ck_card_appeals_decided_has_moment"),
        ),
        sa.ForeignKeyConstraint(["card_id"], ["cards.id"], name=op.f("fk_card_appeals_card_id")),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["staff_accounts.id"], name=op.f("fk_card_appeals_decided_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card_appeals")),
    )
    op.create_index(op.f("ix_card_appeals_card_id"), "card_appeals", ["card_id"])
    op.create_index(op.f("ix_card_appeals_decided_by"), "card_appeals", ["decided_by"])
    op.create_index(
        "uq_card_appeals_open",
        "card_appeals",
        ["card_id"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )


def downgrade() -> None:
    op.drop_table("card_appeals")
    op.drop_table("lost_report_tries")
    op.drop_constraint(
        op.f("ck_card_policies_confirm_every_days_in_range"), "card_policies", type_="check"
    )
    op.drop_constraint(
        op.f("ck_card_policies_phone_cooldown_hours_in_range"), "card_policies", type_="check"
    )
    op.drop_column("card_policies", "confirm_every_days")
    op.drop_column("card_policies", "phone_cooldown_hours")
    for table, column in reversed(_COLUMNS):
        op.drop_column(table, column)
