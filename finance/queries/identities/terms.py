"""What an identity is made of: terms, each a sum of its own, on two sides."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from kernel.clock import shanghai_day


class Scope(StrEnum):
    """Which facts an identity is about."""

    MONTH = "month"  # those booked in the month
    TO_DATE = "to_date"  # all until now: what a month leaves open, the next one settles


class Unit(StrEnum):
    FEN = "fen"
    COUNT = "count"


class Side(StrEnum):
    LEFT = "left"
    RIGHT = "right"


@dataclass(frozen=True)
class Term:
    """One sum of an identity; `minus` takes it from its side.

    `sql` yields (k, value), whose key has one type in all terms of the identity.
    """

    name: str
    side: Side
    sql: str
    minus: bool = False


@dataclass(frozen=True)
class Identity:
    name: str
    scope: Scope
    unit: Unit
    terms: tuple[Term, ...]


def left(name: str, sql: str, *, minus: bool = False) -> Term:
    return Term(name, Side.LEFT, sql, minus)


def right(name: str, sql: str, *, minus: bool = False) -> Term:
    return Term(name, Side.RIGHT, sql, minus)


def month(name: str, *terms: Term, unit: Unit = Unit.FEN) -> Identity:
    return Identity(name, Scope.MONTH, unit, terms)


def to_date(name: str, *terms: Term, unit: Unit = Unit.FEN) -> Identity:
    return Identity(name, Scope.TO_DATE, unit, terms)


def days_of(starts_on: date, ends_on: date) -> dict[str, Any]:
    """Return the parameters of a term for the Shanghai days [starts_on, ends_on)."""
    return {
        "starts_on": starts_on,
        "ends_on": ends_on,
        "starts_at": shanghai_day(starts_on)[0],
        "ends_at": shanghai_day(ends_on)[0],
    }
