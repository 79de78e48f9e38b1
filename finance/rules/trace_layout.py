"""Where the things of a chain stand on its drawing, in ranks from the scan to the bank.

A layered drawing in the usual four steps: bundle what is alike, rank, order against crossings, and
lead long edges through the ranks between. Pure: what comes out is ranks and slots, not points, so
that one layout is drawn lying on a desk's screen and standing on a phone's.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)

_SWEEPS = 4


@dataclass(eq=False)
class Box(Generic[Key]):
    """One thing, or a bundle of several that are alike; without keys, a place an edge goes by."""

    keys: list[Key]
    rank: int = 0
    slot: float = 0.0
    before: list["Box[Key]"] = field(default_factory=list)
    after: list["Box[Key]"] = field(default_factory=list)


@dataclass(frozen=True)
class Line(Generic[Key]):
    """An edge from `path[0]` to `path[-1]` by way of places in the ranks between."""

    path: list[Box[Key]]
    amount_fen: int


@dataclass(frozen=True)
class Layout(Generic[Key]):
    boxes: list[Box[Key]]
    lines: list[Line[Key]]
    ranks: int
    slots: int


def lay_out(
    kinds: Mapping[Key, Hashable], edges: Sequence[tuple[Key, Key, int]], *, at: Key, shown: int
) -> Layout[Key]:
    """Lay out the things of `kinds`, whose edges lead towards the bank and never in a circle.

    Of more than `shown` + 1 things of a kind that lead to the same, `shown` stand for themselves,
    the rest is one bundle. `at` is never in one.
    """
    assert shown > 0
    targets: dict[Key, list[Key]] = {key: [] for key in kinds}
    for source, target, _ in edges:
        targets[source].append(target)
    box_of = _bundled(kinds, targets, at, shown)
    amounts: dict[tuple[Box[Key], Box[Key]], int] = {}
    for source, target, fen in edges:
        pair = box_of[source], box_of[target]
        amounts[pair] = amounts.get(pair, 0) + fen
    boxes = list(dict.fromkeys(box_of.values()))
    for source_box, target_box in amounts:
        source_box.after.append(target_box)
        target_box.before.append(source_box)
    _rank(boxes)
    ranks: list[list[Box[Key]]] = [[] for _ in range(1 + max(box.rank for box in boxes))]
    for box in boxes:
        ranks[box.rank].append(box)
    lines = [Line(_way(pair, ranks), fen) for pair, fen in amounts.items()]
    _order(ranks)
    return Layout(boxes, lines, len(ranks), max(map(len, ranks)))


def _bundled(
    kinds: Mapping[Key, Hashable], targets: Mapping[Key, list[Key]], at: Key, shown: int
) -> dict[Key, Box[Key]]:
    """Give each thing its box. From the bank back, so that what leads to a bundle is one too."""
    heights: dict[Key, int] = {}
    for key in kinds:
        _height(key, targets, heights)
    box_of: dict[Key, Box[Key]] = {}
    for height in sorted(set(heights.values())):
        alike: dict[Hashable, list[Key]] = {}
        for key in kinds:
            if heights[key] == height:
                leads_to = frozenset(box_of[target] for target in targets[key])
                alike.setdefault((kinds[key], leads_to), []).append(key)
        for (_, leads_to), keys in alike.items():  # type: ignore[misc]
            to_bundle = any(len(box.keys) > 1 for box in leads_to)
            alone = _alone(keys, at, 0 if to_bundle else shown)
            box_of |= {key: Box([key]) for key in alone}
            rest = [key for key in keys if key not in alone]
            if rest:
                box_of |= dict.fromkeys(rest, Box(rest))
    return {key: box_of[key] for key in kinds}


def _height(key: Key, targets: Mapping[Key, list[Key]], heights: dict[Key, int]) -> int:
    """Return how many edges the longest way from `key` to an end has."""
    if key not in heights:
        heights[key] = -1  # a circle, which no chain has, ends here instead of never
        ways = [_height(target, targets, heights) for target in targets[key]]
        heights[key] = 1 + max(ways, default=-1)
    return heights[key]


def _alone(keys: list[Key], at: Key, shown: int) -> set[Key]:
    if len(keys) <= shown + 1:
        return set(keys)
    first = sorted(keys, key=lambda key: key != at)
    return set(first[: max(shown, 1 if at in keys else 0)])


def _rank(boxes: Sequence[Box[Key]]) -> None:
    """Rank by the longest way from a beginning, which stands right before what it leads to."""
    done: set[Box[Key]] = set()

    def rank(box: Box[Key]) -> int:
        if box not in done:
            done.add(box)
            box.rank = 1 + max((rank(each) for each in box.before), default=-1)
        return box.rank

    for box in boxes:
        rank(box)
    for box in boxes:
        if not box.before and box.after:
            box.rank = max(0, min(each.rank for each in box.after) - 1)


def _way(pair: tuple[Box[Key], Box[Key]], ranks: list[list[Box[Key]]]) -> list[Box[Key]]:
    """Return the boxes an edge passes, with places made for it in the ranks between."""
    source, target = pair
    way = [source]
    for rank in range(source.rank + 1, target.rank):
        place = Box([], rank, before=[way[-1]])
        way[-1].after.append(place)
        ranks[rank].append(place)
        way.append(place)
    way[-1].after.append(target)
    target.before.append(way[-1])
    return [*way, target]


def _order(ranks: list[list[Box[Key]]]) -> None:
    """Order each rank by the middle of its neighbours, to and fro, then stand it in the middle."""
    width = max(map(len, ranks))
    _stand(ranks, width)
    for sweep in range(_SWEEPS):
        forth = sweep % 2 == 0
        for rank in ranks if forth else reversed(ranks):
            rank.sort(key=_middle(forth=forth))
            _stand([rank], width)


def _middle(*, forth: bool) -> Callable[[Box[Key]], float]:
    def middle(box: Box[Key]) -> float:
        near = [
            each.slot
            for each in (box.before if forth else box.after)
            if abs(each.rank - box.rank) == 1
        ]
        return sum(near) / len(near) if near else box.slot

    return middle


def _stand(ranks: list[list[Box[Key]]], width: int) -> None:
    for rank in ranks:
        for number, box in enumerate(rank):
            box.slot = number + (width - len(rank)) / 2
