"""Statements by agreement: cycles, smallest payments, the clock of the answer, invoices.

A statement may be disputed after it was agreed or paid: what that changes stands on the next one.
"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"

WRITTEN_ONCE = "id, number, merchant_id, starts_on, ends_on, lines, lines_fen, maker_id, opened_at"
TERMS = "min_payout_fen, pay_from, invoice_buyer_uscc"
CHANGEABLE = "confirm_by, agreed_by_silence"
# Before, a dispute ended with the agreement, and a statement had lines.
GUARD_STATEMENT_BEFORE = """
CREATE OR REPLACE FUNCTION guard_statement() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'open' AND NEW.state = 'open' THEN
        RAISE EXCEPTION 'statement % was issued, for good', NEW.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_statements_issued_for_good';
    END IF;
    IF OLD.state = 'open' AND NEW.state <> 'open' AND (
        ((NEW.lines, NEW.lines_fen) = (
            SELECT count(*), sum(amount_fen) FROM public.statement_lines
            WHERE statement_id = NEW.id)) IS NOT TRUE
        OR EXISTS (
            SELECT FROM (
                SELECT fund_source, sum(amount_fen) AS fen FROM public.statement_lines
                WHERE statement_id = NEW.id GROUP BY fund_source) AS l
            FULL JOIN (
                SELECT fund_source, lines_fen FROM public.statement_funds
                WHERE statement_id = NEW.id) AS f USING (fund_source)
            WHERE coalesce(l.fen, 0) IS DISTINCT FROM f.lines_fen)
    ) THEN
        RAISE EXCEPTION 'statement % does not come to what its lines do', NEW.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_statements_sum_of_lines';
    END IF;
    IF NEW.state IN ('agreed', 'approved') AND OLD.state <> NEW.state AND EXISTS (
        SELECT FROM public.disputes WHERE statement_id = NEW.id AND decided_at IS NULL
    ) THEN
        RAISE EXCEPTION 'statement % has a dispute without an answer', NEW.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_statements_disputes_answered';
    END IF;
    RETURN NEW;
END
$$
"""
GUARD_DISPUTE_BEFORE = """
CREATE OR REPLACE FUNCTION guard_dispute() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM public.statement_lines
        WHERE journal_id = NEW.line_journal_id AND statement_id = NEW.statement_id
    ) THEN
        RAISE EXCEPTION 'a dispute is about a line of its statement'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_disputes_line_of_statement';
    END IF;
    IF NOT EXISTS (
        SELECT FROM public.statements
        WHERE id = NEW.statement_id AND state IN ('issued', 'disputed')
    ) THEN
        RAISE EXCEPTION 'a statement is disputed between its issue and its agreement'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_disputes_while_issued';
    END IF;
    RETURN NEW;
