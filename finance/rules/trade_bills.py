"""Reads a channel's trade bill (微信支付交易账单): a backtick before every field, a sum at the end.

Pure. "There is no bill" is an answer too: of a day without a trade.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import NoReturn

from finance.channel_errors import (
    ChannelAccountsMixed,
    TradeInFuture,
    TradeLineUnreadable,
    TradeTotalsDiffer,
)
from finance.models import TradeKind
from finance.rules.bank_cells import Unreadable, read_amount, said
from kernel.clock import SHANGHAI, shanghai_date
from kernel.money import Fen
from kernel.sheets import Line, read_table

_NUMBER_MAX = 64
_ACCOUNT_MAX = 32
_EMPTY = re.compile(rb"No ?Bill ?Exist|NO_STATEMENT_EXIST|\b20002\b", re.IGNORECASE)
_EMPTY_BYTES_MAX = 2_000
_COLUMNS = {
    "traded_at": "交易时间",
    "account": "商户号",
    "sub_account": "特约商户号",
    "trade_no": "微信订单号",
    "order_no": "商户订单号",
    "state": "交易状态",
    "currency": "货币种类",
    "settled": "应结订单金额",
    "refund_no": "微信退款单号",
    "refund": "退款金额",
    "fee": "手续费",
    "order": "订单金额",
}
_KINDS = {
    "SUCCESS": TradeKind.SALE,
    "REFUND": TradeKind.REFUND,
    "REVOKED": TradeKind.REVOKED,
}
_TOTALS = "总交易单数"
# The columns of the sum, in their order, and what of ours each adds up; None: not taken in.
_SUMMED = ("settled", "refund", None, "fee", "order", None)


@dataclass(frozen=True, slots=True)
class BillLine:
    """One trade; `number` is the row that a spreadsheet program shows beside it."""

    number: int
    trade_no: str
    order_no: str
    kind: TradeKind
    refund_no: str
    traded_at: datetime
    order_fen: Fen
    settled_fen: Fen
    refund_fen: Fen


@dataclass(frozen=True, slots=True)
class Bill:
    """A bill that was understood. One without lines names neither its account nor its day."""

    account: str | None
    lines: tuple[BillLine, ...]

    @property
    def days(self) -> tuple[date, date]:
        days = [shanghai_date(line.traded_at) for line in self.lines]
        return min(days), max(days)


def read_trade_bill(content: bytes, *, today: date) -> Bill:
    """Read a bill; `today` is the last day a trade may be of.

    Raises TableFileRefused and TradeBillRefused, with the place in the file where there is one.
    """
    if len(content) <= _EMPTY_BYTES_MAX and _EMPTY.search(content):
        return Bill(None, ())
    spelled = {name: (heading,) for name, heading in _COLUMNS.items()}
    reader = _Reader(today)
    for line in read_table(content, header_synonyms=spelled, required_headers=tuple(_COLUMNS)):
        reader.take(line)
    return Bill(reader.account or None, tuple(reader.lines))


class _Reader:
    def __init__(self, today: date) -> None:
        self.lines: list[BillLine] = []
        self.account = ""
        self._today = today
        self._sums = dict.fromkeys(filter(None, _SUMMED), Decimal())
        self._comes_sum = False

    def take(self, line: Line) -> None:
        first = _plain(line.originals[0]) if line.originals else ""
        if first == _TOTALS:
            self._comes_sum = True
        elif self._comes_sum:
            self._check_sums(line)
        elif first:
            self._take_trade(line)

    def _take_trade(self, line: Line) -> None:
        kind = _KINDS.get(_plain(line.cells["state"]).upper())
        if kind is None:
            _unreadable(line, "state")
        if _plain(line.cells["currency"]).upper() != "CNY":
            _unreadable(line, "currency")
        sub = _plain(line.cells["sub_account"])
        account = sub if sub.strip("0") else _plain(line.cells["account"])
        if not account or (self.account and account != self.account):
            raise ChannelAccountsMixed(line=line.number)
        self.account = account[:_ACCOUNT_MAX]
        traded_at = _moment(line)
        if shanghai_date(traded_at) > self._today:
            raise TradeInFuture(line=line.number, day=shanghai_date(traded_at).isoformat())
        is_sale = kind is TradeKind.SALE
        numbers = {name: _plain(line.cells[name]) for name in ("trade_no", "order_no")}
        for name, number in numbers.items():
            if not 0 < len(number) <= _NUMBER_MAX:
                _unreadable(line, name)
        self._sums["fee"] += _decimal(line, "fee")
        self.lines.append(
            BillLine(
                number=line.number,
                kind=kind,
                refund_no="" if is_sale else _plain(line.cells["refund_no"])[:_NUMBER_MAX],
                traded_at=traded_at,
                order_fen=self._amount(line, "order"),
                settled_fen=self._amount(line, "settled"),
                refund_fen=self._amount(line, "refund"),
                **numbers,
            )
        )

    def _amount(self, line: Line, name: str) -> Fen:
        try:
            amount = read_amount(line.cells[name])
        except Unreadable:
            amount = None
        if amount is None or amount < 0:
            _unreadable(line, name)
        self._sums[name] += Decimal(amount) / 100
        return amount

    def _check_sums(self, line: Line) -> None:
        """Hold the bill's own sums against its lines. Raises TradeTotalsDiffer."""
        self._comes_sum = False
        cells = [_plain(cell) for cell in line.originals]
        expected = [Decimal(len(self.lines))]
        expected += [self._sums[name] if name else Decimal() for name in _SUMMED]
        names = (None, *_SUMMED)
        for place, (name, sum_) in enumerate(zip(names, expected, strict=True)):
            if place and name is None:
                continue
            heading = _COLUMNS[name] if name else _TOTALS
            try:
                told = Decimal(cells[place].replace(",", ""))
            except (InvalidOperation, IndexError):
                raise TradeLineUnreadable(line=line.number, column=heading) from None
            if told != sum_:
                raise TradeTotalsDiffer(
                    line=line.number, column=heading, said=str(told), lines=str(sum_)
                )


def _plain(cell: object) -> str:
    return said(cell, length_max=400).strip()


def _decimal(line: Line, name: str) -> Decimal:
    try:
        return Decimal(_plain(line.cells[name]) or "0")
    except InvalidOperation:
        _unreadable(line, name)


def _moment(line: Line) -> datetime:
    cell = line.cells["traded_at"]
    if isinstance(cell, datetime):
        wall = cell
    else:
        try:
            wall = datetime.fromisoformat(_plain(cell))
        except ValueError:
            _unreadable(line, "traded_at")
    if wall.tzinfo is not None or wall.year not in _YEARS:
        _unreadable(line, "traded_at")
    return wall.replace(tzinfo=SHANGHAI).astimezone(UTC)


_YEARS = range(2000, 2100)


def _unreadable(line: Line, name: str) -> NoReturn:
    raise TradeLineUnreadable(line=line.number, column=_COLUMNS[name])
