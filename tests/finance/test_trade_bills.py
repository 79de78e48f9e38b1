"""A trade bill is taken in once, and each of its trades agrees with a sale or is named."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from discounts.rules import receipt_number
from finance.channel_errors import (
    BillDayMissing,
    BillMerchantUnknown,
    ChannelAccountOther,
    ChannelAccountsMixed,
    ChannelAccountUnknown,
    TradeInFuture,
    TradeLineUnreadable,
    TradeTotalsDiffer,
)
from finance.models import Discrepancy, DiscrepancyCode, DiscrepancyState, Trade, TradeBill
from finance.rules.trade_bills import read_trade_bill
from finance.services.discrepancies import resolve
from finance.services.trade_import import import_trade_bill
from kernel.money import Fen
from kernel.sheets import HeadingMissing
from merchants.models import Merchant
from tests.finance.chain import ChainMaker
from tests.make import NOW
from tests.make.trades import A_DAY, NUMBER, trade, trade_bill

TODAY = date(2026, 11, 23)
SAMPLE = Path(__file__).resolve().parents[1] / "data" / "wechat-bill.csv"
NO_BILL = b"<xml><return_code>FAIL</return_code><return_msg>No Bill Exist</return_msg></xml>"


@pytest.fixture
def make(session):
    return ChainMaker(session)


@pytest.fixture
def till(make):
    make.chart()
    return make.terminal()


@pytest.fixture
def take_in(session, till):
    """Return a function: take a bill of the till's merchant in."""
    uscc = session.get_one(Merchant, till.merchant_id).uscc

    def taken(content, *, uscc=uscc, day=None, now=NOW):
        return import_trade_bill(
            session, content=content, name="b.csv", uscc=uscc, bill_on=day, staff_id=None, now=now
        )

    return taken


def receipt(till, sale):
    return receipt_number(till.code, sale.receipt_on, sale.receipt_seq)


def named(session):
    session.expire_all()
    rows = session.execute(
        select(Discrepancy.code, Discrepancy.amount_fen, Discrepancy.state).order_by(
            Discrepancy.code, Discrepancy.amount_fen
        )
    )
    return [(code, fen) for code, fen, state in rows if state is DiscrepancyState.OPEN]


def test_the_sample_is_read_as_it_is_given():
    bill = read_trade_bill(SAMPLE.read_bytes(), today=TODAY)

    assert bill.account == NUMBER
    assert [(line.kind.value, line.order_fen, line.refund_fen) for line in bill.lines] == [
        ("sale", 50_00, 0),
        ("sale", 108_50, 0),
        ("refund", 0, 68_50),
        ("sale", 52_00, 0),
    ]
    assert bill.lines[3].traded_at == datetime(2026, 11, 2, 15, 59, 58, tzinfo=UTC)
    assert bill.days == (date(2026, 11, 2), date(2026, 11, 2))


def test_trades_agree_by_receipt_or_by_the_sales_own_id(session, make, till, take_in):
    one, two = make.sale(till), make.sale(till)
    content = trade_bill(trade("1", receipt(till, one)), trade("2", two.id.hex))

    taken, again = take_in(content), take_in(content)

    assert (taken.trades, taken.new, taken.matched, taken.named) == (2, 2, 2, 0)
    assert again.repeated
    assert session.scalars(select(func.count()).select_from(Trade)).one() == 2
    assert named(session) == []


def test_another_bill_with_known_trades_brings_only_what_is_new(session, make, till, take_in):
    one, two = make.sale(till), make.sale(till)
    first = trade("1", receipt(till, one))
    take_in(trade_bill(first))

    taken = take_in(trade_bill(first, trade("2", receipt(till, two))))

    assert (taken.trades, taken.new, taken.matched) == (2, 1, 1)


def test_each_difference_has_its_code(session, make, till, take_in):
    sales = [make.sale(till) for _ in range(5)]
    fine, other, twice, yesterday, alone = sales
    content = trade_bill(
        trade("1", receipt(till, fine)),
        trade("2", receipt(till, other), gross=61_00),
        trade("3", receipt(till, twice)),
        trade("4", receipt(till, twice), at=NOW + timedelta(minutes=1)),
        trade("5", receipt(till, yesterday), at=NOW - A_DAY),
        trade("6", "AAAAAAAA-20261123-0001", gross=7_00),
        trade("1", receipt(till, fine), state="REFUND", refund=20_00),
        trade("9", "unknown", state="REFUND", refund=3_00),
    )

    taken = take_in(content)

    assert taken.named == 7
    assert named(session) == [
        (DiscrepancyCode.AMOUNT_MISMATCH, 1_00),
        (DiscrepancyCode.CROSS_DAY, 60_00),
        (DiscrepancyCode.DUPLICATE, 60_00),
        (DiscrepancyCode.EXTERNAL_ONLY, 7_00),
        (DiscrepancyCode.PLATFORM_ONLY, -alone.gross_fen),
        (DiscrepancyCode.REFUND_UNPAIRED, -20_00),
        (DiscrepancyCode.REFUND_UNPAIRED, -3_00),
    ]


