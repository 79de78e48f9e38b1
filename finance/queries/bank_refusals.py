"""What people say that the bank refused, and how far the bank's own statements are known."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, aliased

from finance.models import (
    BankLine,
    BankRefusal,
    BankRefusalState,
    Discrepancy,
    Payment,
    PaymentBatch,
)
from finance.queries.payment_batches import waiting_batches
from finance.queries.payments import PAGE_ROWS_MAX
from kernel.actors import Actor, Role
from staff.models import StaffAccount


@dataclass(frozen=True)
class RefusalRow:
    """A declaration with its payment, and who declared, confirmed and ended it."""

    refusal: BankRefusal
    payment: Payment
    batch_number: int
    maker: str
    approver: str | None
    ended_by: str | None


def _rows() -> Select[BankRefusal, Payment, int, str, str, str]:
    maker, approver, ended_by = (aliased(StaffAccount) for _ in range(3))
    return (
        select(
            BankRefusal,
            Payment,
            PaymentBatch.number,
            maker.display_name,
            approver.display_name,
            ended_by.display_name,
        )
        .join(Payment, Payment.id == BankRefusal.payment_id)
        .join(PaymentBatch, PaymentBatch.id == Payment.batch_id)
        .join(maker, maker.id == BankRefusal.maker_id)
        .outerjoin(approver, approver.id == BankRefusal.approver_id)
        .outerjoin(ended_by, ended_by.id == BankRefusal.ended_by)
    )


def bank_refusals(
    session: Session,
    *,
    state: BankRefusalState | None = None,
    after: UUID | None = None,
    rows: int = PAGE_ROWS_MAX,
) -> list[RefusalRow]:
    """Return declarations, the newest first."""
    query = _rows().order_by(BankRefusal.id.desc()).limit(rows)
    if state is not None:
        query = query.where(BankRefusal.state == state)
    if after is not None:
        query = query.where(BankRefusal.id < after)
    return [RefusalRow(*row) for row in session.execute(query)]


def refusals_of(session: Session, *, payment_id: UUID) -> list[RefusalRow]:
    """Return what was ever declared about a payment, the newest first."""
    query = _rows().where(BankRefusal.payment_id == payment_id).order_by(BankRefusal.id.desc())
    return [RefusalRow(*row) for row in session.execute(query)]


def refusal_by_id(session: Session, *, refusal_id: UUID) -> BankRefusal | None:
    return session.get(BankRefusal, refusal_id)


@dataclass(frozen=True)
class PaymentFacts:
    """A payment, its batch, what is open about it, and until when bank lines are known."""

    payment: Payment
    batch: PaymentBatch
    exception_id: UUID | None
    bank_known_until: date | None


def payment_facts(session: Session, *, payment_id: UUID) -> PaymentFacts | None:
    known_until = select(func.max(BankLine.booked_on)).scalar_subquery()
    row = session.execute(
        select(Payment, PaymentBatch, Discrepancy.id, known_until)
        .join(PaymentBatch, PaymentBatch.id == Payment.batch_id)
        .outerjoin(Discrepancy, Discrepancy.payment_id == Payment.id)
        .where(Payment.id == payment_id)
    ).one_or_none()
    return PaymentFacts(*row) if row else None


def payments_waiting(session: Session, actor: Actor) -> int:
    """Count the batches and the declarations on which it is the caller's turn."""
    waiting = waiting_batches(session, actor)
    if actor.has_role([Role.FINANCE_APPROVER]):
        query = select(func.count()).where(
            BankRefusal.state == BankRefusalState.DECLARED, BankRefusal.maker_id != actor.staff_id
        )
        waiting += session.scalars(query).one()
    return waiting
