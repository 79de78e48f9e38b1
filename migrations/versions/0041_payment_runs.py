"""Payment runs: all that is owed in a book, batch after batch in the background."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"

_MOMENT = sa.DateTime(timezone=True)
ONCE = "id, number, book, per_batch, things, total_fen, maker_id, started_at"
BATCH_ONCE = "id, number, book, payments, total_fen, maker_id, prepared_at, needs_check, approvals"


def upgrade() -> None:
    op.create_table(
        "payment_runs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column(
            "book",
            sa.Enum(
                *("union", "mutual_aid"),
                name="book",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("per_batch", sa.Integer(), nullable=False),
        sa.Column("things", sa.Integer(), nullable=False),
        sa.Column("total_fen", sa.BigInteger(), nullable=False),
        sa.Column("maker_id", sa.Uuid(), nullable=False),
        sa.Column("started_at", _MOMENT, nullable=False),
        sa.Column("finished_at", _MOMENT, nullable=True),
        sa.CheckConstraint(
            "things > 0 AND total_fen > 0 AND per_batch > 0",
            name=op.f("ck_payment_runs_pays_something"),
        ),
        sa.ForeignKeyConstraint(
            ["maker_id"], ["staff_accounts.id"], name=op.f("fk_payment_runs_maker_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_runs")),
        sa.UniqueConstraint("number", name=op.f("uq_payment_runs_number")),
    )
    op.create_index(
        "uq_payment_runs_going_on",
        "payment_runs",
        ["book"],
        unique=True,
        postgresql_where=sa.text("finished_at IS NULL"),
    )
    op.execute(
        f"CREATE TRIGGER written_once BEFORE UPDATE OF {ONCE} OR DELETE OR TRUNCATE"
        " ON payment_runs FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute("REVOKE UPDATE, DELETE, TRUNCATE ON payment_runs FROM union_card_app")
    op.execute("GRANT UPDATE (finished_at) ON payment_runs TO union_card_app")
    op.add_column("payment_batches", sa.Column("run_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_payment_batches_run_id"), "payment_batches", "payment_runs", ["run_id"], ["id"]
    )
    op.create_index(
        "ix_payment_batches_run_id",
        "payment_batches",
        ["run_id"],
        postgresql_where=sa.text("run_id IS NOT NULL"),
    )
    _write_once(BATCH_ONCE + ", run_id")


def _write_once(columns: str) -> None:
    op.execute("DROP TRIGGER written_once ON payment_batches")
    op.execute(
        f"CREATE TRIGGER written_once BEFORE UPDATE OF {columns} OR DELETE OR TRUNCATE"
        " ON payment_batches FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    _write_once(BATCH_ONCE)
    op.drop_column("payment_batches", "run_id")
    op.drop_table("payment_runs")
