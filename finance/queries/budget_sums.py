"""What each budget line came to in a month, line by line, as the identity of all of them says."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from benefits.models import Programme
from finance.queries.identities import BUDGET_LINES, IDENTITIES, Side
from finance.queries.residuals import sides_by_key
from ledger.models import BudgetLine, FundSource, ProgrammeBudget

[_IDENTITY] = [each for each in IDENTITIES if each.name == BUDGET_LINES]


@dataclass(frozen=True)
class BudgetSum:
    """One line's month, in fen; a term that is taken off its side is negative."""

    line_id: str
    year: int
    code: str
    name_zh: str
    name_en: str
    fund_source: FundSource
    programmes: tuple[str, ...]  # codes of those whose costs it bears
    left: Mapping[str, int]
    right: Mapping[str, int]

    @property
    def residual(self) -> int:
        return sum(self.left.values()) - sum(self.right.values())

    def as_dict(self) -> dict[str, Any]:
        return asdict(self) | {
            "programmes": list(self.programmes),
            "fund_source": self.fund_source.value,
            "residual": self.residual,
        }


def budget_sums(session: Session, *, starts_on: date, ends_on: date) -> list[BudgetSum]:
    """Return the lines of the year, and those of another that still carry something, by code."""
    found = sides_by_key(session, identity=_IDENTITY, starts_on=starts_on, ends_on=ends_on)
    moved = {
        key for key, sides in found.items() if any(any(terms.values()) for terms in sides.values())
    }
    lines = session.scalars(select(BudgetLine).order_by(BudgetLine.year, BudgetLine.code)).all()
    programmes = _programmes(session)
    nothing = {
        side: {each.name: 0 for each in _IDENTITY.terms if each.side is side} for side in Side
    }
    return [
        BudgetSum(
            line_id=str(line.id),
            year=line.year,
            code=line.code,
            name_zh=line.name_zh,
            name_en=line.name_en,
            fund_source=line.fund_source,
            programmes=programmes.get(str(line.id), ()),
            left=sides[Side.LEFT],
            right=sides[Side.RIGHT],
        )
        for line in lines
        if line.year == starts_on.year or str(line.id) in moved
        for sides in [found.get(str(line.id), nothing)]
    ]


def _programmes(session: Session) -> dict[str, tuple[str, ...]]:
    query = (
        select(ProgrammeBudget.budget_line_id, Programme.code)
        .join(Programme, Programme.id == ProgrammeBudget.programme_id)
        .order_by(Programme.code)
    )
    found: dict[str, tuple[str, ...]] = {}
    for line_id, code in session.execute(query):
        found[str(line_id)] = (*found.get(str(line_id), ()), code)
    return found
