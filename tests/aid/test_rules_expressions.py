from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aid.rules.expressions import CHARACTERS_MAX, ExpressionWrongError, read_expression

NAMES = frozenset({"self_paid", "pool_paid", "days"})
INPUTS = {"self_paid": Decimal(300_000), "pool_paid": Decimal(1_200_000), "days": Decimal(8)}
WORDS = {
    "self_paid": "SELF",
    "pool_paid": "POOL",
    "days": "DAYS",
    "min": "least",
    "max": "most",
}


def value(text):
    return read_expression(text, names=NAMES).value(INPUTS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("self_paid", "300000"),
        ("min(self_paid, pool_paid * 0.20)", "240000.00"),
        ("max(self_paid, pool_paid, 5)", "1200000"),
        ("self_paid - 30000", "270000"),
        ("(self_paid + pool_paid) * 0.1", "150000.0"),
        ("self_paid - (pool_paid - days)", "-899992"),
        ("min(days)", "8"),
        ("0.1 + 0.2", "0.3"),
        ("2 * 3 - 1", "5"),
    ],
)
def test_what_is_allowed_is_computed_exactly(text, expected):
    assert value(text) == Decimal(expected)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "self_paid / 2",
        "self_paid ** 9",
        "self_paid % 2",
        "-self_paid",
        "salary",
        "True",
        "None",
        "'text'",
        "1e9",
        "0x1F",
        "1_000",
        "1.1234567",
        "3j",
        "self_paid if days else 0",
        "self_paid > 2",
        "[self_paid]",
        "self_paid.real",
        "min()",
        "min(self_paid, key=days)",
        "min(*self_paid)",
        "sum(self_paid)",
        "__import__('os').system('id')",
        "(lambda: 1)()",
        "self_paid; days",
        "self_paid\n+ 1",
        "自付",
        "(" * 90 + "1" + ")" * 90 + " + " * 20,
        "self_paid + " * 30 + "1",
    ],
)
def test_everything_else_is_refused(text):
    with pytest.raises(ExpressionWrongError):
        read_expression(text, names=NAMES)


@given(st.text(max_size=CHARACTERS_MAX + 5))
def test_any_text_is_read_or_refused_never_a_crash(text):
    try:
        found = read_expression(text, names=NAMES)
    except ExpressionWrongError:
        return
    assert isinstance(found.value(INPUTS), Decimal)


SIGNS = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "min": min,
    "max": max,
}
numbers = (st.integers(0, 999).map(str) | st.sampled_from(["0.20", "0.5", "12.25"])).map(
    lambda text: (text, Decimal(text))
)
leaves = numbers | st.sampled_from(sorted(INPUTS.items()))


def joined(sign, left, right):
    """Return a longer expression, and what it must come to."""
    is_name = sign.isalpha()
    text = f"{sign}({left[0]}, {right[0]})" if is_name else f"({left[0]} {sign} {right[0]})"
    return text, SIGNS[sign](left[1], right[1])


expressions = st.recursive(
    leaves,
    lambda inner: st.builds(joined, st.sampled_from(sorted(SIGNS)), inner, inner),
    max_leaves=6,
)


@given(expressions)
def test_a_built_expression_comes_to_what_it_was_built_to(expression):
    text, expected = expression
    if len(text) <= CHARACTERS_MAX:
        assert value(text) == expected


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("min(self_paid, pool_paid * 0.20)", "least(SELF, POOL × 0.20)"),
        ("(self_paid + pool_paid) * 0.5", "(SELF + POOL) × 0.5"),
        ("self_paid - (pool_paid - days)", "SELF − (POOL − DAYS)"),
        ("self_paid + pool_paid - days", "SELF + POOL − DAYS"),
    ],
)
def test_it_is_shown_as_it_is_computed(text, shown):
    assert read_expression(text, names=NAMES).shown(WORDS) == shown
