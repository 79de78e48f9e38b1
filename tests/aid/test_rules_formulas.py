"""The sums of domain 5.1, and what must hold for any claim."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aid.rules import History, LineAmounts, calculate
from aid.rules.formulas import half_up
from kernel.money import Fen
from tests.aid.files import benefit

A = benefit("gd_inpt_2022.json")
B = benefit("b-guangdong-women.json")
E = benefit("e-ningbo.json")
F = benefit("f-zhangzhou.json")
G = benefit("sz_hospital_allowance.json")

FIRST_TAKEN = History(taken=frozenset({1}))


def line(*, pool=0, own=0, days=0):
    return LineAmounts(Fen(pool), Fen(own), days)


def due(scheme, *lines, event="illness", history=None, shares=1):
    return calculate(scheme, event=event, lines=lines, history=history, shares=shares).benefit_fen


@pytest.mark.parametrize(
    ("pool", "own", "first", "second"),
    [
        (12_000_00, 3_000_00, 1_920_00, 1_680_00),
        (12_000_00, 2_000_00, 1_600_00, 1_400_00),
        (9_999_99, 1_234_57, 987_66, 864_20),
        (9_999_99, 9_999_99, 1_600_00, 1_400_00),
        (0, 5_000_00, 0, 0),
        (12_000_00, 0, 0, 0),
    ],
)
def test_scheme_a_pays_by_the_stay(pool, own, first, second):
    stay = line(pool=pool, own=own)

    assert due(A, stay) == first
    assert due(A, stay, history=FIRST_TAKEN) == second
    assert due(A, stay, history=History(taken=frozenset({1, 2}))) == 0


def test_two_stays_in_one_claim_are_the_first_and_the_second():
    stay = line(pool=12_000_00, own=3_000_00)

    found = calculate(A, event="illness", lines=[stay, stay, stay])

    assert found.benefit_fen == 1_920_00 + 1_680_00
    assert found.occurrences == (1, 2)


def test_a_place_that_became_free_is_taken_again():
    stay = line(pool=12_000_00, own=3_000_00)

    found = calculate(A, event="illness", lines=[stay], history=History(taken=frozenset({2})))

    assert found.occurrences == (1,)
    assert found.benefit_fen == 1_920_00


@pytest.mark.parametrize(
    ("own", "first", "later"),
    [
        (5_000_00, 2_800_00, 2_600_00),
        (3_000_00, 2_600_00, 2_400_00),
        (3_000_01, 2_600_00, 2_400_00),
        # Never more than what was paid on the invoice, the bonus included.
        (500_00, 500_00, 400_00),
        (0, 0, 0),
    ],
)
def test_scheme_e_pays_by_bands(own, first, later):
    assert due(E, line(own=own)) == first
    assert due(E, line(own=own), history=FIRST_TAKEN) == later


@pytest.mark.parametrize(
    ("own", "expected"),
    [(5_000_00, 2_820_00), (300_00, 0), (300_01, 1), (90_000_00, 50_000_00), (0, 0)],
)
def test_scheme_f_takes_one_deductible(own, expected):
    assert due(F, line(own=own)) == expected


def test_scheme_f_counts_the_period_together():
    before = History(taken=frozenset({1}), earlier=(line(own=5_000_00),), granted_fen=Fen(2_820_00))

    assert due(F, line(own=2_000_00), history=before) == 1_200_00


@pytest.mark.parametrize(
    ("days", "event", "expected"),
    [
        (12, "illness", 720_00),
        (95, "illness", 5_400_00),
        (90, "accident", 5_400_00),
        (90, "cancer", 10_800_00),
        (0, "illness", 0),
    ],
)
def test_scheme_g_pays_by_the_day(days, event, expected):
    assert due(G, line(days=days), event=event) == expected


def test_scheme_g_takes_two_claims_a_year():
    assert due(G, line(days=1), history=History(taken=frozenset({1}))) == 60_00
    assert due(G, line(days=1), history=History(taken=frozenset({1, 2}))) == 0


def test_scheme_g_limits_the_days_of_a_claim_whatever_its_papers():
    assert due(G, line(days=60), line(days=60)) == 5_400_00


def test_scheme_b_pays_by_the_share_once():
    assert due(B, line(), event="cancer", shares=2) == 30_000_00
    assert due(B, line(), event="cancer", shares=2, history=FIRST_TAKEN) == 0


def test_the_trail_names_the_article_of_every_step_and_shows_the_sum():
    found = calculate(A, event="illness", lines=[line(pool=12_000_00, own=3_000_00)])

    assert [(step.rule, step.article, step.amount_fen) for step in found.steps] == [
        ("base", "4", 2_400_00),
        ("occurrence", "5", 1_920_00),
        ("total", "5", 1_920_00),
    ]
    assert found.steps[0].zh == (
        "可报基数 = 较小者(自付 3,000.00, 统筹支付 12,000.00 × 0.20) = 2,400.00"
    )
    assert found.steps[1].zh == "本保障期第1次: 2,400.00 × 80% = 1,920.00"
    assert found.steps[1].en == "No. 1 in this period of cover: 2,400.00 × 80% = 1,920.00"


def test_a_base_that_is_no_whole_fen_is_shown_whole_and_rounded_once():
    found = calculate(A, event="illness", lines=[line(pool=9_999_99, own=9_999_99)])

    assert "1,999.998" in found.steps[0].en
    assert found.benefit_fen == 1_600_00


money = st.integers(0, 100_000_000)
lines = st.builds(
    lambda pool, own, days: line(pool=pool, own=own, days=days), money, money, st.integers(0, 366)
)
histories = st.builds(
    lambda taken, earlier, granted: History(frozenset(taken), tuple(earlier), Fen(granted)),
    st.sets(st.integers(1, 4)),
    st.lists(lines, max_size=3),
    money,
)
schemes = st.sampled_from([A, E, F, G])


@given(schemes, st.lists(lines, min_size=1, max_size=4), histories)
def test_no_claim_comes_to_less_than_nothing(scheme, papers, history):
    found = calculate(scheme, event="illness", lines=papers, history=history)

    assert found.benefit_fen >= 0
    assert found.steps[-1].amount_fen == found.benefit_fen
    assert not set(found.occurrences) & history.taken
    assert len(set(found.occurrences)) == len(found.occurrences)


@given(st.lists(lines, min_size=1, max_size=4), histories)
def test_scheme_a_never_pays_more_than_the_member_did(papers, history):
    assert due(A, *papers, history=history) <= sum(paper.self_paid_fen for paper in papers)


@given(lines, histories)
def test_scheme_e_never_pays_more_than_the_member_did(paper, history):
    assert due(E, paper, history=history) <= paper.self_paid_fen


@given(st.integers(0, 366), st.integers(0, 366), st.sampled_from(["illness", "cancer"]))
def test_scheme_g_never_pays_less_for_more_days(days, more, event):
    fewer = due(G, line(days=days), event=event)
    assert fewer <= due(G, line(days=days + more), event=event) <= 10_800_00


@given(money, money, money)
def test_scheme_a_never_pays_less_for_a_dearer_stay(pool, own, more):
    assert due(A, line(pool=pool, own=own)) <= due(A, line(pool=pool, own=own + more))
    assert due(A, line(pool=pool, own=own)) <= due(A, line(pool=pool + more, own=own))


@given(st.lists(st.integers(0, 5_000_000), min_size=1, max_size=4))
def test_scheme_f_comes_to_the_same_in_one_claim_or_in_several(costs):
    granted, earlier = 0, []
    for cost in costs:
        history = History(earlier=tuple(earlier), granted_fen=Fen(granted))
        granted += due(F, line(own=cost), history=history)
        earlier.append(line(own=cost))

    assert granted == due(F, line(own=sum(costs)))


@given(st.decimals(0, 10**9, places=4))
def test_half_a_fen_is_rounded_up(amount):
    assert abs(half_up(amount) - amount) <= half_up(amount) - amount + 1
    assert half_up(amount) - amount <= 0.5
    assert amount - half_up(amount) < 0.5
