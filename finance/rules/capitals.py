"""Amounts in capital numerals (大写金额), as payment papers carry them.

Source: 正确填写票据和结算凭证的基本规定. Of the forms it allows, the one without an optional 零
before 角 is written here.
"""

from kernel.money import Fen

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_TEN_THOUSAND = 10_000
_HUNDRED_MILLION = 100_000_000


def capital_amount(amount: Fen) -> str:
    """Return `amount` in capitals: 140950 fen reads 壹仟肆佰零玖元伍角."""
    sign = "负" if amount < 0 else ""
    whole, cents = divmod(abs(amount), 100)
    tens, ones = divmod(cents, 10)
    if not cents:
        return f"{sign}{_numeral(whole) or '零'}元整"
    parts = [sign]
    if whole:
        parts.append(f"{_numeral(whole)}元")
    if tens:
        parts.append(f"{_DIGITS[tens]}角")
    elif whole:
        # Yuan and fen with no jiao between them: the gap is said.
        parts.append("零")
    if ones:
        parts.append(f"{_DIGITS[ones]}分")
    return "".join(parts)


def _numeral(number: int) -> str:
    """Return a whole number in capitals, nothing for zero."""
    for unit, name in ((_HUNDRED_MILLION, "亿"), (_TEN_THOUSAND, "万")):
        if number >= unit:
            high, low = divmod(number, unit)
            return f"{_numeral(high)}{name}{_gap(high, low, unit)}{_numeral(low)}"
    return _below_ten_thousand(number)


def _gap(high: int, low: int, unit: int) -> str:
    """Return 零 where a zero stands between two groups of digits that are both said."""
    stands_between = low < unit // 10 or high % 10 == 0
    return "零" if low and stands_between else ""


def _below_ten_thousand(number: int) -> str:
    said = ""
    is_gap = False
    for place in (3, 2, 1, 0):
        digit = number // 10**place % 10
        if digit:
            said += ("零" if is_gap and said else "") + _DIGITS[digit] + _PLACES[place]
        is_gap = digit == 0
    return said
