"""Certificates that say what each budget line carried, and a leaf that is over all of one."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0042"
down_revision = "0041"

CERTIFIED = (
    "month, residuals, identities, named, programmes, signed, maker_id, approver_id, closed_at"
)
KINDS = (
    "captured",
    "taken_back",
    "booked",
    "claim_decided",
    "course_decided",
    "dispute_decided",
    "statement_issued",
    "statement_approved",
    "batch_sent",
    "bank_line",
    "matched",
    "match_undone",
    "month_closed",
)


def upgrade() -> None:
    # Of months closed before, nothing is made up.
    op.add_column(
        "close_certificates",
        sa.Column("budgets", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    )
    write_once(f"{CERTIFIED}, budgets")
    one_of((*KINDS, "month_certified"))


def downgrade() -> None:
    # The log only grows; where this kind is in it, it cannot go back.
    one_of(KINDS)
    write_once(CERTIFIED)
    op.drop_column("close_certificates", "budgets")


def write_once(columns: str) -> None:
    op.execute("DROP TRIGGER written_once ON close_certificates")
    op.execute(
        f"CREATE TRIGGER written_once BEFORE UPDATE OF {columns} OR DELETE OR TRUNCATE"
        " ON close_certificates FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def one_of(kinds: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    op.execute("ALTER TABLE proof_leaves DROP CONSTRAINT ck_proof_leaves_recordkind")
    op.execute(
        "ALTER TABLE proof_leaves ADD CONSTRAINT ck_proof_leaves_recordkind"
        f" CHECK (kind IN ({listed}))"
    )
