"""The identities of a close certificate: what must be equal, each side from tables of its own.

A term is rows (k, fen) or (k, n): what it is about, and how much. An identity is held per `k`, so
that two faults cannot hide one another in a sum. Parameters: `starts_on`, `ends_on` (Shanghai days,
half-open) and `starts_at`, `ends_at` (the same as moments). Source: money.md, Settlement and bank.
"""

# ruff: noqa: S608  (the words put together here are all this file's own)

from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    """Which facts an identity is about."""

    MONTH = "month"  # those booked in the month
    TO_DATE = "to_date"  # all until now: what a month leaves open, the next one settles


class Unit(StrEnum):
    FEN = "fen"
    COUNT = "count"


class Side(StrEnum):
    LEFT = "left"
    RIGHT = "right"


@dataclass(frozen=True)
class Term:
    """One sum of an identity. `sql` yields (k text, value); `minus` takes it from its side."""

    name: str
    side: Side
    sql: str
    minus: bool = False


@dataclass(frozen=True)
class Identity:
    name: str
    scope: Scope
    unit: Unit
    terms: tuple[Term, ...]


def _left(name: str, sql: str, *, minus: bool = False) -> Term:
    return Term(name, Side.LEFT, sql, minus)


def _right(name: str, sql: str, *, minus: bool = False) -> Term:
    return Term(name, Side.RIGHT, sql, minus)


def _month(name: str, *terms: Term, unit: Unit = Unit.FEN) -> Identity:
    return Identity(name, Scope.MONTH, unit, terms)


def _to_date(name: str, *terms: Term, unit: Unit = Unit.FEN) -> Identity:
    return Identity(name, Scope.TO_DATE, unit, terms)


_BOOKED = "j.book_date >= :starts_on AND j.book_date < :ends_on"
_RECEIPT = "r.receipt_on >= :starts_on AND r.receipt_on < :ends_on"
_RECEIVED = "r.received_at >= :starts_at AND r.received_at < :ends_at"
_TAKEN_BACK = "v.created_at >= :starts_at AND v.created_at < :ends_at"
_DECIDED = "d.state = 'accepted' AND d.decided_at >= :starts_at AND d.decided_at < :ends_at"
_IS_LIVE_SALE = "r.state IN ('held', 'captured', 'partly_reversed')"
_IS_LIVE_PAYMENT = "y.state IN ('prepared', 'sent', 'paid')"
# The accounts that the books pay from, however finance has renumbered them.
_BANK = "SELECT credit_account_id FROM posting_rules WHERE event = 'paid'"
# What makes something owed to a merchant; what is paid to it is booked from a match.
_MERCHANT_SOURCES = "j.source_type IN ('redemption', 'redemption_reversal', 'adjustment')"


def _journals(source: str) -> str:
    """Return how much was booked for each fact of a kind: one side of its journal."""
    return f"""
        SELECT j.source_id::text, sum(p.debit_fen) FROM journals j
        JOIN postings p ON p.journal_id = j.id WHERE {source} AND {_BOOKED} GROUP BY 1
        """


def _not_stated(key: str, *, within: str = "true") -> str:
    """Return what was booked for merchants and is a line of no statement yet."""
    return f"""
        SELECT {key}, sum(p.credit_fen - p.debit_fen) FROM journals j
        JOIN postings p ON p.journal_id = j.id AND p.party_type = 'merchant'
        WHERE {_MERCHANT_SOURCES} AND {within} AND NOT EXISTS (
            SELECT FROM statement_lines l WHERE l.journal_id = j.id) GROUP BY 1
        """


_SALES = f"SELECT r.merchant_id::text, r.union_pays_fen FROM redemptions r WHERE {_RECEIPT}"
_REVERSALS = f"""
    SELECT r.merchant_id::text, v.union_fen FROM redemption_reversals v
    JOIN redemptions r ON r.id = v.redemption_id WHERE {_TAKEN_BACK}
    """
_ADJUSTMENTS = f"""
    SELECT s.merchant_id::text, d.adjustment_fen FROM disputes d
    JOIN statements s ON s.id = d.statement_id WHERE {_DECIDED}
    """
_STATED = f"""
    SELECT s.merchant_id::text, l.amount_fen FROM statement_lines l
    JOIN statements s ON s.id = l.statement_id JOIN journals j ON j.id = l.journal_id
    WHERE {_BOOKED}
    """

