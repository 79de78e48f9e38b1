"""Finance: statements and disputes, payments, bank lines and matches, the closing of months.

Who may not decide twice, what is taken once, and how much may be matched stands here, not only in
the service: docs/decisions/0015.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"

# Facts that are written once. The sealed columns stay open to a change of keys.
WRITTEN_ONCE = {
    "statements": "id, number, merchant_id, starts_on, ends_on, lines, lines_fen, maker_id,"
    " opened_at",
    "statement_lines": "journal_id, statement_id, line_no, fund_source, amount_fen",
    "statement_funds": "statement_id, fund_source, lines_fen, carried_from_id, carried_in_fen,"
    " payable_fen, carried_out_fen",
    "disputes": "id, statement_id, line_journal_id, raised_by_terminal_id, reason, raised_at",
    "payment_batches": "id, number, book, payments, total_fen, maker_id, prepared_at",
    "payments": "id, reference, batch_id, statement_id, payable_id, attempt, fund_source,"
    " amount_fen, payee_type, payee_id, payee_shown, account_masked",
    "bank_files": "id, account_id, name, sha256, profile, lines, new, first_on, last_on,"
    " imported_by, imported_at",
    "bank_lines": "id, account_id, file_id, seq, booked_on, booked_at, amount_fen, balance_fen,"
    " occurrence, counterparty, counterparty_account, summary, bank_reference, reference",
    "matches": "id, bank_line_id, payment_id, amount_fen, score, reason, matched_by, matched_at",
    "discrepancies": "id, bank_line_id, payment_id, opened_at",
    "close_requests": "month, maker_id, asked_at",
    "close_certificates": "month, residuals, identities, named, maker_id, approver_id, closed_at",
}
# What the application may change. `matched_fen` and `returned_fen` are not among it: they are
# kept by count_match(), which belongs to the owner.
CHANGEABLE = {
    "statements": "state, issued_at, agreed_by_terminal_id, agreed_at, approver_id, approved_at,"
    " version",
    "disputes": "state, maker_id, answer, adjustment_fen, approver_id, decided_at, journal_id,"
    " version",
    "payment_batches": "state, approver_id, approved_at, file_sha256, sent_at, version",
    "payments": "state, payee_name_sealed, payee_account_sealed",
    "matches": "undone_by, undone_at, undone_reason",
    "discrepancies": "code, state, owner_id, note, resolved_at, version",
}

# A line is what its journal booked for the statement's merchant, taken while the statement is
# open. Set-wise: one look for all lines of an INSERT.
CHECK_LINES = """
CREATE FUNCTION check_statement_lines() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM fresh f JOIN public.statements s ON s.id = f.statement_id
        WHERE s.state <> 'open'
    ) THEN
        RAISE EXCEPTION 'an issued statement takes no more lines'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_statement_lines_while_open';
    END IF;
    IF EXISTS (
        SELECT FROM fresh f
            JOIN public.statements s ON s.id = f.statement_id
            JOIN public.journals j ON j.id = f.journal_id
            LEFT JOIN public.postings p ON p.journal_id = f.journal_id
                AND p.party_type = 'merchant' AND p.party_id = s.merchant_id
        WHERE p.journal_id IS NULL OR p.credit_fen - p.debit_fen <> f.amount_fen
            OR j.fund_source <> f.fund_source OR j.book_date >= s.ends_on
    ) THEN
        RAISE EXCEPTION 'a line says what its journal booked for this merchant'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_statement_lines_as_booked';
    END IF;
    RETURN NULL;
END
$$
"""
# What a merchant is shown is what its lines come to.
GUARD_STATEMENT = """
CREATE FUNCTION guard_statement() RETURNS trigger LANGUAGE plpgsql AS $$
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
# What a fund carries in is what the same merchant's earlier statement carried out, taken while the
# statement is open. Set-wise, and after the INSERT: both rows may be of one statement.
CHECK_FUNDS = """
CREATE FUNCTION check_statement_funds() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM fresh f JOIN public.statements s ON s.id = f.statement_id
        WHERE s.state <> 'open'
    ) THEN
        RAISE EXCEPTION 'an issued statement takes no more funds'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_statement_funds_while_open';
    END IF;
    IF EXISTS (
        SELECT FROM fresh f
            JOIN public.statements s ON s.id = f.statement_id
            JOIN public.statement_funds b ON b.statement_id = f.carried_from_id
                AND b.fund_source = f.fund_source
            JOIN public.statements e ON e.id = b.statement_id
        WHERE f.carried_in_fen <> b.carried_out_fen OR e.merchant_id <> s.merchant_id
    ) THEN
        RAISE EXCEPTION 'a fund carries in what the merchant''s earlier statement carried out'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_statement_funds_carried_as_left';
    END IF;
    RETURN NULL;
END
$$
"""
# A dispute is about a line of its own statement, between issue and agreement.
GUARD_DISPUTE = """
CREATE FUNCTION guard_dispute() RETURNS trigger LANGUAGE plpgsql AS $$
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
# A sale on an issued statement is never voided: what is taken back goes to the next one.
GUARD_VOID = """
CREATE FUNCTION guard_void() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM public.journals j
            JOIN public.statement_lines l ON l.journal_id = j.id
            JOIN public.statements s ON s.id = l.statement_id
        WHERE j.source_type = 'redemption' AND j.source_id = NEW.redemption_id
            AND j.kind = 'captured' AND s.state <> 'open'
    ) THEN
        RAISE EXCEPTION 'redemption % is on an issued statement', NEW.redemption_id
            USING ERRCODE = 'check_violation',
                CONSTRAINT = 'ck_redemption_reversals_void_before_issue';
    END IF;
    RETURN NEW;
