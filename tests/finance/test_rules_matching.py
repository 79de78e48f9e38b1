"""How likely a bank line is about a payment, and what a line is when it is about none."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finance.models import DiscrepancyCode
from finance.rules.bank_profiles import bank_formats
from finance.rules.matching import (
    SCORE_MIN,
    LineFacts,
    MatchReason,
    PaymentFacts,
    name_of_rest,
    same_name,
    score_match,
)
from kernel.money import Fen

LINE = LineFacts(
    left_fen=Fen(890_50),
    booked_on=date(2026, 11, 5),
    reference=None,
    counterparty="",
    counterparty_account="",
)
PAYMENT = PaymentFacts(
    left_fen=Fen(890_50),
    sent_on=date(2026, 11, 4),
    reference="UC0000000000000001",
    payee="演示影院商户11",
    account_masked="**** **** **** 1122",
)


def scored(line=LINE, payment=PAYMENT, **facts):
    found = score_match(replace(line, **facts), payment)
    return found and (found.score, found.reason, found.amount_fen)


def test_our_reference_and_the_whole_amount_are_certain():
    assert scored(reference=PAYMENT.reference) == (100, MatchReason.REFERENCE, 890_50)


def test_our_reference_with_another_amount_is_for_the_smaller_of_both():
    facts = {"reference": PAYMENT.reference, "left_fen": Fen(900_00)}

    assert scored(**facts) == (80, MatchReason.REFERENCE_PART, 890_50)


def test_what_was_booked_before_we_sent_it_is_only_suggested():
    facts = {"reference": PAYMENT.reference, "booked_on": date(2026, 11, 3)}

    assert scored(**facts) == (60, MatchReason.REFERENCE_EARLY, 890_50)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"counterparty": "演示影院商户11"}, (80, MatchReason.AMOUNT_AND_PAYEE)),
        (
            {"counterparty": "演示影院商户11", "counterparty_account": "629999****1122"},
            (95, MatchReason.AMOUNT_AND_PAYEE),
        ),
        ({"counterparty_account": "629999****1122"}, (75, MatchReason.AMOUNT_AND_ACCOUNT)),
        ({}, (50, MatchReason.AMOUNT)),
        (
            {"counterparty": "演示影院商户11", "left_fen": Fen(1)},
            (35, MatchReason.PAYEE_PART),
        ),
        ({"booked_on": date(2026, 11, 20)}, (45, MatchReason.AMOUNT)),
    ],
)
def test_what_else_speaks_for_a_payment(facts, expected):
    found = scored(**facts)

    assert found is not None
    assert found[:2] == expected


@pytest.mark.parametrize(
    "facts",
    [
        {"left_fen": Fen(1)},
        {"booked_on": date(2026, 11, 3)},
        {"left_fen": Fen(0)},
        {"reference": "UC0000000000000002"},
        {"reference": PAYMENT.reference, "booked_on": date(2026, 11, 3), "left_fen": Fen(1)},
    ],
)
def test_what_speaks_against_a_payment(facts):
    assert scored(**facts) is None


NAMES = st.text(alphabet="张王明小*", min_size=1, max_size=4)


@given(left=NAMES, right=NAMES)
def test_names_match_both_ways_round(left, right):
    assert same_name(left, right) == same_name(right, left)


@pytest.mark.parametrize(
    ("shown", "payee", "same"),
    [
        ("张*明", "张小明", True),
        ("张小*", "张*明", True),
        ("张*明", "李小明", False),
        ("**", "张明", False),
        ("", "", False),
        ("深圳市总工会(演示)", "深圳市总工会(演示)", True),
    ],
)
def test_hidden_characters_may_be_any(shown, payee, same):
    assert same_name(shown, payee) is same


@given(
    left=st.integers(1, 10**9),
    other=st.integers(1, 10**9),
    name=NAMES,
    reference=st.sampled_from([None, PAYMENT.reference, "UC0000000000000002"]),
)
def test_a_suggestion_is_never_beyond_either_side(left, other, name, reference):
    line = replace(LINE, left_fen=Fen(left), counterparty=name, reference=reference)

    found = score_match(line, replace(PAYMENT, left_fen=Fen(other), payee="张小明"))

    assert found is None or (
        0 < found.amount_fen <= min(left, other) and SCORE_MIN <= found.score <= 100
    )


@pytest.mark.parametrize(
    ("fen", "text", "code"),
    [
        (-3_50, "手续费", DiscrepancyCode.BANK_FEE),
        (-3_50, "手 续 费", DiscrepancyCode.BANK_FEE),
        (-3_50, "代扣", DiscrepancyCode.EXTERNAL_ONLY),
        (50_000_00, "拨付11月普惠经费", DiscrepancyCode.ALLOCATION),
        (890_50, "退汇 账号户名不符", DiscrepancyCode.REFUND_UNPAIRED),
        (8_88, "结息", DiscrepancyCode.EXTERNAL_ONLY),
        (3_50, "手续费", DiscrepancyCode.EXTERNAL_ONLY),
    ],
)
def test_what_a_line_is_when_it_is_about_no_payment(fen, text, code):
    assert name_of_rest(amount_fen=Fen(fen), text=text, meanings=bank_formats().meanings) is code
