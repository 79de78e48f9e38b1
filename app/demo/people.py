"""Synthetic people as roster lines: whoever they are, nobody can be them."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from stdnum.iso7064 import mod_11_2

from kernel.sheets import Line

# Not in GB/T 2260, so no document can begin with it (domain 3.1).
_NOWHERE = "440399"
_FIRST_LINE = 2
_COMPOUND_SHARE = 0.01
_MIGRANT_SHARE = 0.62


@dataclass(frozen=True)
class Person:
    """One demo member. `phone` is what they type; `document_tail` proves the first sign-in."""

    name: str
    phone: str
    document: str
    union_code: str

    @property
    def document_tail(self) -> str:
        return self.document[-4:]


def people(
    data: dict[str, Any], *, count: int, unions: Sequence[str], today: date
) -> Iterator[Person]:
    """Yield `count` people, the same ones for the same `count` and unions."""
    # Nobody's secret depends on it: the same demo everywhere is what is wanted.
    dice = random.Random(20261123)  # noqa: S311
    for number in range(1, count + 1):
        born = today - timedelta(days=dice.randint(18 * 366, 58 * 365))
        body = f"{_NOWHERE}{born:%Y%m%d}{number % 1000:03d}"
        yield Person(
            name=_name(data, dice),
            phone=_phone(number),
            document=body + mod_11_2.calc_check_digit(body),
            union_code=dice.choice(unions),
        )


def roster_lines(persons: Iterator[Person], *, today: date) -> Iterator[Line]:
    """Yield people as the lines of a roster, ready for the import that everybody's takes."""
    seen: set[str] = set()
    for number, person in enumerate(persons, start=_FIRST_LINE):
        if person.document in seen:
            continue
        seen.add(person.document)
        dice = random.Random(number)  # noqa: S311 (see people())
        cells = {
            "name": person.name,
            "document_kind": "居民身份证",
            "document_number": person.document,
            "valid_until": "长期",
            "phone": person.phone,
            "sex": "",
            "education": dice.choice(["初中", "高中", "中专", "大专", "本科"]),
            "employment": dice.choice(["在岗", "在岗", "在岗", "灵活就业", "待岗"]),
            "is_migrant": "是" if dice.random() < _MIGRANT_SHARE else "否",
            "hardship": "",
            "union_code": person.union_code,
            "joined_on": (today - timedelta(days=dice.randint(40, 700))).isoformat(),
        }
        yield Line(number, cells, tuple(cells.values()))


def _phone(number: int) -> str:
    """Return 154 0000 xxxx, and beyond ten thousand people the rest of the unassigned 154."""
    return f"154{number % 100_000_000:08d}"


def _name(data: dict[str, Any], dice: random.Random) -> str:
    if dice.random() < _COMPOUND_SHARE:
        surname = dice.choice(data["compound_surnames"])
    else:
        surname = dice.choice(data["surnames"])
    given = "".join(dice.choices(data["given"], k=dice.choice([1, 2, 2])))
    return f"{surname}{given}"