_BENEFITS = (
    _month(
        "redemptions_fen",
        _left(
            "captured", f"SELECT r.id::text, r.union_pays_fen FROM redemptions r WHERE {_RECEIPT}"
        ),
        _right("booked", _journals("j.source_type = 'redemption' AND j.kind = 'captured'")),
    ),
    _month(
        "reversals_fen",
        _left(
            "taken_back",
            f"SELECT v.id::text, v.union_fen FROM redemption_reversals v WHERE {_TAKEN_BACK}",
        ),
        _right("booked", _journals("j.source_type = 'redemption_reversal'")),
    ),
    _month(
        "adjustments_fen",
        _left("adjusted", f"SELECT d.id::text, d.adjustment_fen FROM disputes d WHERE {_DECIDED}"),
        _right(
            "booked",
            f"""
            SELECT j.source_id::text, sum(p.credit_fen - p.debit_fen) FROM journals j
            JOIN postings p ON p.journal_id = j.id AND p.party_type = 'merchant'
            WHERE j.source_type = 'adjustment' AND {_BOOKED} GROUP BY 1
            """,
        ),
    ),
    _to_date(
        "awards_fen",
        _left("claims", "SELECT id::text, benefit_fen FROM aid_claims WHERE state = 'payable'"),
        _left("courses", "SELECT enrolment_id::text, subsidy_fen FROM completions"),
        _right("payables", "SELECT source_id::text, amount_fen FROM payables"),
    ),
    _month(
        "payables_fen",
        _left(
            "payables",
            f"""
            SELECT y.journal_id::text, y.amount_fen FROM payables y
            JOIN journals j ON j.id = y.journal_id WHERE {_BOOKED}
            """,
        ),
        _right(
            "booked",
            f"""
            SELECT j.id::text, p.credit_fen FROM journals j
            JOIN postings p ON p.journal_id = j.id AND p.party_type = 'member'
            WHERE j.reverses_id IS NULL AND p.credit_fen > 0 AND {_BOOKED}
            """,
        ),
    ),
    _month(
        "programmes_fen",
        _left(
            "taken",
            f"""
            SELECT t.source_id::text || t.rule_id::text, t.quantity - t.returned
            FROM limit_takes t JOIN redemptions r ON r.id = t.source_id
            WHERE t.unit = 'fen' AND {_RECEIVED}
            """,
        ),
        _right(
            "live_redemptions",
            f"""
            SELECT t.source_id::text || t.rule_id::text,
                CASE WHEN {_IS_LIVE_SALE} THEN r.union_pays_fen - r.back_union_fen ELSE 0 END
            FROM redemptions r JOIN limit_takes t ON t.source_id = r.id
            WHERE t.unit = 'fen' AND {_RECEIVED}
            """,
        ),
    ),
    _month(
        "uses",
        _left(
            "taken",
            f"""
            SELECT t.source_id::text || t.rule_id::text, t.quantity - t.returned
            FROM limit_takes t JOIN redemptions r ON r.id = t.source_id
            WHERE t.unit = 'uses' AND {_RECEIVED}
            """,
        ),
        _right(
            "live_redemptions",
            f"""
            SELECT t.source_id::text || t.rule_id::text, CASE WHEN {_IS_LIVE_SALE} THEN 1 ELSE 0 END
            FROM redemptions r JOIN limit_takes t ON t.source_id = r.id
            WHERE t.unit = 'uses' AND {_RECEIVED}
            """,
        ),
        unit=Unit.COUNT,
    ),
)

_STATEMENTS = (
    _month(
        "merchants_fen",
        _left("captured", _SALES),
        _left("taken_back", _REVERSALS, minus=True),
        _left("adjusted", _ADJUSTMENTS),
        _right("stated", _STATED),
        _right("not_yet_stated", _not_stated("p.party_id::text", within=_BOOKED)),
    ),
    _to_date(
        "statements_fen",
        _left("lines", "SELECT statement_id::text || fund_source, amount_fen FROM statement_lines"),
        _right(
            "statements", "SELECT statement_id::text || fund_source, lines_fen FROM statement_funds"
        ),
    ),
    _to_date(
        "carried_fen",
        _left(
            "carried_out",
            """
            SELECT f.statement_id::text || f.fund_source, f.carried_out_fen
            FROM statement_funds f WHERE EXISTS (
                SELECT FROM statement_funds n
                WHERE n.carried_from_id = f.statement_id AND n.fund_source = f.fund_source)
            """,
        ),
        _right(
            "carried_in",
            """
            SELECT carried_from_id::text || fund_source, carried_in_fen
            FROM statement_funds WHERE carried_from_id IS NOT NULL
            """,
        ),
    ),
)

