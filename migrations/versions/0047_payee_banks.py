"""At which bank a payee is, and whether their account is another than at the last payment."""

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"

CODES = (
    ("merchants", "account_bank_code"),
    ("payout_accounts", "bank_code"),
    ("payments", "payee_bank_code"),
)
ONCE = (
    "id, reference, batch_id, statement_id, payable_id, attempt, fund_source, amount_fen,"
    " payee_type, payee_id, payee_shown, account_masked"
)
WHOSE = "payee_bank, payee_bank_code, payee_account_is"


def upgrade() -> None:
    op.add_column("merchants", sa.Column("account_bank", sa.String(length=60), nullable=True))
    op.add_column("payments", sa.Column("payee_bank", sa.String(length=60), nullable=True))
    for table, column in CODES:
        op.add_column(table, sa.Column(column, sa.String(length=12), nullable=True))
        op.create_check_constraint(
            op.f(f"ck_{table}_{column}"), table, f"{column} ~ '^[0-9]{{12}}$'"
        )
    op.add_column(
        "payments",
        sa.Column(
            "payee_account_is",
            sa.Enum(
                *("first", "same", "changed"),
                name="payeeaccount",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
    )
    _write_once(f"{ONCE}, {WHOSE}")


def _write_once(columns: str) -> None:
    op.execute("DROP TRIGGER written_once ON payments")
    op.execute(
        f"CREATE TRIGGER written_once BEFORE UPDATE OF {columns} OR DELETE OR TRUNCATE"
        " ON payments FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    _write_once(ONCE)
    for column in ("payee_account_is", "payee_bank"):
        op.drop_column("payments", column)
    for table, column in CODES:
        op.drop_column(table, column)
    op.drop_column("merchants", "account_bank")
