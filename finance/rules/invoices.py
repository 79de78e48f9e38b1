"""The numbers of Chinese invoices."""

import re

from kernel.text import half_width, plain_dashes, without_blanks

# Fully digital ones have 20 digits. One on paper has a code of 10 or 12 and a number of 8: written
# one after the other. The number alone would not tell two merchants' invoices apart.
_NUMBERS = re.compile(r"[0-9]{18}|[0-9]{20}", re.ASCII)
_TEXT_MAX = 60


def invoice_number(text: str) -> str | None:
    """Return the digits of an invoice number, None where they are not one."""
    digits = plain_dashes(without_blanks(half_width(text[:_TEXT_MAX]))).replace("-", "")
    return digits if _NUMBERS.fullmatch(digits) else None
