"""From what merchants and members are owed to what the bank says was paid."""
# ruff: noqa: S608  (the words put together here are all this file's own)

from finance.queries.identities.terms import Identity, Unit, left, month, right, to_date

_BOOKED = "j.book_date >= :starts_on AND j.book_date < :ends_on"
_RECEIPT = "r.receipt_on >= :starts_on AND r.receipt_on < :ends_on"
_TAKEN_BACK = "v.created_at >= :starts_at AND v.created_at < :ends_at"
_DECIDED = "d.state = 'accepted' AND d.decided_at >= :starts_at AND d.decided_at < :ends_at"
_UNMATCHED = """
    SELECT l.id::text, abs(l.amount_fen - l.matched_fen) FROM discrepancies d
    JOIN bank_lines l ON l.id = d.bank_line_id
    """
_IS_LIVE_PAYMENT = "y.state IN ('prepared', 'sent', 'paid')"
# The accounts that the books pay from, however finance has renumbered them.
_BANK = "SELECT credit_account_id FROM posting_rules WHERE event = 'paid'"
# What makes something owed to a merchant; what is paid to it is booked from a match.
_MERCHANT_SOURCES = "j.source_type IN ('redemption', 'redemption_reversal', 'adjustment')"


def _not_stated(key: str, *columns: str, within: str = "true") -> str:
    """Return what was booked for merchants and is a line of no statement yet, by `columns`."""
    return f"""
        SELECT {key}, sum(p.credit_fen - p.debit_fen) FROM journals j
        JOIN postings p ON p.journal_id = j.id AND p.party_type = 'merchant'
        WHERE {_MERCHANT_SOURCES} AND {within} AND NOT EXISTS (
            SELECT FROM statement_lines l WHERE l.journal_id = j.id)
        GROUP BY {", ".join(columns)}
        """


# Where facts are as many as sales, a term adds them up by the columns of its key before it makes
# the key: a sum by two columns is several times as fast as one by their text.
_SALES = f"""
    SELECT r.merchant_id, sum(r.union_pays_fen) FROM redemptions r WHERE {_RECEIPT}
    GROUP BY r.merchant_id
    """
_REVERSALS = f"""
    SELECT r.merchant_id, v.union_fen FROM redemption_reversals v
    JOIN redemptions r ON r.id = v.redemption_id WHERE {_TAKEN_BACK}
    """
_ADJUSTMENTS = f"""
    SELECT s.merchant_id, d.adjustment_fen FROM disputes d
    JOIN statements s ON s.id = d.statement_id WHERE {_DECIDED}
    """
_STATED = f"""
    SELECT s.merchant_id, sum(l.amount_fen) FROM statement_lines l
    JOIN statements s ON s.id = l.statement_id JOIN journals j ON j.id = l.journal_id
    WHERE {_BOOKED} GROUP BY s.merchant_id
    """

STATEMENTS: tuple[Identity, ...] = (
    month(
        "merchants_fen",
        left("captured", _SALES),
        left("taken_back", _REVERSALS, minus=True),
        left("adjusted", _ADJUSTMENTS),
        right("stated", _STATED),
        right("not_yet_stated", _not_stated("p.party_id", "p.party_id", within=_BOOKED)),
    ),
    to_date(
        "statements_fen",
        left(
            "lines",
            """
            SELECT statement_id::text || fund_source, sum(amount_fen) FROM statement_lines
            GROUP BY statement_id, fund_source
            """,
        ),
        right(
            "statements", "SELECT statement_id::text || fund_source, lines_fen FROM statement_funds"
        ),
    ),
    to_date(
        "carried_fen",
        left(
            "carried_out",
            """
            SELECT f.statement_id::text || f.fund_source, f.carried_out_fen
            FROM statement_funds f WHERE EXISTS (
                SELECT FROM statement_funds n
                WHERE n.carried_from_id = f.statement_id AND n.fund_source = f.fund_source)
            """,
        ),
        right(
            "carried_in",
            """
            SELECT carried_from_id::text || fund_source, carried_in_fen
            FROM statement_funds WHERE carried_from_id IS NOT NULL
            """,
        ),
    ),
)

PAYMENTS: tuple[Identity, ...] = (
    to_date(
        "payments_fen",
        left(
            "approved_statements",
            """
            SELECT f.statement_id::text || f.fund_source, f.payable_fen FROM statement_funds f
            JOIN statements s ON s.id = f.statement_id WHERE s.state IN ('approved', 'paid')
            """,
        ),
        left("payables", "SELECT id::text, amount_fen FROM payables"),
        right(
            "live_payments",
            f"""
            SELECT coalesce(y.statement_id::text || y.fund_source, y.payable_id::text), y.amount_fen
            FROM payments y WHERE {_IS_LIVE_PAYMENT}
            """,
        ),
        right(
            "owed",
            f"""
            SELECT f.statement_id::text || f.fund_source, f.payable_fen FROM statement_funds f
            JOIN statements s ON s.id = f.statement_id
            WHERE s.state = 'approved' AND NOT EXISTS (
                SELECT FROM payments y WHERE y.statement_id = f.statement_id
                    AND y.fund_source = f.fund_source AND {_IS_LIVE_PAYMENT})
            UNION ALL
            SELECT id::text, amount_fen FROM payables WHERE state IN ('owed', 'returned')
            """,
        ),
    ),
    to_date(
        "sent_fen",
        left("sent", "SELECT id::text, total_fen FROM payment_batches WHERE state = 'sent'"),
        left("returned", "SELECT batch_id::text, returned_fen FROM payments", minus=True),
        right(
            "matched",
            """
            SELECT y.batch_id::text, -m.amount_fen FROM matches m
            JOIN payments y ON y.id = m.payment_id WHERE m.undone_at IS NULL
            """,
        ),
        right(
            "not_yet_seen",
            "SELECT batch_id::text, amount_fen - matched_fen FROM payments WHERE state = 'sent'",
        ),
        # On the word of two people: no bank line will ever say it.
        right(
            "refused_by_the_bank",
            "SELECT batch_id::text, amount_fen FROM payments WHERE state = 'refused'",
        ),
    ),
)

