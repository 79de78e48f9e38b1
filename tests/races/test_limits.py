"""Fifty sales at once against a limit of ten, for each kind of limit, over real HTTP.

The service runs two gunicorn workers, so nothing that a process keeps for itself can help. One
service and fifty scans serve them all: a scan carries one redemption of each offer.
"""

from collections import Counter
from dataclasses import dataclass, field

import pytest

from benefits.models import Instrument, LimitScope, LimitUnit, LimitWindow
from benefits.rules import Conditions, Terms
from kernel.ids import new_id
from kernel.money import Fen
from tests.drive import answered
from tests.races.scene import (
    BILL_FEN,
    FIVE_OFF,
    OFF_FEN,
    Most,
    Scene,
    books_agree,
    offer_of,
    statuses,
)
from tests.town import at_once

pytestmark = pytest.mark.service

CALLS = 50
LIMIT = 10
EVERY_DAY = Terms("daily_coupon", None, 2000, OFF_FEN, None, None, 10_000, None)
GIFT = Terms("gift", None, None, None, BILL_FEN, None, 10_000, None)


@dataclass(frozen=True)
class Case:
    """Limits of one offer, and how many of the fifty they let through, from two tills of a site.

    `held`: every second call only holds.
    """

    name: str
    limits: tuple[Most, ...]
    lets_through: int = LIMIT
    terms: Terms = field(default=FIVE_OFF)
    held: bool = False
    spending: dict = field(default_factory=dict)


FEN, TOTAL = LimitUnit.FEN, LimitWindow.TOTAL
CASES = [
    *(Case(f"member_{window}", (Most(LimitScope.MEMBER, window),)) for window in LimitWindow),
    Case("member_fen", (Most(LimitScope.MEMBER, unit=FEN),)),
    Case(
        "approved_for_a_members_year",
        (),
        spending={
            "occasion": "festival",
            "instrument": Instrument.VOUCHER,
            "member_year_fen": Fen(LIMIT * OFF_FEN),
        },
    ),
    Case("site", (Most(LimitScope.SITE),)),
    Case("terminal", (Most(LimitScope.TERMINAL),), lets_through=2 * LIMIT),
    Case("merchant", (Most(LimitScope.MERCHANT, LimitWindow.MONTH),)),
    Case("daily_quota", (Most(LimitScope.OFFER),)),
    Case("budget_uses", (Most(LimitScope.PROGRAMME, TOTAL),)),
    Case("budget_fen", (Most(LimitScope.PROGRAMME, TOTAL, FEN),)),
    Case("striped_uses", (Most(LimitScope.PROGRAMME, TOTAL, stripes=4),)),
    Case("striped_fen", (Most(LimitScope.PROGRAMME, TOTAL, FEN, stripes=4),)),
    # As many as there is: nobody is refused while another stripe still holds some.
    Case(
        "striped_to_the_last",
        (Most(LimitScope.PROGRAMME, TOTAL, FEN, stripes=4, uses=CALLS),),
        lets_through=CALLS,
    ),
    Case("budget_and_holds", (Most(LimitScope.PROGRAMME, TOTAL, FEN),), held=True),
    Case("daily_coupon", (), lets_through=1, terms=EVERY_DAY),
    Case("gifts_of_a_site", (Most(LimitScope.SITE, TOTAL),), terms=GIFT),
    Case(
        "mixed",
        (
            Most(LimitScope.MEMBER),
            Most(LimitScope.TERMINAL, uses=9),
            Most(LimitScope.PROGRAMME, TOTAL, FEN, stripes=4, uses=7),
            Most(LimitScope.SITE, LimitWindow.WEEK, uses=8),
        ),
        lets_through=7,
    ),
]


@pytest.fixture(scope="module")
def scene(live):
    return Scene.of(live, scans=CALLS)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_fifty_at_once_take_exactly_what_there_is(live, scene, case):
    with live.database() as session:
        offer = offer_of(session, case.limits, terms=case.terms, spending=case.spending)

    answers = at_once(
        [
            lambda till=till, scan=scan, number=number: scene.sell(
                till, offer, verification_id=scan, capture=not (case.held and number % 2)
            )
            for number, (till, scan) in enumerate(scene.scans)
        ]
    )

    assert statuses(answers) == Counter({201: case.lets_through, 409: CALLS - case.lets_through})
    refused = [answer.json() for answer in answers if answer.status_code == 409]
    assert {each["code"] for each in refused} <= {"limit_reached"}
    assert all(each["facts"]["next_step"] for each in refused)
    with live.database() as session:
        books_agree(session)


def test_two_tills_and_one_code_make_one_sale(live, scene):
    with live.database() as session:
        offer = offer_of(session)
    shown = scene.slice()

    answers = at_once(
        [
            lambda till=till: scene.sell(till, offer, presentation=shown)
            for till in scene.tills * (CALLS // 2)
        ]
    )

    assert statuses(answers) == {201: 1, 409: CALLS - 1}
    refused = [answer.json() for answer in answers if answer.status_code == 409]
    assert {each["facts"]["reason"] for each in refused} == {"replayed"}


def test_of_a_group_one_scan_redeems_one_offer_and_another_once_that_is_void(live, scene):
    with live.database() as session:
        group = Conditions(stack_group="race")
        offers = [offer_of(session, conditions=group) for _ in range(2)]
    till, scan = scene.scans[0]

    answers = at_once(
        [
            lambda offer=offer: scene.sell(till, offer, verification_id=scan)
            for offer in offers * (CALLS // 2)
        ]
    )

    assert statuses(answers) == {201: 1, 409: CALLS - 1}
    sold = next(answer.json() for answer in answers if answer.status_code == 201)
    other = next(offer for offer in offers if offer != sold["offer_id"])
    refused = scene.sell(till, other, verification_id=scan).json()
    assert (refused["code"], refused["facts"]["reason"]) == ("offer_not_usable", "stacked")
    assert refused["facts"]["next_step"]
    answered(till.post(f"/redemptions/{sold['id']}/void"), 200)
    assert scene.sell(till, other, verification_id=scan).status_code == 201


def test_what_is_taken_back_many_times_at_once_comes_back_once(live, scene):
    most = Most(LimitScope.PROGRAMME, TOTAL, FEN, stripes=4, uses=1)
    with live.database() as session:
        offer = offer_of(session, (most,))
    till, scan = scene.scans[0]
    sale = answered(scene.sell(till, offer, verification_id=scan), 201)
    path = f"/redemptions/{sale['id']}"

    def refund():
        return scene.own(till).post(
            f"{path}/reversals", id=str(new_id()), amount_fen=500, reason="退货"
        )

    answers = at_once([refund] * CALLS)

    parts = [answer.json() for answer in answers if answer.status_code == 201]
    assert statuses(answers) == {201: BILL_FEN // 500, 409: CALLS - BILL_FEN // 500}
    assert sum(each["union_fen"] for each in parts) == OFF_FEN
    with live.database() as session:
        books_agree(session)
    again = [scene.sell(other, offer, verification_id=fresh) for other, fresh in scene.scans[1:3]]
    assert statuses(again) == {201: 1, 409: 1}
