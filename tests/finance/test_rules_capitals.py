"""Capital amounts: the regulation's own examples, and that no two amounts read the same."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finance.rules.capitals import capital_amount

# domain.md 3.9, after 正确填写票据和结算凭证的基本规定.
EXAMPLES = [
    (0, "零元整"),
    (5, "伍分"),
    (50, "伍角"),
    (10_00, "壹拾元整"),
    (100_05, "壹佰元零伍分"),
    (1_409_50, "壹仟肆佰零玖元伍角"),
    (6_007_14, "陆仟零柒元壹角肆分"),
    (107_000_53, "壹拾万零柒仟元伍角叁分"),
    (16_409_02, "壹万陆仟肆佰零玖元零贰分"),
    (325_04, "叁佰贰拾伍元零肆分"),
    (1_680_32, "壹仟陆佰捌拾元叁角贰分"),
    (100_000_005_00, "壹亿零伍元整"),
    (20_030_000_400_00, "贰佰亿零叁仟万零肆佰元整"),
    (-30_00, "负叁拾元整"),
]
_VALUES = {digit: value for value, digit in enumerate("零壹贰叁肆伍陆柒捌玖")}
_UNITS = {"拾": 10, "佰": 100, "仟": 1000}


@pytest.mark.parametrize(("fen", "said"), EXAMPLES)
def test_amounts_read_as_the_regulation_writes_them(fen, said):
    assert capital_amount(fen) == said


@given(st.integers(min_value=-(10**14), max_value=10**14))
def test_what_is_said_is_the_amount(fen):
    assert _heard(capital_amount(fen)) == fen


@given(st.integers(min_value=0, max_value=10**14))
def test_a_zero_is_said_once_and_never_at_an_end(fen):
    said = capital_amount(fen)

    assert "零零" not in said
    assert "零元" not in said or said == "零元整"


def _heard(said):
    """Return the amount that a reader who knows nothing of gaps makes of it."""
    sign, said = (-1, said[1:]) if said.startswith("负") else (1, said)
    whole, has_yuan, rest = said.rpartition("元")
    fen = _number(whole) * 100 if has_yuan else 0
    for digit, unit in pairwise(rest):
        fen += _VALUES.get(digit, 0) * {"角": 10, "分": 1}.get(unit, 0)
    return sign * fen


def _number(said):
    for name, unit in (("亿", 10**8), ("万", 10**4)):
        high, found, low = said.partition(name) if name == "亿" else said.rpartition(name)
        if found:
            return _number(high) * unit + _number(low)
    total = digit = 0
    for character in said:
        if character in _VALUES:
            digit = _VALUES[character]
        else:
            total += digit * _UNITS[character]
            digit = 0
    return total + digit