END
$$
"""
# A payment is for exactly what is owed, in a batch of its book that nobody has approved yet.
GUARD_PAYMENT = """
CREATE FUNCTION guard_payment() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    batch public.payment_batches;
    owed bigint;
    fund text;
    payee uuid;
BEGIN
    SELECT * INTO batch FROM public.payment_batches WHERE id = NEW.batch_id;
    IF batch.state <> 'prepared'
        OR (batch.book = 'mutual_aid') <> (NEW.fund_source = 'mutual_aid') THEN
        RAISE EXCEPTION 'a payment joins a batch of its book that nobody has approved'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_payments_batch_prepared';
    END IF;
    IF NEW.statement_id IS NOT NULL THEN
        SELECT f.payable_fen, f.fund_source, s.merchant_id INTO owed, fund, payee
        FROM public.statement_funds f JOIN public.statements s ON s.id = f.statement_id
        WHERE f.statement_id = NEW.statement_id AND f.fund_source = NEW.fund_source
            AND s.state IN ('approved', 'paid');
    ELSE
        SELECT amount_fen, fund_source, payee_id INTO owed, fund, payee
        FROM public.payables WHERE id = NEW.payable_id;
    END IF;
    IF (NEW.amount_fen, NEW.fund_source, NEW.payee_id) IS DISTINCT FROM (owed, fund, payee) THEN
        RAISE EXCEPTION 'a payment is for what is owed and approved, to whom it is owed'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_payments_as_owed';
    END IF;
    RETURN NEW;
END
$$
"""
# What went to the bank stays gone until a bank line brings it back: else it would be paid twice.
GUARD_PAYMENT_MOVE = """
CREATE FUNCTION guard_payment_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'prepared' AND NEW.state IN ('prepared', 'cancelled')
        AND OLD.state <> NEW.state THEN
        RAISE EXCEPTION 'payment % was sent or cancelled, for good', NEW.reference
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_payments_sent_for_good';
    END IF;
    IF NEW.state = 'returned' AND OLD.state <> 'returned'
        AND (NEW.returned_fen = 0 OR NEW.returned_fen <> NEW.matched_fen) THEN
        RAISE EXCEPTION 'payment % is returned when bank lines brought it back', NEW.reference
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_payments_returned_by_a_line';
    END IF;
    IF OLD.state = 'prepared' AND NEW.state NOT IN ('prepared', 'cancelled') AND NOT EXISTS (
        SELECT FROM public.payment_batches
        WHERE id = NEW.batch_id AND state IN ('approved', 'sent')
    ) THEN
        RAISE EXCEPTION 'payment % goes to the bank only when approved', NEW.reference
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_payments_batch_approved';
    END IF;
    RETURN NEW;
END
$$
"""
# What a second person approves, and what goes to the bank, is what the batch says of itself.
GUARD_BATCH = """
CREATE FUNCTION guard_batch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state IN ('sent', 'cancelled') AND NEW.state <> OLD.state THEN
        RAISE EXCEPTION 'batch % was sent or cancelled, for good', NEW.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_payment_batches_final';
    END IF;
    IF NEW.state IN ('approved', 'sent') AND OLD.state <> NEW.state
        AND ((NEW.payments, NEW.total_fen) = (
            SELECT count(*), sum(amount_fen) FROM public.payments
            WHERE batch_id = NEW.id AND state <> 'cancelled')) IS NOT TRUE
    THEN
        RAISE EXCEPTION 'batch % does not come to what its payments do', NEW.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_payment_batches_sum';
    END IF;
    IF NEW.state = 'sent' AND OLD.state <> 'approved' AND OLD.state <> 'sent' THEN
        RAISE EXCEPTION 'batch % goes to the bank only when approved', NEW.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_payment_batches_approved_first';
    END IF;
    RETURN NEW;