END
$$
"""
# A statement says something when it has lines, or pays what was carried; silence counts after the
# day until which it was waited; where invoices are asked for, they come to what is paid.
GUARD_STATEMENT = """
CREATE OR REPLACE FUNCTION guard_statement() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'open' AND NEW.state = 'open' THEN
        RAISE EXCEPTION 'statement % was issued, for good', NEW.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_statements_issued_for_good';
    END IF;
    IF OLD.state = 'open' AND NEW.state <> 'open' AND (
        ((NEW.lines, NEW.lines_fen) = (
            SELECT count(*), coalesce(sum(amount_fen), 0) FROM public.statement_lines
            WHERE statement_id = NEW.id)) IS NOT TRUE
        OR EXISTS (
            SELECT FROM (
                SELECT fund_source, sum(amount_fen) AS fen FROM public.statement_lines
                WHERE statement_id = NEW.id GROUP BY fund_source) AS l
            FULL JOIN (
                SELECT fund_source, lines_fen FROM public.statement_funds
                WHERE statement_id = NEW.id) AS f USING (fund_source)
            WHERE coalesce(l.fen, 0) IS DISTINCT FROM f.lines_fen)
    ) THEN
        RAISE EXCEPTION 'statement % does not come to what its lines do', NEW.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_statements_sum_of_lines';
    END IF;
    IF OLD.state = 'open' AND NEW.state <> 'open' AND NEW.lines = 0 AND NOT EXISTS (
        SELECT FROM public.statement_funds WHERE statement_id = NEW.id AND carried_in_fen <> 0
    ) THEN
        RAISE EXCEPTION 'statement % has no line, and nothing was carried into it', NEW.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_statements_says_something';
    END IF;
    IF NEW.agreed_by_silence AND OLD.agreed_at IS NULL
        AND (NEW.agreed_at AT TIME ZONE 'Asia/Shanghai')::date <= NEW.confirm_by THEN
        RAISE EXCEPTION 'statement % still waits for its merchant', NEW.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_statements_silent_too_early';
    END IF;
    -- One that the bank sent back is approved already, whatever was disputed since it was paid.
    IF NEW.state = 'approved' AND OLD.state = 'agreed' AND NEW.invoice_buyer_uscc IS NOT NULL
        AND (SELECT sum(payable_fen) FROM public.statement_funds WHERE statement_id = NEW.id)
        <> (SELECT coalesce(sum(amount_fen), 0) FROM public.invoices
            WHERE statement_id = NEW.id AND state = 'accepted') THEN
        RAISE EXCEPTION 'statement % waits for its invoices', NEW.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_statements_invoiced';
    END IF;
    IF NEW.state IN ('agreed', 'approved') AND OLD.state NOT IN (NEW.state, 'paid') AND EXISTS (
        SELECT FROM public.disputes WHERE statement_id = NEW.id AND decided_at IS NULL
    ) THEN
        RAISE EXCEPTION 'statement % has a dispute without an answer', NEW.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_statements_disputes_answered';
    END IF;
    RETURN NEW;
END
$$
"""
# A dispute is about a line of its own statement, from the issue on.
GUARD_DISPUTE = """
CREATE OR REPLACE FUNCTION guard_dispute() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM public.statement_lines
        WHERE journal_id = NEW.line_journal_id AND statement_id = NEW.statement_id
    ) THEN
        RAISE EXCEPTION 'a dispute is about a line of its statement'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_disputes_line_of_statement';
    END IF;
    IF NOT EXISTS (
        SELECT FROM public.statements
        WHERE id = NEW.statement_id AND state <> 'open'
    ) THEN
        RAISE EXCEPTION 'a statement is disputed once it was issued'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_disputes_while_issued';
    END IF;
    RETURN NEW;
END
$$
"""
# Nothing is paid before the day that its statement names. By the batch's own moment: the clock of
# the database is nobody's.
GUARD_DAY = """
CREATE FUNCTION guard_payment_day() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM public.statements s, public.payment_batches b
        WHERE s.id = NEW.statement_id AND b.id = NEW.batch_id
            AND s.pay_from > (b.prepared_at AT TIME ZONE 'Asia/Shanghai')::date
    ) THEN
        RAISE EXCEPTION 'a new merchant is paid from its statement''s day on'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_payments_not_before_its_day';
    END IF;
    RETURN NEW;
