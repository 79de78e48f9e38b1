from datetime import timedelta

from kernel.clock import SHANGHAI
from kernel.money import yuan
from tests.make import NOW

HEADING = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,"
    "付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,"
    "退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注"
)
SUMS = (
    "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
)
NUMBER = "1900000000"


def trade(no, order, *, settled=20_00, gross=60_00, refund=0, state="SUCCESS", at=NOW, **other):
    """Return one line of a bill: what it says, by name."""
    return {
        "no": no,
        "order": order,
        "settled": settled if state == "SUCCESS" else 0,
        "gross": gross if state == "SUCCESS" else 0,
        "refund": refund,
        "state": state,
        "at": at,
        "number": NUMBER,
        "currency": "CNY",
        "fee": "0.12000",
    } | other


def trade_bill(*trades, **sums):
    """Return a bill as WeChat gives it; `sums` are what its last line says instead of the truth."""
    rows = [HEADING]
    for each in trades:
        wall = (each["at"].astimezone(SHANGHAI)).strftime("%Y-%m-%d %H:%M:%S")
        cells = [
            *(wall, "wxdemo", each["number"], "0", "", each["no"], each["order"], "odemo"),
            *("NATIVE", each["state"], "OTHERS", each["currency"], _yuan(each["settled"]), "0.00"),
            *(f"5{each['no']}" if each["refund"] else "0", "0", _yuan(each["refund"]), "0.00"),
            *("", "", "演示餐饮", "", each["fee"], "0.60%", _yuan(each["gross"]), "0.00", ""),
        ]
        rows.append(",".join(f"`{cell}" for cell in cells))
    told = {
        "count": len(trades),
        "settled": _yuan(sum(each["settled"] for each in trades)),
        "refund": _yuan(sum(each["refund"] for each in trades)),
        "fee": f"{0.12 * len(trades):.5f}",
        "gross": _yuan(sum(each["gross"] for each in trades)),
    } | sums
    rows.append(SUMS)
    cells = (told["count"], told["settled"], told["refund"], "0.00", told["fee"], told["gross"], 0)
    rows.append(",".join(f"`{cell}" for cell in cells))
    return "\r\n".join(rows).encode("utf-8-sig")


def _yuan(fen):
    return yuan(fen).replace(",", "")


A_DAY = timedelta(days=1)
