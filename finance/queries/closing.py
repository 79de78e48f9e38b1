"""Reads about closing: the months, what was asked, and the exceptions that are named instead."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from finance.errors import CertificateNotFound
from finance.models import (
    BankLine,
    BatchState,
    CloseCertificate,
    CloseRequest,
    Discrepancy,
    DiscrepancyState,
    Payment,
    PaymentBatch,
    PaymentState,
    ResidualCheck,
)
from finance.queries.residuals import residuals
from kernel.actors import Actor, Role
from ledger.models import Period, PeriodState

SENT_NOT_SEEN = "sent_not_seen"
_UNMATCHED = func.abs(BankLine.amount_fen - BankLine.matched_fen)


@dataclass(frozen=True)
class Month:
    """A month of the books, and how far its closing is."""

    month: str
    starts_on: date
    ends_on: date
    state: PeriodState
    asked_by: UUID | None
    asked_at: datetime | None
    closed_by: UUID | None
    closed_at: datetime | None

    @property
    def is_closed(self) -> bool:
        return self.state is PeriodState.CLOSED


@dataclass(frozen=True)
class NamedException:
    """What does not agree with the bank, and is named.

    `code` is a DiscrepancyCode, or `sent_not_seen`: what a batch sent and no bank line proves yet.
    """

    code: str
    subject_type: str  # as of Discrepancy.subject, or "payment_batch"
    subject_id: UUID
    amount_fen: int
    since: datetime
    owner_id: UUID | None = None

    def age(self, now: datetime) -> timedelta:
        return now - self.since

    def as_dict(self, now: datetime) -> dict[str, Any]:
        return {
            "code": self.code,
            "subject_type": self.subject_type,
            "subject_id": str(self.subject_id),
            "amount_fen": self.amount_fen,
            "age_days": self.age(now).days,
            "owner_id": str(self.owner_id) if self.owner_id else None,
        }


def months(session: Session) -> list[Month]:
    """Return every month of the books, the newest first."""
    rows = session.execute(
        select(
            Period.month,
            Period.starts_on,
            Period.ends_on,
            Period.state,
            CloseRequest.maker_id,
            CloseRequest.asked_at,
            Period.approver_id,
            Period.closed_at,
        )
        .outerjoin(CloseRequest, CloseRequest.month == Period.month)
        .order_by(Period.month.desc())
    )
    return [Month(*row) for row in rows]


def find_month(session: Session, *, month: str) -> Month | None:
    return next((each for each in months(session) if each.month == month), None)


def earlier_open_month(session: Session, *, starts_on: date) -> str | None:
    """Return the first open month before the one that begins on `starts_on`."""
    return session.scalars(
        select(Period.month)
        .where(Period.state == PeriodState.OPEN, Period.starts_on < starts_on)
        .order_by(Period.month)
        .limit(1)
    ).first()


def months_waiting(session: Session, actor: Actor) -> int:
    """Count the months that somebody else asked for, if the caller may close them."""
    if not actor.has_role([Role.FINANCE_APPROVER]):
        return 0
    query = (
        select(func.count(CloseRequest.month))
        .join(Period, Period.month == CloseRequest.month)
        .where(Period.state == PeriodState.OPEN, CloseRequest.maker_id != actor.staff_id)
    )
    return session.scalars(query).one()


def close_request(session: Session, *, month: str) -> CloseRequest | None:
    return session.get(CloseRequest, month, populate_existing=True)


def certificate(session: Session, *, month: str) -> CloseCertificate:
    """Return the certificate of a closed month. Raises CertificateNotFound."""
    found = session.get(CloseCertificate, month)
    if found is None:
        raise CertificateNotFound
    return found


def both_sides(
    session: Session, *, month: Month, now: datetime
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return both sides of each identity, and what is named: of now, or as a month was closed."""
    if month.is_closed:
        kept = certificate(session, month=month.month)
        return kept.identities, kept.named
    found = residuals(session, starts_on=month.starts_on, ends_on=month.ends_on)
    return found.identities(), [each.as_dict(now) for each in named_exceptions(session)]


def named_exceptions(session: Session, *, limit: int | None = None) -> list[NamedException]:
    """Return what is open between us and the bank, the oldest first."""
    found = [*_discrepancies(session), *_not_seen(session)]
    found.sort(key=lambda each: (each.since, each.subject_id))
    return found[:limit]


def _discrepancies(session: Session) -> list[NamedException]:
    rows = session.execute(
        select(
            Discrepancy,
            func.coalesce(
                func.abs(Discrepancy.amount_fen),
                _UNMATCHED,
                Payment.amount_fen - Payment.matched_fen,
            ),
        )
        .outerjoin(BankLine, BankLine.id == Discrepancy.bank_line_id)
        .outerjoin(Payment, Payment.id == Discrepancy.payment_id)
        .where(Discrepancy.state == DiscrepancyState.OPEN)
    )
    found = []
    for each, amount_fen in rows:
        subject, subject_id = each.subject
        found.append(
            NamedException(
                each.code.value, subject, subject_id, amount_fen, each.opened_at, each.owner_id
            )
        )
    return found


def _not_seen(session: Session) -> list[NamedException]:
    amount = func.sum(Payment.amount_fen - Payment.matched_fen)
    rows = session.execute(
        select(PaymentBatch.id, PaymentBatch.sent_at, PaymentBatch.maker_id, amount)
        .join(Payment, Payment.batch_id == PaymentBatch.id)
        .where(PaymentBatch.state == BatchState.SENT, Payment.state == PaymentState.SENT)
        .group_by(PaymentBatch.id)
    )
    return [
        NamedException(SENT_NOT_SEEN, "payment_batch", batch_id, int(fen), sent_at, maker_id)
        for batch_id, sent_at, maker_id, fen in rows
        if sent_at is not None
    ]


def residual_checks(session: Session) -> list[ResidualCheck]:
    """Return what the hourly watch found last in each month that is open."""
    query = (
        select(ResidualCheck)
        .join(Period, Period.month == ResidualCheck.month)
        .where(Period.state == PeriodState.OPEN)
        .order_by(ResidualCheck.month)
    )
    return list(session.scalars(query))


def open_months(session: Session) -> list[Month]:
    return [each for each in months(session) if not each.is_closed]
