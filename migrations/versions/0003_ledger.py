"""The ledger: accounts, rules, periods, journals, postings, payables, and what guards them.

Why each rule stands in the database, and what it costs: docs/decisions/0008.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

BOOKS = ("union", "mutual_aid")
FUND_SOURCES = ("union_fund", "dues", "mutual_aid", "aid", "fiscal")
PARTIES = ("merchant", "member")
MUTUAL_AID_APART = "(book = 'mutual_aid') = (fund_source = 'mutual_aid')"

# Fired before each journal. Tables are named with their schema: a temporary table of the same name
# would otherwise be found first. The lock classes (101 periods, 102 reversals) are ours alone:
# nobody else takes advisory locks of two numbers.
GUARD_JOURNAL = """
CREATE FUNCTION guard_journal() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    original public.journals;
    period_state text;
BEGIN
    -- What is read after a lock must be newer than the lock; a snapshot would miss a closing.
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'journals are written in READ COMMITTED transactions only'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_journals_read_committed';
    END IF;
    NEW.posted_in_tx := pg_current_xact_id()::text::bigint;
    IF NEW.reverses_id IS NOT NULL THEN
        -- Held to the end of the transaction: reversals of one original take turns.
        PERFORM pg_advisory_xact_lock(102, hashtext(NEW.reverses_id::text));
        SELECT * INTO original FROM public.journals WHERE id = NEW.reverses_id;
        IF FOUND AND (
            original.reverses_id IS NOT NULL
            OR original.book <> NEW.book
            OR original.fund_source <> NEW.fund_source
            OR original.programme_id IS DISTINCT FROM NEW.programme_id
        ) THEN
            RAISE EXCEPTION 'a reversal mirrors book, fund and programme of a journal that is none'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_journals_mirrors_original';
        END IF;
    END IF;
    -- Closing takes this lock alone: it waits for the journals under way, and those after it see
    -- the closed state. A shared row lock would write to the period's row at each sale.
    PERFORM pg_advisory_xact_lock_shared(101, to_char(NEW.book_date, 'YYYYMM')::int);
    SELECT state INTO period_state FROM public.periods
        WHERE month = to_char(NEW.book_date, 'YYYY-MM');
    IF period_state IS DISTINCT FROM 'open' THEN
        RAISE EXCEPTION 'the period of % is not open', NEW.book_date
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_journals_period_open';
    END IF;
    RETURN NEW;
END
$$
"""

# Only from the third line on: a journal that was committed has lines 1 and 2, see below.
GUARD_POSTING = """
CREATE FUNCTION guard_posting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT posted_in_tx FROM public.journals WHERE id = NEW.journal_id)
        IS DISTINCT FROM pg_current_xact_id()::text::bigint
    THEN
        RAISE EXCEPTION 'a posting joins its journal in the journal''s own transaction'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_postings_own_transaction';
    END IF;
    RETURN NEW;
END
$$
"""

# Fired at the end of the transaction (or by SET CONSTRAINTS) by each journal and by each posting
# from the third line on. A journal passes with lines 1..n only, n >= 2, so whatever joins it after
# that has a line number above 2, and with it a check of its own.
CHECK_JOURNAL = """
CREATE FUNCTION check_journal() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    checked public.journals;
    found record;
