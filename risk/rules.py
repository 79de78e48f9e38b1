"""The SQL of each signal: what of a till's doings it counts. Pure text, no session.

All count over a trailing window that ends at the moment of one sale, so no bad hour falls between
two fixed windows. The moment is when the service received it; of a sale that was made offline, when
the member's phone signed, for a queue that is sent at once is no rush. What the till's clock says
of a sale online counts for nothing: whoever sets that clock would choose the hour.
"""

from risk.models import Signal

_SALES = """
    SELECT r.terminal_id, r.merchant_id, r.site_id, r.card_id, r.id, r.gross_fen,
        r.offer_version_id, r.received_at,
        COALESCE(o.signed_at, r.received_at) AS moment
    FROM redemptions r LEFT JOIN offline_records o ON o.redemption_id = r.id
    WHERE r.terminal_id = ANY(:tills) AND r.captured_at IS NOT NULL
        AND r.received_at >= :begin AND r.received_at < :until
"""
# What of the sales a signal counts; the window and the threshold are the rule's.
_MATCHES = {
    Signal.VELOCITY: "true",
    Signal.AT_THRESHOLD: """EXISTS (
        SELECT FROM offer_versions v
        WHERE v.id = s.offer_version_id AND v.threshold_fen = s.gross_fen)""",
    Signal.FIRST_CARDS: """NOT EXISTS (
        SELECT FROM redemptions e
        WHERE e.card_id = s.card_id AND e.captured_at IS NOT NULL
            AND e.received_at < s.received_at)""",
    Signal.OUTSIDE_HOURS: """extract(hour FROM s.moment AT TIME ZONE 'Asia/Shanghai')
        NOT BETWEEN :opens_hour AND :closes_hour - 1""",
    Signal.FAR_SITES: """EXISTS (
        SELECT FROM redemptions e
        JOIN sites there ON there.id = e.site_id
        JOIN sites here ON here.id = s.site_id
        LEFT JOIN offline_records o ON o.redemption_id = e.id
        WHERE e.card_id = s.card_id AND e.captured_at IS NOT NULL
            AND there.district <> here.district AND e.received_at <= s.received_at
            AND COALESCE(o.signed_at, e.received_at)
                BETWEEN s.moment - make_interval(mins => :window)
                AND s.moment + make_interval(mins => :window))""",
}
# What is no sale: taken back whole, and said not to be theirs.
_DOINGS = {
    Signal.VOIDS: """
        SELECT r.terminal_id, r.merchant_id, b.created_at AS received_at, b.created_at AS moment,
            true AS is_match
        FROM redemption_reversals b JOIN redemptions r ON r.id = b.redemption_id
        WHERE r.terminal_id = ANY(:tills) AND b.amount_fen = r.gross_fen
            AND b.created_at >= :begin AND b.created_at < :until
    """,
    Signal.NOT_ME: """
        SELECT r.terminal_id, r.merchant_id, p.reported_at AS received_at, p.reported_at AS moment,
            true AS is_match
        FROM redemption_reports p JOIN redemptions r ON r.id = p.redemption_id
        WHERE r.terminal_id = ANY(:tills)
            AND p.reported_at >= :begin AND p.reported_at < :until
    """,
}
# The worst moment of a Shanghai day of each till whose trailing window is over the rule.
_PEAKS = """
    WITH doings AS ({doings}), seen AS (
        SELECT terminal_id, merchant_id, moment, received_at,
            count(*) FILTER (WHERE is_match) OVER span AS matched,
            count(*) OVER span AS total
        FROM doings
        WINDOW span AS (
            PARTITION BY terminal_id ORDER BY moment
            RANGE BETWEEN make_interval(mins => :window) PRECEDING AND CURRENT ROW)
    )
    SELECT DISTINCT ON (terminal_id, (moment AT TIME ZONE 'Asia/Shanghai')::date)
        terminal_id, merchant_id, terminal_id AS subject_id, moment AS peak_at, matched, total
    FROM seen
    WHERE received_at >= :since AND {is_over}
    ORDER BY terminal_id, (moment AT TIME ZONE 'Asia/Shanghai')::date, matched DESC, moment
"""
_COUNT = "matched >= :threshold"
_SHARE = "total >= :sales_min AND matched * 100 >= :threshold * total"
# New terms whose list price is higher than before: the discount is then partly the merchant's own
# doing. Offers for every merchant have no merchant to ask.
RAISED = """
    SELECT NULL::uuid AS terminal_id, o.merchant_id, o.id AS subject_id, v.created_at AS peak_at,
        (v.list_fen - b.list_fen) * 100 / b.list_fen AS matched,
        (v.list_fen - b.list_fen) * 100 / b.list_fen AS total
    FROM offer_versions v
    JOIN offers o ON o.id = v.offer_id
    JOIN offer_versions b ON b.offer_id = v.offer_id AND b.number = v.number - 1
    WHERE v.created_at >= :since AND v.created_at < :until AND o.merchant_id IS NOT NULL
        AND v.created_at - b.created_at <= make_interval(mins => :window)
        AND b.list_fen > 0 AND (v.list_fen - b.list_fen) * 100 >= :threshold * b.list_fen
"""


def peaks_sql(signal: Signal, *, is_share: bool) -> str:
    """Return the statement that finds where a till's doings are over the rule of `signal`."""
    if signal in _DOINGS:
        doings = _DOINGS[signal]
    else:
        doings = f"SELECT s.*, ({_MATCHES[signal]}) AS is_match FROM ({_SALES}) s"  # noqa: S608 (our own text)
    return _PEAKS.format(doings=doings, is_over=_SHARE if is_share else _COUNT)
