"""Reads JSON objects field by field, and says where the first fault is."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from aid.errors import SchemeFileWrong
from kernel.money import Fen

CODE = re.compile(r"[A-Z][A-Z0-9_]{2,39}", re.ASCII)
WORD = re.compile(r"[a-z][a-z_]{1,39}", re.ASCII)
DAYS_MAX = 3_660
LIST_MAX = 50
_RATIO = re.compile(r"[01](\.\d{1,6})?", re.ASCII)
_TEXT_MAX = 500
_AMOUNT_FEN_MAX = 10_000_000_000


@dataclass(frozen=True)
class Words:
    """A thing as both languages call it."""

    zh: str
    en: str


class Part:
    """One object of the file. Every field must be asked for before `no_more` is."""

    def __init__(self, value: object, place: str) -> None:
        if not isinstance(value, dict):
            raise SchemeFileWrong(field=place or "file", reason="must be an object")
        self._value: dict[str, Any] = value
        self._place = place
        self._asked: set[str] = set()

    def place(self, key: str) -> str:
        return f"{self._place}.{key}" if self._place else key

    def wrong(self, key: str, reason: str) -> SchemeFileWrong:
        return SchemeFileWrong(field=self.place(key), reason=reason)

    def raw(self, key: str) -> Any:
        if key not in self._value:
            raise self.wrong(key, "is missing")
        self._asked.add(key)
        return self._value[key]

    def has(self, key: str) -> bool:
        self._asked.add(key)
        return self._value.get(key) is not None

    def text(self, key: str, pattern: re.Pattern[str] | None = None) -> str:
        value = self.raw(key)
        if not isinstance(value, str) or not 0 < len(value) <= _TEXT_MAX:
            raise self.wrong(key, f"must be a text of 1 to {_TEXT_MAX} characters")
        if pattern is not None and pattern.fullmatch(value) is None:
            raise self.wrong(key, f"must match {pattern.pattern}")
        return value

    def whole(self, key: str, minimum: int, maximum: int) -> int:
        value = self.raw(key)
        if isinstance(value, bool) or not isinstance(value, int) or not minimum <= value <= maximum:
            raise self.wrong(key, f"must be a whole number from {minimum} to {maximum}")
        return value

    def fen(self, key: str) -> Fen:
        return Fen(self.whole(key, 0, _AMOUNT_FEN_MAX))

    def ratio(self, key: str) -> Decimal:
        return read_ratio(self.raw(key), self.place(key))

    def day(self, key: str) -> date:
        try:
            return date.fromisoformat(self.text(key))
        except ValueError:
            raise self.wrong(key, "must be a day such as 2026-11-23") from None

    def part(self, key: str) -> "Part":
        return Part(self.raw(key), self.place(key))

    def parts(self, key: str) -> "list[Part]":
        return [Part(each, f"{self.place(key)}[{i}]") for i, each in enumerate(self.items(key))]

    def items(self, key: str) -> list[Any]:
        value = self.raw(key)
        if not isinstance(value, list) or len(value) > LIST_MAX:
            raise self.wrong(key, f"must be a list of at most {LIST_MAX}")
        return value

    def codes(self) -> Iterator[str]:
        """Yield the keys, each of which the file chose itself."""
        for key in self._value:
            if not WORD.fullmatch(key) and not key.isdecimal():
                raise self.wrong(key, "must be a word of a-z and _, or a number")
            yield key

    def words(self) -> dict[str, Words]:
        """Return the words of each key."""
        return {key: _words(self.part(key)) for key in self.codes()}

    def coded_words(self, key: str) -> dict[str, Words]:
        """Return the words of a list's codes, in its order: the database keeps no keys' order."""
        found: dict[str, Words] = {}
        for part in self.parts(key):
            code = part.text("code", WORD)
            if code in found:
                raise part.wrong("code", "is there twice")
            found[code] = _words(part)
        return found

    def copy(self) -> dict[str, Any]:
        """Return the whole object, for a caller who takes it apart."""
        return dict(self._value)

    def no_more(self) -> None:
        unknown = sorted(self._value.keys() - self._asked)
        if unknown:
            raise self.wrong(unknown[0], "is not known")


def _words(part: Part) -> Words:
    with whole(part):
        return Words(part.text("zh"), part.text("en"))


@contextmanager
def whole(part: Part) -> Iterator[Part]:
    """Lend a part to a reader, and see that it read every field."""
    yield part
    part.no_more()


def read_ratio(value: object, place: str) -> Decimal:
    if not isinstance(value, str) or not _RATIO.fullmatch(value) or Decimal(value) > 1:
        raise SchemeFileWrong(field=place, reason='must be a text from "0" to "1" such as "0.80"')
    return Decimal(value)
