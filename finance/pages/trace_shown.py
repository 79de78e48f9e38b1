"""A thing of a chain in the reader's language: its name, its state, and where it leads."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import url_for
from flask_babel import get_locale, gettext, ngettext

from benefits.pages.words import FUND_WORDS
from finance.pages.trace_words import KIND_WORDS, STATE_WORDS
from finance.queries.trace import Chain
from finance.queries.trace_kinds import Node, Ref, TraceKind
from kernel.money import Fen, yuan
from ledger.models import FundSource

Line = str | int | None
Facts = Mapping[str, Line]

_SHORT_ID = 8


@dataclass(frozen=True)
class ShownNode:
    """A thing of a chain in the reader's language. `lines` are what it says below its name."""

    ref: Ref
    word: str
    name: str
    amount_fen: Fen
    state: str
    mark: str
    lines: list[str]
    url: str
    is_here: bool
    at: datetime | None


def shown(node: Node, *, is_here: bool) -> ShownNode:
    state, mark = STATE_WORDS[node.kind][node.state]
    return ShownNode(
        ref=node.ref,
        word=gettext(KIND_WORDS[node.kind]),
        name=_name(node),
        amount_fen=node.amount_fen,
        state=gettext(state),
        mark=mark,
        lines=[str(line) for line in _LINES.get(node.kind, _nothing)(node.facts) if line],
        url=url_of(node.ref),
        is_here=is_here,
        at=node.at,
    )


def url_of(ref: Ref) -> str:
    return url_for("finance_trace_pages.show", kind=ref.kind.value, object_id=ref.id)


def own_page(found: Chain) -> str | None:
    """Return the page on which something is done about what was asked for, if finance has one.

    A payment is seen to in its batch, an invoice at its statement: on the page of its neighbour.
    """
    ref, kind = found.at, _SEEN_TO_AT.get(found.at.kind)
    for edge in found.edges:
        if edge.target == found.at and edge.source.kind is kind:
            ref = edge.source
        if edge.source == found.at and edge.target.kind is kind:
            ref = edge.target
    if ref.kind not in _OWN_PAGES:
        return None
    endpoint, argument = _OWN_PAGES[ref.kind]
    named: dict[str, Any] = {argument: ref.id}
    return url_for(endpoint, **named)


_SEEN_TO_AT = {
    TraceKind.PAYMENT: TraceKind.BATCH,
    TraceKind.INVOICE: TraceKind.STATEMENT,
    TraceKind.DISPUTE: TraceKind.STATEMENT,
    TraceKind.MATCH: TraceKind.BANK_LINE,
}
_OWN_PAGES = {
    TraceKind.STATEMENT: ("finance_statements_pages.statement", "statement_id"),
    TraceKind.BATCH: ("finance_payments_pages.batch", "batch_id"),
    TraceKind.BANK_LINE: ("finance_bank_pages.line", "bank_line_id"),
}


def _name(node: Node) -> str:
    """Return the number or words by which people know it, else the end of its id."""
    fact = _NAMES.get(node.kind, "")
    if node.kind is TraceKind.ENROLMENT and not str(get_locale()).startswith("zh"):
        fact = "course_en"
    named = node.facts.get(fact)
    return str(named) if named is not None else f"…{str(node.id)[-_SHORT_ID:]}"


_NAMES = {
    TraceKind.REDEMPTION: "receipt_no",
    TraceKind.REVERSAL: "receipt_no",
    TraceKind.ENROLMENT: "course_zh",
    TraceKind.STATEMENT: "number",
    TraceKind.INVOICE: "number",
    TraceKind.TRADE: "order_no",
    TraceKind.PAYMENT: "reference",
    TraceKind.BATCH: "number",
    TraceKind.BANK_LINE: "bank_reference",
}


def _nothing(_facts: Facts) -> list[Line]:
    return []


def _of_sale(facts: Facts) -> list[Line]:
    gross = gettext("of a bill of ¥%(amount)s", amount=yuan(Fen(int(facts["gross_fen"] or 0))))
    return [facts["merchant"], facts["site"], facts["terminal"], gross]


def _of_statement(facts: Facts) -> list[Line]:
    days = gettext("%(first)s to %(last)s", first=facts["first_on"], last=facts["last_on"])
    lines = int(facts["lines"] or 0)
    return [facts["merchant"], days, ngettext("%(num)s line", "%(num)s lines", lines)]


def _of_invoice(facts: Facts) -> list[Line]:
    return [gettext("made out on %(day)s", day=facts["issued_on"])]


def _of_trade(facts: Facts) -> list[Line]:
    return [facts["trade_no"]]


def _of_payment(facts: Facts) -> list[Line]:
    attempt = int(facts["attempt"] or 1)
    again = gettext("attempt %(number)s", number=attempt) if attempt > 1 else None
    return [facts["payee"], facts["account"], _fund(facts), again]


def _of_journal(facts: Facts) -> list[Line]:
    return [_fund(facts), gettext("booked on %(day)s", day=facts["book_date"])]


def _of_batch(facts: Facts) -> list[Line]:
    payments = int(facts["payments"] or 0)
    return [ngettext("%(num)s payment", "%(num)s payments", payments)]


def _of_match(facts: Facts) -> list[Line]:
    by_rule = facts["by"] == "rule"
    return [gettext("found by a rule") if by_rule else gettext("found by a person")]


def _of_bank_line(facts: Facts) -> list[Line]:
    return [gettext("booked on %(day)s", day=facts["booked_on"]), facts["reference"]]


_LINES: dict[TraceKind, Callable[[Facts], list[Line]]] = {
    TraceKind.REDEMPTION: _of_sale,
    TraceKind.STATEMENT: _of_statement,
    TraceKind.INVOICE: _of_invoice,
    TraceKind.TRADE: _of_trade,
    TraceKind.PAYMENT: _of_payment,
    TraceKind.JOURNAL: _of_journal,
    TraceKind.BATCH: _of_batch,
    TraceKind.MATCH: _of_match,
    TraceKind.BANK_LINE: _of_bank_line,
}


def _fund(facts: Facts) -> str:
    return str(gettext(FUND_WORDS[FundSource(str(facts["fund_source"]))]))
