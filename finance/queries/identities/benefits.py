"""What benefits came to, and what the books and the limits say of them."""
# ruff: noqa: S608  (the words put together here are all this file's own)

from finance.queries.identities.terms import Identity, Unit, left, month, right, to_date

_BOOKED = "j.book_date >= :starts_on AND j.book_date < :ends_on"
_RECEIPT = "r.receipt_on >= :starts_on AND r.receipt_on < :ends_on"
_RECEIVED = "r.received_at >= :starts_at AND r.received_at < :ends_at"
_TAKEN_BACK = "v.created_at >= :starts_at AND v.created_at < :ends_at"
_DECIDED = "d.state = 'accepted' AND d.decided_at >= :starts_at AND d.decided_at < :ends_at"
# As bytes: what is many times as fast to compare as text, or as a row.
_TAKE = "uuid_send(t.source_id) || uuid_send(t.rule_id)"
_IS_LIVE_SALE = "r.state IN ('held', 'captured', 'partly_reversed')"


def _journals(source: str) -> str:
    """Return how much was booked for each fact of a kind: one side of its journal."""
    return f"""
        SELECT j.source_id, sum(p.debit_fen) FROM journals j
        JOIN postings p ON p.journal_id = j.id WHERE {source} AND {_BOOKED} GROUP BY 1
        """


def _costs(programme: str) -> str:
    """Return what sales came to, less what was taken back, by the programme that either side says.

    Only sales that are booked: one that is not is a fault of another name.
    """
    return f"""
        SELECT {programme}, sum(p.debit_fen - p.credit_fen) FROM journals j
        JOIN postings p ON p.journal_id = j.id AND p.party_id IS NULL
        LEFT JOIN redemption_reversals v
            ON v.id = j.source_id AND j.source_type = 'redemption_reversal'
        JOIN redemptions r ON r.id = coalesce(v.redemption_id, j.source_id)
        WHERE j.source_type IN ('redemption', 'redemption_reversal') AND {_BOOKED}
        GROUP BY {programme}
        """


BENEFITS: tuple[Identity, ...] = (
    month(
        "redemptions_fen",
        left("captured", f"SELECT r.id, r.union_pays_fen FROM redemptions r WHERE {_RECEIPT}"),
        right("booked", _journals("j.source_type = 'redemption' AND j.kind = 'captured'")),
    ),
    month(
        "reversals_fen",
        left(
            "taken_back",
            f"SELECT v.id, v.union_fen FROM redemption_reversals v WHERE {_TAKEN_BACK}",
        ),
        right("booked", _journals("j.source_type = 'redemption_reversal'")),
    ),
    month(
        "adjustments_fen",
        left("adjusted", f"SELECT d.id, d.adjustment_fen FROM disputes d WHERE {_DECIDED}"),
        right(
            "booked",
            f"""
            SELECT j.source_id, sum(p.credit_fen - p.debit_fen) FROM journals j
            JOIN postings p ON p.journal_id = j.id AND p.party_type = 'merchant'
            WHERE j.source_type = 'adjustment' AND {_BOOKED} GROUP BY 1
            """,
        ),
    ),
    month(
        "programme_costs_fen",
        left("sold", _costs("r.programme_id")),
        right("booked", _costs("j.programme_id")),
    ),
    to_date(
        "awards_fen",
        left("claims", "SELECT id::text, benefit_fen FROM aid_claims WHERE state = 'payable'"),
        left("courses", "SELECT enrolment_id::text, subsidy_fen FROM completions"),
        right("payables", "SELECT source_id::text, amount_fen FROM payables"),
    ),
    month(
        "payables_fen",
        left(
            "payables",
            f"""
            SELECT y.journal_id::text, y.amount_fen FROM payables y
            JOIN journals j ON j.id = y.journal_id WHERE {_BOOKED}
            """,
        ),
        right(
            "booked",
            f"""
            SELECT j.id::text, p.credit_fen FROM journals j
            JOIN postings p ON p.journal_id = j.id AND p.party_type = 'member'
            WHERE j.reverses_id IS NULL AND p.credit_fen > 0 AND {_BOOKED}
            """,
        ),
    ),
    month(
        "programmes_fen",
        left(
            "taken",
            f"""
            SELECT {_TAKE}, t.quantity - t.returned
            FROM limit_takes t JOIN redemptions r ON r.id = t.source_id
            WHERE t.unit = 'fen' AND {_RECEIVED}
            """,
        ),
        right(
            "live_redemptions",
            f"""
            SELECT {_TAKE},
                CASE WHEN {_IS_LIVE_SALE} THEN r.union_pays_fen - r.back_union_fen ELSE 0 END
            FROM redemptions r JOIN limit_takes t ON t.source_id = r.id
            WHERE t.unit = 'fen' AND {_RECEIVED}
            """,
        ),
    ),
    month(
        "uses",
        left(
            "taken",
            f"""
            SELECT {_TAKE}, t.quantity - t.returned
            FROM limit_takes t JOIN redemptions r ON r.id = t.source_id
            WHERE t.unit = 'uses' AND {_RECEIVED}
            """,
        ),
        right(
            "live_redemptions",
            f"""
            SELECT {_TAKE}, CASE WHEN {_IS_LIVE_SALE} THEN 1 ELSE 0 END
            FROM redemptions r JOIN limit_takes t ON t.source_id = r.id
            WHERE t.unit = 'uses' AND {_RECEIVED}
            """,
        ),
        unit=Unit.COUNT,
    ),
)
