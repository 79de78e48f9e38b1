"""Visits to service sites, counted and nameless."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"

OCCUPATIONS = ("courier", "food_rider", "driver", "sanitation", "security", "other")


def upgrade() -> None:
    op.create_table(
        "site_visits",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("terminal_id", sa.Uuid(), nullable=False),
        sa.Column(
            "occupation",
            sa.Enum(
                *OCCUPATIONS,
                name="occupation",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("visited_on", sa.Date(), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_back_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_site_visits_site_id")),
        sa.ForeignKeyConstraint(
            ["terminal_id"], ["terminals.id"], name=op.f("fk_site_visits_terminal_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site_visits")),
    )
    op.create_index("ix_site_visits_site_id", "site_visits", ["site_id", "visited_on"])
    # What was counted stays; a mistake is marked as one.
    op.execute("REVOKE UPDATE, DELETE ON site_visits FROM union_card_app")
    op.execute("GRANT UPDATE (taken_back_at) ON site_visits TO union_card_app")


def downgrade() -> None:
    op.drop_table("site_visits")
