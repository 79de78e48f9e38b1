"""Statements that a merchant's manager agrees to or disputes."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"

WRITTEN_ONCE = "id, statement_id, line_journal_id, raised_by_terminal_id, reason, raised_at"


def write_disputes_once(columns: str) -> None:
    op.execute("DROP TRIGGER written_once ON disputes")
    op.execute(
        f"CREATE TRIGGER written_once BEFORE UPDATE OF {columns} OR DELETE OR TRUNCATE"
        " ON disputes FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def upgrade() -> None:
    op.add_column("statements", sa.Column("agreed_by_manager_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_statements_agreed_by_manager_id"),
        "statements",
        "merchant_managers",
        ["agreed_by_manager_id"],
        ["id"],
    )
    op.create_check_constraint(
        op.f("ck_statements_agreed_by_one"),
        "statements",
        "num_nonnulls(agreed_by_terminal_id, agreed_by_manager_id) <= num_nonnulls(agreed_at)",
    )
    op.execute("GRANT UPDATE (agreed_by_manager_id) ON statements TO union_card_app")
    op.add_column("disputes", sa.Column("raised_by_manager_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_disputes_raised_by_manager_id"),
        "disputes",
        "merchant_managers",
        ["raised_by_manager_id"],
        ["id"],
    )
    op.alter_column("disputes", "raised_by_terminal_id", nullable=True)
    op.create_check_constraint(
        op.f("ck_disputes_raised_by_one"),
        "disputes",
        "num_nonnulls(raised_by_terminal_id, raised_by_manager_id) = 1",
    )
    write_disputes_once(f"{WRITTEN_ONCE}, raised_by_manager_id")


def downgrade() -> None:
    """Refuses to go back once a manager has raised a dispute: nobody else did."""
    write_disputes_once(WRITTEN_ONCE)
    op.drop_constraint(op.f("ck_disputes_raised_by_one"), "disputes")
    op.alter_column("disputes", "raised_by_terminal_id", nullable=False)
    op.drop_column("disputes", "raised_by_manager_id")
    op.drop_constraint(op.f("ck_statements_agreed_by_one"), "statements")
    op.drop_column("statements", "agreed_by_manager_id")
