"""What an offer is worth, for whom it is, and which limits it draws on. Pure functions."""

from benefits.rules.people import (
    AGE_MAX,
    MemberFacts,
    Verdict,
    age_on,
    eligibility_of,
    evaluate,
)
from benefits.rules.reasons import (
    REASONS,
    Reason,
    reason,
)
from benefits.rules.terms import (
    Split,
    Terms,
    bill_reason,
    discount_on,
    split_of,
)
from benefits.rules.windows import (
    STATIC_DAILY_RULE,
    TOTAL,
    limit_reason,
    next_window_on,
    stripe_maximum,
    window_key,
)

__all__ = [
    "AGE_MAX",
    "REASONS",
    "STATIC_DAILY_RULE",
    "TOTAL",
    "MemberFacts",
    "Reason",
    "Split",
    "Terms",
    "Verdict",
    "age_on",
    "bill_reason",
    "discount_on",
    "eligibility_of",
    "evaluate",
    "limit_reason",
    "next_window_on",
    "reason",
    "split_of",
    "stripe_maximum",
    "window_key",
]
