"""What the hourly watch of the residuals found last, month by month: docs/decisions/0016."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.create_table(
        "residual_checks",
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("residuals", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["month"], ["periods.month"], name=op.f("fk_residual_checks_month")
        ),
        sa.PrimaryKeyConstraint("month", name=op.f("pk_residual_checks")),
    )


def downgrade() -> None:
    op.drop_table("residual_checks")
