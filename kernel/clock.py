"""Time is an aware UTC datetime. Views read the clock once and pass `now` down."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import DateTime, Dialect
from sqlalchemy.types import TypeDecorator

SHANGHAI = ZoneInfo("Asia/Shanghai")


def utc_now() -> datetime:
    return datetime.now(UTC)


def shanghai_date(moment: datetime) -> date:
    """Return the calendar day in Shanghai at `moment`, which must be aware."""
    assert moment.tzinfo is not None
    return moment.astimezone(SHANGHAI).date()


def shanghai_day(day: date) -> tuple[datetime, datetime]:
    """Return the two moments [start, end) between which it is `day` in Shanghai."""
    start = datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)
    return start.astimezone(UTC), (start + timedelta(days=1)).astimezone(UTC)


def shanghai_week(day: date) -> str:
    """Return the ISO week of a Shanghai day, such as "2026-W48" (Monday first)."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


def shanghai_month(day: date) -> str:
    """Return the month of a Shanghai day, such as "2026-11"."""
    return f"{day:%Y-%m}"


def unix(moment: datetime) -> int:
    """Return whole seconds since 1970, rounded down: what the card's wire format counts in."""
    return int(moment.timestamp())


def from_unix(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


class UtcDateTime(TypeDecorator[datetime]):
    """A timestamptz column that refuses naive datetimes instead of guessing their zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError(f"naive datetime {value!r}: use kernel.clock.utc_now()")
        return value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.astimezone(UTC) if value is not None else None
