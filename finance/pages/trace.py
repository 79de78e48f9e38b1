"""The chain of an amount at the desk: found by what people have in hand, drawn, and listed."""

from dataclasses import dataclass
from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, abort, redirect, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from finance.pages.reach import insist_on_the_city
from finance.pages.trace_drawing import drawings
from finance.pages.trace_shown import ShownNode, own_page, shown, url_of
from finance.pages.trace_words import EMPTY_WORDS, STAGE_WORDS
from finance.queries.trace import TRACE_ROWS, Chain, chain
from finance.queries.trace_kinds import Node, Ref, Stage, TraceKind
from finance.queries.trace_search import found_by, is_amount
from finance.schemas.trace import TraceSearch
from kernel.db import transaction
from kernel.forms import read_query
from kernel.i18n import N_
from kernel.money import Fen
from kernel.pages import cursor_place, here
from kernel.web import encode_cursor

pages = Blueprint(
    "finance_trace_pages",
    __name__,
    url_prefix="/desk/finance/trace",
    template_folder="../templates",
)
pages.before_request(insist_on_the_city)

_KINDS = ",".join(TraceKind)


@dataclass(frozen=True)
class Column:
    """One stage of the way from the scan to the bank; `empty` says why nothing is there."""

    stage: Stage
    word: str
    nodes: list[ShownNode]
    empty: str


@dataclass(frozen=True)
class Passed:
    """How much of a thing went to another: an edge of the drawing, in words."""

    to: ShownNode
    amount_fen: Fen


@pages.get("")
def search() -> ResponseReturnValue:
    """Find what somebody has in hand: one hit is shown at once, several are listed."""
    form = read_query(TraceSearch())
    text, day = form.values.get("q", ""), form.values.get("on")
    if day is not None and not is_amount(text):
        form.fault("q", N_("With a day, type an amount in yuan: it finds the sales of that day."))
    found: list[Node] = []
    if text and form.ok:
        with transaction() as session:
            found = found_by(session, text=text, day=day)
    if len(found) == 1:
        return redirect(url_of(found[0].ref))
    hits = [shown(node, is_here=False) for node in found]
    return render_template("finance/trace.html", form=form, text=text, hits=hits), form.status


@pages.get(f"/<any({_KINDS}):kind>/<uuid:object_id>")
def show(kind: str, object_id: UUID) -> ResponseReturnValue:
    """Draw the chain of an amount from the scan to the bank, as seen from one thing on it."""
    with transaction() as session:
        found = chain(session, kind=TraceKind(kind), id=object_id, after=_after())
    things = {node.ref: shown(node, is_here=node.ref == found.at) for node in found.nodes}
    return render_template(
        "finance/trace_chain.html",
        at=things[found.at],
        drawings=drawings(found, things),
        columns=_columns(found, things),
        passed=_passed(found, things),
        rows=found.rows,
        shown_rows=min(found.rows, TRACE_ROWS),
        own_page=own_page(found),
        more=here(cursor=encode_cursor(str(found.next_after))) if found.next_after else None,
    )


def _after() -> UUID | None:
    place = cursor_place(parts=1)
    if place is None:
        return None
    try:
        return UUID(place[0])
    except ValueError:
        abort(HTTPStatus.BAD_REQUEST)


def _columns(found: Chain, things: dict[Ref, ShownNode]) -> list[Column]:
    return [
        Column(
            stage,
            gettext(word),
            [things[node.ref] for node in found.nodes if node.stage is stage],
            gettext(EMPTY_WORDS[stage]),
        )
        for stage, word in STAGE_WORDS.items()
    ]


def _passed(found: Chain, things: dict[Ref, ShownNode]) -> dict[Ref, list[Passed]]:
    """Return where each thing leads, in the order in which the things are listed."""
    to: dict[Ref, list[Passed]] = {ref: [] for ref in things}
    for edge in found.edges:
        if edge.source in things and edge.target in things:
            to[edge.source].append(Passed(things[edge.target], edge.amount_fen))
    return to
