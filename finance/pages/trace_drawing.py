"""The drawing of a chain: boxes and arrows as SVG, lying for a desk, standing for a phone.

The same things and edges are the list below it, which is what a screen reader and a keyboard get.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from unicodedata import east_asian_width

from flask_babel import gettext, ngettext

from finance.pages.trace_shown import ShownNode
from finance.pages.trace_words import KIND_WORDS, STAGE_WORDS
from finance.queries.trace import Chain
from finance.queries.trace_kinds import Node, Ref
from finance.rules.trace_layout import Box, Layout, lay_out
from kernel.money import Fen, yuan

BOX_HEIGHT = 84
_WIDE_BOX, _TALL_BOX = 136, 138
_WIDE_GAPS, _TALL_GAPS = (60, 14), (44, 10)
# How many cells of small type a box has room for; Chinese takes two, digits and capitals are wide.
_CELLS, _NAME_CELLS = 18, 14
# A desk's screen takes so many ranks beside each other; a longer chain stands there too.
_RANKS_WIDE = 6
_MORE = "…"
_MARKS = {"yes": "✓", "wait": "!", "no": "✕"}


@dataclass(frozen=True)
class DrawnBox:
    """A box at its place; `url` leads to the thing's own chain, or to the list for a bundle."""

    x: float
    y: float
    word: str
    name: str
    amount: str
    state: str
    url: str
    title: str
    is_here: bool
    is_bundle: bool


@dataclass(frozen=True)
class DrawnLine:
    """An arrow; `label` is what passed, where neither of its ends comes to just that."""

    path: str
    label: str
    x: float
    y: float


@dataclass(frozen=True)
class Drawing:
    name: str
    width: float
    height: float
    box_width: int
    box_height: int
    boxes: Sequence[DrawnBox]
    lines: Sequence[DrawnLine]


def drawings(found: Chain, said: Mapping[Ref, ShownNode]) -> list[Drawing]:
    """Return the chain drawn twice: `wide` from left to right, `tall` from top to bottom.

    Too long for a screen's width, it is drawn once.
    """
    layout = _layout({node.ref: node.kind for node in found.nodes}, found, shown=3)
    if layout.ranks > _RANKS_WIDE:
        return [_tall(found, said, name="tall only")]
    return [_wide(found, said, layout), _tall(found, said, name="tall")]


def _wide(found: Chain, said: Mapping[Ref, ShownNode], layout: Layout[Ref]) -> Drawing:
    along, across = _WIDE_BOX + _WIDE_GAPS[0], BOX_HEIGHT + _WIDE_GAPS[1]
    places = {box: (1 + box.rank * along, 1 + box.slot * across) for box in _all_boxes(layout)}
    return Drawing(
        name="wide",
        width=layout.ranks * along - _WIDE_GAPS[0] + 2,
        height=layout.slots * across - _WIDE_GAPS[1] + 2,
        box_width=_WIDE_BOX,
        box_height=BOX_HEIGHT,
        boxes=_drawn(found, said, layout, places),
        lines=_arrows(found, layout, places, size=(_WIDE_BOX, BOX_HEIGHT), lying=True),
    )


def _tall(found: Chain, said: Mapping[Ref, ShownNode], *, name: str) -> Drawing:
    # There is room for two: what stands at one stage is bundled, whatever kind it is of.
    layout = _layout({node.ref: node.stage for node in found.nodes}, found, shown=1)
    along, across = BOX_HEIGHT + _TALL_GAPS[0], _TALL_BOX + _TALL_GAPS[1]
    places = {box: (1 + box.slot * across, 1 + box.rank * along) for box in _all_boxes(layout)}
    return Drawing(
        name=name,
        width=layout.slots * across - _TALL_GAPS[1] + 2,
        height=layout.ranks * along - _TALL_GAPS[0] + 2,
        box_width=_TALL_BOX,
        box_height=BOX_HEIGHT,
        boxes=_drawn(found, said, layout, places),
        lines=_arrows(found, layout, places, size=(_TALL_BOX, BOX_HEIGHT), lying=False),
    )


def _layout(kinds: Mapping[Ref, Hashable], found: Chain, *, shown: int) -> Layout[Ref]:
    edges = [
        (edge.source, edge.target, edge.amount_fen)
        for edge in found.edges
        if edge.source in kinds and edge.target in kinds
    ]
    return lay_out(kinds, edges, at=found.at, shown=shown)