END
$$
"""
# Both sides of a match count it; their CHECKs bound it. Locks the bank line, then the payment.
COUNT_MATCH = """
CREATE FUNCTION count_match() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    fen bigint := NEW.amount_fen;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.undone_at IS NOT NULL OR NEW.undone_at IS NULL THEN
            RAISE EXCEPTION 'a match is undone once'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_matches_undone_once';
        END IF;
        fen := -fen;
    ELSIF NEW.undone_at IS NOT NULL THEN
        RAISE EXCEPTION 'a match begins its life made'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_matches_undone_once';
    END IF;
    UPDATE bank_lines SET matched_fen = matched_fen + fen WHERE id = NEW.bank_line_id;
    IF NEW.amount_fen < 0 THEN
        UPDATE payments SET matched_fen = matched_fen - fen,
            state = CASE WHEN TG_OP = 'UPDATE' AND state = 'paid' THEN 'sent' ELSE state END
        WHERE id = NEW.payment_id AND state IN ('sent', 'paid', 'returned');
    ELSE
        UPDATE payments SET returned_fen = returned_fen + fen
        WHERE id = NEW.payment_id AND state IN ('sent', 'paid', 'returned');
    END IF;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'only a payment that was sent has a bank line'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_matches_payment_sent';
    END IF;
    RETURN NULL;
END
$$
"""
# Whatever is approved, sent or matched has come there step by step, past the guards above.
REFUSE_START = """
CREATE FUNCTION refuse_start() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a row of % begins its life at the start', TG_TABLE_NAME
        USING ERRCODE = 'check_violation',
            CONSTRAINT = 'ck_' || TG_TABLE_NAME || '_begins_at_the_start';
END
$$
"""
FUNCTIONS = {
    "check_statement_lines": CHECK_LINES,
    "check_statement_funds": CHECK_FUNDS,
    "refuse_start": REFUSE_START,
    "guard_dispute": GUARD_DISPUTE,
    "guard_payment_move": GUARD_PAYMENT_MOVE,
    "guard_statement": GUARD_STATEMENT,
    "guard_void": GUARD_VOID,
    "guard_payment": GUARD_PAYMENT,
    "guard_batch": GUARD_BATCH,
    "count_match": COUNT_MATCH,
}
TRIGGERS = """
CREATE TRIGGER as_booked AFTER INSERT ON statement_lines REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION check_statement_lines();
CREATE TRIGGER as_carried AFTER INSERT ON statement_funds REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION check_statement_funds();
CREATE TRIGGER start BEFORE INSERT ON statements
    FOR EACH ROW WHEN (NEW.state <> 'open') EXECUTE FUNCTION refuse_start();
CREATE TRIGGER start BEFORE INSERT ON disputes
    FOR EACH ROW WHEN (NEW.state <> 'open') EXECUTE FUNCTION refuse_start();
CREATE TRIGGER start BEFORE INSERT ON payment_batches
    FOR EACH ROW WHEN (NEW.state <> 'prepared') EXECUTE FUNCTION refuse_start();
CREATE TRIGGER start BEFORE INSERT ON payments
    FOR EACH ROW WHEN (NEW.state <> 'prepared' OR NEW.matched_fen <> 0 OR NEW.returned_fen <> 0)
    EXECUTE FUNCTION refuse_start();
CREATE TRIGGER start BEFORE INSERT ON bank_lines
    FOR EACH ROW WHEN (NEW.matched_fen <> 0) EXECUTE FUNCTION refuse_start();
CREATE TRIGGER guard BEFORE INSERT ON disputes
    FOR EACH ROW EXECUTE FUNCTION guard_dispute();
CREATE TRIGGER guard_move BEFORE UPDATE OF state ON payments
    FOR EACH ROW EXECUTE FUNCTION guard_payment_move();
CREATE TRIGGER guard BEFORE UPDATE OF state ON statements
    FOR EACH ROW EXECUTE FUNCTION guard_statement();
CREATE TRIGGER guard_void BEFORE INSERT ON redemption_reversals
    FOR EACH ROW WHEN (NEW.kind = 'void') EXECUTE FUNCTION guard_void();
CREATE TRIGGER guard BEFORE INSERT ON payments
    FOR EACH ROW EXECUTE FUNCTION guard_payment();
CREATE TRIGGER guard BEFORE UPDATE OF state ON payment_batches
    FOR EACH ROW EXECUTE FUNCTION guard_batch();
