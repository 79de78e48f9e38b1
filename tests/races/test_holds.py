"""Holds at their hardest moments, over real HTTP: captured, voided and run out at the same time.

Whoever comes first decides; the limits, the receipts and the books follow that one, to the fen.
"""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event

import pytest
from sqlalchemy import text

from benefits.models import LimitScope, LimitUnit, LimitWindow
from discounts.services import expire_holds
from kernel.clock import utc_now
from kernel.ids import new_id
from tests.drive import answered
from tests.races.scene import BILL_FEN, OFF_FEN, Most, Scene, books_agree, offer_of, statuses
from tests.town import at_once

pytestmark = pytest.mark.service

HOLDS = 20
# What runs out in ten minutes has run out in eleven.
LATER = timedelta(minutes=11)
# Limits of several rows, so that whoever changes them must agree on an order.
LIMITS = (
    Most(LimitScope.MEMBER, uses=HOLDS),
    Most(LimitScope.SITE, LimitWindow.WEEK, uses=HOLDS),
    Most(LimitScope.PROGRAMME, LimitWindow.TOTAL, LimitUnit.FEN, stripes=4, uses=HOLDS),
)


@pytest.fixture(scope="module")
def scene(live):
    return Scene.of(live, scans=2 * HOLDS)


@pytest.fixture
def offer(live, scene):
    with live.database() as session:
        return offer_of(session, LIMITS)


@pytest.fixture
def held(scene, offer):
    """Return twenty holds, as many as there may be, each with its till."""
    return [
        (till, answered(scene.sell(till, offer, verification_id=scan, capture=False), 201)["id"])
        for till, scan in scene.scans[:HOLDS]
    ]


def taken(session, offer):
    """Return what is held and used of the offer's limits: uses of the member, fen of the budget."""
    return tuple(
        session.execute(
            text(
                """
                SELECT coalesce(sum(l.held) FILTER (WHERE r.scope = 'member'), 0),
                    coalesce(sum(l.used) FILTER (WHERE r.scope = 'member'), 0),
                    coalesce(sum(l.held) FILTER (WHERE r.unit = 'fen'), 0),
                    coalesce(sum(l.used) FILTER (WHERE r.unit = 'fen'), 0)
                FROM limits l JOIN limit_rules r ON r.id = l.rule_id
                WHERE r.programme_id = (SELECT programme_id FROM offers WHERE id = :offer)
                """
            ),
            {"offer": offer},
        ).one()
    )


def booked(session, offer):
    """Return by state how many redemptions there are, how many receipts and live postings."""
    return {
        row.state: (row.sales, row.receipts, row.postings)
        for row in session.execute(
            text(
                """
                SELECT r.state, count(*) AS sales, count(r.receipt_seq) AS receipts,
                    count(j.id) AS postings
                FROM redemptions r
                LEFT JOIN journals j ON j.source_type = 'redemption' AND j.source_id = r.id
                WHERE r.offer_id = :offer GROUP BY r.state
                """
            ),
            {"offer": offer},
        )
    }


def test_a_hold_runs_out_or_is_captured_and_frees_its_limits_or_keeps_them(
    live, scene, offer, held
):
    begun = Event()

    def capture(till, sale):
        answer = scene.own(till).post(f"/redemptions/{sale}/capture")
        begun.set()
        return answer

    def run_out():
        begun.wait()
        freed = 1
        while freed:
            with live.database() as session:
                freed = expire_holds(session, now=utc_now() + LATER)

    def sell(till, scan):
        begun.wait()
        return scene.sell(till, offer, verification_id=scan)

    with ThreadPoolExecutor(1) as cleaner:
        cleaning = cleaner.submit(run_out)
        answers = at_once(
            [
                *(lambda each=each: ("capture", capture(*each)) for each in held),
                *(lambda each=each: ("sale", sell(*each)) for each in scene.scans[HOLDS:]),
            ]
        )
        cleaning.result()

    captures = statuses(answer for kind, answer in answers if kind == "capture")
    sales = statuses(answer for kind, answer in answers if kind == "sale")
    assert set(captures) | set(sales) <= {200, 201, 409}
    refused = {answer.json()["code"] for _, answer in answers if answer.status_code == 409}
    assert refused <= {"hold_expired", "limit_reached"}
    live_sales = captures[200] + sales[201]
    assert captures[200] >= 1
    assert live_sales <= HOLDS
    with live.database() as session:
        assert taken(session, offer) == (0, live_sales, 0, live_sales * OFF_FEN)
        found = booked(session, offer)
        assert found["captured"] == (live_sales, live_sales, live_sales)
        assert found.get("expired", (0, 0, 0)) == (captures[409], 0, 0)
        books_agree(session)


