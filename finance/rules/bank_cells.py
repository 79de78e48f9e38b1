"""What the cells of a bank's file mean: amounts, days, times, texts."""

import re
from datetime import date, datetime, time
from functools import lru_cache
from math import isfinite

from kernel.dates import parse_date
from kernel.masks import mask_bank_account, mask_name
from kernel.money import Fen
from kernel.sheets import Covered
from kernel.text import cell_text, half_width, plain_dashes, single_spaced, without_blanks

_AMOUNT = re.compile(
    r"([+-]?)(?P<yuan>\d{1,3}(?:,\d{3}){1,4}|\d{1,13})(?:\.(?P<cents>\d{1,2})0*)?", re.ASCII
)
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\.\d+)?", re.ASCII)
_PACKED_TIME = re.compile(r"(\d{2})(\d{2})(\d{2})", re.ASCII)
_PACKED_MOMENT = re.compile(r"(\d{8})(\d{6})", re.ASCII)
# Two to four characters, such as nobody but a person is called.
_PERSON = re.compile(r"[一-鿿㐀-䶿·]{2,4}")
_FULL_ACCOUNT = re.compile(r"[\d -]{10,40}", re.ASCII)
_EXACT = 1e-4  # of a fen: what sums of binary floats may be off by in a workbook
_DAY_SECONDS = 86_400
# A file says few days and times, each of them on many lines.
_KEPT = 4096


class Unreadable(Exception):
    """A cell says nothing that can be understood."""


def said(cell: object, *, length_max: int) -> str:
    """Return a cell's text without the marks that keep a spreadsheet from eating zeros."""
    if cell is None or cell == "" or isinstance(cell, Covered):
        return ""
    text = single_spaced(cell_text(cell)).strip("`'\"\t ")
    return text[:length_max].rstrip()


def read_amount(cell: object) -> Fen | None:
    """Return yuan as fen, signed; None for a blank cell or a dash. Raises Unreadable."""
    if cell is None or cell == "":
        return None
    if isinstance(cell, bool):
        raise Unreadable
    if isinstance(cell, int):
        return Fen(cell * 100)
    if isinstance(cell, float):
        fen = cell * 100
        if not isfinite(fen) or abs(fen - round(fen)) > _EXACT:
            raise Unreadable
        return Fen(round(fen))
    text = without_blanks(plain_dashes(half_width(said(cell, length_max=60))))
    text = text.replace("¥", "").replace("￥", "").removesuffix("元")
    if not text.strip("-"):
        return None
    in_brackets = text.startswith("(") and text.endswith(")")
    found = _AMOUNT.fullmatch(text[1:-1] if in_brackets else text)
    if found is None:
        raise Unreadable
    yuan = int(found["yuan"].replace(",", ""))
    fen = yuan * 100 + int((found["cents"] or "").ljust(2, "0"))
    return Fen(-fen if in_brackets or found[1] == "-" else fen)


def read_day(cell: object) -> date | None:
    """Return the day a cell means, a time beside it ignored; None if it means none."""
    return _day_said(cell) if isinstance(cell, str) else parse_date(cell)


@lru_cache(maxsize=_KEPT)
def _day_said(cell: str) -> date | None:
    text = said(cell, length_max=40)
    packed = _PACKED_MOMENT.fullmatch(half_width(text))
    return parse_date(packed[1] if packed else text)


def read_time(cell: object) -> time | None:
    """Return the time of day in a cell, to the second; None where there is none to be read."""
    if isinstance(cell, datetime):
        return cell.time().replace(microsecond=0) if cell.time() != time() else None
    if isinstance(cell, time):
        return cell.replace(microsecond=0)
    if isinstance(cell, float) and 0 <= cell < 1:
        hour, rest = divmod(round(cell * _DAY_SECONDS) % _DAY_SECONDS, 3600)
        return time(hour, rest // 60, rest % 60)
    if isinstance(cell, str):
        return _time_said(cell)
    text = said(cell, length_max=40)
    if isinstance(cell, int) and not isinstance(cell, bool):
        text = text.zfill(6)
    return _time_of(text)


@lru_cache(maxsize=_KEPT)
def _time_said(cell: str) -> time | None:
    text = half_width(said(cell, length_max=40)).rpartition(" ")[2].rpartition("T")[2]
    packed = _PACKED_MOMENT.fullmatch(text)
    return _time_of(packed[2] if packed else text)


def _time_of(text: str) -> time | None:
    found = _TIME.fullmatch(text) or _PACKED_TIME.fullmatch(text)
    if found is None:
        return None
    hour, minute, second = (int(part or 0) for part in found.groups())
    try:
        return time(hour, minute, second)
    except ValueError:
        return None


def masked_name(text: str) -> str:
    """Return a counterparty's name, a person's masked as the desk masks it: most banks do not."""
    return mask_name(text) if _PERSON.fullmatch(text) else text


def masked_account(text: str) -> str:
    """Return a counterparty's account with at most its end to be read."""
    return mask_bank_account(text) if _FULL_ACCOUNT.fullmatch(half_width(text)) else text
