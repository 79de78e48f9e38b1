"""Issuer keys say from when they sign; one key of a use at most waits for its turn."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.add_column("issuer_keys", sa.Column("signs_from", sa.DateTime(timezone=True), nullable=True))
    # Until now a key signed from the moment it was made. A handful of rows.
    op.execute("UPDATE issuer_keys SET signs_from = created_at")
    op.alter_column("issuer_keys", "signs_from", nullable=False)
    op.create_index(
        "uq_issuer_keys_published",
        "issuer_keys",
        ["key_use"],
        unique=True,
        postgresql_where=sa.text("state = 'published'"),
    )


def downgrade() -> None:
    op.drop_index("uq_issuer_keys_published", "issuer_keys")
    op.drop_column("issuer_keys", "signs_from")
