"""When an offer counts, as it is typed: weekdays, hours, blackout days, new members, a group."""

import re
from datetime import date, timedelta
from typing import Any

from marshmallow import ValidationError, fields, validate

from benefits.rules import MINUTES_OF_DAY
from kernel.i18n import N_
from kernel.wire import Text, Wire

_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)", re.ASCII)
_DAYS = re.compile(r"(\d{4}-\d\d-\d\d)(?:\s*(?:to|–|—|~|～|至|到)\s*(\d{4}-\d\d-\d\d))?", re.ASCII)
_BLACKOUTS_MAX = 40
_BLACKOUT_LONGEST = timedelta(days=366)
_JOINED_DAYS_MAX = 36_500


class MinuteField(fields.Field[int]):
    """A time of day such as 09:30, read as minutes since midnight. `ends`: 00:00 is 1440."""

    default_error_messages = {"invalid": N_("Give a time such as 09:30.")}

    def __init__(self, *, ends: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.ends = ends

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        match = _TIME.fullmatch(str(value).strip())
        if match is None:
            raise self.make_error("invalid")
        minute = int(match[1]) * 60 + int(match[2])
        return MINUTES_OF_DAY if self.ends and minute == 0 else minute


class BlackoutsField(fields.Field[tuple[tuple[date, date], ...]]):
    """Days on which an offer does not count, one or "first to last" a line."""

    default_error_messages = {
        "invalid": N_("Give a day or two a line, such as 2027-02-05 – 2027-02-11."),
        "backwards": N_("The last day is before the first."),
        "many": N_("These are too many days."),
    }

    def _deserialize(
        self, value: Any, attr: str | None, data: Any, **kwargs: Any
    ) -> tuple[tuple[date, date], ...]:
        lines = [line.strip() for line in str(value).splitlines() if line.strip()]
        if len(lines) > _BLACKOUTS_MAX:
            raise self.make_error("many")
        return tuple(sorted(self._days(line) for line in lines))

    def _days(self, line: str) -> tuple[date, date]:
        match = _DAYS.fullmatch(line)
        if match is None:
            raise self.make_error("invalid")
        try:
            first = date.fromisoformat(match[1])
            last = date.fromisoformat(match[2] or match[1])
        except ValueError:
            raise self.make_error("invalid") from None
        if last < first:
            raise self.make_error("backwards")
        if last - first > _BLACKOUT_LONGEST:
            raise self.make_error("many")
        return first, last


class ConditionsForm(Wire):
    """When and beside what the terms count. Nothing chosen of the weekdays is every day."""

    weekdays = fields.List(fields.Integer(validate=validate.Range(min=1, max=7)), load_default=list)
    from_minute = MinuteField(load_default=None)
    to_minute = MinuteField(load_default=None, ends=True)
    blackouts = BlackoutsField(load_default=())
    joined_within_days = fields.Integer(
        load_default=None, validate=validate.Range(min=1, max=_JOINED_DAYS_MAX)
    )
    stack_group = Text(load_default=None, maximum=40)


def check_hours(data: dict[str, Any]) -> None:
    """Raise ValidationError beside the hour that is missing, or that makes no time at all."""
    start, end = data["from_minute"], data["to_minute"]
    for name, value, other in (("from_minute", start, end), ("to_minute", end, start)):
        if value is None and other is not None:
            raise ValidationError(N_("Fill this in."), name)
    if start is not None and start == end % MINUTES_OF_DAY:
        raise ValidationError(N_("From and until are the same: leave both empty."), "to_minute")