CREATE TRIGGER counted AFTER INSERT OR UPDATE OF undone_at ON matches
    FOR EACH ROW EXECUTE FUNCTION count_match();
"""
EVENTS = ("captured", "approved", "completed")


def one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def fund_source() -> sa.Enum:
    return one_of("fundsource", "union_fund", "dues", "mutual_aid", "aid", "fiscal")


def allow_events(*events: str) -> None:
    """Let posting rules be about these events, and no others."""
    op.drop_constraint(op.f("ck_posting_rules_postingevent"), "posting_rules", type_="check")
    allowed = ", ".join(f"'{event}'" for event in events)
    op.create_check_constraint(
        op.f("ck_posting_rules_postingevent"), "posting_rules", f"event IN ({allowed})"
    )


def upgrade() -> None:
    allow_events(*EVENTS, "paid")
    create_statements()
    create_payments()
    create_bank()
    create_closing()
    for function in FUNCTIONS.values():
        op.execute(function)
    op.execute(TRIGGERS)
    for table, columns in WRITTEN_ONCE.items():
        op.execute(
            f"CREATE TRIGGER written_once BEFORE UPDATE OF {columns} OR DELETE OR TRUNCATE"
            f" ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        op.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM union_card_app")
    for table, columns in CHANGEABLE.items():
        op.execute(f"GRANT UPDATE ({columns}) ON {table} TO union_card_app")


def downgrade() -> None:
    op.execute("DROP TRIGGER guard_void ON redemption_reversals")
    for table in (
        "close_certificates",
        "close_requests",
        "discrepancies",
        "matches",
        "bank_lines",
        "bank_files",
        "bank_accounts",
        "payments",
        "payment_batches",
        "payout_accounts",
        "disputes",
        "statement_lines",
        "statement_funds",
        "statements",
    ):
        op.drop_table(table)
    for function in FUNCTIONS:
        op.execute(f"DROP FUNCTION {function}()")
    # A rule about payments has no meaning left, and none of the events that remain.
    op.execute("ALTER TABLE posting_rules DISABLE TRIGGER append_only")
    op.execute("DELETE FROM posting_rules WHERE event = 'paid'")
    op.execute("ALTER TABLE posting_rules ENABLE TRIGGER append_only")
    allow_events(*EVENTS)


def create_statements() -> None:
    op.create_table(
        "statements",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("merchant_id", sa.Uuid(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column(
            "state",
            one_of("statementstate", "open", "issued", "agreed", "disputed", "approved", "paid"),
            nullable=False,
        ),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("lines_fen", sa.BigInteger(), nullable=False),
        sa.Column("maker_id", sa.Uuid(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("agreed_by_terminal_id", sa.Uuid(), nullable=True),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approver_id", sa.Uuid(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("merchant_id"), "="),
            (sa.text("daterange(starts_on, ends_on, '[)')"), "&&"),
            using="gist",
            name="ex_statements_days_of_merchant",
        ),
        sa.CheckConstraint(
            "(state = 'open') = (issued_at IS NULL)", name=op.f("ck_statements_issued_at_a_time")
        ),
        sa.CheckConstraint(
            "(state IN ('approved', 'paid')) = (approver_id IS NOT NULL)"
            " AND (approver_id IS NULL) = (approved_at IS NULL)",
            name=op.f("ck_statements_approved_by_somebody"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('agreed', 'approved', 'paid') OR agreed_at IS NOT NULL",
            name=op.f("ck_statements_agreed_before_approved"),
        ),
        sa.CheckConstraint("approver_id <> maker_id", name=op.f("ck_statements_two_people")),
        sa.CheckConstraint("lines > 0", name=op.f("ck_statements_says_something")),
        sa.CheckConstraint("starts_on < ends_on", name=op.f("ck_statements_days_in_order")),
        sa.CheckConstraint("version > 0", name=op.f("ck_statements_version_positive")),
        sa.ForeignKeyConstraint(
            ["agreed_by_terminal_id"],
            ["terminals.id"],
            name=op.f("fk_statements_agreed_by_terminal_id"),
        ),
        sa.ForeignKeyConstraint(
            ["approver_id"], ["staff_accounts.id"], name=op.f("fk_statements_approver_id")
        ),
        sa.ForeignKeyConstraint(
            ["maker_id"], ["staff_accounts.id"], name=op.f("fk_statements_maker_id")
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id"], ["merchants.id"], name=op.f("fk_statements_merchant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statements")),
        sa.UniqueConstraint("number", name=op.f("uq_statements_number")),
    )
    op.create_index("ix_statements_state", "statements", ["state", "number"], unique=False)
    op.create_table(
        "statement_funds",
        sa.Column("statement_id", sa.Uuid(), nullable=False),
        sa.Column("fund_source", fund_source(), nullable=False),
        sa.Column("lines_fen", sa.BigInteger(), nullable=False),
        sa.Column("carried_from_id", sa.Uuid(), nullable=True),
        sa.Column("carried_in_fen", sa.BigInteger(), nullable=False),
        sa.Column("payable_fen", sa.BigInteger(), nullable=False),
        sa.Column("carried_out_fen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "carried_from_id IS NOT NULL OR carried_in_fen = 0",
            name=op.f("ck_statement_funds_carried_from_somewhere"),
        ),
        sa.CheckConstraint(
            "lines_fen + carried_in_fen = payable_fen + carried_out_fen",
            name=op.f("ck_statement_funds_sums_agree"),
        ),
        sa.CheckConstraint(
            "payable_fen >= 0", name=op.f("ck_statement_funds_payable_not_negative")
        ),
        sa.ForeignKeyConstraint(
            ["carried_from_id", "fund_source"],
            ["statement_funds.statement_id", "statement_funds.fund_source"],
            name="fk_statement_funds_carried_from_id",
        ),
        sa.ForeignKeyConstraint(
            ["statement_id"], ["statements.id"], name=op.f("fk_statement_funds_statement_id")
        ),
        sa.PrimaryKeyConstraint("statement_id", "fund_source", name=op.f("pk_statement_funds")),
        sa.UniqueConstraint(
            "carried_from_id",
            "fund_source",
            name=op.f("uq_statement_funds_carried_from_id_fund_source"),
        ),
    )
    op.create_table(
        "statement_lines",
        sa.Column("journal_id", sa.Uuid(), nullable=False),
        sa.Column("statement_id", sa.Uuid(), nullable=False),
        sa.Column("line_no", sa.Integer(), nullable=False),
        sa.Column("fund_source", fund_source(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_fen <> 0", name=op.f("ck_statement_lines_amount_is_something")),
        sa.CheckConstraint("line_no > 0", name=op.f("ck_statement_lines_line_no_positive")),
        sa.ForeignKeyConstraint(
            ["journal_id"], ["journals.id"], name=op.f("fk_statement_lines_journal_id")
        ),
        sa.ForeignKeyConstraint(
            ["statement_id"], ["statements.id"], name=op.f("fk_statement_lines_statement_id")
        ),
        sa.PrimaryKeyConstraint("journal_id", name=op.f("pk_statement_lines")),
        sa.UniqueConstraint(
            "statement_id", "line_no", name=op.f("uq_statement_lines_statement_id_line_no")
        ),
    )
    op.create_table(
        "disputes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("statement_id", sa.Uuid(), nullable=False),
        sa.Column("line_journal_id", sa.Uuid(), nullable=False),
        sa.Column("raised_by_terminal_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "state",
            one_of("disputestate", "open", "answered", "accepted", "rejected"),
            nullable=False,
        ),
        sa.Column("maker_id", sa.Uuid(), nullable=True),
        sa.Column("answer", sa.String(length=200), nullable=True),
        sa.Column("adjustment_fen", sa.BigInteger(), nullable=True),
        sa.Column("approver_id", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("journal_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(state = 'accepted') = (journal_id IS NOT NULL)"
            " AND (state <> 'accepted' OR adjustment_fen <> 0)"
            " AND (state <> 'rejected' OR adjustment_fen = 0)",
            name=op.f("ck_disputes_booked_when_accepted"),
        ),
        sa.CheckConstraint(
            "(state = 'open') = (maker_id IS NULL)"
            " AND (maker_id IS NULL) = (answer IS NULL)"
            " AND (maker_id IS NULL) = (adjustment_fen IS NULL)",
            name=op.f("ck_disputes_answered_by_somebody"),
        ),
        sa.CheckConstraint(
            "(state IN ('accepted', 'rejected')) = (approver_id IS NOT NULL)"
            " AND (approver_id IS NULL) = (decided_at IS NULL)",
            name=op.f("ck_disputes_decided_by_somebody"),
        ),
        sa.CheckConstraint("approver_id <> maker_id", name=op.f("ck_disputes_two_people")),
        sa.ForeignKeyConstraint(
            ["approver_id"], ["staff_accounts.id"], name=op.f("fk_disputes_approver_id")
        ),
        sa.ForeignKeyConstraint(
            ["journal_id"], ["journals.id"], name=op.f("fk_disputes_journal_id")
        ),
        sa.ForeignKeyConstraint(
            ["line_journal_id"],
            ["statement_lines.journal_id"],
            name=op.f("fk_disputes_line_journal_id"),
        ),
        sa.ForeignKeyConstraint(
            ["maker_id"], ["staff_accounts.id"], name=op.f("fk_disputes_maker_id")
        ),
        sa.ForeignKeyConstraint(
            ["raised_by_terminal_id"],
            ["terminals.id"],
            name=op.f("fk_disputes_raised_by_terminal_id"),
        ),
        sa.ForeignKeyConstraint(
            ["statement_id"], ["statements.id"], name=op.f("fk_disputes_statement_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disputes")),
        sa.UniqueConstraint("journal_id", name=op.f("uq_disputes_journal_id")),
        sa.UniqueConstraint("line_journal_id", name=op.f("uq_disputes_line_journal_id")),
    )
    op.create_index("ix_disputes_statement_id", "disputes", ["statement_id"], unique=False)
    op.create_index(
        "ix_disputes_waiting",
        "disputes",
        ["state", "raised_at"],
        unique=False,
        postgresql_where=sa.text("decided_at IS NULL"),
    )


def create_payments() -> None:
    op.create_table(
        "payout_accounts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("account_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("account_masked", sa.String(length=40), nullable=False),
        sa.Column("account_index", sa.LargeBinary(), nullable=False),
        sa.Column("bank_name", sa.String(length=60), nullable=False),
        sa.Column("set_by_staff_id", sa.Uuid(), nullable=True),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("version > 0", name=op.f("ck_payout_accounts_version_positive")),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_payout_accounts_member_id")
        ),
        sa.ForeignKeyConstraint(
            ["set_by_staff_id"],
            ["staff_accounts.id"],
            name=op.f("fk_payout_accounts_set_by_staff_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payout_accounts")),
        sa.UniqueConstraint("member_id", name=op.f("uq_payout_accounts_member_id")),
    )
    op.create_index(
        op.f("ix_payout_accounts_account_index"), "payout_accounts", ["account_index"], unique=False
    )
    op.create_table(
        "payment_batches",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("book", one_of("book", "union", "mutual_aid"), nullable=False),
        sa.Column(
            "state",
            one_of("batchstate", "prepared", "approved", "sent", "cancelled"),
            nullable=False,
        ),
        sa.Column("payments", sa.Integer(), nullable=False),
        sa.Column("total_fen", sa.BigInteger(), nullable=False),
        sa.Column("maker_id", sa.Uuid(), nullable=False),
        sa.Column("prepared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approver_id", sa.Uuid(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("file_sha256", sa.LargeBinary(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(state = 'sent') = (file_sha256 IS NOT NULL)"
            " AND (file_sha256 IS NULL) = (sent_at IS NULL)",
            name=op.f("ck_payment_batches_sent_as_a_file"),
        ),
        sa.CheckConstraint(
            "(state IN ('approved', 'sent')) <= (approver_id IS NOT NULL)"
            " AND (approver_id IS NULL) = (approved_at IS NULL)",
            name=op.f("ck_payment_batches_approved_by_somebody"),
        ),
        sa.CheckConstraint("approver_id <> maker_id", name=op.f("ck_payment_batches_two_people")),
        sa.CheckConstraint(
            "payments > 0 AND total_fen > 0", name=op.f("ck_payment_batches_pays_something")
        ),
        sa.CheckConstraint("version > 0", name=op.f("ck_payment_batches_version_positive")),
        sa.ForeignKeyConstraint(
            ["approver_id"], ["staff_accounts.id"], name=op.f("fk_payment_batches_approver_id")
        ),
        sa.ForeignKeyConstraint(
            ["maker_id"], ["staff_accounts.id"], name=op.f("fk_payment_batches_maker_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_batches")),
        sa.UniqueConstraint("number", name=op.f("uq_payment_batches_number")),
    )
    op.create_table(
        "payments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.String(length=35), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("statement_id", sa.Uuid(), nullable=True),
        sa.Column("payable_id", sa.Uuid(), nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("fund_source", fund_source(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("payee_type", one_of("partytype", "merchant", "member"), nullable=False),
        sa.Column("payee_id", sa.Uuid(), nullable=False),
        sa.Column("payee_name_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("payee_account_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("payee_shown", sa.String(length=200), nullable=False),
        sa.Column("account_masked", sa.String(length=40), nullable=False),
        sa.Column(
            "state",
            one_of("paymentstate", "prepared", "sent", "paid", "returned", "cancelled"),
            nullable=False,
        ),
        sa.Column("matched_fen", sa.BigInteger(), nullable=False),
        sa.Column("returned_fen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "state <> 'paid' OR matched_fen = amount_fen", name=op.f("ck_payments_paid_is_matched")
        ),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_payments_amount_positive")),
        sa.CheckConstraint("attempt > 0", name=op.f("ck_payments_attempt_positive")),
        sa.CheckConstraint(
            "length(reference) <= 35", name=op.f("ck_payments_reference_fits_a_bank")
        ),
        sa.CheckConstraint(
            "matched_fen BETWEEN 0 AND amount_fen AND returned_fen BETWEEN 0 AND matched_fen",
            name=op.f("ck_payments_matched_within_amount"),
        ),
        sa.CheckConstraint(
            "num_nonnulls(statement_id, payable_id) = 1", name=op.f("ck_payments_for_one_thing")
        ),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["payment_batches.id"], name=op.f("fk_payments_batch_id")
        ),
        sa.ForeignKeyConstraint(
            ["payable_id"], ["payables.id"], name=op.f("fk_payments_payable_id")
        ),
        sa.ForeignKeyConstraint(
            ["statement_id", "fund_source"],
            ["statement_funds.statement_id", "statement_funds.fund_source"],
            name="fk_payments_statement_id",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payments")),
        sa.UniqueConstraint("reference", name=op.f("uq_payments_reference")),
    )
    op.create_index("ix_payments_batch_id", "payments", ["batch_id"], unique=False)
    op.create_index("ix_payments_payee_id", "payments", ["payee_id"], unique=False)
    op.create_index(
        "ix_payments_unmatched",
        "payments",
        ["amount_fen"],
        unique=False,
        postgresql_where=sa.text("state = 'sent'"),
    )
    op.create_index(
        "uq_payments_live_payable",
        "payments",
        ["payable_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('prepared', 'sent', 'paid')"),
    )
    op.create_index(
        "uq_payments_live_statement",
        "payments",
        ["statement_id", "fund_source"],
        unique=True,
        postgresql_where=sa.text("state IN ('prepared', 'sent', 'paid')"),
    )


def create_bank() -> None:
    op.create_table(
        "bank_accounts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=34), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=True),
        sa.Column("opening_fen", sa.BigInteger(), nullable=False),
        sa.Column("closing_fen", sa.BigInteger(), nullable=False),
        sa.Column("known_since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_accounts")),
        sa.UniqueConstraint("number", name=op.f("uq_bank_accounts_number")),
    )
    op.create_table(
        "bank_files",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("profile", sa.String(length=40), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("new", sa.Integer(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=True),
        sa.Column("last_on", sa.Date(), nullable=True),
        sa.Column("imported_by", sa.Uuid(), nullable=True),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("lines >= new AND new >= 0", name=op.f("ck_bank_files_new_among_lines")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["bank_accounts.id"], name=op.f("fk_bank_files_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["imported_by"], ["staff_accounts.id"], name=op.f("fk_bank_files_imported_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_files")),
        sa.UniqueConstraint("sha256", name=op.f("uq_bank_files_sha256")),
    )
    op.create_index("ix_bank_files_account_id", "bank_files", ["account_id"], unique=False)
    op.create_table(
        "bank_lines",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("booked_at", sa.Time(), nullable=True),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("balance_fen", sa.BigInteger(), nullable=False),
        sa.Column("occurrence", sa.SmallInteger(), nullable=False),
        sa.Column("counterparty", sa.String(length=200), nullable=True),
        sa.Column("counterparty_account", sa.String(length=40), nullable=True),
        sa.Column("summary", sa.String(length=400), nullable=False),
        sa.Column("bank_reference", sa.String(length=60), nullable=True),
        sa.Column("reference", sa.String(length=35), nullable=True),
        sa.Column("matched_fen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_fen <> 0", name=op.f("ck_bank_lines_amount_is_something")),
        sa.CheckConstraint(
            "matched_fen BETWEEN least(amount_fen, 0) AND greatest(amount_fen, 0)",
            name=op.f("ck_bank_lines_matched_within_amount"),
        ),
        sa.CheckConstraint("occurrence > 0", name=op.f("ck_bank_lines_occurrence_positive")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["bank_accounts.id"], name=op.f("fk_bank_lines_account_id")
        ),
        sa.ForeignKeyConstraint(["file_id"], ["bank_files.id"], name=op.f("fk_bank_lines_file_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_lines")),
        sa.UniqueConstraint(
            "account_id",
            "booked_on",
            "amount_fen",
            "balance_fen",
            "occurrence",
            name="uq_bank_lines_once",
        ),
        sa.UniqueConstraint("account_id", "seq", name=op.f("uq_bank_lines_account_id_seq")),
    )
    op.create_index("ix_bank_lines_booked_on", "bank_lines", ["booked_on"], unique=False)
    op.create_index(
        "ix_bank_lines_reference",
        "bank_lines",
        ["reference"],
        unique=False,
        postgresql_where=sa.text("reference IS NOT NULL"),
    )
    op.create_index(
        "ix_bank_lines_unmatched",
        "bank_lines",
        ["amount_fen"],
        unique=False,
        postgresql_where=sa.text("matched_fen <> amount_fen"),
    )
    op.create_table(
        "matches",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("bank_line_id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("score", sa.SmallInteger(), nullable=True),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("matched_by", sa.Uuid(), nullable=True),
        sa.Column("matched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_by", sa.Uuid(), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_reason", sa.String(length=200), nullable=True),
        sa.CheckConstraint("amount_fen <> 0", name=op.f("ck_matches_amount_is_something")),
        sa.CheckConstraint(
            "num_nonnulls(undone_by, undone_at, undone_reason) IN (0, 3)",
            name=op.f("ck_matches_undone_whole"),
        ),
        sa.CheckConstraint("score BETWEEN 0 AND 100", name=op.f("ck_matches_score_in_percent")),
        sa.CheckConstraint("undone_by <> matched_by", name=op.f("ck_matches_undone_by_another")),
        sa.ForeignKeyConstraint(
            ["bank_line_id"], ["bank_lines.id"], name=op.f("fk_matches_bank_line_id")
        ),
        sa.ForeignKeyConstraint(
            ["matched_by"], ["staff_accounts.id"], name=op.f("fk_matches_matched_by")
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payments.id"], name=op.f("fk_matches_payment_id")
        ),
        sa.ForeignKeyConstraint(
            ["undone_by"], ["staff_accounts.id"], name=op.f("fk_matches_undone_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_matches")),
    )
    op.create_index("ix_matches_bank_line_id", "matches", ["bank_line_id"], unique=False)
    op.create_index("ix_matches_payment_id", "matches", ["payment_id"], unique=False)
    op.create_table(
        "discrepancies",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "code",
            one_of(
                "discrepancycode",
                "platform_only",
                "external_only",
                "amount_mismatch",
                "duplicate",
                "cross_day",
                "refund_unpaired",
                "ineligible_at_time",
                "over_cap",
                "invoice_mismatch",
                "bank_fee",
                "allocation",
            ),
            nullable=False,
        ),
        sa.Column("bank_line_id", sa.Uuid(), nullable=True),
        sa.Column("payment_id", sa.Uuid(), nullable=True),
        sa.Column("state", one_of("discrepancystate", "open", "resolved"), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("note", sa.String(length=200), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(state = 'resolved') = (resolved_at IS NOT NULL)",
            name=op.f("ck_discrepancies_resolved_once"),
        ),
        sa.CheckConstraint(
            "num_nonnulls(bank_line_id, payment_id) = 1",
            name=op.f("ck_discrepancies_about_one_thing"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_line_id"], ["bank_lines.id"], name=op.f("fk_discrepancies_bank_line_id")
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["staff_accounts.id"], name=op.f("fk_discrepancies_owner_id")
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payments.id"], name=op.f("fk_discrepancies_payment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_discrepancies")),
        sa.UniqueConstraint("bank_line_id", name=op.f("uq_discrepancies_bank_line_id")),
        sa.UniqueConstraint("payment_id", name=op.f("uq_discrepancies_payment_id")),
    )
    op.create_index(
        "ix_discrepancies_open",
        "discrepancies",
        ["opened_at"],
        unique=False,
        postgresql_where=sa.text("state = 'open'"),
    )


def create_closing() -> None:
    op.create_table(
        "close_requests",
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("maker_id", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["maker_id"], ["staff_accounts.id"], name=op.f("fk_close_requests_maker_id")
        ),
        sa.ForeignKeyConstraint(["month"], ["periods.month"], name=op.f("fk_close_requests_month")),
        sa.PrimaryKeyConstraint("month", name=op.f("pk_close_requests")),
    )
    op.create_table(
        "close_certificates",
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("residuals", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("identities", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("named", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("maker_id", sa.Uuid(), nullable=False),
        sa.Column("approver_id", sa.Uuid(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "approver_id <> maker_id", name=op.f("ck_close_certificates_two_people")
        ),
        sa.ForeignKeyConstraint(
            ["approver_id"], ["staff_accounts.id"], name=op.f("fk_close_certificates_approver_id")
        ),
        sa.ForeignKeyConstraint(
            ["maker_id"], ["staff_accounts.id"], name=op.f("fk_close_certificates_maker_id")
        ),
        sa.ForeignKeyConstraint(
            ["month"], ["periods.month"], name=op.f("fk_close_certificates_month")
        ),
        sa.PrimaryKeyConstraint("month", name=op.f("pk_close_certificates")),
    )
