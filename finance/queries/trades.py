"""Reads of channels, their bills and trades, and the sales that they are about."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select, text
from sqlalchemy.orm import Session

from discounts.models import OfflineRecord, Redemption, RedemptionState
from finance.models import (
    ChannelAccount,
    Discrepancy,
    DiscrepancyState,
    Trade,
    TradeBill,
    TradeKind,
)
from finance.rules.trades import Known, SaleFacts, TradeFacts
from kernel.db import among
from merchants.models import Merchant
from staff.models import StaffAccount

_BY_RECEIPT = text(
    """
    SELECT g.order_no, r.id
    FROM unnest(CAST(:order_nos AS text[]), CAST(:codes AS text[]), CAST(:days AS date[]),
        CAST(:seqs AS int[])) AS g (order_no, code, receipt_on, receipt_seq)
    JOIN terminals t ON t.code = g.code
    JOIN redemptions r ON r.terminal_id = t.id AND r.receipt_on = g.receipt_on
        AND r.receipt_seq = g.receipt_seq
    """
)
_CAPTURED = (
    RedemptionState.CAPTURED,
    RedemptionState.VOIDED,
    RedemptionState.PARTLY_REVERSED,
    RedemptionState.REVERSED,
)
_ID_CHARACTERS = 32
_SEQ_MAX = 2**31 - 1


@dataclass(frozen=True)
class AccountSummary:
    """A merchant's number at a channel, whose it is, and what of its trades agrees."""

    account: ChannelAccount
    merchant: str
    trades: int
    unmatched: int
    last_on: date | None


def channel_accounts(session: Session) -> list[AccountSummary]:
    """Return every number that is known, by number."""
    trades = (
        select(
            Trade.account_id,
            func.count().label("trades"),
            func.count().filter(Trade.matched_at.is_(None)).label("unmatched"),
        )
        .group_by(Trade.account_id)
        .subquery()
    )
    last = (
        select(TradeBill.account_id, func.max(TradeBill.last_on).label("last_on"))
        .group_by(TradeBill.account_id)
        .subquery()
    )
    found = session.execute(
        select(
            ChannelAccount,
            Merchant.name,
            func.coalesce(trades.c.trades, 0),
            func.coalesce(trades.c.unmatched, 0),
            last.c.last_on,
        )
        .join(Merchant, Merchant.id == ChannelAccount.merchant_id)
        .outerjoin(trades, trades.c.account_id == ChannelAccount.id)
        .outerjoin(last, last.c.account_id == ChannelAccount.id)
        .order_by(ChannelAccount.number)
    )
    return [AccountSummary(*row) for row in found]


def trade_bills(session: Session, *, limit: int) -> Sequence[Row[TradeBill, str, str, str | None]]:
    """Return the last bills with their number, merchant and who brought them, newest first."""
    return session.execute(
        select(TradeBill, ChannelAccount.number, Merchant.name, StaffAccount.display_name)
        .join(ChannelAccount, ChannelAccount.id == TradeBill.account_id)
        .join(Merchant, Merchant.id == ChannelAccount.merchant_id)
        .outerjoin(StaffAccount, StaffAccount.id == TradeBill.imported_by)
        .order_by(TradeBill.imported_at.desc(), TradeBill.id.desc())
        .limit(limit)
    ).all()


def unsettled_trades(session: Session, *, account_id: UUID) -> list[TradeFacts]:
    """Return what does not agree yet, but for what a person has resolved."""
    rows = session.execute(
        select(
            Trade.id,
            Trade.kind,
            Trade.trade_no,
            Trade.order_no,
            Trade.traded_at,
            Trade.order_fen,
            Trade.settled_fen,
            Trade.refund_fen,
        )
        .outerjoin(Discrepancy, Discrepancy.trade_id == Trade.id)
        .where(
            Trade.account_id == account_id,
            Trade.matched_at.is_(None),
            func.coalesce(Discrepancy.state, DiscrepancyState.OPEN) == DiscrepancyState.OPEN,
        )
    )
    return [TradeFacts(*row) for row in rows]


def settled_trades(session: Session, *, account_id: UUID) -> Known:
    """Return what the account's other trades have taken: those that agree, or were resolved."""
    known = Known()
    resolved = select(Discrepancy.trade_id).where(
        Discrepancy.state == DiscrepancyState.RESOLVED, Discrepancy.trade_id.is_not(None)
    )
    rows = session.execute(
        select(Trade.kind, Trade.trade_no, Trade.redemption_id, Trade.refund_fen).where(
            Trade.account_id == account_id,
            Trade.redemption_id.is_not(None),
            Trade.matched_at.is_not(None) | Trade.id.in_(resolved),
        )
    )
    for kind, trade_no, redemption_id, refund_fen in rows:
        assert redemption_id is not None
        if kind is TradeKind.SALE:
            known.sold[trade_no] = redemption_id
            known.claimed.add(redemption_id)
        else:
            known.refunded[redemption_id] = known.refunded.get(redemption_id, 0) + refund_fen
    return known


def sales_by_order(session: Session, order_nos: Iterable[str]) -> dict[str, SaleFacts]:
    """Return the captured sales that order numbers name: by receipt, or by the sale's own id."""
    ids = {order_no: id_ for order_no in order_nos if (id_ := _uuid(order_no)) is not None}
    receipts = [found for each in order_nos if (found := _receipt(each)) is not None]
    if receipts:
        columns: Mapping[str, list[Any]] = dict(
            zip(
                ("order_nos", "codes", "days", "seqs"),
                map(list, zip(*receipts, strict=True)),
                strict=True,
            )
        )
        ids |= {row.order_no: row.id for row in session.execute(_BY_RECEIPT, columns)}
    if not ids:
        return {}
    rows = session.execute(
        select(
            Redemption.id,
            Redemption.merchant_id,
            Redemption.gross_fen,
            Redemption.member_pays_fen,
            Redemption.back_member_fen,
            func.coalesce(OfflineRecord.occurred_at, Redemption.captured_at),
        )
        .outerjoin(OfflineRecord, OfflineRecord.redemption_id == Redemption.id)
        .where(Redemption.id == among(ids.values()), Redemption.state.in_(_CAPTURED))
    )
    sales = {row.id: SaleFacts(*row) for row in rows}
    return {order_no: sales[id_] for order_no, id_ in ids.items() if id_ in sales}


def _uuid(text: str) -> UUID | None:
    """Return the id that an order number of 32 hexadecimal digits is."""
    if len(text) != _ID_CHARACTERS:
        return None
    try:
        return UUID(text)
    except ValueError:
        return None


def _receipt(order_no: str) -> tuple[str, str, date, int] | None:
    """Return an order number with its till, day and number, if it is a receipt's."""
    code, _, rest = order_no.partition("-")
    day, _, seq = rest.partition("-")
    try:
        receipt = order_no, code.upper(), date.fromisoformat(day), int(seq)
    except ValueError:
        return None
    return receipt if 0 < receipt[3] <= _SEQ_MAX else None