def test_a_capture_and_a_void_at_once_leave_nothing_taken(live, scene, offer, held):
    def ask(till, sale, what):
        return what, scene.own(till).post(f"/redemptions/{sale}/{what}")

    answers = at_once(
        [
            lambda till=till, sale=sale, what=what: ask(till, sale, what)
            for till, sale in held
            for what in ("capture", "void", "capture", "void")
        ]
    )

    assert statuses(answer for what, answer in answers if what == "void") == {200: 2 * HOLDS}
    captures = [answer for what, answer in answers if what == "capture"]
    assert set(statuses(captures)) <= {200, 409}
    refused = {each.json()["code"] for each in captures if each.status_code == 409}
    assert refused <= {"move_not_allowed"}
    with live.database() as session:
        [(state, (sales, receipts, postings))] = booked(session, offer).items()
        assert (state, sales, receipts) == ("voided", HOLDS, postings)
        assert taken(session, offer) == (0, 0, 0, 0)
        mirrors = text(
            """
            SELECT count(*) FROM redemption_reversals b JOIN redemptions r ON r.id = b.redemption_id
            JOIN journals j ON j.source_id = b.id WHERE r.offer_id = :offer
            """
        )
        assert session.scalar(mirrors, {"offer": offer}) == postings
        books_agree(session)


def test_a_hold_captured_many_times_at_once_is_one_sale_with_one_receipt(live, scene, offer, held):
    till, sale = held[0]

    answers = at_once(
        [lambda: scene.own(till).post(f"/redemptions/{sale}/capture") for _ in range(HOLDS)]
    )

    assert statuses(answers) == {200: HOLDS}
    assert len({answer.json()["receipt_no"] for answer in answers}) == 1
    assert sum("Idempotency-Replayed" not in answer.headers for answer in answers) == 1
    with live.database() as session:
        rest = HOLDS - 1
        assert taken(session, offer) == (rest, 1, rest * OFF_FEN, OFF_FEN)
        assert booked(session, offer) == {"captured": (1, 1, 1), "held": (rest, 0, 0)}
        books_agree(session)


def test_a_sale_is_voided_whole_or_refunded_in_parts_and_never_both(live, scene, offer):
    sales = [
        (till, answered(scene.sell(till, offer, verification_id=scan), 201)["id"])
        for till, scan in scene.scans[:6]
    ]
    part = BILL_FEN // 5

    def refund(till, sale):
        body = {"id": str(new_id()), "amount_fen": part, "reason": "退货"}
        return "refund", sale, scene.own(till).post(f"/redemptions/{sale}/reversals", **body)

    def void(till, sale):
        return "void", sale, scene.own(till).post(f"/redemptions/{sale}/void")

    answers = at_once(
        [lambda each=each, ask=ask: ask(*each) for each in sales for ask in (void, *[refund] * 5)]
    )

    for till, sale in sales:
        by_kind = {
            kind: statuses(answer for each, of, answer in answers if (each, of) == (kind, sale))
            for kind in ("void", "refund")
        }
        state = answered(till.get(f"/redemptions/{sale}"), 200)
        assert state["left_fen"] == 0
        if state["state"] == "voided":
            assert by_kind == {"void": {200: 1}, "refund": {409: 5}}
        else:
            assert state["state"] == "reversed"
            assert by_kind == {"void": {409: 1}, "refund": {201: 5}}
    with live.database() as session:
        assert taken(session, offer) == (0, 0, 0, 0)
        books_agree(session)
