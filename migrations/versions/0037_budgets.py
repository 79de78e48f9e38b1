"""Budgets: lines of a year, changes by two people, and the programmes whose costs a line bears."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"

BOOKS = ("union", "mutual_aid")
FUND_SOURCES = ("union_fund", "dues", "mutual_aid", "aid", "fiscal")

# The entries of a change are of its year and fund, and of a change nobody has decided about.
GUARD_ENTRY = """
CREATE FUNCTION guard_budget_entry() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed public.budget_changes;
BEGIN
    -- Waits for whoever is deciding, and lets nobody decide until this entry is in.
    SELECT * INTO changed FROM public.budget_changes WHERE id = NEW.change_id FOR SHARE;
    IF changed.state <> 'proposed' THEN
        RAISE EXCEPTION 'budget change % is decided', NEW.change_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_budget_entries_before_decision';
    END IF;
    IF NOT EXISTS (SELECT FROM public.budget_lines line WHERE line.id = NEW.budget_line_id
        AND line.year = changed.year AND line.fund_source = changed.fund_source)
    THEN
        RAISE EXCEPTION 'budget change % is of another year or fund', NEW.change_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_budget_entries_of_fund_and_year';
    END IF;
    RETURN NEW;
END
$$
"""

# Approvals of one year take turns (lock class 103 is theirs alone): of two that take from one line,
# the second sees what the first left.
GUARD_CHANGE = """
CREATE FUNCTION guard_budget_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'proposed' THEN
            RAISE EXCEPTION 'a budget change begins as a proposal'
                USING ERRCODE = 'check_violation',
                CONSTRAINT = 'ck_budget_changes_begins_proposed';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.state <> 'proposed' THEN
        RAISE EXCEPTION 'budget change % is decided for good', OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_budget_changes_decided_for_good';
    END IF;
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'budgets change in READ COMMITTED transactions only'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_budget_changes_read_committed';
    END IF;
    PERFORM pg_advisory_xact_lock(103, OLD.year);
    RETURN NEW;
END
$$
"""

CHECK_CHANGE = """
CREATE FUNCTION check_budget_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    found record;
BEGIN
    SELECT count(*) AS entries, sum(amount_fen) AS total
        INTO found FROM public.budget_entries WHERE change_id = NEW.id;
    IF NOT (CASE NEW.kind
        WHEN 'virement' THEN found.entries = 2 AND found.total = 0
        WHEN 'allocation' THEN found.entries = 1 AND found.total > 0
        ELSE found.entries = 1 AND found.total < 0 END)
    THEN
        RAISE EXCEPTION 'budget change % has % entries that come to %',
            NEW.id, found.entries, found.total
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_budget_changes_paired';
    END IF;
    IF NEW.state = 'approved' AND EXISTS (
        SELECT FROM public.budget_entries own
            JOIN public.budget_entries every ON every.budget_line_id = own.budget_line_id
            JOIN public.budget_changes change ON change.id = every.change_id
            WHERE own.change_id = NEW.id AND change.state = 'approved'
            GROUP BY own.budget_line_id HAVING sum(every.amount_fen) < 0
    ) THEN
        RAISE EXCEPTION 'budget change % leaves a line below nothing', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_budget_changes_within_lines';
    END IF;
    RETURN NULL;
END
$$
"""

GUARD_PROGRAMME = """
CREATE FUNCTION guard_programme_budget() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM public.budget_lines line, public.programmes programme
        WHERE line.id = NEW.budget_line_id AND programme.id = NEW.programme_id
        AND line.year = NEW.year AND line.fund_source = programme.fund_source)
    THEN
        RAISE EXCEPTION 'budget line % is of another fund or year', NEW.budget_line_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_programme_budgets_of_fund_and_year';
    END IF;
    RETURN NEW;
END
$$
"""

TRIGGERS = """
CREATE TRIGGER guard BEFORE INSERT ON budget_entries
    FOR EACH ROW EXECUTE FUNCTION guard_budget_entry();
CREATE TRIGGER guard BEFORE INSERT OR UPDATE ON budget_changes
    FOR EACH ROW EXECUTE FUNCTION guard_budget_change();
CREATE CONSTRAINT TRIGGER paired AFTER INSERT OR UPDATE ON budget_changes
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_budget_change();
CREATE TRIGGER guard BEFORE INSERT OR UPDATE ON programme_budgets
    FOR EACH ROW EXECUTE FUNCTION guard_programme_budget();
