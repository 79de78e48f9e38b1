"""What is held about a member, by category, why, and for how long (held.json, domain.md 4.5)."""

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True)
class Held:
    """A category of data, in the reader's language."""

    category: str
    title: str
    what: str
    purpose: str
    kept: str


@cache
def held_data(*, is_chinese: bool) -> tuple[Held, ...]:
    """Return every category, in the order in which a member reads them."""
    content = resources.files("app").joinpath("my_data/held.json").read_text(encoding="utf-8")
    language = "zh" if is_chinese else "en"
    return tuple(
        Held(
            each["category"],
            *(each[f"{part}_{language}"] for part in ("title", "what", "purpose", "kept")),
        )
        for each in json.loads(content)
    )
