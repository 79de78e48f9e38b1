"""Statements that the tables of finance refuse or take, in words: data for the test beside it.

A case is a list of statements, of which the last is refused, and the constraint that refuses it.
`:names` are rows of the test's world; `:j` and `:k` are ids that are new in each test.
"""

from tests.finance.refused.allowed import ALLOWED
from tests.finance.refused.bank import BANK
from tests.finance.refused.bank_refusals import BANK_REFUSALS
from tests.finance.refused.channels import CHANNELS
from tests.finance.refused.closing import CLOSING
from tests.finance.refused.disputes import DISPUTES
from tests.finance.refused.invoices import INVOICES
from tests.finance.refused.payments import PAYMENTS
from tests.finance.refused.signatures import SIGNATURES
from tests.finance.refused.statements import STATEMENTS
from tests.finance.refused.written_once import EDITS, KEPT, REMOVALS, UNREACHABLE, WRITTEN_ONCE

FORBIDDEN = (
    STATEMENTS
    | INVOICES
    | DISPUTES
    | PAYMENTS
    | BANK_REFUSALS
    | SIGNATURES
    | BANK
    | CHANNELS
    | CLOSING
)

__all__ = ["ALLOWED", "EDITS", "FORBIDDEN", "KEPT", "REMOVALS", "UNREACHABLE", "WRITTEN_ONCE"]
