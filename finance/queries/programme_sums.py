"""What each programme came to in a month: facts on one side, the books on the other."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from benefits.models import Programme
from finance.queries.identities import days_of
from ledger.models import BudgetLine, ProgrammeBudget

# What a dispute adjusted, a claim and a course are charged to the programme of their journal.
_SUMS = text(
    """
    SELECT programme_id::text AS programme, term, sum(fen) AS fen FROM (
        SELECT r.programme_id, 'captured' AS term, r.union_pays_fen AS fen FROM redemptions r
        WHERE r.receipt_on >= :starts_on AND r.receipt_on < :ends_on
        UNION ALL
        SELECT r.programme_id, 'taken_back', v.union_fen FROM redemption_reversals v
        JOIN redemptions r ON r.id = v.redemption_id
        WHERE v.created_at >= :starts_at AND v.created_at < :ends_at
        UNION ALL
        SELECT j.programme_id, 'adjusted', d.adjustment_fen FROM disputes d
        JOIN journals j ON j.id = d.line_journal_id
        WHERE d.state = 'accepted' AND d.decided_at >= :starts_at AND d.decided_at < :ends_at
        UNION ALL
        SELECT j.programme_id, 'awarded', y.amount_fen FROM payables y
        JOIN journals j ON j.id = y.journal_id
        WHERE j.book_date >= :starts_on AND j.book_date < :ends_on
        UNION ALL
        SELECT j.programme_id, 'booked', p.debit_fen - p.credit_fen FROM journals j
        JOIN postings p ON p.journal_id = j.id AND p.party_id IS NULL
        WHERE j.source_type <> 'match' AND j.book_date >= :starts_on AND j.book_date < :ends_on
        UNION ALL
        SELECT r.programme_id, 'held', r.union_pays_fen FROM redemptions r WHERE r.state = 'held'
    ) AS facts
    GROUP BY 1, 2
    """
)
_TERMS = ("captured", "taken_back", "adjusted", "awarded", "booked", "held")


@dataclass(frozen=True)
class ProgrammeSum:
    """One programme's month, in fen: captured less taken back, adjusted and awarded = booked.

    `held` is what tills hold at this moment; a hold that ends is simply free again.
    """

    programme_id: str
    code: str
    name_zh: str
    name_en: str
    budget_line: str  # the code of the line that bears its costs of the year; empty: none does
    captured: int
    taken_back: int
    adjusted: int
    awarded: int
    booked: int
    held: int

    @property
    def residual(self) -> int:
        return self.captured - self.taken_back + self.adjusted + self.awarded - self.booked

    def as_dict(self) -> dict[str, Any]:
        return asdict(self) | {"residual": self.residual}


def programme_sums(session: Session, *, starts_on: date, ends_on: date) -> list[ProgrammeSum]:
    """Return every programme that moved in the days, or holds something, by code."""
    found: dict[str, dict[str, int]] = {}
    for row in session.execute(_SUMS, days_of(starts_on, ends_on)):
        found.setdefault(row.programme or "", {})[row.term] = int(row.fen)
    known = {str(each.id): each for each in session.scalars(select(Programme))}
    lines = _lines(session, year=starts_on.year)
    sums = [_sum(key, known.get(key), lines.get(key, ""), terms) for key, terms in found.items()]
    return sorted(sums, key=lambda each: (each.code, each.programme_id))


def _lines(session: Session, *, year: int) -> dict[str, str]:
    query = (
        select(ProgrammeBudget.programme_id, BudgetLine.code)
        .join(BudgetLine, BudgetLine.id == ProgrammeBudget.budget_line_id)
        .where(ProgrammeBudget.year == year)
    )
    return {str(programme_id): code for programme_id, code in session.execute(query)}


def _sum(
    key: str, programme: Programme | None, line: str, terms: Mapping[str, int]
) -> ProgrammeSum:
    return ProgrammeSum(
        programme_id=key,
        code=programme.code if programme else "",
        name_zh=programme.name_zh if programme else "",
        name_en=programme.name_en if programme else "",
        budget_line=line,
        **{name: terms.get(name, 0) for name in _TERMS},
    )
