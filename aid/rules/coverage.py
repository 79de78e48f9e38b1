"""Whether an event is covered: one evaluator for "my cover", simulating, claiming and checking."""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from aid.rules.reasons import aid_reason
from aid.rules.schemes import Terms
from benefits.rules import Reason

_MONTHS = 12
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class CoverDays:
    """The Shanghai days [starts_on, ends_on) of a cover."""

    starts_on: date
    ends_on: date

    def holds(self, day: date) -> bool:
        return self.starts_on <= day < self.ends_on


@dataclass(frozen=True)
class EventFacts:
    """What happened, when, and the day on which it is judged."""

    event_type: str
    event_date: date
    today: date


def cover_end(starts_on: date, *, months: int) -> date:
    """Return the day after a cover's last: the same day `months` later, or the month's last."""
    index = starts_on.year * _MONTHS + starts_on.month - 1 + months
    year, month = index // _MONTHS, index % _MONTHS + 1
    return date(year, month, min(starts_on.day, monthrange(year, month)[1]))


def coverage_reasons(
    terms: Terms | None, covers: Sequence[CoverDays], facts: EventFacts
) -> tuple[Reason, ...]:
    """Return every reason against an event; none means that it is covered.

    `terms` are the version in force on the event's day, None where there was none; `covers` all of
    the member's under the scheme.
    """
    if facts.event_date > facts.today:
        return (aid_reason("event_in_future"),)
    if terms is None:
        return (aid_reason("no_version"),)
    against: list[Reason] = []
    benefit = terms.benefit_for(facts.event_type)
    if benefit is None:
        against.append(aid_reason("event_not_covered"))
    cover = next((each for each in covers if each.holds(facts.event_date)), None)
    if cover is None:
        against.append(_outside(covers, facts.event_date))
    elif benefit is not None:
        # Calendar days from the first one of the cover, the last one of the waiting included (R08).
        counts_from = cover.starts_on + benefit.waiting_days[facts.event_type] * _DAY
        if facts.event_date < counts_from:
            against.append(aid_reason("waiting", next_on=counts_from.isoformat()))
    if terms.filing_days is not None:
        last_on = facts.event_date + terms.filing_days * _DAY
        if facts.today > last_on:
            against.append(aid_reason("filed_too_late", last_on=last_on.isoformat()))
    return tuple(against)


def _outside(covers: Sequence[CoverDays], day: date) -> Reason:
    """Return why no cover holds a day, by the cover that is nearest to it."""
    coming = min((each.starts_on for each in covers if each.starts_on > day), default=None)
    if coming is not None:
        return aid_reason("cover_not_begun", starts_on=coming.isoformat())
    past = max((each.ends_on for each in covers), default=None)
    if past is not None:
        return aid_reason("cover_ended", last_on=(past - _DAY).isoformat())
    return aid_reason("no_cover")
