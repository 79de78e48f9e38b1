"""The one evaluator: what is said of a code, a bill and what is left; before and after a bill."""

from dataclasses import replace
from datetime import date

import pytest

from benefits.models import LimitScope
from benefits.queries import LimitLine, OfferLine
from benefits.rules import Conditions, MemberFacts
from benefits.services.usable import CodeFacts, usability
from kernel.ids import new_id
from kernel.money import Fen
from ledger.models import FundSource
from tests.benefits.conftest import fixed, gift, percent, reduction
from tests.make import NOW

MEMBER = MemberFacts(
    union_path="sz.",
    status="active",
    joined_on=date(2026, 1, 1),
    born_on=None,
    employment=None,
    is_migrant=False,
    hardship_level=None,
)
CODE = CodeFacts("session", challenged=False)


def limit(left, *, unit="fen", window="day"):
    return LimitLine(
        rule_id=new_id(),
        scope=LimitScope.PROGRAMME,
        scope_id=new_id(),
        window=window,
        win="2026-11-23",
        unit=unit,
        maximum=100_00,
        stripes=1,
        taken=100_00 - left,
    )


def offer(*limits, terms=None, **facts):
    given = {
        "offer_id": new_id(),
        "version_id": new_id(),
        "version_number": 1,
        "title_zh": "满50减40",
        "title_en": "40 off from 50",
        "terms": terms or reduction(),
        "assurances": ("session",),
        "needs_challenge": False,
        "programme_id": new_id(),
        "fund_source": FundSource.UNION_FUND,
        "programme_state": "running",
        "starts_on": date(2026, 1, 1),
        "ends_on": None,
        "eligibility": [],
        "limits": limits,
    }
    return OfferLine(**given | facts)


def judged(line, *, code=CODE, gross=None, now=NOW):
    found = usability(line, MEMBER, code=code, now=now, gross=None if gross is None else Fen(gross))
    return [each.code for each in found.reasons]


@pytest.mark.parametrize(
    ("terms", "left", "gross", "is_full"),
    [
        # Every bill of a reduction costs the union the same, so it is known before the bill.
        (reduction(), 29_99, None, True),
        (reduction(), 30_00, None, False),
        (gift(50_00), 49_99, None, True),
        (gift(50_00), 50_00, None, False),
        # Elsewhere the bill says it.
        (percent(), 1, None, False),
        (percent(), 0, None, True),
        (percent(8800, share=5000), 3_59, 60_00, True),
        (percent(8800, share=5000), 3_60, 60_00, False),
        (fixed(30_00, 9_90), 20_09, 30_00, True),
        (fixed(30_00, 9_90), 20_10, 30_00, False),
        (reduction(most=Fen(4_00)), 3_99, 60_00, True),
        (reduction(most=Fen(4_00)), 4_00, 60_00, False),
        # Where the union bears nothing, its money running out stops nothing.
        (percent(share=0), 0, None, False),
        (percent(share=0), 0, 60_00, False),
        (reduction(most=Fen(0)), 0, 60_00, False),
    ],
)
def test_a_budget_is_used_up_when_it_has_less_left_than_the_use_costs(terms, left, gross, is_full):
    line = offer(limit(left), terms=terms)

    assert judged(line, gross=gross) == (["limit_reached_until"] if is_full else [])


def test_a_counted_limit_has_one_left_or_none():
    assert judged(offer(limit(1, unit="uses"))) == []
    assert judged(offer(limit(0, unit="uses", window="total"))) == ["limit_reached"]


def test_what_a_code_was_used_for_is_said_first():
    group = Conditions(stack_group="lunch")
    used = replace(CODE, redeemed_at=NOW)

    assert judged(offer(needs_challenge=True), code=used) == [
        "already_redeemed",
        "challenge_needed",
    ]
    beside = replace(CODE, stack_groups=("dinner", "lunch"))
    assert judged(offer(conditions=group), code=beside) == ["stacked"]
    assert judged(offer(), code=beside) == []
    assert judged(offer(conditions=group), code=replace(CODE, stack_groups=("dinner",))) == []


def test_a_code_is_of_a_kind_that_the_offer_takes():
    strict = offer(assurances=("possession",), needs_challenge=True)

    assert judged(strict) == ["wrong_assurance"]
    shown = CodeFacts("possession", challenged=False)
    assert judged(strict, code=shown) == ["challenge_needed"]
    assert judged(strict, code=replace(shown, challenged=True)) == []
    # Before a code is shown, nothing is said of it.
    assert judged(strict, code=None) == []


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"programme_state": "paused"}, "programme_not_running"),
        ({"ends_on": date(2026, 11, 23)}, "programme_not_running"),
        ({"starts_on": date(2026, 11, 24)}, "programme_not_yet"),
        ({"conditions": Conditions(weekday_mask=0b1000000)}, "not_on_this_day"),
        ({"needs_coupon": True}, "coupon_needed"),
        ({"eligibility": [{"rule": "employment", "values": ["flexible"]}]}, "employment"),
    ],
)
def test_what_stands_against_an_offer_is_said_with_and_without_a_bill(facts, reason):
    line = offer(**facts)

    assert judged(line) == judged(line, gross=60_00) == [reason]


def test_a_bill_that_earns_nothing_is_said_beside_everything_else():
    line = offer(limit(0), ends_on=date(2026, 11, 1))

    assert judged(line, gross=49_99) == ["programme_not_running", "below_threshold"]
    assert judged(offer(terms=gift()), gross=49_99) == ["gift_value"]