"""

APPEND_ONLY = {
    "budget_lines": "UPDATE OR DELETE OR TRUNCATE",
    "budget_changes": "UPDATE OF id, kind, year, fund_source, reason, maker_id, proposed_at"
    " OR DELETE OR TRUNCATE",
    "budget_entries": "UPDATE OR DELETE OR TRUNCATE",
    "programme_budgets": "UPDATE OF programme_id, year OR DELETE OR TRUNCATE",
}
EDITABLE = {
    "budget_changes": "state, approver_id, decided_at",
    "programme_budgets": "budget_line_id",
}
TABLES = ("programme_budgets", "budget_entries", "budget_changes", "budget_lines")
FUNCTIONS = (
    "guard_budget_entry",
    "guard_budget_change",
    "check_budget_change",
    "guard_programme_budget",
)


def one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    for table in ("accounts", "posting_rules"):
        op.add_column(
            table, sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False)
        )
        op.execute(f"GRANT UPDATE (version) ON {table} TO union_card_app")
    create_lines()
    create_changes()
    op.create_table(
        "programme_budgets",
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("budget_line_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["budget_line_id"],
            ["budget_lines.id"],
            name=op.f("fk_programme_budgets_budget_line_id"),
        ),
        sa.PrimaryKeyConstraint("programme_id", "year", name=op.f("pk_programme_budgets")),
    )
    op.create_index("ix_programme_budgets_budget_line_id", "programme_budgets", ["budget_line_id"])
    for statements in (GUARD_ENTRY, GUARD_CHANGE, CHECK_CHANGE, GUARD_PROGRAMME, TRIGGERS):
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
    for table in TABLES:
        op.drop_table(table)
    for function in FUNCTIONS:
        op.execute(f"DROP FUNCTION {function}()")
    for table in ("posting_rules", "accounts"):
        op.drop_column(table, "version")


def create_lines() -> None:
    op.create_table(
        "budget_lines",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.SmallInteger(), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("name_zh", sa.String(length=100), nullable=False),
        sa.Column("name_en", sa.String(length=100), nullable=False),
        sa.Column("fund_source", one_of("fundsource", *FUND_SOURCES), nullable=False),
        sa.Column("book", one_of("book", *BOOKS), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("maker_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(book = 'mutual_aid') = (fund_source = 'mutual_aid')",
            name=op.f("ck_budget_lines_mutual_aid_apart"),
        ),
        sa.CheckConstraint("year BETWEEN 2020 AND 2099", name=op.f("ck_budget_lines_year_of_ours")),
        sa.ForeignKeyConstraint(
            ["account_id", "book"],
            ["accounts.id", "accounts.book"],
            name=op.f("fk_budget_lines_account_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_budget_lines")),
        sa.UniqueConstraint("year", "code", name=op.f("uq_budget_lines_year_code")),
    )


def create_changes() -> None:
    op.create_table(
        "budget_changes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            one_of("budgetchangekind", "allocation", "virement", "release"),
            nullable=False,
        ),
        sa.Column("year", sa.SmallInteger(), nullable=False),
        sa.Column("fund_source", one_of("fundsource", *FUND_SOURCES), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column(
            "state",
            one_of("budgetchangestate", "proposed", "approved", "refused"),
            nullable=False,
        ),
        sa.Column("maker_id", sa.Uuid(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approver_id", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("approver_id <> maker_id", name=op.f("ck_budget_changes_two_people")),
        sa.CheckConstraint(
            "(state = 'proposed') = (approver_id IS NULL)"
            " AND (approver_id IS NULL) = (decided_at IS NULL)",
            name=op.f("ck_budget_changes_decided_by_somebody"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_budget_changes")),
    )
    op.create_index(
        "ix_budget_changes_waiting",
        "budget_changes",
        ["proposed_at"],
        postgresql_where=sa.text("state = 'proposed'"),
    )
    op.create_table(
        "budget_entries",
        sa.Column("change_id", sa.Uuid(), nullable=False),
        sa.Column("line_no", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("budget_line_id", sa.Uuid(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_fen <> 0", name=op.f("ck_budget_entries_amount_is_something")),
        sa.CheckConstraint(
            "line_no BETWEEN 1 AND 2", name=op.f("ck_budget_entries_at_most_a_pair")
        ),
        sa.ForeignKeyConstraint(
            ["budget_line_id"], ["budget_lines.id"], name=op.f("fk_budget_entries_budget_line_id")
        ),
        sa.ForeignKeyConstraint(
            ["change_id"], ["budget_changes.id"], name=op.f("fk_budget_entries_change_id")
        ),
        sa.PrimaryKeyConstraint("change_id", "line_no", name=op.f("pk_budget_entries")),
        sa.UniqueConstraint(
            "change_id", "budget_line_id", name=op.f("uq_budget_entries_change_id_budget_line_id")
        ),
    )
    op.create_index("ix_budget_entries_budget_line_id", "budget_entries", ["budget_line_id"])
