"""Sales without a network at the desk: an edited policy, gaps found quickly, leases forgotten."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    op.add_column(
        "offline_policies", sa.Column("version", sa.Integer(), server_default="1", nullable=False)
    )
    op.alter_column("offline_policies", "version", server_default=None)
    op.create_check_constraint(
        op.f("ck_offline_policies_version_positive"), "offline_policies", "version > 0"
    )
    op.create_index("ix_leases_expires_at", "leases", ["expires_at"])
    op.create_index("ix_offline_records_received", "offline_records", ["received_at", "id"])
    op.create_index(
        "ix_offline_records_gaps",
        "offline_records",
        ["received_at", "id"],
        postgresql_where=sa.text("in_chain AND after_gap"),
    )
    op.create_index("ix_offline_records_lease_id", "offline_records", ["lease_id"])
    # Only what no record names: the foreign key keeps the others.
    op.execute("GRANT DELETE ON leases TO union_card_app")


def downgrade() -> None:
    op.execute("REVOKE DELETE ON leases FROM union_card_app")
    op.drop_index("ix_offline_records_lease_id", "offline_records")
    op.drop_index("ix_offline_records_gaps", "offline_records")
    op.drop_index("ix_offline_records_received", "offline_records")
    op.drop_index("ix_leases_expires_at", "leases")
    op.drop_constraint(op.f("ck_offline_policies_version_positive"), "offline_policies")
    op.drop_column("offline_policies", "version")
