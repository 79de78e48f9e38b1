"""What an offer is worth, for whom and when it is, and which limits it draws on. Pure functions."""

from benefits.rules.hours import (
    ALWAYS,
    EVERY_WEEKDAY,
    MINUTES_OF_DAY,
    Conditions,
    condition_reasons,
    counts_at,
    counts_on,
    next_at,
    read_blackouts,
)
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
    REDUCTIONS,
    Split,
    Terms,
    bill_reason,
    discount_on,
    only_gross,
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
    "ALWAYS",
    "EVERY_WEEKDAY",
    "MINUTES_OF_DAY",
    "REASONS",
    "REDUCTIONS",
    "STATIC_DAILY_RULE",
    "TOTAL",
    "Conditions",
    "MemberFacts",
    "Reason",
    "Split",
    "Terms",
    "Verdict",
    "age_on",
    "bill_reason",
    "condition_reasons",
    "counts_at",
    "counts_on",
    "discount_on",
    "eligibility_of",
    "evaluate",
    "limit_reason",
    "next_at",
    "next_window_on",
    "only_gross",
    "read_blackouts",
    "reason",
    "split_of",
    "stripe_maximum",
    "window_key",
]
