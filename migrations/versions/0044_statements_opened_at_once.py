"""Open statements by a function of the owner's, which takes their lines from the journals itself.

What the function writes cannot differ from what was booked, so its lines are not looked at again;
whoever else writes a line is still checked, all lines of an INSERT at once. The function gathers
first, which PostgreSQL does on several cores, and writes afterwards, which it does on one.
docs/decisions/0040.
"""

from alembic import op

revision = "0044"
down_revision = "0043"

FUNCTION = "open_statements(uuid[], uuid[], date[], date[], bigint[], date[], text[], uuid,"
FUNCTION += " timestamptz)"
# A fund without lines is there only to pay out what was carried and is enough now. Everything is
# planned at each run: the tables that it reads are new each time.
OPEN = """
CREATE FUNCTION open_statements(
    merchant_ids uuid[], statement_ids uuid[], first_days date[], end_days date[], minima bigint[],
    pay_days date[], buyers text[], opened_by uuid, moment timestamptz
) RETURNS SETOF uuid LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    CREATE TEMPORARY TABLE asked ON COMMIT DROP AS
        SELECT * FROM unnest(merchant_ids, statement_ids, first_days, end_days, minima, pay_days,
            buyers) WITH ORDINALITY
            AS a (merchant_id, id, starts_on, ends_on, min_fen, pay_from, buyer, place);
    -- Not by `asked`: what is this session's own, other processes that help cannot read.
    CREATE TEMPORARY TABLE taken ON COMMIT DROP AS
        SELECT a.place, j.id AS journal_id, j.book_date, j.fund_source,
            p.credit_fen - p.debit_fen AS amount_fen
        FROM public.journals j
            JOIN public.postings p ON p.journal_id = j.id AND p.party_type = 'merchant'
            JOIN unnest(merchant_ids, end_days) WITH ORDINALITY AS a (merchant_id, ends_on, place)
                ON a.merchant_id = p.party_id
        WHERE j.source_type IN ('redemption', 'redemption_reversal', 'adjustment')
            AND j.book_date < a.ends_on
            AND NOT EXISTS (SELECT FROM public.statement_lines l WHERE l.journal_id = j.id);
    CREATE TEMPORARY TABLE due ON COMMIT DROP AS
        WITH carried AS (
            SELECT a.place, f.fund_source, f.statement_id, f.carried_out_fen
            FROM public.statement_funds f
                JOIN public.statements s ON s.id = f.statement_id
                JOIN pg_temp.asked a ON a.merchant_id = s.merchant_id
            WHERE f.carried_out_fen <> 0 AND NOT EXISTS (
                SELECT FROM public.statement_funds used
                WHERE used.carried_from_id = f.statement_id AND used.fund_source = f.fund_source)
        ), summed AS (
            SELECT place, fund_source, count(*) AS lines, sum(amount_fen)::bigint AS lines_fen
            FROM pg_temp.taken GROUP BY place, fund_source
        )
        SELECT place, fund_source, coalesce(m.lines, 0) AS lines,
            coalesce(m.lines_fen, 0) AS lines_fen, c.statement_id AS carried_from_id,
            coalesce(c.carried_out_fen, 0) AS carried_in_fen,
            coalesce(m.lines_fen, 0) + coalesce(c.carried_out_fen, 0) AS owed_fen,
            greatest(a.min_fen, 1) AS least_fen
        FROM summed m FULL JOIN carried c USING (place, fund_source)
            JOIN pg_temp.asked a USING (place)
        WHERE m.lines IS NOT NULL OR c.carried_out_fen >= greatest(a.min_fen, 1);
    INSERT INTO public.statements (id, merchant_id, starts_on, ends_on, state, lines, lines_fen,
        min_payout_fen, pay_from, invoice_buyer_uscc, maker_id, opened_at, agreed_by_silence,
        version)
        SELECT a.id, a.merchant_id, a.starts_on, a.ends_on, 'open', sum(d.lines), sum(d.lines_fen),
            a.min_fen, a.pay_from, a.buyer, opened_by, moment, false, 1
        FROM pg_temp.due d JOIN pg_temp.asked a USING (place)
        GROUP BY a.place, a.id, a.merchant_id, a.starts_on, a.ends_on, a.min_fen, a.pay_from,
            a.buyer
        ORDER BY a.place;
    INSERT INTO public.statement_funds (statement_id, fund_source, lines_fen, carried_from_id,
        carried_in_fen, payable_fen, carried_out_fen)
        SELECT a.id, fund_source, lines_fen, carried_from_id, carried_in_fen,
            CASE WHEN owed_fen >= least_fen THEN owed_fen ELSE 0 END,
            CASE WHEN owed_fen >= least_fen THEN 0 ELSE owed_fen END
        FROM pg_temp.due JOIN pg_temp.asked a USING (place);
    INSERT INTO public.statement_lines (journal_id, statement_id, line_no, fund_source, amount_fen)
        SELECT t.journal_id, a.id, row_number() OVER (
            PARTITION BY place ORDER BY t.book_date, t.journal_id), t.fund_source, t.amount_fen
        FROM pg_temp.taken t JOIN pg_temp.asked a USING (place);
    RETURN QUERY SELECT DISTINCT a.id FROM pg_temp.due JOIN pg_temp.asked a USING (place);
    DROP TABLE pg_temp.asked, pg_temp.taken, pg_temp.due;
END
$$
"""
# Who writes lines by hand is still looked at, all lines of an INSERT at once; planned anew, because
# a plan that was made for three lines took 76 s for 200,000. The owner's function has them from the
# journals themselves.
LOOK = """
CREATE OR REPLACE FUNCTION check_statement_lines() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    is_late boolean;
    is_wrong boolean;
BEGIN
{unless}    EXECUTE $look$
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
UNLESS = """    IF current_user = 'union_card_owner' THEN
        RETURN NULL;
    END IF;
"""


def upgrade() -> None:
    op.execute(OPEN)
    op.execute(f"REVOKE ALL ON FUNCTION {FUNCTION} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {FUNCTION} TO union_card_app")
    op.execute(LOOK.format(unless=UNLESS))


def downgrade() -> None:
    op.execute(LOOK.format(unless=""))
    op.execute(f"DROP FUNCTION {FUNCTION}")
