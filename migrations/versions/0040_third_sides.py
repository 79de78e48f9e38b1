"""What a payment channel says of the sales: bills and trades, and exceptions about them.

An exception is about a bank line, a payment, a trade, a sale, a record of a till without a network,
or an invoice.
"""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"

SUBJECTS = {
    "trade_id": "trades",
    "redemption_id": "redemptions",
    "offline_record_id": "offline_records",
    "invoice_id": "invoices",
}
WRITTEN_ONCE = {
    "channel_accounts": "id, channel, number, merchant_id, known_since",
    "trade_bills": "id, account_id, name, sha256, first_on, last_on, trades, new, imported_by,"
    " imported_at",
    "trades": "id, bill_id, account_id, trade_no, order_no, kind, refund_no, traded_at, order_fen,"
    " settled_fen, refund_fen",
}
OF_DISCREPANCIES = "id, bank_line_id, payment_id, opened_at"


def one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def write_once(table: str, columns: str) -> None:
    op.execute(
        f"CREATE TRIGGER written_once BEFORE UPDATE OF {columns} OR DELETE OR TRUNCATE"
        f" ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def upgrade() -> None:
    create_bills()
    create_trades()
    for table, columns in WRITTEN_ONCE.items():
        write_once(table, columns)
        op.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM union_card_app")
    op.execute("GRANT UPDATE (redemption_id, matched_at) ON trades TO union_card_app")
    for column, table in SUBJECTS.items():
        op.add_column("discrepancies", sa.Column(column, sa.Uuid(), nullable=True))
        name = op.f(f"fk_discrepancies_{column}")
        op.create_foreign_key(name, "discrepancies", table, [column], ["id"])
        op.create_unique_constraint(op.f(f"uq_discrepancies_{column}"), "discrepancies", [column])
    op.add_column("discrepancies", sa.Column("amount_fen", sa.BigInteger(), nullable=True))
    op.drop_constraint(op.f("ck_discrepancies_about_one_thing"), "discrepancies", type_="check")
    op.create_check_constraint(
        op.f("ck_discrepancies_about_one_thing"),
        "discrepancies",
        "num_nonnulls(bank_line_id, payment_id, trade_id, redemption_id, offline_record_id,"
        " invoice_id) = 1",
    )
    op.create_check_constraint(
        op.f("ck_discrepancies_amount_of_its_own"),
        "discrepancies",
        "(amount_fen IS NULL) = (num_nonnulls(bank_line_id, payment_id) = 1)",
    )
    op.execute("DROP TRIGGER written_once ON discrepancies")
    write_once("discrepancies", f"{OF_DISCREPANCIES}, {', '.join(SUBJECTS)}")
    op.execute("GRANT UPDATE (amount_fen) ON discrepancies TO union_card_app")


def downgrade() -> None:
    op.execute("DROP TRIGGER written_once ON discrepancies")
    # Nothing that remains could say what these were about.
    op.execute("DELETE FROM discrepancies WHERE num_nonnulls(bank_line_id, payment_id) = 0")
    op.drop_constraint(op.f("ck_discrepancies_amount_of_its_own"), "discrepancies", type_="check")
    op.drop_constraint(op.f("ck_discrepancies_about_one_thing"), "discrepancies", type_="check")
    for column in ("amount_fen", *SUBJECTS):
        op.drop_column("discrepancies", column)
    op.create_check_constraint(
        op.f("ck_discrepancies_about_one_thing"),
        "discrepancies",
        "num_nonnulls(bank_line_id, payment_id) = 1",
    )
    write_once("discrepancies", OF_DISCREPANCIES)
    for table in ("trades", "trade_bills", "channel_accounts"):
        op.drop_table(table)


def create_bills() -> None:
    op.create_table(
        "channel_accounts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("channel", one_of("channel", "wechat"), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("merchant_id", sa.Uuid(), nullable=False),
        sa.Column("known_since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id"], ["merchants.id"], name=op.f("fk_channel_accounts_merchant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel_accounts")),
        sa.UniqueConstraint("channel", "number", name=op.f("uq_channel_accounts_channel_number")),
    )
    op.create_table(
        "trade_bills",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("trades", sa.Integer(), nullable=False),
        sa.Column("new", sa.Integer(), nullable=False),
        sa.Column("imported_by", sa.Uuid(), nullable=True),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "trades >= new AND new >= 0", name=op.f("ck_trade_bills_new_among_trades")
        ),
        sa.CheckConstraint("first_on <= last_on", name=op.f("ck_trade_bills_days_in_order")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["channel_accounts.id"], name=op.f("fk_trade_bills_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["imported_by"], ["staff_accounts.id"], name=op.f("fk_trade_bills_imported_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trade_bills")),
        sa.UniqueConstraint(
            "account_id",
            "sha256",
            "first_on",
            name=op.f("uq_trade_bills_account_id_sha256_first_on"),
        ),
    )
    op.create_index("ix_trade_bills_days", "trade_bills", ["account_id", "first_on"])


def create_trades() -> None:
    op.create_table(
        "trades",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("bill_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("trade_no", sa.String(length=64), nullable=False),
        sa.Column("order_no", sa.String(length=64), nullable=False),
        sa.Column("kind", one_of("tradekind", "sale", "refund", "revoked"), nullable=False),
        sa.Column("refund_no", sa.String(length=64), nullable=False),
        sa.Column("traded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("order_fen", sa.BigInteger(), nullable=False),
        sa.Column("settled_fen", sa.BigInteger(), nullable=False),
        sa.Column("refund_fen", sa.BigInteger(), nullable=False),
        sa.Column("redemption_id", sa.Uuid(), nullable=True),
        sa.Column("matched_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "order_fen >= 0 AND settled_fen >= 0 AND refund_fen >= 0",
            name=op.f("ck_trades_amounts"),
        ),
        sa.CheckConstraint(
            "matched_at IS NULL OR redemption_id IS NOT NULL", name=op.f("ck_trades_matched_with")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["channel_accounts.id"], name=op.f("fk_trades_account_id")
        ),
        sa.ForeignKeyConstraint(["bill_id"], ["trade_bills.id"], name=op.f("fk_trades_bill_id")),
        sa.ForeignKeyConstraint(
            ["redemption_id"], ["redemptions.id"], name=op.f("fk_trades_redemption_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trades")),
        sa.UniqueConstraint(
            "account_id",
            "trade_no",
            "kind",
            "refund_no",
            name=op.f("uq_trades_account_id_trade_no_kind_refund_no"),
        ),
    )
    op.create_index("ix_trades_bill_id", "trades", ["bill_id"])
    op.create_index("ix_trades_redemption_id", "trades", ["redemption_id"])
    op.create_index(
        "uq_trades_one_of_a_sale",
        "trades",
        ["redemption_id"],
        unique=True,
        postgresql_where=sa.text("kind = 'sale' AND matched_at IS NOT NULL"),
    )
    op.create_index(
        "ix_trades_unmatched",
        "trades",
        ["account_id"],
        postgresql_where=sa.text("matched_at IS NULL"),
    )
