"""Balances and vouchers of closed months; certificates that say programmes and are signed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0035"
down_revision = "0034"

FUND_SOURCES = ("union_fund", "dues", "mutual_aid", "aid", "fiscal")
NEW = ("period_balances", "vouchers", "voucher_lines")
CERTIFIED = "month, residuals, identities, named, maker_id, approver_id, closed_at"


def one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    create_balances()
    create_vouchers()
    for table in NEW:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        op.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM union_card_app")
    # Of months closed before, nothing is made up.
    op.add_column(
        "close_certificates",
        sa.Column("programmes", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    )
    op.add_column("close_certificates", sa.Column("signed", sa.Text(), nullable=True))
    write_once(f"{CERTIFIED}, programmes, signed")


def downgrade() -> None:
    op.execute("DROP TRIGGER written_once ON close_certificates")
    op.drop_column("close_certificates", "signed")
    op.drop_column("close_certificates", "programmes")
    write_once(CERTIFIED, drop=False)
    for table in reversed(NEW):
        op.drop_table(table)


def write_once(columns: str, *, drop: bool = True) -> None:
    if drop:
        op.execute("DROP TRIGGER written_once ON close_certificates")
    op.execute(
        f"CREATE TRIGGER written_once BEFORE UPDATE OF {columns} OR DELETE OR TRUNCATE"
        " ON close_certificates FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def create_balances() -> None:
    op.create_table(
        "period_balances",
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("fund_source", one_of("fundsource", *FUND_SOURCES), nullable=False),
        sa.Column("opening_fen", sa.BigInteger(), nullable=False),
        sa.Column("debit_fen", sa.BigInteger(), nullable=False),
        sa.Column("credit_fen", sa.BigInteger(), nullable=False),
        sa.Column("closing_fen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "opening_fen + debit_fen - credit_fen = closing_fen",
            name=op.f("ck_period_balances_adds_up"),
        ),
        sa.ForeignKeyConstraint(
            ["month"], ["periods.month"], name=op.f("fk_period_balances_month")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_period_balances_account_id")
        ),
        sa.PrimaryKeyConstraint(
            "month", "account_id", "fund_source", name=op.f("pk_period_balances")
        ),
    )


def create_vouchers() -> None:
    op.create_table(
        "vouchers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("book", one_of("book", "union", "mutual_aid"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("book_date", sa.Date(), nullable=False),
        sa.Column("fund_source", one_of("fundsource", *FUND_SOURCES), nullable=False),
        sa.Column("source_type", sa.String(length=40), nullable=False),
        sa.Column("is_red", sa.Boolean(), nullable=False),
        sa.Column("journals", sa.Integer(), nullable=False),
        sa.Column("attachments", sa.Integer(), nullable=False),
        sa.Column("summary", sa.String(length=60), nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_vouchers_number_positive")),
        sa.CheckConstraint("journals > 0", name=op.f("ck_vouchers_of_something")),
        sa.CheckConstraint("attachments >= 0", name=op.f("ck_vouchers_attachments_not_negative")),
        sa.CheckConstraint(
            "(book = 'mutual_aid') = (fund_source = 'mutual_aid')",
            name=op.f("ck_vouchers_mutual_aid_apart"),
        ),
        sa.CheckConstraint(
            "to_char(book_date, 'YYYY-MM') = month", name=op.f("ck_vouchers_day_of_month")
        ),
        sa.ForeignKeyConstraint(["month"], ["periods.month"], name=op.f("fk_vouchers_month")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vouchers")),
        sa.UniqueConstraint("month", "book", "number", name=op.f("uq_vouchers_month_book_number")),
        sa.UniqueConstraint(
            "book_date",
            "fund_source",
            "source_type",
            "is_red",
            name=op.f("uq_vouchers_book_date_fund_source_source_type_is_red"),
        ),
    )
    op.create_table(
        "voucher_lines",
        sa.Column("voucher_id", sa.Uuid(), nullable=False),
        sa.Column("line_no", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("debit_fen", sa.BigInteger(), nullable=False),
        sa.Column("credit_fen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("line_no > 0", name=op.f("ck_voucher_lines_line_no_positive")),
        sa.CheckConstraint(
            "(debit_fen = 0) <> (credit_fen = 0)", name=op.f("ck_voucher_lines_one_side")
        ),
        sa.ForeignKeyConstraint(
            ["voucher_id"], ["vouchers.id"], name=op.f("fk_voucher_lines_voucher_id")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_voucher_lines_account_id")
        ),
        sa.PrimaryKeyConstraint("voucher_id", "line_no", name=op.f("pk_voucher_lines")),
    )
