"""Which mode a database was made for."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.create_table(
        "deployments",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("mode", sa.String(length=20), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_deployments_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deployments")),
    )
    op.execute("REVOKE INSERT, UPDATE, DELETE ON deployments FROM union_card_app")
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON deployments"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    op.drop_table("deployments")