def test_a_trade_about_midnight_is_matched_with_tolerance(session, make, till, take_in):
    sale = make.sale(till)
    sale.captured_at = datetime(2026, 11, 22, 16, 1, tzinfo=UTC)  # 00:01 of the 23rd
    session.flush()

    taken = take_in(
        trade_bill(trade("1", receipt(till, sale), at=sale.captured_at - timedelta(minutes=3)))
    )

    assert (taken.matched, named(session)) == (1, [])
    known = session.scalars(select(Discrepancy)).one()
    assert (known.code, known.state) == (DiscrepancyCode.CROSS_DAY, DiscrepancyState.RESOLVED)


def test_what_comes_to_agree_is_resolved(session, make, till, take_in):
    refunded, late = make.sale(till), "0" * 31 + "1"
    take_in(
        trade_bill(
            trade("1", receipt(till, refunded)),
            trade("1", receipt(till, refunded), state="REFUND", refund=20_00),
        )
    )
    assert [code for code, _ in named(session)] == [DiscrepancyCode.REFUND_UNPAIRED]
    refunded.back_member_fen = Fen(20_00)
    session.flush()

    take_in(trade_bill(trade("2", late)))

    assert [code for code, _ in named(session)] == [DiscrepancyCode.EXTERNAL_ONLY]


def test_what_a_person_resolved_stays_so(session, make, till, take_in):
    sale = make.sale(till)
    take_in(trade_bill(trade("1", receipt(till, sale), gross=61_00)))
    found = session.scalars(select(Discrepancy)).one()
    actor = make.staff_actor("finance_maker")
    resolve(session, actor=actor, discrepancy_id=found.id, version=1, note="商户多收一元", now=NOW)

    take_in(trade_bill(trade("2", receipt(till, sale))))

    assert [code for code, _ in named(session)] == [DiscrepancyCode.DUPLICATE]


def test_there_is_no_bill_is_an_answer(session, make, till, take_in):
    first = make.sale(till)
    take_in(trade_bill(trade("1", receipt(till, first))))
    alone = make.sale(till)
    alone.captured_at = NOW - A_DAY
    session.flush()

    taken = take_in(NO_BILL, day=TODAY - A_DAY)

    assert (taken.trades, taken.named) == (0, 1)
    assert named(session) == [(DiscrepancyCode.PLATFORM_ONLY, -alone.gross_fen)]
    assert take_in(NO_BILL, day=TODAY - A_DAY).repeated
    assert not take_in(NO_BILL, day=TODAY - 2 * A_DAY).repeated


@pytest.mark.parametrize(
    ("content", "refusal", "facts"),
    [
        (trade_bill(trade("1", "2"), settled="1.00"), TradeTotalsDiffer, {"column", "said"}),
        (trade_bill(trade("1", "2"), count=2), TradeTotalsDiffer, {"line", "lines"}),
        (trade_bill(trade("1", "2", fee="x")), TradeLineUnreadable, {"line", "column"}),
        (trade_bill(trade("1", "2", currency="USD")), TradeLineUnreadable, {"line"}),
        (trade_bill(trade("1", "2", state="ODD")), TradeLineUnreadable, {"line"}),
        (trade_bill(trade("1", "2", at=NOW + A_DAY)), TradeInFuture, {"line", "day"}),
        (
            trade_bill(trade("1", "2"), trade("3", "4", number="1900000001")),
            ChannelAccountsMixed,
            {"line"},
        ),
        ("交易日期,收入,支出,余额\n2026-11-02,1,0,1\n".encode("gb18030"), HeadingMissing, set()),
        (NO_BILL, BillDayMissing, set()),
    ],
)
def test_bad_bills_are_refused_with_their_place(session, take_in, content, refusal, facts):
    with pytest.raises((refusal,)) as refused:
        read_and_take(take_in, content)

    assert facts <= refused.value.facts.keys()
    assert session.scalars(select(func.count()).select_from(TradeBill)).one() == 0


def read_and_take(take_in, content):
    return take_in(content, uscc=None) if content is NO_BILL else take_in(content)


def test_whose_bill_it_is_is_said_once(session, make, take_in):
    content = trade_bill(trade("1", "2"))
    with pytest.raises(ChannelAccountUnknown):
        take_in(content, uscc=None)
    with pytest.raises(BillMerchantUnknown):
        take_in(content, uscc="91440399MA9999999X")
    take_in(content)

    taken = take_in(trade_bill(trade("5", "6")), uscc=None)
    assert taken.number == NUMBER
    with pytest.raises(ChannelAccountOther):
        take_in(content, uscc=make.merchant().uscc)