BEGIN
    IF TG_TABLE_NAME = 'journals' THEN
        checked := NEW;
    ELSE
        SELECT * INTO checked FROM public.journals WHERE id = NEW.journal_id;
    END IF;
    SELECT count(*) AS lines,
           max(posting.line_no) AS last_line,
           sum(posting.debit_fen - posting.credit_fen) AS difference,
           bool_and(account.book IS NOT DISTINCT FROM checked.book) AS of_book,
           bool_and(account.is_active) AS in_use
        INTO found
        FROM public.postings posting
        LEFT JOIN public.accounts account ON account.id = posting.account_id
        WHERE posting.journal_id = checked.id;
    IF found.lines < 2 OR found.last_line <> found.lines OR found.difference <> 0 THEN
        RAISE EXCEPTION 'journal % has % lines, the last numbered %, and debits - credits = %',
            checked.id, found.lines, found.last_line, found.difference
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_journals_balanced';
    END IF;
    IF NOT found.of_book THEN
        RAISE EXCEPTION 'the accounts of journal % exist and are of its book', checked.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_postings_account_of_book';
    END IF;
    IF checked.reverses_id IS NULL THEN
        IF NOT found.in_use THEN
            RAISE EXCEPTION 'an account of journal % is not in use any more', checked.id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_postings_account_in_use';
        END IF;
        RETURN NULL;
    END IF;
    -- Side by side, not net: what one reversal took too much another cannot give back.
    IF EXISTS (
        SELECT FROM public.postings posting
            JOIN public.journals journal ON journal.id = posting.journal_id
            WHERE journal.id = checked.reverses_id OR journal.reverses_id = checked.reverses_id
            GROUP BY posting.account_id, posting.party_type, posting.party_id
            HAVING coalesce(sum(credit_fen) FILTER (WHERE journal.id <> checked.reverses_id), 0)
                 > coalesce(sum(debit_fen) FILTER (WHERE journal.id = checked.reverses_id), 0)
                OR coalesce(sum(debit_fen) FILTER (WHERE journal.id <> checked.reverses_id), 0)
                 > coalesce(sum(credit_fen) FILTER (WHERE journal.id = checked.reverses_id), 0)
    ) THEN
        RAISE EXCEPTION 'the reversals of journal % exceed it', checked.reverses_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_journals_within_original';
    END IF;
    RETURN NULL;
END
$$
"""

# The lock of month 0 is for opening and closing: no month opens behind one that is being closed.
GUARD_PERIOD = """
CREATE FUNCTION guard_period() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'periods open and close in READ COMMITTED transactions only'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_periods_read_committed';
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF OLD.state = 'closed' OR NEW.month <> OLD.month THEN
            RAISE EXCEPTION 'period % is closed for good, and stays that month', OLD.month
                USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_periods_closed_for_good';
        END IF;
        PERFORM pg_advisory_xact_lock(101, replace(OLD.month, '-', '')::int);
    END IF;
    PERFORM pg_advisory_xact_lock(101, 0);
    IF TG_OP = 'INSERT' AND EXISTS (
        SELECT FROM public.periods WHERE state = 'closed' AND starts_on > NEW.starts_on
    ) THEN
        RAISE EXCEPTION 'a month after % is closed already', NEW.month
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_periods_in_order';
    END IF;
    RETURN NEW;
END
$$
"""

TRIGGERS = """
CREATE TRIGGER guard BEFORE INSERT ON journals
    FOR EACH ROW EXECUTE FUNCTION guard_journal();
CREATE TRIGGER guard BEFORE INSERT ON postings
    FOR EACH ROW WHEN (NEW.line_no > 2) EXECUTE FUNCTION guard_posting();
CREATE CONSTRAINT TRIGGER balanced AFTER INSERT ON journals
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_journal();
CREATE CONSTRAINT TRIGGER balanced AFTER INSERT ON postings
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.line_no > 2)
    EXECUTE FUNCTION check_journal();
CREATE TRIGGER guard BEFORE INSERT OR UPDATE ON periods
    FOR EACH ROW EXECUTE FUNCTION guard_period();
