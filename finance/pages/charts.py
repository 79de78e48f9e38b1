"""Charts: bars from zero, drawn by pygal, coloured by the desk's style sheet, read out by name."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, tostring

import pygal
from flask_babel import get_locale
from markupsafe import Markup
from pygal.style import Style

from kernel.money import Fen

# pygal's finder of map plugins is of a kind that Python asks no more, and warns of at each import.
sys.meta_path[:] = [
    finder for finder in sys.meta_path if not isinstance(finder, pygal.PluginImportFixer)
]

HUES_MAX = 6
# From here on an amount is wider than a mark of a year's twelve.
_LONG_FROM_YUAN = 100_000
# As desk.css sets them: pygal keeps room for labels of this size.
_LABEL = 12
_SPACE = Style(
    label_font_size=_LABEL,
    major_label_font_size=_LABEL,
    value_font_size=_LABEL,
    font_family="sans-serif",
)
_SVG = "{http://www.w3.org/2000/svg}"
# pygal's own style, script and tooltips: the desk's policy takes none of them.
_LEFT_OUT = frozenset({"defs", "script", "style", "desc", "title"})


@dataclass(frozen=True)
class Series:
    """The bars of one hue. `mark` stands on them beside the value, so colour never speaks alone."""

    name: str
    mark: str
    values: Sequence[int]


def stacked_bars(label: str, *, columns: Sequence[str], series: Sequence[Series]) -> Markup:
    """Draw amounts in fen as columns, each a stack of the series; a chart without values is empty.

    A part that is too low for its label goes without; the table beside the chart has them all.
    """
    assert len(series) <= HUES_MAX
    tallest = max(
        (sum(max(each.values[at], 0) for each in series) for at in range(len(columns))), default=0
    )
    chart = pygal.StackedBar(
        width=960,
        height=320,
        x_labels=columns,
        value_formatter=_short_yuan,
        print_zeroes=False,
        **_plain(),
    )
    for each in series:
        chart.add(each.name, [_part(value, each.mark, tallest) for value in each.values])
    return _drawn(chart, label)


def bars(label: str, *, rows: Sequence[str], values: Sequence[int]) -> Markup:
    """Draw counts as bars lying one below the other, the first on top."""
    chart = pygal.HorizontalBar(
        width=480,
        height=260,
        x_labels=list(reversed(rows)),
        value_formatter=_count,
        range=(0, max([*values, 4])),
        **_plain(),
    )
    chart.add(label, [{"value": each, "formatter": _count} for each in reversed(values)])
    return _drawn(chart, label)


def _plain() -> dict[str, object]:
    return {
        "style": _SPACE,
        "show_legend": False,
        "print_values": True,
        "js": [],
        "no_prefix": True,
        "disable_xml_declaration": True,
        "margin": 8,
        "min_scale": 3,
        "max_scale": 6,
    }


def _part(value: int, mark: str, tallest: int) -> dict[str, object] | None:
    if not value:
        return None
    is_legible = abs(value) * 12 >= tallest
    return {
        "value": value,
        "formatter": lambda fen: f"{mark} {_short_yuan(fen)}" if is_legible else "",
    }


def _short_yuan(fen: float) -> str:
    """Return an amount as it fits on a mark: whole yuan, large ones in the reader's thousands.

    The table has the rest.
    """
    yuan = Fen(int(fen)) / 100
    if abs(yuan) < _LONG_FROM_YUAN:
        return f"{yuan:,.0f}"
    divisor, word = (10_000, "万") if str(get_locale()).startswith("zh") else (1_000, "k")
    return f"{yuan / divisor:,.1f}".removesuffix(".0") + word


def _count(value: float) -> str:
    return f"{value:.0f}" if float(value).is_integer() else ""


def _drawn(chart: pygal.Graph, label: str) -> Markup:
    root = chart.render_tree()
    _strip(root)
    root.attrib |= {"role": "img", "aria-label": label, "class": "chart"}
    # What pygal wrote is escaped text in elements of its own: no markup of a caller's is in it.
    return Markup(tostring(root, encoding="unicode"))  # noqa: S704


def _strip(element: Element) -> None:
    """Leave shapes and text alone, with classes that are none of the desk's (`.bar` is one)."""
    for child in list(element):
        kind = child.tag.removeprefix(_SVG) if isinstance(child.tag, str) else "comment"
        classes = child.get("class", "").split() if kind != "comment" else []
        if kind in _LEFT_OUT or kind == "comment" or "tooltip" in classes:
            element.remove(child)
            continue
        _strip(child)
    if isinstance(element.tag, str):
        element.tag = element.tag.removeprefix(_SVG)
    element.attrib.pop("id", None)
    if "class" in element.attrib:
        names = element.attrib["class"].split()
        element.attrib["class"] = " ".join(f"chart-{name}" for name in names)
