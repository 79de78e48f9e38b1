"""What each budget line was given, what was spent of it, and what it carries into the next month.

Allocation + carried in = held + (captured - taken back) + returned to the fund + carried out.
"""
# ruff: noqa: S608  (the words put together here are all this file's own)

from finance.queries.identities.terms import Identity, left, month, right

BUDGET_LINES = "budget_lines_fen"

# Whole months, so all their days are of one year.
_BEARS = "programme_budgets b"
_OF_YEAR = "b.year = extract(year FROM CAST(:starts_on AS date))"
_MONTH_BEFORE = "to_char(CAST(:starts_on AS date) - 1, 'YYYY-MM')"
_DECIDED_THEN = "c.decided_at >= :starts_at AND c.decided_at < :ends_at"


def _changes(sql_sum: str, where: str) -> str:
    return f"""
        SELECT e.budget_line_id::text, {sql_sum} FROM budget_entries e
        JOIN budget_changes c ON c.id = e.change_id AND c.state = 'approved' WHERE {where}
        """


def _changed_in_month(kind: str, sql_sum: str = "e.amount_fen") -> str:
    return _changes(sql_sum, f"c.kind = '{kind}' AND {_DECIDED_THEN}")


def _held(until: str, *, of_year: str, sign: str = "") -> str:
    """Return what tills hold at this moment, of sales that came in before `until`."""
    return f"""
        SELECT b.budget_line_id::text, {sign}r.union_pays_fen FROM redemptions r
        JOIN {_BEARS} ON b.programme_id = r.programme_id AND {of_year}
        WHERE r.state = 'held' AND r.received_at < {until}
        """


def _left_by(day: str, moment: str) -> str:
    """Return what each line has left at a day's beginning, as approved changes and the books say.

    What is held then is not left. The books are read to date, whatever a certificate says.
    """
    of_its_year = "b.year = extract(year FROM j.book_date)"
    return f"""
        {_changes("e.amount_fen", f"c.decided_at < {moment}")}
        UNION ALL
        SELECT b.budget_line_id::text, sum(p.credit_fen - p.debit_fen) FROM journals j
        JOIN postings p ON p.journal_id = j.id AND p.party_id IS NULL
        JOIN {_BEARS} ON b.programme_id = j.programme_id AND {of_its_year}
        WHERE j.source_type <> 'match' AND j.book_date < {day} GROUP BY b.budget_line_id
        UNION ALL
        {_held(moment, of_year=_OF_YEAR, sign="-")}
        """


def _carried(term: str, otherwise: str) -> str:
    """Return a term of the month before, as its certificate has it; without one, `otherwise`."""
    return f"""
        SELECT line->>'line_id', CAST(line->'right'->>'{term}' AS bigint)
        FROM close_certificates k, jsonb_array_elements(k.budgets) AS line
        WHERE k.month = {_MONTH_BEFORE}
        UNION ALL
        SELECT kept.* FROM ({otherwise}) AS kept WHERE NOT EXISTS (
            SELECT FROM close_certificates k
            WHERE k.month = {_MONTH_BEFORE} AND k.budgets IS NOT NULL)
        """


def _spent(facts: str) -> str:
    """Return facts (programme, fen) by the line that bears the programme's costs of the year."""
    return f"""
        SELECT b.budget_line_id::text, sum(facts.fen) FROM ({facts}) AS facts (programme_id, fen)
        JOIN {_BEARS} ON b.programme_id = facts.programme_id AND {_OF_YEAR}
        GROUP BY b.budget_line_id
        """


_CAPTURED = """
    SELECT r.programme_id, r.union_pays_fen FROM redemptions r
    WHERE r.receipt_on >= :starts_on AND r.receipt_on < :ends_on
    """
_TAKEN_BACK = """
    SELECT r.programme_id, v.union_fen FROM redemption_reversals v
    JOIN redemptions r ON r.id = v.redemption_id
    WHERE v.created_at >= :starts_at AND v.created_at < :ends_at
    """
_ADJUSTED = """
    SELECT j.programme_id, d.adjustment_fen FROM disputes d
    JOIN journals j ON j.id = d.line_journal_id
    WHERE d.state = 'accepted' AND d.decided_at >= :starts_at AND d.decided_at < :ends_at
    """
_AWARDED = """
    SELECT j.programme_id, y.amount_fen FROM payables y JOIN journals j ON j.id = y.journal_id
    WHERE j.book_date >= :starts_on AND j.book_date < :ends_on
    """

BUDGETS: tuple[Identity, ...] = (
    month(
        BUDGET_LINES,
        left("carried_in", _carried("carried_out", _left_by(":starts_on", ":starts_at"))),
        # Free again, or captured since.
        left("held_before", _carried("held", _held(":starts_at", of_year=_OF_YEAR))),
        left("allocated", _changed_in_month("allocation")),
        left("moved", _changed_in_month("virement")),
        right("held", _held(":ends_at", of_year=_OF_YEAR)),
        right("captured", _spent(_CAPTURED)),
        right("taken_back", _spent(_TAKEN_BACK), minus=True),
        right("adjusted", _spent(_ADJUSTED)),
        right("awarded", _spent(_AWARDED)),
        right("released", _changed_in_month("release", "-e.amount_fen")),
        right("carried_out", _left_by(":ends_on", ":ends_at")),
    ),
)