"""

# By statement: one that would change no row is refused as well.
APPEND_ONLY = {
    "journals": "UPDATE OR DELETE OR TRUNCATE",
    "postings": "UPDATE OR DELETE OR TRUNCATE",
    "accounts": "UPDATE OF id, kind, book OR DELETE OR TRUNCATE",
    "posting_rules": "UPDATE OF id, family, fund_source, event OR DELETE OR TRUNCATE",
    "periods": "DELETE OR TRUNCATE",
    "payables": "UPDATE OF id, source_type, source_id, payee_type, payee_id, amount_fen,"
    " fund_source, journal_id, owed_since OR DELETE OR TRUNCATE",
}
EDITABLE = {
    "accounts": "code, name_zh, name_en, is_active",
    "posting_rules": "book, debit_account_id, credit_account_id, party_side, is_active",
    "periods": "state, maker_id, approver_id, closed_at",
    "payables": "state",
}


def one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    create_chart()
    create_periods()
    create_books()
    create_payables()
    for statements in (GUARD_JOURNAL, GUARD_POSTING, CHECK_JOURNAL, GUARD_PERIOD, TRIGGERS):
        op.execute(statements)
    for table, changes in APPEND_ONLY.items():
        op.execute(
            f"CREATE TRIGGER append_only BEFORE {changes} ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        op.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM union_card_app")
    for table, columns in EDITABLE.items():
        op.execute(f"GRANT UPDATE ({columns}) ON {table} TO union_card_app")


def downgrade() -> None:
    for table in ("payables", "postings", "journals", "periods", "posting_rules", "accounts"):
        op.drop_table(table)
    for function in ("guard_journal", "guard_posting", "check_journal", "guard_period"):
        op.execute(f"DROP FUNCTION {function}()")


def create_chart() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("name_zh", sa.String(length=100), nullable=False),
        sa.Column("name_en", sa.String(length=100), nullable=False),
        sa.Column(
            "kind",
            one_of("accountkind", "asset", "liability", "income", "expense", "fund"),
            nullable=False,
        ),
        sa.Column("book", one_of("book", *BOOKS), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("code", name=op.f("uq_accounts_code")),
        sa.UniqueConstraint("id", "book", name=op.f("uq_accounts_id_book")),
    )
    op.create_table(
        "posting_rules",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("family", one_of("family", "discount", "aid", "training"), nullable=False),
        sa.Column("fund_source", one_of("fundsource", *FUND_SOURCES), nullable=False),
        sa.Column(
            "event", one_of("postingevent", "captured", "approved", "completed"), nullable=False
        ),
        sa.Column("book", one_of("book", *BOOKS), nullable=False),
        sa.Column("debit_account_id", sa.Uuid(), nullable=False),
        sa.Column("credit_account_id", sa.Uuid(), nullable=False),
        sa.Column("party_side", one_of("side", "debit", "credit"), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.CheckConstraint(MUTUAL_AID_APART, name=op.f("ck_posting_rules_mutual_aid_apart")),
        sa.CheckConstraint(
            "debit_account_id <> credit_account_id", name=op.f("ck_posting_rules_accounts_differ")
        ),
        sa.ForeignKeyConstraint(
            ["debit_account_id", "book"],
            ["accounts.id", "accounts.book"],
            name=op.f("fk_posting_rules_debit_account_id"),
        ),
        sa.ForeignKeyConstraint(
            ["credit_account_id", "book"],
            ["accounts.id", "accounts.book"],
            name=op.f("fk_posting_rules_credit_account_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_posting_rules")),
        sa.UniqueConstraint(
            "family",
            "fund_source",
            "event",
            name=op.f("uq_posting_rules_family_fund_source_event"),
        ),
    )


def create_periods() -> None:
    op.create_table(
        "periods",
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column(
            "state", one_of("periodstate", "open", "closed"), server_default="open", nullable=False
        ),
        sa.Column("maker_id", sa.Uuid(), nullable=True),
        sa.Column("approver_id", sa.Uuid(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "month ~ '^20[0-9]{2}-(0[1-9]|1[0-2])$'", name=op.f("ck_periods_month_is_key")
        ),
        sa.CheckConstraint(
            "starts_on = make_date(left(month, 4)::int, right(month, 2)::int, 1)"
            " AND ends_on = (starts_on + interval '1 month')::date",
            name=op.f("ck_periods_bounds_of_month"),
        ),
        sa.CheckConstraint("maker_id <> approver_id", name=op.f("ck_periods_two_people")),
        sa.CheckConstraint(
            "(state = 'closed') = (maker_id IS NOT NULL AND approver_id IS NOT NULL"
            " AND closed_at IS NOT NULL)",
            name=op.f("ck_periods_closed_by_somebody"),
        ),
        sa.PrimaryKeyConstraint("month", name=op.f("pk_periods")),
    )


def create_books() -> None:
    op.create_table(
        "journals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("source_type", sa.String(length=40), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("book", one_of("book", *BOOKS), nullable=False),
        sa.Column("fund_source", one_of("fundsource", *FUND_SOURCES), nullable=False),
        sa.Column("programme_id", sa.Uuid(), nullable=True),
        sa.Column("book_date", sa.Date(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reverses_id", sa.Uuid(), nullable=True),
        sa.Column("posted_in_tx", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(MUTUAL_AID_APART, name=op.f("ck_journals_mutual_aid_apart")),
        sa.CheckConstraint("reverses_id <> id", name=op.f("ck_journals_reverses_another")),
        sa.ForeignKeyConstraint(
            ["reverses_id"], ["journals.id"], name=op.f("fk_journals_reverses_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journals")),
        sa.UniqueConstraint(
            "source_type",
            "source_id",
            "kind",
            name=op.f("uq_journals_source_type_source_id_kind"),
        ),
    )
    op.create_index("ix_journals_book_date", "journals", ["book_date"], postgresql_using="brin")
    op.create_index(
        "ix_journals_reverses_id",
        "journals",
        ["reverses_id"],
        postgresql_where=sa.text("reverses_id IS NOT NULL"),
    )
    op.create_table(
        "postings",
        sa.Column("journal_id", sa.Uuid(), nullable=False),
        sa.Column("line_no", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("debit_fen", sa.BigInteger(), nullable=False),
        sa.Column("credit_fen", sa.BigInteger(), nullable=False),
        sa.Column("party_type", one_of("partytype", *PARTIES), nullable=True),
        sa.Column("party_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("line_no > 0", name=op.f("ck_postings_line_no_positive")),
        sa.CheckConstraint(
            "debit_fen >= 0 AND credit_fen >= 0 AND (debit_fen = 0) <> (credit_fen = 0)",
            name=op.f("ck_postings_one_side"),
        ),
        sa.CheckConstraint(
            "(party_type IS NULL) = (party_id IS NULL)", name=op.f("ck_postings_party_whole")
        ),
        sa.ForeignKeyConstraint(
            ["journal_id"], ["journals.id"], name=op.f("fk_postings_journal_id")
        ),
        sa.PrimaryKeyConstraint("journal_id", "line_no", name=op.f("pk_postings")),
    )
    op.create_index(
        "ix_postings_party_id",
        "postings",
        ["party_id"],
        postgresql_where=sa.text("party_id IS NOT NULL"),
    )


def create_payables() -> None:
    op.create_table(
        "payables",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("source_type", sa.String(length=40), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("payee_type", one_of("partytype", *PARTIES), nullable=False),
        sa.Column("payee_id", sa.Uuid(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("fund_source", one_of("fundsource", *FUND_SOURCES), nullable=False),
        sa.Column("journal_id", sa.Uuid(), nullable=False),
        sa.Column("owed_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "state",
            one_of("payablestate", "owed", "paying", "paid", "returned"),
            server_default="owed",
            nullable=False,
        ),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_payables_amount_positive")),
        sa.ForeignKeyConstraint(
            ["journal_id"], ["journals.id"], name=op.f("fk_payables_journal_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payables")),
        sa.UniqueConstraint("journal_id", name=op.f("uq_payables_journal_id")),
        sa.UniqueConstraint(
            "source_type", "source_id", name=op.f("uq_payables_source_type_source_id")
        ),
    )
    op.create_index("ix_payables_payee_id", "payables", ["payee_id"])
