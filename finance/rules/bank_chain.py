"""Where a file's lines stand in what is known of an account: before, after, or known already."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

Key = tuple[date, int, int]


@dataclass(frozen=True, slots=True)
class Placed:
    """How many of the file's first lines come before all known ones, and how many last after."""

    before: int
    after: int


def place_lines(
    known: Sequence[Key], fresh: Sequence[Key], *, at_start: bool, at_end: bool
) -> Placed | None:
    """Lay a file's lines over the known lines of its days; None if they contradict one another.

    `known` are all that are known of the days of `fresh`, both oldest first. `at_start` and
    `at_end` say whether `known` reaches the beginning and the end of what is known at all: only
    there may the file say more. Of several ways the one with most lines in common is taken, so that
    what came before is never taken for new.
    """
    best: tuple[int, Placed] | None = None
    for shift in _shifts(known, fresh):
        before, skipped = max(0, -shift), max(0, shift)
        common = min(len(fresh) - before, len(known) - skipped)
        after = len(fresh) - before - common
        if (before and not at_start) or (after and not at_end):
            continue
        if (skipped and before) or (best is not None and best[0] >= common):
            continue
        if fresh[before : before + common] == known[skipped : skipped + common]:
            best = common, Placed(before, after)
    return best[1] if best else None


def _shifts(known: Sequence[Key], fresh: Sequence[Key]) -> list[int]:
    """Return the places of `known` at which `fresh` may begin; negative: it begins earlier."""
    forward = [place for place, key in enumerate(known) if key == fresh[0]]
    back = [-place for place, key in enumerate(fresh) if place and key == known[0]]
    return forward + back
