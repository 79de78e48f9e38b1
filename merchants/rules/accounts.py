"""Bank accounts that the union pays to (domain.md 3.7)."""

import re

from stdnum import luhn

from kernel.text import Refused, half_width, plain_dashes, without_blanks

# Where an account's blind index is made; a merchant is found by its account through the same.
ACCOUNT_FIELD = "settlement_account"

_DIGITS = re.compile(r"[0-9]+")
_DIGITS_MIN, _DIGITS_MAX = 16, 19
_PREFIX = "62"


def read_account(typed: str) -> str | Refused:
    """Return an account number as digits only: 62-prefixed, 16 to 19 of them, Luhn."""
    digits = without_blanks(plain_dashes(half_width(typed))).replace("-", "")
    if not digits:
        return Refused("account_invalid", "account_missing")
    if not _DIGITS.fullmatch(digits):
        return Refused("account_invalid", "account_characters")
    if not _DIGITS_MIN <= len(digits) <= _DIGITS_MAX:
        return Refused("account_invalid", "account_length")
    if not digits.startswith(_PREFIX):
        return Refused("account_invalid", "account_prefix")
    if not luhn.is_valid(digits):
        return Refused("account_invalid", "account_checksum")
    return digits