BANK_LINES: tuple[Identity, ...] = (
    to_date(
        "bank_balance_fen",
        left("opening", "SELECT id::text, opening_fen FROM bank_accounts"),
        left("lines", "SELECT account_id::text, amount_fen FROM bank_lines"),
        right("closing", "SELECT id::text, closing_fen FROM bank_accounts"),
    ),
    to_date(
        "bank_chain",
        left("lines", "SELECT id::text, 1 FROM bank_lines"),
        right(
            "following_the_one_before",
            """
            SELECT id, 1 FROM (
                SELECT l.id::text AS id, l.balance_fen - l.amount_fen AS before,
                    coalesce(lag(l.balance_fen) OVER (PARTITION BY l.account_id ORDER BY l.seq),
                        a.opening_fen) AS balance
                FROM bank_lines l JOIN bank_accounts a ON a.id = l.account_id) AS chain
            WHERE before = balance
            """,
        ),
        unit=Unit.COUNT,
    ),
    to_date(
        "bank_exceptions_fen",
        left(
            "unmatched",
            """
            SELECT l.id::text, abs(l.amount_fen - coalesce(sum(m.amount_fen), 0)) FROM bank_lines l
            LEFT JOIN matches m ON m.bank_line_id = l.id AND m.undone_at IS NULL GROUP BY l.id
            """,
        ),
        right("open_exceptions", f"{_UNMATCHED} WHERE d.state = 'open'"),
        # By a person who wrote down what it was; one resolved by a match has nothing unmatched.
        right(
            "explained",
            f"{_UNMATCHED} WHERE d.state = 'resolved'"
            " AND d.note IS NOT NULL AND d.owner_id IS NOT NULL",
        ),
    ),
    to_date(
        "bank_ledger_fen",
        left(
            "books",
            f"""
            SELECT j.fund_source, p.debit_fen - p.credit_fen FROM postings p
            JOIN journals j ON j.id = p.journal_id WHERE p.account_id IN ({_BANK})
            """,
        ),
        right(
            "matched",
            """
            SELECT y.fund_source, m.amount_fen FROM matches m
            JOIN payments y ON y.id = m.payment_id WHERE m.undone_at IS NULL
            """,
        ),
    ),
)

_LAST_KEPT = "(SELECT max(month) FROM period_balances)"
BALANCES: tuple[Identity, ...] = (
    to_date(
        "balances_fen",
        left(
            "kept",
            f"""
            SELECT account_id::text || fund_source, closing_fen FROM period_balances
            WHERE month = {_LAST_KEPT} AND closing_fen > 0
            """,
        ),
        right(
            "books",
            f"""
            SELECT p.account_id::text || j.fund_source, sum(p.debit_fen - p.credit_fen)
            FROM journals j JOIN postings p ON p.journal_id = j.id
            WHERE j.book_date < (SELECT ends_on FROM periods WHERE month = {_LAST_KEPT}) GROUP BY 1
            HAVING sum(p.debit_fen - p.credit_fen) > 0
            """,
        ),
    ),
    to_date(
        "vouchers_fen",
        left(
            "kept",
            """
            SELECT month || account_id::text || fund_source, debit_fen
            FROM period_balances WHERE debit_fen <> 0
            """,
        ),
        right(
            "vouchers",
            """
            SELECT v.month || l.account_id::text || v.fund_source, sum(l.debit_fen)
            FROM vouchers v JOIN voucher_lines l ON l.voucher_id = v.id GROUP BY 1
            """,
        ),
    ),
)

OWED: tuple[Identity, ...] = (
    to_date(
        "merchants_owed_fen",
        left(
            "books",
            """
            SELECT p.party_id::text || j.fund_source, sum(p.credit_fen - p.debit_fen)
            FROM postings p JOIN journals j ON j.id = p.journal_id
            WHERE p.party_type = 'merchant' GROUP BY p.party_id, j.fund_source
            """,
        ),
        right(
            "not_yet_stated",
            _not_stated("p.party_id::text || j.fund_source", "p.party_id", "j.fund_source"),
        ),
        right(
            "on_statements",
            """
            SELECT s.merchant_id::text || f.fund_source, f.payable_fen FROM statement_funds f
            JOIN statements s ON s.id = f.statement_id
            """,
        ),
        right(
            "carried",
            """
            SELECT s.merchant_id::text || f.fund_source, f.carried_out_fen - f.carried_in_fen
            FROM statement_funds f JOIN statements s ON s.id = f.statement_id
            """,
        ),
        right(
            "paid",
            """
            SELECT payee_id::text || fund_source, matched_fen - returned_fen FROM payments
            WHERE payee_type = 'merchant'
            """,
            minus=True,
        ),
    ),
    to_date(
        "members_owed_fen",
        left(
            "books",
            """
            SELECT p.party_id::text || j.fund_source, p.credit_fen - p.debit_fen FROM postings p
            JOIN journals j ON j.id = p.journal_id WHERE p.party_type = 'member'
            """,
        ),
        right(
            "payables",
            """
            SELECT payee_id::text || fund_source, amount_fen FROM payables
            WHERE payee_type = 'member'
            """,
        ),
        right(
            "paid",
            """
            SELECT payee_id::text || fund_source, matched_fen - returned_fen FROM payments
            WHERE payee_type = 'member'
            """,
            minus=True,
        ),
    ),
)
