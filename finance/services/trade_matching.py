"""Holds a channel's trades against our sales, and names what does not agree: in sets."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from finance.models import ChannelAccount
from finance.queries.trades import sales_by_order, settled_trades, unsettled_trades
from finance.rules.trades import MIDNIGHT_TOLERANCE, TOLERATED, Judged, judge_trades
from kernel.ids import new_id

_PAIR = text(
    """
    UPDATE trades t SET redemption_id = g.redemption_id,
        matched_at = CASE WHEN g.agrees THEN CAST(:now AS timestamptz) END
    FROM unnest(CAST(:ids AS uuid[]), CAST(:sales AS uuid[]), CAST(:agree AS boolean[]))
        AS g (id, redemption_id, agrees)
    WHERE t.id = g.id AND (t.redemption_id, t.matched_at IS NOT NULL)
        IS DISTINCT FROM (g.redemption_id, g.agrees)
    """
)
_NAME = text(
    """
    INSERT INTO discrepancies (id, code, trade_id, amount_fen, state, note, opened_at, resolved_at,
        version)
    SELECT g.id, g.code, g.trade_id, g.fen, g.state, g.note, :now,
        CASE g.state WHEN 'resolved' THEN CAST(:now AS timestamptz) END, 1
    FROM unnest(CAST(:ids AS uuid[]), CAST(:trades AS uuid[]), CAST(:codes AS text[]),
        CAST(:fen AS bigint[]), CAST(:states AS text[]), CAST(:notes AS text[]))
        AS g (id, trade_id, code, fen, state, note)
    ON CONFLICT (trade_id) DO UPDATE SET code = excluded.code, amount_fen = excluded.amount_fen,
        state = excluded.state, resolved_at = excluded.resolved_at,
        note = coalesce(discrepancies.note, excluded.note), version = discrepancies.version + 1
    WHERE discrepancies.state = 'open' AND (discrepancies.code, discrepancies.amount_fen,
        discrepancies.state) IS DISTINCT FROM (excluded.code, excluded.amount_fen, excluded.state)
    RETURNING id
    """
)
_RESOLVE = text(
    """
    UPDATE discrepancies d SET state = 'resolved', resolved_at = :now, version = version + 1
    WHERE d.state = 'open' AND (
        d.trade_id IN (SELECT t.id FROM trades t
            WHERE t.account_id = :account_id AND t.matched_at IS NOT NULL)
        OR d.redemption_id IN (SELECT t.redemption_id FROM trades t
            WHERE t.account_id = :account_id AND t.kind = 'sale')
        OR d.redemption_id IN (SELECT r.id FROM redemptions r
            WHERE r.id = d.redemption_id AND r.merchant_id = :merchant_id
            AND r.state IN ('voided', 'reversed')))
    """
)
# A sale that no bill of its day has. About midnight, the bill of the next day must have come too.
_OURS_ONLY = text(
    """
    INSERT INTO discrepancies (id, code, redemption_id, amount_fen, state, opened_at, version)
    SELECT gen_random_uuid(), 'platform_only', s.id, -s.gross_fen, 'open', :now, 1
    FROM (
        SELECT r.id, r.gross_fen, coalesce(o.occurred_at, r.captured_at) AS sold_at
        FROM terminals t JOIN sites e ON e.id = t.site_id
        JOIN redemptions r ON r.terminal_id = t.id
        LEFT JOIN offline_records o ON o.redemption_id = r.id
        WHERE e.merchant_id = :merchant_id AND r.merchant_id = :merchant_id
            AND r.state IN ('captured', 'partly_reversed')
            AND r.received_at >= (
                SELECT min(first_on) FROM trade_bills WHERE account_id = :account_id) - 1
    ) AS s
    WHERE NOT EXISTS (
            SELECT FROM trades t WHERE t.redemption_id = s.id AND t.kind = 'sale')
        AND NOT EXISTS (
            SELECT FROM unnest(ARRAY[s.sold_at - CAST(:tolerance AS interval),
                s.sold_at + CAST(:tolerance AS interval)]) AS side
            WHERE NOT EXISTS (
                SELECT FROM trade_bills b WHERE b.account_id = :account_id
                    AND (side AT TIME ZONE 'Asia/Shanghai')::date BETWEEN b.first_on AND b.last_on))
    ON CONFLICT DO NOTHING
    RETURNING id
    """
)


def match_trades(session: Session, *, account: ChannelAccount, now: datetime) -> tuple[int, int]:
    """Judge every trade of an account that does not agree yet; return how many do, and are named.

    What has come to agree, since a late sale was sent in or a reversal made, is resolved. What a
    person has resolved stays so. The caller holds the account's lock.
    """
    trades = unsettled_trades(session, account_id=account.id)
    judged = judge_trades(
        trades,
        sales=sales_by_order(session, {trade.order_no for trade in trades}),
        merchant_id=account.merchant_id,
        known=settled_trades(session, account_id=account.id),
    )
    agree = {id_: each.code is None or each.is_tolerated for id_, each in judged.items()}
    same = {"now": now, "account_id": account.id, "merchant_id": account.merchant_id}
    pairs = {
        "ids": list(judged),
        "sales": [each.sale_id for each in judged.values()],
        "agree": list(agree.values()),
    }
    session.execute(_PAIR, pairs | {"now": now})
    named = _name(session, judged, now=now)
    session.execute(_RESOLVE, same)
    alone = session.execute(_OURS_ONLY, same | {"tolerance": MIDNIGHT_TOLERANCE}).all()
    return sum(agree.values()), named + len(alone)


def _name(session: Session, judged: Mapping[UUID, Judged], *, now: datetime) -> int:
    wrong = [(id_, each) for id_, each in judged.items() if each.code is not None]
    columns: dict[str, Sequence[Any]] = {
        "ids": [new_id() for _ in wrong],
        "trades": [id_ for id_, _ in wrong],
        "codes": [each.code for _, each in wrong],
        "fen": [each.at_stake_fen for _, each in wrong],
        "states": ["resolved" if each.is_tolerated else "open" for _, each in wrong],
        "notes": [TOLERATED if each.is_tolerated else None for _, each in wrong],
    }
    return len(session.execute(_NAME, columns | {"now": now}).all())
