"""By which clock the signals count: the service's; without a network, the member's phone's."""

from datetime import timedelta

from risk.models import Signal
from tests.discounts.conftest import shop, till
from tests.discounts.offline import HOUR, sold
from tests.make import NOW

MINUTE = timedelta(minutes=1)


def test_a_till_does_not_choose_the_hour_of_its_sales(place, buyer, watch, only):
    only(Signal.OUTSIDE_HOURS, threshold=2)
    night = NOW + timedelta(hours=15)
    for number in range(2):
        at = night + number * MINUTE
        place.sell(buyer(), now=at, till_says=at - timedelta(hours=15))

    assert watch(night + HOUR) == [Signal.OUTSIDE_HOURS]


def test_a_queue_that_is_sent_at_once_is_no_rush(shop, till, watch, only):  # noqa: F811 (fixtures)
    only(Signal.VELOCITY, threshold=3, window_minutes=30)
    records = [
        sold(till, shop.phone(), shop.now - 5 * HOUR + number * 31 * MINUTE) for number in range(4)
    ]
    assert {each["verdict"] for each in shop.send(till, *records)["verdicts"]} == {"captured"}

    assert watch(shop.now + HOUR) == []


def test_a_rush_without_a_network_is_one(shop, till, watch, only):  # noqa: F811 (fixtures)
    only(Signal.VELOCITY, threshold=3, window_minutes=30)
    shop.send(
        till,
        *(sold(till, shop.phone(), shop.now - 5 * HOUR + number * MINUTE) for number in range(4)),
    )

    assert watch(shop.now + HOUR) == [Signal.VELOCITY]
