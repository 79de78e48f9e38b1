"""Money is a whole number of fen (100 fen = 1 yuan): no floats, no Decimals."""

import re
from collections.abc import Sequence
from typing import NewType

Fen = NewType("Fen", int)
BasisPoints = NewType("BasisPoints", int)  # 1 bp = 0.01 %

WHOLE_BP = BasisPoints(10_000)
# A bill is at most 100,000 yuan; what a person may type is bounded long before BIGINT is.
BILL_FEN_MAX = Fen(10_000_000)

_YUAN = re.compile(r"(\d{1,12})(?:\.(\d{1,2}))?")


def share_of(amount: Fen, rate: BasisPoints) -> Fen:
    """Return `rate` of `amount`, rounded down to a whole fen: the giver keeps the remainder."""
    assert amount >= 0
    assert 0 <= rate <= WHOLE_BP
    return Fen(amount * rate // WHOLE_BP)


def apportion(amount: Fen, weights: Sequence[int]) -> list[Fen]:
    """Split `amount` in proportion to `weights` by largest remainder; the parts add up exactly.

    Ties go to the earlier weight. All weights zero is allowed only for an amount of zero.
    No part exceeds its weight when `amount` does not exceed their sum.
    """
    assert amount >= 0
    assert all(weight >= 0 for weight in weights)
    whole = sum(weights)
    if whole == 0:
        assert amount == 0
        return [Fen(0) for _ in weights]
    parts = [amount * weight // whole for weight in weights]
    remainders = [amount * weight % whole for weight in weights]
    # sorted() is stable, so equal remainders keep the order in which the bearers were named.
    by_remainder = sorted(range(len(weights)), key=lambda index: -remainders[index])
    for index in by_remainder[: amount - sum(parts)]:
        parts[index] += 1
    return [Fen(part) for part in parts]


def yuan(amount: Fen) -> str:
    """Format for people: 123456 fen reads "1,234.56"."""
    whole, cents = divmod(abs(amount), 100)
    return f"{'-' if amount < 0 else ''}{whole:,}.{cents:02d}"


def parse_yuan(text: str) -> Fen | None:
    """Return what a person typed as yuan in fen, or None if it is not an amount.

    Works on the digits: 19.99 * 100 is 1998.9999999999998 in binary floating point.
    """
    match = _YUAN.fullmatch(text.strip().replace(",", "").removeprefix("¥"))
    if match is None or not match[0].isascii():
        return None
    return Fen(int(match[1]) * 100 + int((match[2] or "").ljust(2, "0")))
