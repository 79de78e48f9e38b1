"""Receipts are numbered without gaps, however a sale was made and whatever became of it."""

from collections import defaultdict

from sqlalchemy import select

from discounts.models import Redemption
from discounts.queries import receipt_gaps
from discounts.services import RedeemRequest, redeem_discount, void_redemption
from kernel.clock import utc_now
from kernel.ids import new_id
from tests.discounts.offline import HOUR, sold


def test_receipts_have_no_gap_whether_sold_online_offline_or_voided(shop, till):
    def online(at):
        request = RedeemRequest(
            id=new_id(),
            offer_id=shop.offer.id,
            gross_fen=60_00,
            verification_id=None,
            presentation=shop.phone().code(now=at),
            terminal_seq=None,
            occurred_at=at,
            capture=True,
        )
        answer = redeem_discount(shop.session, till=till.place, request=request, now=at)
        return answer.line.redemption.id

    first = online(shop.now)  # an hour ago it may have been another day, and no void of today
    void_redemption(shop.session, till=till.place, redemption_id=first, now=shop.now)
    good = sold(till, shop.phone(), shop.now - 2 * HOUR)
    late = sold(till, shop.phone(), shop.now - 20 * HOUR)  # before its lease: no receipt
    verdicts = shop.send(till, good, late)["verdicts"]
    last = online(utc_now())

    sales = {sale.id: sale for sale in shop.session.scalars(select(Redemption))}
    assert [each["verdict"] for each in verdicts] == ["captured", "refused"]
    days = defaultdict(list)
    for sale in sales.values():
        days[sale.receipt_on].append(sale.receipt_seq)
    assert all(sorted(seqs) == list(range(1, len(seqs) + 1)) for seqs in days.values())
    assert sales[first].state == "voided"
    assert sales[last].receipt_seq == len(days[sales[last].receipt_on])
    assert receipt_gaps(shop.session) == []
