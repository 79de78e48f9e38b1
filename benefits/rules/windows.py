"""The windows that limits count in, and the parts of a budget that many draw on."""

from datetime import date, timedelta
from uuid import UUID

from benefits.rules.hours import ALWAYS, Conditions, next_at
from benefits.rules.reasons import Reason, reason
from kernel.clock import shanghai_date, shanghai_day, shanghai_month, shanghai_week

# What the union pays for one card shown on paper, a day: no row of limit_rules, since the cards'
# own policy says how much, but a row of `limits` like any other.
STATIC_DAILY_RULE = UUID("0190a000-0000-7000-8000-000000000001")
# Windows without end share one key.
TOTAL = "total"


def window_key(window: str, day: date) -> str:
    """Return the stored key of the window that holds the Shanghai `day`."""
    keys = {
        "total": TOTAL,
        "day": day.isoformat(),
        "week": shanghai_week(day),
        "month": shanghai_month(day),
        "year": f"{day.year}",
    }
    return keys[window]


def next_window_on(window: str, day: date) -> date | None:
    """Return the first Shanghai day of the next window, or None where there is no next."""
    if window == "day":
        return day + timedelta(days=1)
    if window == "week":
        return day + timedelta(days=7 - day.weekday())
    if window == "month":
        return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    if window == "year":
        return date(day.year + 1, 1, 1)
    return None


def limit_reason(
    *,
    window: str,
    day: date,
    rule_id: object,
    scope: str,
    conditions: Conditions = ALWAYS,
    until: date | None = None,
) -> Reason:
    """Return the refusal for a full limit, with the day on which it frees where there is one.

    That is the first day of the next window on which the offer counts, before the day `until` on
    which its programme ends.
    """
    next_on = next_window_on(window, day)
    if next_on is not None:
        usable_at = next_at(conditions, shanghai_day(next_on)[0], until=until)
        next_on = None if usable_at is None else shanghai_date(usable_at)
    facts: dict[str, object] = {"limit": str(rule_id), "scope": scope, "window": window}
    if next_on is None:
        return reason("limit_reached", **facts)
    code = "paper_limit_reached" if rule_id == STATIC_DAILY_RULE else "limit_reached_until"
    return reason(code, next_on=next_on.isoformat(), **facts)


def stripe_maximum(maximum: int, stripes: int, stripe: int) -> int:
    """Return the part of a budget that one stripe holds; the parts add up to the whole."""
    return maximum // stripes + (1 if stripe < maximum % stripes else 0)
