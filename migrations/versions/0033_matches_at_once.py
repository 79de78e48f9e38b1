"""Matches are counted once for each statement that makes them, not once for each of its rows."""

from alembic import op

revision = "0033"
down_revision = "0032"

# Both sides of new matches count them, set by set; their CHECKs bound it. Locks the bank lines,
# then the payments by id: two imports that meet at the same payments take turns. Not FOR UPDATE:
# the foreign key has locked the keys of both, so two who waited for that would wait for ever.
COUNT_MATCHES = """
CREATE FUNCTION count_matches() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    counted bigint;
BEGIN
    IF EXISTS (SELECT FROM fresh WHERE undone_at IS NOT NULL) THEN
        RAISE EXCEPTION 'a match begins its life made'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_matches_undone_once';
    END IF;
    UPDATE bank_lines l SET matched_fen = l.matched_fen + f.fen
    FROM (SELECT bank_line_id, sum(amount_fen) AS fen FROM fresh GROUP BY bank_line_id) AS f
    WHERE l.id = f.bank_line_id;
    PERFORM FROM payments WHERE id IN (SELECT payment_id FROM fresh) ORDER BY id
        FOR NO KEY UPDATE;
    UPDATE payments y SET matched_fen = y.matched_fen + f.paid,
        returned_fen = y.returned_fen + f.back
    FROM (
        SELECT payment_id, coalesce(-sum(amount_fen) FILTER (WHERE amount_fen < 0), 0) AS paid,
            coalesce(sum(amount_fen) FILTER (WHERE amount_fen > 0), 0) AS back
        FROM fresh GROUP BY payment_id) AS f
    WHERE y.id = f.payment_id AND y.state IN ('sent', 'paid', 'returned');
    GET DIAGNOSTICS counted = ROW_COUNT;
    IF counted <> (SELECT count(DISTINCT payment_id) FROM fresh) THEN
        RAISE EXCEPTION 'only a payment that was sent has a bank line'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_matches_payment_sent';
    END IF;
    RETURN NULL;
END
$$
"""


def upgrade() -> None:
    op.execute(COUNT_MATCHES)
    op.execute("DROP TRIGGER counted ON matches")
    op.execute(
        "CREATE TRIGGER counted AFTER INSERT ON matches REFERENCING NEW TABLE AS fresh"
        " FOR EACH STATEMENT EXECUTE FUNCTION count_matches()"
    )
    op.execute(
        "CREATE TRIGGER uncounted AFTER UPDATE OF undone_at ON matches"
        " FOR EACH ROW EXECUTE FUNCTION count_match()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER uncounted ON matches")
    op.execute("DROP TRIGGER counted ON matches")
    op.execute("DROP FUNCTION count_matches()")
    op.execute(
        "CREATE TRIGGER counted AFTER INSERT OR UPDATE OF undone_at ON matches"
        " FOR EACH ROW EXECUTE FUNCTION count_match()"
    )
