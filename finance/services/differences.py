"""Names the differences that no file brings: tills without a network, and invoices. In sets."""
# ruff: noqa: S608  (the words put together here are all this file's own)

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from finance.rules.offline_codes import OFFLINE_CODES

# Judged by rule, and not as a sale like any other: the rule has said who bears it, a person looks.
_OFFLINE = text(
    """
    INSERT INTO discrepancies (id, code, offline_record_id, amount_fen, state, opened_at, version)
    SELECT gen_random_uuid(), g.code, o.id,
        CASE WHEN o.cut_fen > 0 THEN o.cut_fen ELSE coalesce(r.union_pays_fen, o.gross_fen) END,
        'open', :now, 1
    FROM offline_records o
    JOIN unnest(CAST(:reasons AS text[]), CAST(:codes AS text[])) AS g (reason, code)
        ON g.reason = o.reason
    LEFT JOIN redemptions r ON r.id = o.redemption_id
    WHERE o.verdict IN ('captured', 'refused') AND (o.borne_by <> 'limit' OR o.cut_fen > 0)
        AND NOT EXISTS (SELECT FROM discrepancies d WHERE d.offline_record_id = o.id)
    ON CONFLICT DO NOTHING
    RETURNING id
    """
)
# A statement may be invoiced in parts: what its invoices come to together is what must be right.
_MISFITS = """
    WITH misfits AS (
        SELECT i.id, t.fen - f.fen AS apart_fen
        FROM invoices i
        JOIN statements s ON s.id = i.statement_id
        JOIN merchants m ON m.id = s.merchant_id
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(payable_fen), 0) AS fen FROM statement_funds
            WHERE statement_id = i.statement_id) AS f
        CROSS JOIN LATERAL (
            SELECT sum(amount_fen) AS fen FROM invoices
            WHERE statement_id = i.statement_id AND state <> 'returned') AS t
        WHERE i.state = 'waiting' AND (t.fen <> f.fen OR i.seller_uscc <> m.uscc
            OR i.buyer_uscc IS DISTINCT FROM s.invoice_buyer_uscc))
    """
_INVOICES = text(
    f"{_MISFITS}"
    """
    INSERT INTO discrepancies (id, code, invoice_id, amount_fen, state, opened_at, version)
    SELECT gen_random_uuid(), 'invoice_mismatch', f.id, f.apart_fen, 'open', :now, 1
    FROM misfits f
    ON CONFLICT (invoice_id) DO UPDATE SET amount_fen = excluded.amount_fen, state = 'open',
        resolved_at = NULL, version = discrepancies.version + 1
    WHERE CASE discrepancies.state WHEN 'open' THEN discrepancies.amount_fen <> excluded.amount_fen
        ELSE discrepancies.note IS NULL END
    RETURNING id
    """
)
_FITTING = text(
    f"{_MISFITS}"
    """
    UPDATE discrepancies d SET state = 'resolved', resolved_at = :now, version = d.version + 1
    WHERE d.state = 'open' AND d.invoice_id IS NOT NULL
        AND d.invoice_id NOT IN (SELECT id FROM misfits)
    """
)


def name_differences(session: Session, *, now: datetime) -> int:
    """Name what is new of sales without a network and of invoices; return how many.

    An invoice's is resolved once the invoice was taken or returned, or the rest has come in; open
    again if the rest is returned. What a person has resolved, with a note, stays so.
    """
    reasons = {"reasons": list(OFFLINE_CODES), "codes": list(OFFLINE_CODES.values())}
    named = len(session.execute(_OFFLINE, reasons | {"now": now}).all())
    named += len(session.execute(_INVOICES, {"now": now}).all())
    session.execute(_FITTING, {"now": now})
    return named
