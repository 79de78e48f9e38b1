"""What an offer is worth, for whom it is and when a limit frees: for every amount there is."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from benefits.models import OfferKind
from benefits.rules import (
    REDUCTIONS,
    MemberFacts,
    age_on,
    bill_reason,
    discount_on,
    eligibility_of,
    evaluate,
    least_union_fen,
    limit_reason,
    next_window_on,
    only_gross,
    split_of,
    stripe_maximum,
    window_key,
)
from tests.benefits.conftest import daily, fixed, gift, percent, reduction

amounts = st.integers(0, 10_000_000)
rates = st.integers(0, 9_999)
shares = st.integers(0, 10_000)
maxima = st.none() | st.integers(0, 10_000_000)
days = st.dates(date(2000, 1, 1), date(2100, 12, 31))
DAY = date(2026, 11, 23)


@st.composite
def terms(draw):
    """Any terms that make an offer."""
    share, most = draw(shares), draw(maxima)
    kind = draw(st.sampled_from(list(OfferKind)))
    if kind == "percent":
        return percent(draw(rates), share=share, most=most)
    if kind in REDUCTIONS:
        off = draw(st.integers(1, 10_000_000))
        of_kind = reduction if kind == "full_reduction" else daily
        return of_kind(draw(st.integers(off, 10_000_000)), off, share=share, most=most)
    if kind == "gift":
        return gift(draw(st.integers(1, 10_000_000)), share=share)
    price = draw(st.integers(0, 9_999_999))
    return fixed(draw(st.integers(price + 1, 10_000_000)), price, share=share, most=most)


@pytest.mark.parametrize(
    ("bill", "offer", "parts"),
    [
        (99_99, reduction(), (59_99, 10_00, 30_00)),
        (60_00, reduction(most=4_00), (46_00, 10_00, 4_00)),
        (49_99, reduction(), (49_99, 0, 0)),
        (50_00, reduction(), (10_00, 10_00, 30_00)),
        (60_00, percent(8800, share=5000), (52_80, 3_60, 3_60)),
        (60_01, percent(8800, share=5000), (52_81, 3_60, 3_60)),
        (60_15, percent(8800, share=5000), (52_94, 3_60, 3_61)),
        (30_00, fixed(), (9_90, 0, 20_10)),
        (45_00, fixed(), (24_90, 0, 20_10)),
        (20_00, fixed(), (9_90, 0, 10_10)),
        (5_00, fixed(), (5_00, 0, 0)),
        (60_00, percent(0, share=10_000), (0, 0, 60_00)),
        (20_00, daily(), (15_00, 0, 5_00)),
        (19_99, daily(), (19_99, 0, 0)),
        (25_01, daily(off=3_33, share=5000), (21_68, 1_66, 1_67)),
        (50_00, gift(), (0, 0, 50_00)),
        (50_00, gift(share=3333), (0, 33_33, 16_67)),
        (49_99, gift(), (49_99, 0, 0)),
    ],
)
def test_who_bears_what_of_a_bill(bill, offer, parts):
    split = split_of(bill, offer)

    assert (split.member_pays_fen, split.merchant_bears_fen, split.union_pays_fen) == parts


@given(bill=amounts, offer=terms())
def test_the_parts_add_up_to_the_bill_and_none_is_below_nothing(bill, offer):
    split = split_of(bill, offer)

    parts = (split.member_pays_fen, split.merchant_bears_fen, split.union_pays_fen)
    assert sum(parts) == bill == split.gross_fen
    assert min(parts) >= 0


@given(bill=amounts, offer=terms())
def test_the_discount_is_never_more_than_the_bill(bill, offer):
    assert 0 <= discount_on(bill, offer) <= bill


@given(bill=amounts, more=amounts, offer=terms())
def test_a_bigger_bill_never_gets_a_smaller_discount(bill, more, offer):
    assume(only_gross(offer) is None)
    assert discount_on(bill, offer) <= discount_on(bill + more, offer)


@given(bill=amounts, offer=terms())
def test_the_union_never_pays_above_its_maximum_and_the_merchant_never_more_for_it(bill, offer):
    free = replace(offer, union_max_fen=None)
    split, unlimited = split_of(bill, offer), split_of(bill, free)

    if offer.union_max_fen is not None:
        assert split.union_pays_fen <= offer.union_max_fen
    assert split.merchant_bears_fen == unlimited.merchant_bears_fen


@given(bill=amounts, offer=terms())
def test_each_share_is_within_a_fen_of_what_was_agreed(bill, offer):
    free = replace(offer, union_max_fen=None)
    union = split_of(bill, free).union_pays_fen

    assert abs(union * 10_000 - discount_on(bill, free) * offer.union_share_bp) < 10_000


@given(bill=amounts, offer=terms())
def test_what_a_use_costs_the_union_at_least_is_exact_where_every_bill_gets_the_same(bill, offer):
    only = only_gross(offer)
    bill = bill if only is None else only
    assume(bill_reason(bill, offer) is None)
    union = split_of(bill, offer).union_pays_fen

    if offer.kind in REDUCTIONS or only is not None:
        assert least_union_fen(offer) == union
    else:
        assert least_union_fen(offer) == (1 if offer.union_share_bp and most_of(offer) else 0)


def most_of(offer):
    return 1 if offer.union_max_fen is None else offer.union_max_fen


@given(bill=amounts, offer=terms())
def test_a_reason_is_given_exactly_when_nothing_comes_off(bill, offer):
    assert (bill_reason(bill, offer) is None) == (discount_on(bill, offer) > 0)


def test_a_bill_below_the_threshold_is_told_the_threshold():
    below = bill_reason(49_99, reduction())

    assert (below.code, below.facts) == ("below_threshold", {"threshold_fen": 50_00})
    assert bill_reason(1, percent(9999)).code == "nothing_off"


# --- Windows and stripes


@given(maximum=st.integers(0, 10**15), stripes=st.integers(1, 64))
def test_the_stripes_add_up_to_the_budget_and_differ_by_one_at_most(maximum, stripes):
    parts = [stripe_maximum(maximum, stripes, each) for each in range(stripes)]

    assert sum(parts) == maximum
    assert max(parts) - min(parts) <= 1


@pytest.mark.parametrize(
    ("window", "day", "key"),
    [
        ("total", DAY, "total"),
        ("day", DAY, "2026-11-23"),
        ("week", DAY, "2026-W48"),
        ("week", date(2027, 1, 3), "2026-W53"),
        ("week", date(2024, 12, 30), "2025-W01"),
        ("month", DAY, "2026-11"),
    ],
)
def test_a_window_has_the_key_that_is_stored(window, day, key):
    assert window_key(window, day) == key
    assert len(key) <= 10


@given(window=st.sampled_from(["day", "week", "month"]), day=days)
def test_a_window_ends_on_the_day_the_next_begins(window, day):
    next_on = next_window_on(window, day)

    assert next_on > day
    assert window_key(window, next_on - timedelta(days=1)) == window_key(window, day)
    assert window_key(window, next_on) != window_key(window, day)


def test_a_full_limit_says_when_it_frees_if_it_ever_does():
    month = limit_reason(window="month", day=date(2026, 12, 31), rule_id="r", scope="member")
    total = limit_reason(window="total", day=DAY, rule_id="r", scope="programme")

    assert (month.code, month.facts["next_on"]) == ("limit_reached_until", "2027-01-01")
    assert total.code == "limit_reached"
    assert "next_on" not in total.facts


# --- Eligibility

MEMBER = MemberFacts(
    union_path="SZ/SZ-BA/E1",
    status="active",
    joined_on=DAY - timedelta(days=100),
    born_on=date(1990, 11, 24),
    employment="employed",
    is_migrant=None,
    hardship_level="deep",
)


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ({"rule": "union_within", "paths": ["SZ/SZ-BA"]}, None),
        ({"rule": "union_within", "paths": ["SZ/SZ-BA/E1"]}, None),
        ({"rule": "union_within", "paths": ["SZ/SZ-B"]}, "not_for_this_union"),
        ({"rule": "union_within", "paths": []}, "not_for_this_union"),
        ({"rule": "membership", "statuses": ["active"]}, None),
        ({"rule": "membership", "statuses": ["retained"]}, "membership_status"),
        ({"rule": "joined_within_days", "days": 100}, None),
        ({"rule": "joined_within_days", "days": 99}, "joined_too_long_ago"),
        ({"rule": "joined_for_days", "days": 100}, None),
        ({"rule": "joined_for_days", "days": 101}, "joined_too_recently"),
        ({"rule": "age", "from": 35, "to": 35}, None),
        ({"rule": "age", "from": 36, "to": 60}, "age"),
        ({"rule": "age", "from": 18, "to": 34}, "age"),
        ({"rule": "employment", "values": ["employed", "retired"]}, None),
        ({"rule": "employment", "values": ["retired"]}, "employment"),
        ({"rule": "hardship", "levels": ["deep"]}, None),
        ({"rule": "hardship", "levels": ["relative"]}, "hardship"),
        ({"rule": "zodiac", "sign": "dog"}, "unknown_rule"),
        ({"rule": "age", "from": "old"}, "unknown_rule"),
        ({"rule": "membership"}, "unknown_rule"),
        ({}, "unknown_rule"),
    ],
)
def test_a_rule_lets_in_or_says_why_not(rule, code):
    verdict = evaluate([rule], MEMBER, day=DAY)

    assert verdict.eligible is (code is None)
    assert [each.code for each in verdict.reasons] == ([code] if code else [])


@pytest.mark.parametrize(
    "rule",
    [
        {"rule": "joined_within_days", "days": 10_000},
        {"rule": "joined_for_days", "days": 1},
        {"rule": "age", "from": 0, "to": 150},
        {"rule": "employment", "values": ["employed"]},
    ],
)
def test_what_is_not_known_of_a_member_is_not_assumed(rule):
    unknown = MemberFacts("SZ", "active", None, None, None, None, "none")

    assert not evaluate([rule], unknown, day=DAY).eligible


def test_every_reason_is_named_and_no_rules_let_everybody_in():
    rules = [
        {"rule": "hardship", "levels": ["relative"]},
        {"rule": "membership", "statuses": ["active"]},
        {"rule": "employment", "values": ["retired"]},
    ]

    assert [each.code for each in evaluate(rules, MEMBER, day=DAY).reasons] == [
        "hardship",
        "employment",
    ]
    assert evaluate([], MEMBER, day=DAY).eligible


@given(born=st.dates(date(1920, 1, 1), DAY), day=days)
def test_an_age_grows_by_one_at_the_birthday(born, day):
    assume(day >= born)
    age = age_on(born, day)

    assert age_on(born, day + timedelta(days=1)) - age in (0, 1)
    assert abs((day - born).days - age * 365.25) <= 367


def test_who_was_born_on_the_29th_of_february_is_older_on_the_first_of_march():
    assert age_on(date(2004, 2, 29), date(2026, 2, 28)) == 21
    assert age_on(date(2004, 2, 29), date(2026, 3, 1)) == 22


NOTHING = {
    "union_path": None,
    "statuses": [],
    "joined_within_days": None,
    "joined_for_days": None,
    "age_from": None,
    "age_to": None,
    "employment": [],
    "hardship": [],
}
CHOSEN = {
    "union_path": "SZ/SZ-BA",
    "statuses": ["active"],
    "joined_within_days": 365,
    "joined_for_days": 30,
    "age_from": 18,
    "age_to": 60,
    "employment": ["employed"],
    "hardship": ["deep"],
}


def test_what_a_designer_chose_becomes_rules_that_can_be_read():
    rules = eligibility_of(**CHOSEN)

    assert [rule["rule"] for rule in rules] == [
        "union_within",
        "membership",
        "joined_within_days",
        "joined_for_days",
        "age",
        "employment",
        "hardship",
    ]
    assert evaluate(rules, MEMBER, day=DAY).eligible
    assert eligibility_of(**NOTHING) == []


@pytest.mark.parametrize(
    ("ages", "rule"),
    [
        ({"age_from": 18}, {"rule": "age", "from": 18, "to": 150}),
        ({"age_to": 35}, {"rule": "age", "from": 0, "to": 35}),
        ({"age_from": 0, "age_to": 0}, {"rule": "age", "from": 0, "to": 0}),
    ],
)
def test_one_end_of_an_age_may_be_left_open(ages, rule):
    assert eligibility_of(**NOTHING | ages) == [rule]
