"""When an offer counts: weekdays, hours and blackout days of Shanghai, and from when it does again.

A day's hours may run over midnight; what is after midnight belongs to the day before.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from benefits.rules.people import MemberFacts, evaluate
from benefits.rules.reasons import Reason, reason
from kernel.clock import SHANGHAI
from kernel.i18n import N_

EVERY_WEEKDAY = 0b1111111
MINUTES_OF_DAY = 24 * 60
# Nobody is told of a day further off: it would be no next step.
_LOOK_AHEAD_DAYS = 400
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Conditions:
    """When and beside what an offer counts, as its version says; nothing said, always.

    Bit 0 of `weekday_mask` is Monday. Minutes are of the Shanghai day, [from, to); both None is
    the whole day. `blackouts` are pairs of a first and a last day.
    """

    weekday_mask: int = EVERY_WEEKDAY
    from_minute: int | None = None
    to_minute: int | None = None
    blackouts: tuple[tuple[date, date], ...] = ()
    joined_within_days: int | None = None
    stack_group: str | None = None


ALWAYS = Conditions()

WEEKDAY_WORDS = (
    N_("Monday"),
    N_("Tuesday"),
    N_("Wednesday"),
    N_("Thursday"),
    N_("Friday"),
    N_("Saturday"),
    N_("Sunday"),
)


def read_blackouts(stored: Sequence[Sequence[str]]) -> tuple[tuple[date, date], ...]:
    """Return stored blackouts, pairs of ISO days, as days."""
    return tuple((date.fromisoformat(first), date.fromisoformat(last)) for first, last in stored)


def condition_sentences(conditions: Conditions, say: Callable[..., str]) -> list[str]:
    """Say when and beside what an offer counts, a sentence each; `say` puts it into words."""
    said = []
    if conditions.weekday_mask != EVERY_WEEKDAY:
        chosen = [
            say(word) for n, word in enumerate(WEEKDAY_WORDS) if conditions.weekday_mask >> n & 1
        ]
        said.append(say(N_("Only on %(days)s."), days=say(N_(", ")).join(chosen)))
    if conditions.from_minute is not None and conditions.to_minute is not None:
        times = {
            "start": clock_time(conditions.from_minute),
            "end": clock_time(conditions.to_minute),
        }
        said.append(say(N_("Only from %(start)s to %(end)s."), **times))
    if conditions.blackouts:
        days = [
            f"{first}" if first == last else f"{first} – {last}"
            for first, last in conditions.blackouts
        ]
        said.append(say(N_("Not on %(days)s."), days=say(N_(", ")).join(days)))
    if conditions.joined_within_days is not None:
        days_ago = conditions.joined_within_days
        said.append(say(N_("Only for who joined at most %(days)s days ago."), days=days_ago))
    if conditions.stack_group is not None:
        group = conditions.stack_group
        said.append(say(N_("Excludes the other offers of the group %(group)s."), group=group))
    return said


def clock_time(minute: int) -> str:
    """Return a minute of the day as people write it: 570 reads "09:30", 1440 "24:00"."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def counts_on(conditions: Conditions, day: date) -> bool:
    """Say whether an offer counts at all on the hours that begin on `day`."""
    if not conditions.weekday_mask >> day.weekday() & 1:
        return False
    return not any(first <= day <= last for first, last in conditions.blackouts)


def counts_at(conditions: Conditions, moment: datetime) -> bool:
    """Say whether an offer counts at an aware moment."""
    return _begun_on(conditions, moment) is not None


def next_at(
    conditions: Conditions, moment: datetime, *, until: date | None = None
) -> datetime | None:
    """Return the first moment from `moment` on at which an offer counts, before the day `until`.

    None where there is none within 400 days.
    """
    if counts_at(conditions, moment):
        found: datetime | None = moment
    else:
        first = moment.astimezone(SHANGHAI).date()
        begins = (
            _start_of(conditions, day)
            for day in (first + n * _ONE_DAY for n in range(_LOOK_AHEAD_DAYS))
            if counts_on(conditions, day)
        )
        found = next((begin for begin in begins if begin > moment), None)
    if found is None or (until is not None and found.astimezone(SHANGHAI).date() >= until):
        return None
    return found


def condition_reasons(
    conditions: Conditions, member: MemberFacts, *, now: datetime, until: date | None = None
) -> list[Reason]:
    """Return what speaks against an offer at `now`; `until` is the day its programme ends."""
    reasons = []
    if not counts_at(conditions, now):
        reasons.append(_not_now(conditions, now, until))
    if conditions.joined_within_days is not None:
        rule = {"rule": "joined_within_days", "days": conditions.joined_within_days}
        day = now.astimezone(SHANGHAI).date()
        reasons += evaluate([rule], member, day=day).reasons
    return reasons


def _not_now(conditions: Conditions, now: datetime, until: date | None) -> Reason:
    begin = next_at(conditions, now, until=until)
    if begin is None:
        return reason("not_at_this_time")
    local = begin.astimezone(SHANGHAI)
    today = now.astimezone(SHANGHAI).date()
    code = "not_at_this_hour" if counts_on(conditions, today) else "not_on_this_day"
    return reason(code, next_on=local.date().isoformat(), next_time=f"{local:%H:%M}")


def _begun_on(conditions: Conditions, moment: datetime) -> date | None:
    """Return the day whose hours `moment` is in, or None outside of all."""
    local = moment.astimezone(SHANGHAI)
    today = local.date()
    minute = local.hour * 60 + local.minute
    start, end = conditions.from_minute, conditions.to_minute
    if start is None or end is None:
        is_today, is_yesterday = True, False
    elif start < end:
        is_today, is_yesterday = start <= minute < end, False
    else:
        is_today, is_yesterday = minute >= start, minute < end
    if is_today and counts_on(conditions, today):
        return today
    if is_yesterday and counts_on(conditions, today - _ONE_DAY):
        return today - _ONE_DAY
    return None


def _start_of(conditions: Conditions, day: date) -> datetime:
    minute = conditions.from_minute or 0
    midnight = datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)
    return midnight + timedelta(minutes=minute)
