"""How banks lay out their statements, and the words they use: data, read once."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FILE = Path(__file__).resolve().parent.parent / "data" / "bank_profiles.json"

Words = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class BankProfile:
    """One way to say a line: two columns, one with a word, or one with a sign.

    `columns` gives the spellings of each heading; `newest_first` is how such files usually run, and
    decides only where the balances allow either.
    """

    name: str
    columns: Words
    required: tuple[str, ...]
    newest_first: bool


@dataclass(frozen=True, slots=True)
class BankFormats:
    """The profiles, in the order in which they are tried, and what all of them share.

    `labels` are said above the heading, `rows` begin a row that is no line, `signs` say which way
    money went, and `meanings` are found in what a line is said to be for.
    """

    profiles: tuple[BankProfile, ...]
    labels: Words
    signs: Mapping[str, int]
    currencies: frozenset[str]
    rows: Words
    meanings: Words


@cache
def bank_formats() -> BankFormats:
    """Return what finance/data/bank_profiles.json says. Add a bank's spelling there."""
    found = json.loads(_FILE.read_text(encoding="utf-8"))
    shared = found["columns"]
    return BankFormats(
        profiles=tuple(
            BankProfile(
                name=each["name"],
                columns=_words(each["columns"] | shared),
                required=tuple(each["required"]),
                newest_first=each["newest_first"],
            )
            for each in found["profiles"]
        ),
        labels=_words(found["labels"]),
        signs=found["signs"],
        currencies=frozenset(found["currencies"]),
        rows=_words(found["rows"]),
        meanings=_words(found["meanings"]),
    )


def _words(found: Mapping[str, list[str]]) -> Words:
    return {name: tuple(spellings) for name, spellings in found.items()}
