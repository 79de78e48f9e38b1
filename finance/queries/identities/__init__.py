"""The identities of a close certificate: what must be equal, each side from tables of its own.

An identity is held per `k`, what a row is about, so that two faults cannot hide one another in a
sum. Parameters: `starts_on`, `ends_on` (Shanghai days, half-open) and `starts_at`, `ends_at` (the
same as moments). Source: money.md, Settlement and bank.
"""

from finance.queries.identities.benefits import BENEFITS
from finance.queries.identities.budgets import BUDGET_LINES, BUDGETS
from finance.queries.identities.settlement import BALANCES, BANK_LINES, OWED, PAYMENTS, STATEMENTS
from finance.queries.identities.terms import Identity, Scope, Side, Term, Unit, days_of

IDENTITIES: tuple[Identity, ...] = (
    *BENEFITS,
    *BUDGETS,
    *STATEMENTS,
    *PAYMENTS,
    *BANK_LINES,
    *OWED,
    *BALANCES,
)

__all__ = [
    "BUDGET_LINES",
    "IDENTITIES",
    "Identity",
    "Scope",
    "Side",
    "Term",
    "Unit",
    "days_of",
]
