"""Whether what a channel says of a sale is what we say of it. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from finance.models import DiscrepancyCode, TradeKind
from kernel.clock import shanghai_date
from kernel.money import Fen

# Two clocks about midnight: the same sale may stand on one day here and on the next there.
MIDNIGHT_TOLERANCE = timedelta(minutes=5)
# What the rule says of itself on an exception that it has resolved.
TOLERATED = "23:59:59 ± 5 min"

_NOTHING = Fen(0)


@dataclass(frozen=True, slots=True)
class SaleFacts:
    """A captured sale of ours; `back_fen` is what of the member's part was taken back so far.

    `sold_at` is ours, or the till's where it sold without a network.
    """

    id: UUID
    merchant_id: UUID
    gross_fen: Fen
    member_pays_fen: Fen
    back_fen: Fen
    sold_at: datetime


@dataclass(frozen=True, slots=True)
class TradeFacts:
    id: UUID
    kind: TradeKind
    trade_no: str
    order_no: str
    traded_at: datetime
    order_fen: Fen
    settled_fen: Fen
    refund_fen: Fen


@dataclass(frozen=True, slots=True)
class Judged:
    """What a trade is of, and what is wrong with it: nothing if `code` is None.

    `at_stake_fen` is what is not explained, signed as the channel says more or less than we do.
    `is_tolerated`: it is named, and nothing needs to be done.
    """

    sale_id: UUID | None
    code: DiscrepancyCode | None = None
    at_stake_fen: Fen = _NOTHING
    is_tolerated: bool = False


@dataclass
class Known:
    """What earlier trades of the account have taken: our sales, and what was refunded of each."""

    sold: dict[str, UUID] = field(default_factory=dict)  # the channel's number of a sale: ours
    claimed: set[UUID] = field(default_factory=set)
    refunded: dict[UUID, int] = field(default_factory=dict)


def judge_trades(
    trades: Iterable[TradeFacts],
    *,
    sales: Mapping[str, SaleFacts],
    merchant_id: UUID,
    known: Known,
) -> dict[UUID, Judged]:
    """Judge trades in the order in which they happened; `sales` by order number. Fills `known`."""
    found = {}
    for trade in sorted(trades, key=lambda each: (each.kind is not TradeKind.SALE, each.traded_at)):
        sale = sales.get(trade.order_no)
        if sale is not None and sale.merchant_id != merchant_id:
            sale = None
        judge = _judge_sale if trade.kind is TradeKind.SALE else _judge_refund
        found[trade.id] = judge(trade, sale, known)
    return found


def _judge_sale(trade: TradeFacts, sale: SaleFacts | None, known: Known) -> Judged:
    if sale is None:
        return Judged(None, DiscrepancyCode.EXTERNAL_ONLY, trade.order_fen)
    if sale.id in known.claimed:
        return Judged(None, DiscrepancyCode.DUPLICATE, trade.order_fen)
    known.claimed.add(sale.id)
    known.sold[trade.trade_no] = sale.id
    differs = (trade.order_fen - sale.gross_fen) or (trade.settled_fen - sale.member_pays_fen)
    if differs:
        return Judged(sale.id, DiscrepancyCode.AMOUNT_MISMATCH, Fen(differs))
    if shanghai_date(trade.traded_at) != shanghai_date(sale.sold_at):
        apart = abs(trade.traded_at - sale.sold_at)
        is_tolerated = apart <= MIDNIGHT_TOLERANCE
        return Judged(sale.id, DiscrepancyCode.CROSS_DAY, trade.order_fen, is_tolerated)
    return Judged(sale.id)


def _judge_refund(trade: TradeFacts, sale: SaleFacts | None, known: Known) -> Judged:
    """Hold a refund against its sale at the channel and against what was taken back here."""
    fen = trade.refund_fen or trade.settled_fen
    if sale is None or known.sold.get(trade.trade_no) != sale.id:
        return Judged(None, DiscrepancyCode.REFUND_UNPAIRED, Fen(-fen))
    given_back = known.refunded.get(sale.id, 0) + fen
    if given_back > sale.back_fen:
        return Judged(sale.id, DiscrepancyCode.REFUND_UNPAIRED, Fen(-fen))
    known.refunded[sale.id] = given_back
    return Judged(sale.id)
