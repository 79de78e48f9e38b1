"""A third kind of fault: the log itself was changed, not only a record of it."""

from alembic import op

revision = "0039"
down_revision = "0038"

_NAME = "ck_proof_faults_faultkind"


def upgrade() -> None:
    _allow("'changed', 'gone', 'tree'")


def downgrade() -> None:
    op.execute("DELETE FROM proof_faults WHERE fault = 'tree'")
    _allow("'changed', 'gone'")


def _allow(kinds: str) -> None:
    op.execute(f"ALTER TABLE proof_faults DROP CONSTRAINT {_NAME}")
    op.execute(f"ALTER TABLE proof_faults ADD CONSTRAINT {_NAME} CHECK (fault IN ({kinds}))")
