"""A payment channel's bill of a month, as WeChat writes it, with faults planted in it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from bench.books import Sold
from bench.plan import SHANGHAI

# What is planted about a sale of ours, and about none.
OF_SALES = ("platform_only", "duplicate", "amount_mismatch", "cross_day")
OF_NOTHING = ("external_only", "refund_unpaired")
CODES = OF_SALES + OF_NOTHING
_DAYS_WITHIN = range(3, 27)  # of the month: no fault moves a bill's first or last day
_HEADING = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,"
    "付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,"
    "退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注"
)
_SUM_HEADING = (
    "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
)


@dataclass(frozen=True)
class Line:
    """One trade; amounts in fen, `refund_fen` only where money went back."""

    at: datetime
    trade_no: str
    order_no: str
    order_fen: int
    settled_fen: int
    refund_fen: int = 0


def of_sale(sold: Sold) -> Line:
    gross = sold.member_fen + sold.merchant_fen + sold.union_fen
    return Line(sold.at, f"42{sold.id.int % 10**24:024d}", sold.id.hex, gross, sold.member_fen)


def with_faults(
    sales: Sequence[Sold], whole: set[UUID], *, faults: int, random: Random
) -> tuple[list[Line], list[tuple[str, str]], set[UUID]]:
    """Return a bill of `sales` with so many faults of each code, what each is about, and of which.

    Faults are planted about sales that are `whole`: a sale that was taken back explains itself.
    """
    able = [each for each in sales if each.id in whole and (each.at + SHANGHAI).day in _DAYS_WITHIN]
    chosen = random.sample(able, faults * len(OF_SALES))
    code_of = {each.id: OF_SALES[place // faults] for place, each in enumerate(chosen) if faults}
    lines: list[Line] = []
    planted: list[tuple[str, str]] = []
    for sold in sales:
        code = code_of.get(sold.id)
        made = list(_lines(of_sale(sold), code))
        lines += made
        if code is not None:
            planted.append((code, sold.id.hex if code == "platform_only" else made[-1].trade_no))
    for code in OF_NOTHING:
        for _ in range(faults):
            line = _stray(code, random.choice(sales).at, random)
            lines.append(line)
            planted.append((code, line.trade_no))
    return lines, planted, set(code_of)


def _lines(line: Line, code: str | None) -> Iterator[Line]:
    if code == "platform_only":
        return
    if code == "amount_mismatch":
        line = replace(line, order_fen=line.order_fen + 1_00, settled_fen=line.settled_fen + 1_00)
    if code == "cross_day":
        line = replace(line, at=line.at - timedelta(days=1))
    yield line
    if code == "duplicate":
        yield replace(line, trade_no=f"43{line.trade_no[2:]}", at=line.at + timedelta(seconds=1))


def _stray(code: str, at: datetime, random: Random) -> Line:
    number = f"{random.getrandbits(64):020d}"
    fen = random.randrange(1_00, 90_00)
    line = Line(at, f"44{number}", f"UNKNOWN{number}", fen, fen)
    if code == "refund_unpaired":
        return replace(line, order_fen=0, settled_fen=0, refund_fen=fen)
    return line


def bill_file(lines: Iterable[Line], *, account: str) -> bytes:
    rows, count, settled, refund, order = [_HEADING], 0, 0, 0, 0
    for line in sorted(lines, key=lambda each: each.at):
        count += 1
        settled += line.settled_fen
        refund += line.refund_fen
        order += line.order_fen
        rows.append(_row(line, account))
    sums = (settled, refund, 0, 0, order, refund)
    rows += [_SUM_HEADING, _ticked([str(count), *map(_yuan, sums)])]
    return "\r\n".join(rows).encode("utf-8-sig")


def _row(line: Line, account: str) -> str:
    back = bool(line.refund_fen)
    return _ticked(
        [
            f"{line.at + SHANGHAI:%Y-%m-%d %H:%M:%S}",
            *("wx0000000000000000", account, "0", "", line.trade_no, line.order_no, "", "MICROPAY"),
            *("REFUND" if back else "SUCCESS", "OTHERS", "CNY"),
            *(_yuan(line.settled_fen), "0.00"),
            *((f"50{line.trade_no}", f"R{line.trade_no}") if back else ("0", "0")),
            *(_yuan(line.refund_fen), "0.00", "ORIGINAL" if back else ""),
            *("SUCCESS" if back else "", "普惠", "", "0.00000", "0.00%"),
            *(_yuan(line.order_fen), _yuan(line.refund_fen), ""),
        ]
    )


def _ticked(cells: Sequence[str]) -> str:
    return ",".join(f"`{cell}" for cell in cells)


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"
