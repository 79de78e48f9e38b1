"""Check the lines of statements by a plan that is made for how many there are.

PL/pgSQL keeps the plan of a static query for the life of a connection: one made for three lines
looked through all statements for each line of a million (measured: 76 s for 200,000 lines, now 1).

The same look finds a line of no journal or no statement, so the two foreign keys, which ask once a
line (4 of 9 s), go: neither table lets a row be deleted. docs/decisions/0032.
"""

from alembic import op

revision = "0038"
down_revision = "0037"

LINES_BEFORE = """
CREATE OR REPLACE FUNCTION check_statement_lines() RETURNS trigger LANGUAGE plpgsql AS $$
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
FUNDS_BEFORE = """
CREATE OR REPLACE FUNCTION check_statement_funds() RETURNS trigger LANGUAGE plpgsql AS $$
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
# One look for all lines of an INSERT. EXECUTE plans it anew each time.
LINES = """
CREATE OR REPLACE FUNCTION check_statement_lines() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    is_late boolean;
    is_wrong boolean;
BEGIN
    EXECUTE $look$
        SELECT bool_or(s.state <> 'open'), bool_or(
            s.id IS NULL OR j.id IS NULL OR p.journal_id IS NULL
            OR p.credit_fen - p.debit_fen <> f.amount_fen
            OR j.fund_source <> f.fund_source OR j.book_date >= s.ends_on)
        FROM fresh f
            LEFT JOIN public.statements s ON s.id = f.statement_id
            LEFT JOIN public.journals j ON j.id = f.journal_id
            LEFT JOIN public.postings p ON p.journal_id = f.journal_id
                AND p.party_type = 'merchant' AND p.party_id = s.merchant_id
    $look$ INTO is_late, is_wrong;
    IF is_late THEN
        RAISE EXCEPTION 'an issued statement takes no more lines'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_statement_lines_while_open';
    END IF;
    IF is_wrong THEN
        RAISE EXCEPTION 'a line says what its journal booked for this merchant'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_statement_lines_as_booked';
    END IF;
    RETURN NULL;
END
$$
"""
FUNDS = """
CREATE OR REPLACE FUNCTION check_statement_funds() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    is_late boolean;
    is_wrong boolean;
BEGIN
    EXECUTE $look$
        SELECT bool_or(s.state <> 'open'), bool_or(
            e.id IS NOT NULL
            AND (f.carried_in_fen <> b.carried_out_fen OR e.merchant_id <> s.merchant_id))
        FROM fresh f
            JOIN public.statements s ON s.id = f.statement_id
            LEFT JOIN public.statement_funds b ON b.statement_id = f.carried_from_id
                AND b.fund_source = f.fund_source
            LEFT JOIN public.statements e ON e.id = b.statement_id
    $look$ INTO is_late, is_wrong;
    IF is_late THEN
        RAISE EXCEPTION 'an issued statement takes no more funds'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_statement_funds_while_open';
    END IF;
    IF is_wrong THEN
        RAISE EXCEPTION 'a fund carries in what the merchant''s earlier statement carried out'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_statement_funds_carried_as_left';
    END IF;
    RETURN NULL;
END
$$
"""


def upgrade() -> None:
    op.execute(LINES)
    op.execute(FUNDS)
    for column in ("journal_id", "statement_id"):
        op.drop_constraint(op.f(f"fk_statement_lines_{column}"), "statement_lines")


def downgrade() -> None:
    for column, table in (("journal_id", "journals"), ("statement_id", "statements")):
        op.create_foreign_key(
            op.f(f"fk_statement_lines_{column}"), "statement_lines", table, [column], ["id"]
        )
    op.execute(FUNDS_BEFORE)
    op.execute(LINES_BEFORE)