END
$$
"""


def one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def write_once(table: str, columns: str, *, anew: bool = True) -> None:
    if anew:
        op.execute(f"DROP TRIGGER written_once ON {table}")
    op.execute(
        f"CREATE TRIGGER written_once BEFORE UPDATE OF {columns} OR DELETE OR TRUNCATE"
        f" ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def upgrade() -> None:
    settle_by_agreement()
    create_invoices()
    create_evidence()
    op.execute(GUARD_STATEMENT)
    op.execute(GUARD_DISPUTE)
    op.execute(GUARD_DAY)
    op.execute(
        "CREATE TRIGGER guard_day BEFORE INSERT ON payments"
        " FOR EACH ROW EXECUTE FUNCTION guard_payment_day()"
    )


def settle_by_agreement() -> None:
    op.add_column(
        "agreements",
        sa.Column(
            "cycle",
            one_of("settlementcycle", "weekly", "biweekly", "monthly"),
            nullable=False,
            server_default="weekly",
        ),
    )
    for name, value in (("confirm_workdays", "5"), ("min_payout_fen", "0"), ("hold_days", "0")):
        kind = sa.BigInteger() if name.endswith("_fen") else sa.Integer()
        op.add_column("agreements", sa.Column(name, kind, nullable=False, server_default=value))
    for name in ("cycle", "confirm_workdays", "min_payout_fen", "hold_days"):
        op.alter_column("agreements", name, server_default=None)
    op.add_column("agreements", sa.Column("invoice_buyer_uscc", sa.String(18), nullable=True))
    op.create_check_constraint(
        op.f("ck_agreements_settled_in_reason"),
        "agreements",
        "confirm_workdays BETWEEN 1 AND 30 AND min_payout_fen BETWEEN 0 AND 10000000"
        " AND hold_days BETWEEN 0 AND 90",
    )
    op.add_column(
        "statements",
        sa.Column("min_payout_fen", sa.BigInteger(), nullable=False, server_default="0"),
    )
    op.add_column("statements", sa.Column("pay_from", sa.Date(), nullable=True))
    op.add_column("statements", sa.Column("invoice_buyer_uscc", sa.String(18), nullable=True))
    op.add_column("statements", sa.Column("confirm_by", sa.Date(), nullable=True))
    op.add_column(
        "statements",
        sa.Column("agreed_by_silence", sa.Boolean(), nullable=False, server_default="false"),
    )
    for name in ("min_payout_fen", "agreed_by_silence"):
        op.alter_column("statements", name, server_default=None)
    op.drop_constraint(op.f("ck_statements_says_something"), "statements")
    op.create_check_constraint(op.f("ck_statements_says_something"), "statements", "lines >= 0")
    op.create_check_constraint(
        op.f("ck_statements_min_payout_not_negative"), "statements", "min_payout_fen >= 0"
    )
    op.create_check_constraint(
        op.f("ck_statements_silent_is_nobodys_word"),
        "statements",
        "NOT agreed_by_silence OR (agreed_at IS NOT NULL AND confirm_by IS NOT NULL"
        " AND num_nonnulls(agreed_by_terminal_id, agreed_by_manager_id) = 0)",
    )
    write_once("statements", f"{WRITTEN_ONCE}, {TERMS}")
    op.execute(f"GRANT UPDATE ({CHANGEABLE}) ON statements TO union_card_app")


def create_invoices() -> None:
    op.create_table(
        "invoices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("statement_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(20), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("buyer_uscc", sa.String(18), nullable=False),
        sa.Column("seller_uscc", sa.String(18), nullable=False),
        sa.Column("entered_by_manager_id", sa.Uuid(), nullable=True),
        sa.Column("entered_by_staff_id", sa.Uuid(), nullable=True),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "state", one_of("invoicestate", "waiting", "accepted", "returned"), nullable=False
        ),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(200), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_invoices_amount_positive")),
        sa.CheckConstraint("number ~ '^[0-9]{8,20}$'", name=op.f("ck_invoices_number_of_digits")),
        sa.CheckConstraint(
            "num_nonnulls(entered_by_manager_id, entered_by_staff_id) = 1",
            name=op.f("ck_invoices_entered_by_one"),
        ),
        sa.CheckConstraint(
            "decided_by <> entered_by_staff_id", name=op.f("ck_invoices_two_people")
        ),
        sa.CheckConstraint(
            "(state = 'waiting') = (decided_by IS NULL)"
            " AND (decided_by IS NULL) = (decided_at IS NULL)"
            " AND (state = 'returned') = (reason IS NOT NULL)",
            name=op.f("ck_invoices_decided_whole"),
        ),
        sa.CheckConstraint("version > 0", name=op.f("ck_invoices_version_positive")),
        sa.ForeignKeyConstraint(
            ["statement_id"], ["statements.id"], name=op.f("fk_invoices_statement_id")
        ),
        sa.ForeignKeyConstraint(
            ["entered_by_manager_id"],
            ["merchant_managers.id"],
            name=op.f("fk_invoices_entered_by_manager_id"),
        ),
        sa.ForeignKeyConstraint(
            ["entered_by_staff_id"],
            ["staff_accounts.id"],
            name=op.f("fk_invoices_entered_by_staff_id"),
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["staff_accounts.id"], name=op.f("fk_invoices_decided_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoices")),
    )
    op.create_index(
        "uq_invoices_number_in_the_city",
        "invoices",
        ["number"],
        unique=True,
        postgresql_where=sa.text("state <> 'returned'"),
    )
    op.create_index("ix_invoices_statement_id", "invoices", ["statement_id"])
    op.create_index(
        "ix_invoices_waiting",
        "invoices",
        ["entered_at"],
        postgresql_where=sa.text("state = 'waiting'"),
    )
    write_once(
        "invoices",
        "id, statement_id, number, issued_on, amount_fen, buyer_uscc, seller_uscc,"
        " entered_by_manager_id, entered_by_staff_id, entered_at",
        anew=False,
    )
    op.execute("REVOKE UPDATE, DELETE, TRUNCATE ON invoices FROM union_card_app")
    op.execute(
        "GRANT UPDATE (state, decided_by, decided_at, reason, version)"
        " ON invoices TO union_card_app"
    )
    op.execute(
        "CREATE TRIGGER start BEFORE INSERT ON invoices"
        " FOR EACH ROW WHEN (NEW.state <> 'waiting') EXECUTE FUNCTION refuse_start()"
    )


def create_evidence() -> None:
    op.create_table(
        "dispute_evidence",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("dispute_id", sa.Uuid(), nullable=False),
        sa.Column(
            "media_type",
            one_of("evidencemedia", "application/pdf", "image/jpeg", "image/png"),
            nullable=False,
        ),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("content_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("content_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("manager_id", sa.Uuid(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("size_bytes > 0", name=op.f("ck_dispute_evidence_size_positive")),
        sa.ForeignKeyConstraint(
            ["dispute_id"], ["disputes.id"], name=op.f("fk_dispute_evidence_dispute_id")
        ),
        sa.ForeignKeyConstraint(
            ["manager_id"],
            ["merchant_managers.id"],
            name=op.f("fk_dispute_evidence_manager_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute_evidence")),
        sa.UniqueConstraint(
            "dispute_id",
            "content_sha256",
            name=op.f("uq_dispute_evidence_dispute_id_content_sha256"),
        ),
    )
    # The sealed column stays open to a change of keys, by the owner.
    write_once(
        "dispute_evidence",
        "id, dispute_id, media_type, size_bytes, content_sha256, manager_id, added_at",
        anew=False,
    )
    op.execute("REVOKE UPDATE, DELETE, TRUNCATE ON dispute_evidence FROM union_card_app")
    op.execute("GRANT UPDATE (content_sealed) ON dispute_evidence TO union_card_app")


def downgrade() -> None:
    """Refuses to go back once a statement without lines was issued: before, each had some."""
    op.execute("DROP TRIGGER guard_day ON payments")
    op.execute("DROP FUNCTION guard_payment_day()")
    op.execute(GUARD_DISPUTE_BEFORE)
    op.execute(GUARD_STATEMENT_BEFORE)
    op.drop_table("dispute_evidence")
    op.drop_table("invoices")
    write_once("statements", WRITTEN_ONCE)
    op.drop_constraint(op.f("ck_statements_silent_is_nobodys_word"), "statements")
    op.drop_constraint(op.f("ck_statements_min_payout_not_negative"), "statements")
    op.drop_constraint(op.f("ck_statements_says_something"), "statements")
    op.create_check_constraint(op.f("ck_statements_says_something"), "statements", "lines > 0")
    for name in (
        "agreed_by_silence",
        "confirm_by",
        "invoice_buyer_uscc",
        "pay_from",
        "min_payout_fen",
    ):
        op.drop_column("statements", name)
    op.drop_constraint(op.f("ck_agreements_settled_in_reason"), "agreements")
    for name in ("invoice_buyer_uscc", "hold_days", "min_payout_fen", "confirm_workdays", "cycle"):
        op.drop_column("agreements", name)
