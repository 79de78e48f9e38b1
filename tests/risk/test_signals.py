"""Each signal flags what was planted for it, once, and leaves an ordinary day alone."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from benefits.models import Offer
from benefits.rules import Terms
from benefits.services import VersionFacts, add_offer, add_version
from cards.queries import records_of_member
from discounts.services import report_sale, void_redemption
from kernel.actors import SYSTEM, Till
from risk.models import RiskFlag, RiskRule, Signal
from tests.discounts.conftest import Place
from tests.make import NOW
from tests.risk.conftest import flag_of

MINUTE = timedelta(minutes=1)


def test_an_ordinary_day_is_not_flagged(session, place, buyer, watch):
    """By the numbers that every deployment begins with."""
    for number in range(12):
        sale = place.sell(buyer(), gross_fen=52_00 + 7 * number, now=NOW + 20 * number * MINUTE)
        if number == 5:
            void_redemption(session, till=place.till, redemption_id=sale, now=NOW + 105 * MINUTE)

    assert watch(NOW + timedelta(hours=5)) == []


def test_many_sales_in_a_short_time(session, place, buyer, watch, only):
    only(Signal.VELOCITY, threshold=4, window_minutes=10)
    for number in range(4):
        place.sell(buyer(), now=NOW + number * MINUTE)

    assert watch() == [Signal.VELOCITY]
    flag = flag_of(session)
    assert (flag.matched, flag.terminal_id) == (4, place.till.terminal_id)
    assert flag.peak_at == NOW + 3 * MINUTE


def test_the_same_sales_in_a_longer_time_are_none_of_it(place, buyer, watch, only):
    only(Signal.VELOCITY, threshold=4, window_minutes=10)
    for number in range(4):
        place.sell(buyer(), now=NOW + 5 * number * MINUTE)

    assert watch() == []


def test_looking_again_flags_nothing_twice_and_a_new_day_does(session, place, buyer, watch, only):
    only(Signal.VELOCITY, threshold=2, window_minutes=10)
    place.sell(buyer(), now=NOW)
    place.sell(buyer(), now=NOW + MINUTE)
    assert len(watch(NOW + 2 * MINUTE)) == 1

    place.sell(buyer(), now=NOW + 3 * MINUTE)
    assert len(watch(NOW + 4 * MINUTE)) == 1
    assert len(watch(NOW + 5 * MINUTE)) == 1

    tomorrow = NOW + timedelta(days=1)
    place.sell(buyer(), now=tomorrow)
    place.sell(buyer(), now=tomorrow + MINUTE)
    assert len(watch(tomorrow + 2 * MINUTE)) == 2


def test_a_window_reaches_back_over_the_end_of_the_round_before(place, buyer, watch, only):
    only(Signal.VELOCITY, threshold=3, window_minutes=30)
    place.sell(buyer(), now=NOW)
    place.sell(buyer(), now=NOW + MINUTE)
    assert watch(NOW + 10 * MINUTE) == []

    place.sell(buyer(), now=NOW + 20 * MINUTE)
    assert watch(NOW + 21 * MINUTE) == [Signal.VELOCITY]


@pytest.mark.parametrize(("bills", "flagged"), [((50_00,) * 4, True), ((50_00, 61_30) * 2, False)])
def test_bills_of_exactly_the_threshold(place, buyer, *, watch, only, bills, flagged):
    only(Signal.AT_THRESHOLD, threshold=80, sales_min=4)
    for number, bill in enumerate(bills):
        place.sell(buyer(), gross_fen=bill, now=NOW + number * MINUTE)

    assert bool(watch()) is flagged


def test_cards_that_were_never_used_before(place, buyer, watch, only):
    only(Signal.FIRST_CARDS, threshold=80, sales_min=4, window_minutes=120)
    for number in range(4):
        place.sell(buyer(), now=NOW + number * MINUTE)
    assert watch() == [Signal.FIRST_CARDS]


def test_regulars_are_no_first_cards(place, buyer, watch, only):
    only(Signal.FIRST_CARDS, threshold=80, sales_min=4, window_minutes=30)
    regulars = [buyer(), buyer()]
    for number in range(4):
        place.sell(regulars[number % 2], now=NOW + 20 * number * MINUTE)
    assert watch(NOW + 90 * MINUTE) == []


@pytest.mark.parametrize(("hours", "flagged"), [(15, True), (0, False)])
def test_sales_while_places_are_closed(place, buyer, *, watch, only, hours, flagged):
    """Noon in Shanghai is no hour to wonder about; three in the morning is."""
    only(Signal.OUTSIDE_HOURS, threshold=2)
    begin = NOW + timedelta(hours=hours)
    for number in range(2):
        place.sell(buyer(), now=begin + number * MINUTE)

    assert bool(watch(begin + timedelta(hours=1))) is flagged


@pytest.fixture
def elsewhere(session, make, place):
    """Return a function: a till of another merchant in `district`, with the same offer."""

    def open_till(district):
        shop = make.merchant(name="演示分店")
        make.agreement(merchant_id=shop.id)
        terminal = make.terminal(site=make.site(merchant_id=shop.id, district=district))
        till = Till(terminal.id, terminal.site_id, terminal.merchant_id, terminal.code)
        known = session.get_one(Offer, place.offer_id)
        offer = add_offer(
            session,
            actor=SYSTEM,
            programme_id=known.programme_id,
            merchant_id=shop.id,
            title_zh="满50减40",
            title_en="40 off from 50",
            terms=Terms("full_reduction", None, 5000, 4000, None, None, 7500, None),
            assurances=["possession", "session"],
            valid_from=NOW - timedelta(hours=1),
            now=NOW,
        )
        return Place(session, till, offer.id)

    return open_till


@pytest.mark.parametrize(
    ("district", "minutes", "flagged"),
    [("光明区", 5, True), ("宝安区", 5, False), ("光明区", 40, False)],
)
def test_one_card_in_two_districts(
    place, buyer, *, watch, only, elsewhere, district, minutes, flagged
):
    only(Signal.FAR_SITES, threshold=1, window_minutes=15)
    member = buyer()
    place.sell(member, now=NOW)
    elsewhere(district).sell(member, now=NOW + minutes * MINUTE)

    assert bool(watch()) is flagged


def test_sales_that_one_till_takes_back_whole(session, place, buyer, watch, only):
    only(Signal.VOIDS, threshold=3)
    for number in range(3):
        at = NOW + number * MINUTE
        sale = place.sell(buyer(), now=at)
        assert watch(at) == []
        void_redemption(session, till=place.till, redemption_id=sale, now=at)

    assert watch() == [Signal.VOIDS]


def test_members_who_say_that_it_was_not_them(session, place, buyer, watch, only):
    only(Signal.NOT_ME, threshold=2)
    for number in range(2):
        member = buyer()
        place.sell(member, now=NOW + number * MINUTE)
        line = records_of_member(session, member_id=member)[0]
        said = {"member_id": member, "record_id": line.id, "text": "那天我在上班"}
        report_sale(session, now=NOW + number * MINUTE, **said)

    assert watch() == [Signal.NOT_ME]


CINEMA = Terms("fixed_price", None, None, None, 30_00, 1_00, 10_000, None)


@pytest.mark.parametrize(("list_fen", "flagged"), [(36_00, True), (30_00, False), (32_00, False)])
def test_a_list_price_that_went_up_before_the_discount(
    session, place, *, watch, only, list_fen, flagged
):
    only(Signal.PRICE_RAISED, threshold=10)
    known = session.get_one(Offer, place.offer_id)
    offer = add_offer(
        session,
        actor=SYSTEM,
        programme_id=known.programme_id,
        merchant_id=place.till.merchant_id,
        title_zh="一元观影",
        title_en="A film for ¥1",
        terms=CINEMA,
        assurances=["possession"],
        valid_from=NOW + timedelta(days=2),
        now=NOW,
    )
    add_version(
        session,
        actor=SYSTEM,
        offer_id=offer.id,
        version=offer.version,
        facts=VersionFacts(
            terms=replace(CINEMA, list_fen=list_fen),
            assurances=["possession"],
            valid_from=NOW + timedelta(days=3),
            valid_to=None,
        ),
        now=NOW + MINUTE,
    )

    assert bool(watch()) is flagged
    if flagged:
        assert flag_of(session).subject_id == offer.id


def test_a_rule_that_is_off_flags_nothing(session, place, buyer, watch):
    for rule in session.scalars(select(RiskRule)):
        rule.threshold, rule.sales_min, rule.active = 1, 1, False
    place.sell(buyer(), gross_fen=50_00)

    assert watch() == []
    assert session.scalars(select(RiskFlag)).all() == []
