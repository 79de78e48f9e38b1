"""What members say about their purchases: ratings, and "this was not me"."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.create_table(
        "redemption_ratings",
        sa.Column("redemption_id", sa.Uuid(), nullable=False),
        sa.Column("offer_id", sa.Uuid(), nullable=False),
        sa.Column("stars", sa.SmallInteger(), nullable=False),
        sa.Column("comment", sa.String(length=200), nullable=True),
        sa.Column("rated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "stars BETWEEN 1 AND 5", name=op.f("ck_redemption_ratings_stars_in_range")
        ),
        sa.ForeignKeyConstraint(
            ["redemption_id"],
            ["redemptions.id"],
            name=op.f("fk_redemption_ratings_redemption_id_redemptions"),
        ),
        sa.PrimaryKeyConstraint("redemption_id", name=op.f("pk_redemption_ratings")),
    )
    op.create_index("ix_redemption_ratings_offer", "redemption_ratings", ["offer_id", "rated_at"])
    op.create_table(
        "redemption_reports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("redemption_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.String(length=200), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "answered",
                name="reportstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.String(length=200), nullable=True),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "num_nonnulls(answer, answered_by, answered_at)"
            " = CASE state WHEN 'answered' THEN 3 ELSE 0 END",
            name=op.f("ck_redemption_reports_answered_whole"),
        ),
        sa.ForeignKeyConstraint(
            ["redemption_id"],
            ["redemptions.id"],
            name=op.f("fk_redemption_reports_redemption_id_redemptions"),
        ),
        sa.ForeignKeyConstraint(
            ["answered_by"],
            ["staff_accounts.id"],
            name=op.f("fk_redemption_reports_answered_by_staff_accounts"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_redemption_reports")),
        sa.UniqueConstraint("redemption_id", name=op.f("uq_redemption_reports_redemption_id")),
    )
    op.create_index(
        "ix_redemption_reports_open",
        "redemption_reports",
        ["reported_at"],
        postgresql_where=sa.text("state = 'open'"),
    )
    # What was said stays said: a rating's stars and words change for a week, a report only gets
    # its answer, and neither goes away.
    for table, changeable in (
        ("redemption_ratings", "stars, comment, changed_at"),
        ("redemption_reports", "state, answer, answered_by, answered_at"),
    ):
        op.execute(f"REVOKE UPDATE, DELETE ON {table} FROM union_card_app")
        op.execute(f"GRANT UPDATE ({changeable}) ON {table} TO union_card_app")


def downgrade() -> None:
    op.drop_table("redemption_reports")
    op.drop_table("redemption_ratings")