_PAYMENTS = (
    _to_date(
        "payments_fen",
        _left(
            "approved_statements",
            """
            SELECT f.statement_id::text || f.fund_source, f.payable_fen FROM statement_funds f
            JOIN statements s ON s.id = f.statement_id WHERE s.state IN ('approved', 'paid')
            """,
        ),
        _left("payables", "SELECT id::text, amount_fen FROM payables"),
        _right(
            "live_payments",
            f"""
            SELECT coalesce(y.statement_id::text || y.fund_source, y.payable_id::text), y.amount_fen
            FROM payments y WHERE {_IS_LIVE_PAYMENT}
            """,
        ),
        _right(
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
    _to_date(
        "sent_fen",
        _left("sent", "SELECT id::text, total_fen FROM payment_batches WHERE state = 'sent'"),
        _left("returned", "SELECT batch_id::text, returned_fen FROM payments", minus=True),
        _right(
            "matched",
            """
            SELECT y.batch_id::text, -m.amount_fen FROM matches m
            JOIN payments y ON y.id = m.payment_id WHERE m.undone_at IS NULL
            """,
        ),
        _right(
            "not_yet_seen",
            "SELECT batch_id::text, amount_fen - matched_fen FROM payments WHERE state = 'sent'",
        ),
    ),
)

_BANK_LINES = (
    _to_date(
        "bank_balance_fen",
        _left("opening", "SELECT id::text, opening_fen FROM bank_accounts"),
        _left("lines", "SELECT account_id::text, amount_fen FROM bank_lines"),
        _right("closing", "SELECT id::text, closing_fen FROM bank_accounts"),
    ),
    _to_date(
        "bank_chain",
        _left("lines", "SELECT id::text, 1 FROM bank_lines"),
        _right(
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
    _to_date(
        "bank_exceptions_fen",
        _left(
            "unmatched",
            """
            SELECT l.id::text, abs(l.amount_fen - coalesce(sum(m.amount_fen), 0)) FROM bank_lines l
            LEFT JOIN matches m ON m.bank_line_id = l.id AND m.undone_at IS NULL GROUP BY l.id
            """,
        ),
        _right(
            "named",
            """
            SELECT l.id::text, abs(l.amount_fen - l.matched_fen) FROM discrepancies d
            JOIN bank_lines l ON l.id = d.bank_line_id WHERE d.state = 'open'
            """,
        ),
    ),
    _to_date(
        "bank_ledger_fen",
        _left(
            "books",
            f"""
            SELECT j.fund_source, p.debit_fen - p.credit_fen FROM postings p
            JOIN journals j ON j.id = p.journal_id WHERE p.account_id IN ({_BANK})
            """,
        ),
        _right(
            "matched",
            """
            SELECT y.fund_source, m.amount_fen FROM matches m
            JOIN payments y ON y.id = m.payment_id WHERE m.undone_at IS NULL
            """,
        ),
    ),
)

_OWED = (
    _to_date(
        "merchants_owed_fen",
        _left(
            "books",
            """
            SELECT p.party_id::text || j.fund_source, p.credit_fen - p.debit_fen FROM postings p
            JOIN journals j ON j.id = p.journal_id WHERE p.party_type = 'merchant'
            """,
        ),
        _right("not_yet_stated", _not_stated("p.party_id::text || j.fund_source")),
        _right(
            "on_statements",
            """
            SELECT s.merchant_id::text || f.fund_source, f.payable_fen FROM statement_funds f
            JOIN statements s ON s.id = f.statement_id
            """,
        ),
        _right(
            "carried",
            """
            SELECT s.merchant_id::text || f.fund_source, f.carried_out_fen - f.carried_in_fen
            FROM statement_funds f JOIN statements s ON s.id = f.statement_id
            """,
        ),
        _right(
            "paid",
            """
            SELECT payee_id::text || fund_source, matched_fen - returned_fen FROM payments
            WHERE payee_type = 'merchant'
            """,
            minus=True,
        ),
    ),
    _to_date(
        "members_owed_fen",
        _left(
            "books",
            """
            SELECT p.party_id::text || j.fund_source, p.credit_fen - p.debit_fen FROM postings p
            JOIN journals j ON j.id = p.journal_id WHERE p.party_type = 'member'
            """,
        ),
        _right(
            "payables",
            """
            SELECT payee_id::text || fund_source, amount_fen FROM payables
            WHERE payee_type = 'member'
            """,
        ),
        _right(
            "paid",
            """
            SELECT payee_id::text || fund_source, matched_fen - returned_fen FROM payments
            WHERE payee_type = 'member'
            """,
            minus=True,
        ),
    ),
)

IDENTITIES: tuple[Identity, ...] = (
    *_BENEFITS,
    *_STATEMENTS,
    *_PAYMENTS,
    *_BANK_LINES,
    *_OWED,
)