def _all_boxes(layout: Layout[Ref]) -> list[Box[Ref]]:
    return [*layout.boxes, *(box for line in layout.lines for box in line.path[1:-1])]


Places = Mapping[Box[Ref], tuple[float, float]]


def _drawn(
    found: Chain, said: Mapping[Ref, ShownNode], layout: Layout[Ref], places: Places
) -> list[DrawnBox]:
    nodes = {node.ref: node for node in found.nodes}
    drawn = []
    for box in layout.boxes:
        things = [nodes[key] for key in box.keys]
        x, y = places[box]
        if len(things) == 1:
            drawn.append(_single(things[0], said[things[0].ref], x, y, found.at))
        else:
            drawn.append(_bundle(things, x, y))
    return drawn


def _single(node: Node, said: ShownNode, x: float, y: float, at: Ref) -> DrawnBox:
    amount = _amount(node.amount_fen)
    mark = _MARKS.get(said.mark, "–")
    return DrawnBox(
        x=x,
        y=y,
        word=_fit(said.word),
        name=_fit_end(said.name),
        amount=amount,
        state=_fit(f"{mark} {said.state}"),
        url=said.url,
        title=f"{said.word} {said.name} · {amount} · {said.state}",
        is_here=node.ref == at,
        is_bundle=False,
    )


def _bundle(things: Sequence[Node], x: float, y: float) -> DrawnBox:
    kinds = {node.kind for node in things}
    word = gettext(KIND_WORDS[kinds.pop()] if len(kinds) == 1 else STAGE_WORDS[things[0].stage])
    more = ngettext("%(num)s more", "%(num)s more", len(things))
    amount = _amount(sum(node.amount_fen for node in things))
    return DrawnBox(
        x=x,
        y=y,
        word=_fit(word),
        name=_fit(more),
        amount=amount,
        state=_fit(gettext("See the list")),
        url="#as-list",
        title=f"{word}: {more} · {amount}",
        is_here=False,
        is_bundle=True,
    )


def _arrows(
    found: Chain, layout: Layout[Ref], places: Places, *, size: tuple[int, int], lying: bool
) -> list[DrawnLine]:
    amounts = {node.ref: node.amount_fen for node in found.nodes}
    arrows = []
    for line in layout.lines:
        ends = {abs(sum(amounts[key] for key in box.keys)) for box in (line.path[0], line.path[-1])}
        label = "" if abs(line.amount_fen) in ends else _amount(line.amount_fen)
        path, (x, y) = _path([places[box] for box in line.path], size, lying=lying)
        arrows.append(DrawnLine(path, label, x, y))
    return arrows


def _path(
    corners: Sequence[tuple[float, float]], size: tuple[int, int], *, lying: bool
) -> tuple[str, tuple[float, float]]:
    """Return an SVG path through boxes whose upper left corners are given, and its label's place.

    It leaves a box in the middle of one side, bends half way to the next, and goes straight through
    the places that were made for it.
    """
    width, height = size
    path, middle = "", (0.0, 0.0)
    for (left, top), (to_left, to_top) in pairwise(corners):
        if lying:
            x, y, to_x, to_y = left + width, top + height / 2, to_left, to_top + height / 2
            half = (x + to_x) / 2
            bends = f"C{half:g} {y:g} {half:g} {to_y:g} {to_x:g} {to_y:g}"
        else:
            x, y, to_x, to_y = left + width / 2, top + height, to_left + width / 2, to_top
            half = (y + to_y) / 2
            bends = f"C{x:g} {half:g} {to_x:g} {half:g} {to_x:g} {to_y:g}"
        path += f"{'L' if path else 'M'}{x:g} {y:g}{bends}"
        middle = (x + to_x) / 2, (y + to_y) / 2
    return path, middle


def _amount(fen: int) -> str:
    return f"{'-' if fen < 0 else ''}¥{yuan(Fen(abs(fen)))}"


def _fit(text: str, cells: int = _CELLS) -> str:
    """Return as much of `text` as a box has room for."""
    room, kept = cells, ""
    for char in text:
        room -= 2 if east_asian_width(char) in "WF" else 1
        if room < 0:
            return kept[:-1] + _MORE
        kept += char
    return kept


def _fit_end(name: str) -> str:
    """Return the end of a name that is too long: numbers differ there."""
    fitting = _fit(name[::-1], _NAME_CELLS)[::-1]
    return fitting if fitting == name else _MORE + fitting[1:]
