"""Leave room beside each payment, so that being matched does not touch its indexes.

A payment is written once, matched once, and moved once. Where its page has room, being matched
writes no index anew (a heap-only update): seven of them, for each line of a bank file.
"""

from alembic import op

revision = "0048"
down_revision = "0047"


def upgrade() -> None:
    op.execute("ALTER TABLE payments SET (fillfactor = 60)")


def downgrade() -> None:
    op.execute("ALTER TABLE payments RESET (fillfactor)")
