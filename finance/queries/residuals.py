"""Residuals: what must be zero, or named."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from benefits.queries import limit_residuals
from discounts.queries import receipt_gaps
from ledger.queries import debits_minus_credits


@dataclass(frozen=True)
class Residuals:
    """What a period should come to nothing in; each is a count or fen and must be 0.

    `redemptions_fen`: the union's part of live redemptions of the period minus what the journals
    say. `limits`: counters that differ from what live redemptions and seats took.
    `receipt_gaps`: terminal days whose receipts are not numbered 1…n.
    """

    debits_minus_credits_fen: int
    redemptions_fen: int
    reversals_fen: int
    payables_fen: int
    limits: int
    receipt_gaps: int

    def as_dict(self) -> dict[str, int]:
        return {name: int(value) for name, value in vars(self).items()}

    @property
    def all_zero(self) -> bool:
        return not any(self.as_dict().values())


# The union's part of every capture of the period, against what was booked for it; and the same
# for what was taken back. Both sides are sums of facts written in different packages.
_CAPTURES = text(
    """
    SELECT coalesce(sum(union_pays_fen), 0) - (
        SELECT coalesce(sum(p.debit_fen), 0) FROM journals j JOIN postings p ON p.journal_id = j.id
        WHERE j.source_type = 'redemption' AND j.kind = 'captured'
            AND j.book_date >= :starts_on AND j.book_date < :ends_on)
    FROM redemptions WHERE receipt_on >= :starts_on AND receipt_on < :ends_on
    """
)
_REVERSALS = text(
    """
    SELECT coalesce(sum(v.union_fen), 0) - (
        SELECT coalesce(sum(p.debit_fen), 0) FROM journals j JOIN postings p ON p.journal_id = j.id
        WHERE j.source_type = 'redemption_reversal'
            AND j.book_date >= :starts_on AND j.book_date < :ends_on)
    FROM redemption_reversals v
    WHERE (v.created_at AT TIME ZONE 'Asia/Shanghai')::date >= :starts_on
        AND (v.created_at AT TIME ZONE 'Asia/Shanghai')::date < :ends_on
    """
)
_PAYABLES = text(
    """
    SELECT coalesce(sum(y.amount_fen), 0) - coalesce(sum(
        (SELECT sum(p.credit_fen) FROM postings p WHERE p.journal_id = y.journal_id)), 0)
    FROM payables y JOIN journals j ON j.id = y.journal_id
    WHERE j.book_date >= :starts_on AND j.book_date < :ends_on
    """
)


def residuals(session: Session, *, starts_on: date, ends_on: date) -> Residuals:
    """Return the residuals of the Shanghai days [starts_on, ends_on)."""
    days: dict[str, Any] = {"starts_on": starts_on, "ends_on": ends_on}
    return Residuals(
        debits_minus_credits_fen=debits_minus_credits(session),
        redemptions_fen=session.execute(_CAPTURES, days).scalar_one(),
        reversals_fen=session.execute(_REVERSALS, days).scalar_one(),
        payables_fen=session.execute(_PAYABLES, days).scalar_one(),
        limits=len(limit_residuals(session)),
        receipt_gaps=len(receipt_gaps(session)),
    )
