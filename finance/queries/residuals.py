"""Residuals: what must be zero, or named."""

# ruff: noqa: S608  (statements are put together from finance.queries.identities)

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from benefits.queries import limit_residuals
from discounts.queries import receipt_gaps
from finance.queries.identities import IDENTITIES, Identity, Scope, Side, Unit, days_of
from kernel.clock import shanghai_month
from kernel.patience import make_room
from ledger.queries import debits_minus_credits


@dataclass(frozen=True)
class Checked:
    """An identity with what both its sides came to, term by term, and what is left over.

    `residual` is added up over everything the identity is about, each difference unsigned: it may
    be more than what the two sums differ by, and is 0 only if all is right.
    """

    name: str
    scope: Scope
    unit: Unit
    left: Mapping[str, int]  # a term that is taken off has a negative value
    right: Mapping[str, int]
    residual: int

    @property
    def left_sum(self) -> int:
        return sum(self.left.values())

    @property
    def right_sum(self) -> int:
        return sum(self.right.values())

    def as_dict(self) -> dict[str, Any]:
        return {
            "scope": self.scope.value,
            "unit": self.unit.value,
            "left": dict(self.left),
            "right": dict(self.right),
            "residual": self.residual,
        }


@dataclass(frozen=True)
class Residuals:
    """What a period should come to nothing in. Each residual is fen or a count and must be 0."""

    checked: tuple[Checked, ...]

    def as_dict(self) -> dict[str, int]:
        return {each.name: each.residual for each in self.checked}

    def identities(self) -> dict[str, Any]:
        """Return both sides of each identity, as a certificate keeps them."""
        return {each.name: each.as_dict() for each in self.checked}

    @property
    def all_zero(self) -> bool:
        return not any(each.residual for each in self.checked)

    @property
    def not_zero(self) -> dict[str, int]:
        return {each.name: each.residual for each in self.checked if each.residual}


def residuals(session: Session, *, starts_on: date, ends_on: date) -> Residuals:
    """Return the residuals of the Shanghai days [starts_on, ends_on), whole months.

    Each identity is one statement, so both its sides are of one moment. What an identity carries
    from month to month (what is owed, what the bank holds) is looked at up to now.
    """
    make_room(session)
    days = days_of(starts_on, ends_on)
    return Residuals(
        (
            _books(session, days),
            *(_check(session, each, days) for each in IDENTITIES),
            _limits(session),
            _receipts(session),
        )
    )


def _check(session: Session, identity: Identity, days: Mapping[str, Any]) -> Checked:
    residual, *sums = map(int, session.execute(_STATEMENTS[identity.name], days).one())
    signed = {
        side: {
            term.name: -sums[number] if term.minus else sums[number]
            for number, term in enumerate(identity.terms)
            if term.side is side
        }
        for side in Side
    }
    return Checked(
        identity.name,
        identity.scope,
        identity.unit,
        signed[Side.LEFT],
        signed[Side.RIGHT],
        residual,
    )


def _terms_of(identity: Identity) -> str:
    """Return SQL that yields (term, sign, k, value): what each term says of each thing."""
    return " UNION ALL ".join(
        f"SELECT {number} AS term, {_sign(term.side, minus=term.minus)} AS sign, k, value"
        f" FROM ({term.sql}) AS t{number}(k, value)"
        for number, term in enumerate(identity.terms)
    )


def _statement_of(identity: Identity) -> TextClause:
    """Return the statement that yields the residual and then the sum of each term, in one row.

    One pass adds everything up by key and by term, and nothing else is kept: a month of a million
    sales has millions of keys. Whole fen, not numeric: that takes a tenth of the memory.
    """
    sums = ", ".join(
        f"coalesce(sum(fen) FILTER (WHERE term = {number}), 0)"
        f" * {_sign(term.side, minus=term.minus)}"
        for number, term in enumerate(identity.terms)
    )
    return text(
        f"""
        SELECT coalesce(sum(abs(fen)) FILTER (WHERE term IS NULL), 0), {sums}
        FROM (
            SELECT term, sum(sign * CAST(value AS bigint)) AS fen
            FROM ({_terms_of(identity)}) AS terms GROUP BY GROUPING SETS ((k), (term))
        ) AS summed
        """
    )


def sides_by_key(
    session: Session, *, identity: Identity, starts_on: date, ends_on: date
) -> dict[str, dict[Side, dict[str, int]]]:
    """Return both sides of an identity for each thing that it is about, term by term, signed."""
    found: dict[str, dict[Side, dict[str, int]]] = {}
    statement = text(
        f"SELECT term, k, sum(value) AS value FROM ({_terms_of(identity)}) AS t GROUP BY 1, 2"
    )
    for row in session.execute(statement, days_of(starts_on, ends_on)):
        term = identity.terms[row.term]
        if row.k not in found:
            found[row.k] = {
                side: {each.name: 0 for each in identity.terms if each.side is side}
                for side in Side
            }
        found[row.k][term.side][term.name] = -int(row.value) if term.minus else int(row.value)
    return found


def _sign(side: Side, *, minus: bool) -> int:
    return -1 if (side is Side.RIGHT) != minus else 1


_STATEMENTS = {each.name: _statement_of(each) for each in IDENTITIES}

_TOTALS = text(
    """
    SELECT coalesce(sum(p.debit_fen), 0) AS debits, coalesce(sum(p.credit_fen), 0) AS credits
    FROM journals j JOIN postings p ON p.journal_id = j.id
    WHERE j.book_date >= :starts_on AND j.book_date < :ends_on
    """
)
_LIMITS = text("SELECT count(*) FROM limits")
_RECEIPTS = text("SELECT count(*) FROM receipt_counters")


def _books(session: Session, days: Mapping[str, Any]) -> Checked:
    sums = session.execute(_TOTALS, days).one()
    wrong = debits_minus_credits(session, month=shanghai_month(days["starts_on"]))
    return Checked(
        "debits_minus_credits_fen",
        Scope.MONTH,
        Unit.FEN,
        {"debits": int(sums.debits)},
        {"credits": int(sums.credits)},
        wrong,
    )


def _limits(session: Session) -> Checked:
    """Compare each limit's counter with what redemptions and seats took of it."""
    wrong = len(limit_residuals(session))
    counted = session.execute(_LIMITS).scalar_one()
    sides = {"limits": counted}, {"as_taken": counted - wrong}
    return Checked("limits", Scope.TO_DATE, Unit.COUNT, *sides, wrong)


def _receipts(session: Session) -> Checked:
    """Look for days of a till whose receipts are not numbered 1…n."""
    wrong = len(receipt_gaps(session))
    counted = session.execute(_RECEIPTS).scalar_one()
    sides = {"till_days": counted}, {"without_gaps": counted - wrong}
    return Checked("receipt_gaps", Scope.TO_DATE, Unit.COUNT, *sides, wrong)
