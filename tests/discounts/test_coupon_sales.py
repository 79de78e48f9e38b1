"""A sale of an offer that needs a coupon: uses the member's piece up, and gives it back whole."""

from datetime import timedelta

import pytest

from benefits.errors import OfferNotUsable
from benefits.models import Coupon, CouponState, Offer
from benefits.queries import limit_residuals
from benefits.services import SOLD_OUT, consume_coupon, end_due_coupons
from cards.models import CardState
from cards.services import issue_slice
from discounts.services import (
    RedeemRequest,
    expire_holds,
    redeem_discount,
    reverse_redemption,
    scan_card,
    void_redemption,
)
from kernel.ids import new_id
from tests.benefits.releases import EARLIER, facts, grab, release_of
from tests.make import NOW


@pytest.fixture
def member(make):
    SOLD_OUT.forget()
    card = make.card()
    make.phone(card)
    return card.member_id


@pytest.fixture
def coupon(session, place, member):
    """The member's piece of the one offer there is."""
    release = release_of(session, session.get_one(Offer, place.offer_id), now=EARLIER)
    return session.get_one(Coupon, grab(session, release, member).coupon_id)


def seen(session, place, member):
    """Return the reasons that a scan gives against the offer."""
    shown = issue_slice(session, member_id=member, now=NOW)
    answer = scan_card(session, till=place.till, presentation=shown.text, scan_id=None, now=NOW)
    (offer,) = answer.offers
    return [each.code for each in offer.reasons]


def held(session, place, member):
    shown = issue_slice(session, member_id=member, now=NOW)
    request = RedeemRequest(
        id=new_id(),
        offer_id=place.offer_id,
        gross_fen=60_00,
        verification_id=None,
        presentation=shown.text,
        terminal_seq=None,
        occurred_at=NOW,
        capture=False,
    )
    return redeem_discount(session, till=place.till, request=request, now=NOW)


def state(session, coupon):
    session.refresh(coupon)
    return coupon.state


def test_without_a_coupon_the_till_says_so_and_sells_nothing(session, make, place, coupon):
    card = make.card(state=CardState.ACTIVE)
    make.phone(card)

    assert seen(session, place, card.member_id) == ["coupon_needed"]
    with pytest.raises(OfferNotUsable) as refused:
        place.sell(card.member_id)
    assert refused.value.facts["reason"] == "coupon_needed"


def test_a_sale_uses_the_coupon_up_and_there_is_no_second_one(session, place, member, coupon):
    assert seen(session, place, member) == []

    sale_id = place.sell(member)

    assert (state(session, coupon), coupon.used_by) == (CouponState.USED, sale_id)
    with pytest.raises(OfferNotUsable):
        place.sell(member, now=NOW + timedelta(seconds=40))


def test_a_voided_sale_gives_it_back(session, place, member, coupon):
    sale_id = place.sell(member)

    void_redemption(session, till=place.till, redemption_id=sale_id, now=NOW)

    assert state(session, coupon) is CouponState.LIVE
    place.sell(member, now=NOW + timedelta(seconds=40))
    assert state(session, coupon) is CouponState.USED
    assert limit_residuals(session) == []


def test_only_a_whole_reversal_gives_it_back(session, place, member, coupon):
    sale_id = place.sell(member)

    def reverse(amount_fen):
        reverse_redemption(
            session,
            till=place.till,
            redemption_id=sale_id,
            reversal_id=new_id(),
            amount_fen=amount_fen,
            reason="退货",
            now=NOW,
        )

    reverse(10_00)
    assert state(session, coupon) is CouponState.USED
    reverse(50_00)
    assert state(session, coupon) is CouponState.LIVE


@pytest.mark.parametrize("how", ["voided", "expired"])
def test_a_hold_that_comes_to_nothing_gives_it_back(session, place, member, coupon, how):
    answer = held(session, place, member)
    assert state(session, coupon) is CouponState.USED

    if how == "voided":
        redemption_id = answer.line.redemption.id
        void_redemption(session, till=place.till, redemption_id=redemption_id, now=NOW)
    else:
        expire_holds(session, now=NOW + timedelta(minutes=11))

    assert state(session, coupon) is CouponState.LIVE


def test_one_whose_day_passed_is_not_used_and_a_used_one_does_not_expire(
    session, place, member, coupon
):
    late = coupon.until + timedelta(seconds=1)
    with pytest.raises(OfferNotUsable):
        consume_coupon(session, coupon_id=coupon.id, redemption_id=new_id(), now=late)
    place.sell(member)

    assert end_due_coupons(session, now=late, rows=10) == 0
    assert state(session, coupon) is CouponState.USED
