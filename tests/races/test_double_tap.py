"""One sale sent many times at once, over real HTTP: a double tap, a retry that overtakes."""

from collections import Counter

import pytest

from benefits.models import LimitScope, LimitUnit, LimitWindow
from kernel.ids import new_id
from tests.drive import Till, answered
from tests.races.test_limits import BILL_FEN, Most, books_agree, offer_of
from tests.town import at_once

pytestmark = pytest.mark.service

TAPS = 20


def test_one_sale_sent_twenty_times_at_once_is_sold_once(live):
    till, phone, sale_id = live.new_till(), live.new_phone(), new_id()
    with live.database() as session:
        most = Most(LimitScope.PROGRAMME, LimitWindow.TOTAL, LimitUnit.FEN, uses=1)
        offer = offer_of(session, (most,))
    shown = answered(phone.get("/cards/me/slice"), 200)["text"]

    def tap():
        own = Till(live.base_url, token=till.facts["token"])
        return own.redeem(offer, BILL_FEN, redemption_id=sale_id, presentation=shown)

    answers = at_once([tap] * TAPS)

    assert Counter(each.status_code for each in answers) == {201: TAPS}
    assert len({each.json()["receipt_no"] for each in answers}) == 1
    replayed = Counter("Idempotency-Replayed" in each.headers for each in answers)
    assert replayed == {False: 1, True: TAPS - 1}
    with live.database() as session:
        books_agree(session)


def test_two_ids_of_one_scan_are_one_sale(live):
    till, phone = live.new_till(), live.new_phone()
    with live.database() as session:
        offer = offer_of(session)
    shown = answered(phone.get("/cards/me/slice"), 200)["text"]
    scan = till.verify(shown)["verification_id"]

    def tap():
        own = Till(live.base_url, token=till.facts["token"])
        return own.redeem(offer, BILL_FEN, verification_id=scan)

    answers = at_once([tap] * TAPS)

    assert Counter(each.status_code for each in answers) == {201: 1, 409: TAPS - 1}
    reasons = {each.json()["facts"]["reason"] for each in answers if each.status_code == 409}
    assert reasons == {"already_redeemed"}
    with live.database() as session:
        books_agree(session)
