"""Calendar dates in the spellings found in the wild."""

import re
from datetime import date, datetime, timedelta

from kernel.text import half_width, plain_dashes, single_spaced

_TIME = r"(?:[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?"
_SPELLINGS = (
    re.compile(rf"(\d{{4}}) ?([-/.]) ?(\d{{1,2}}) ?\2 ?(\d{{1,2}}){_TIME}", re.ASCII),
    re.compile(rf"(\d{{4}}) ?(年) ?(\d{{1,2}}) ?月 ?(\d{{1,2}}) ?[日号]?{_TIME}", re.ASCII),
    re.compile(r"(\d{4})()(\d{2})(\d{2})", re.ASCII),
)
_TEXT_LENGTH_MAX = 40
# Excel counts days from 1899-12-30 (its 1900 has a 29 February). Below 1927 a number is more likely
# a year or a typing error; above 2173 it has six digits.
_SERIAL_ZERO = date(1899, 12, 30)
_SERIAL_MIN = 10_000
_SERIAL_MAX = 99_999


def parse_date(cell: object) -> date | None:
    """Return the date that `cell` means, or None if it means none.

    Takes dates as a workbook holds them, the serial numbers they become where the format was lost
    (as number or text), and text: 2016-06-21, 2016/6/21, 2016.6.21, 20160621, 2016年6月21日, each
    with any width of digits, a time of day being ignored. Day before month is not guessed.
    """
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    if isinstance(cell, bool):
        return None
    if isinstance(cell, int | float):
        return _from_number(cell)
    return _from_text(cell) if isinstance(cell, str) else None


def _from_number(number: float) -> date | None:
    if _SERIAL_MIN <= number <= _SERIAL_MAX:
        return _SERIAL_ZERO + timedelta(days=int(number))
    return _from_text(str(int(number))) if number == number // 1 else None


def _from_text(text: str) -> date | None:
    if len(text) > _TEXT_LENGTH_MAX:
        return None
    plain = single_spaced(plain_dashes(half_width(text)))
    if re.fullmatch(r"\d{5}", plain, re.ASCII):
        return _from_number(int(plain))
    for spelling in _SPELLINGS:
        if found := spelling.fullmatch(plain):
            year, _, month, day = found.groups()
            return _real_date(int(year), int(month), int(day))
    return None


def _real_date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
