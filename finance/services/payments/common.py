"""What the verbs of payments share: locks, moves, and the trail.

Locks, in order: the batch; statements, then payables, each by id; merchants, shared, by id, so that
a payout hold that is being set is waited for.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, select, union
from sqlalchemy.orm import Session

from audit.services import record
from finance.errors import PaymentBatchNotFound, PayoutHeld
from finance.models import (
    PAYMENT_MOVES,
    Payment,
    PaymentBatch,
    PaymentState,
    Statement,
    StatementState,
)
from finance.queries.payments import OWED_STATES, held_payees
from kernel.actors import Actor
from kernel.refusals import refuse_stale
from kernel.states import move
from ledger.models import PartyType, Payable
from merchants.models import Merchant


def lock_owed(session: Session, *, only: Collection[UUID] | None) -> None:
    statements = select(Statement.id).where(Statement.state == StatementState.APPROVED)
    payables = select(Payable.id).where(Payable.state.in_(OWED_STATES))
    if only is not None:
        statements = statements.where(Statement.id.in_(only))
        payables = payables.where(Payable.id.in_(only))
    session.execute(statements.order_by(Statement.id).with_for_update())
    session.execute(payables.order_by(Payable.id).with_for_update())
    payees = union(
        select(Statement.merchant_id).where(Statement.id.in_(statements)),
        select(Payable.payee_id).where(
            Payable.id.in_(payables), Payable.payee_type == PartyType.MERCHANT
        ),
    )
    _lock_merchants(session, select(payees.subquery().c.merchant_id))


def lock_batch(session: Session, *, batch_id: UUID, version: int | None = None) -> PaymentBatch:
    batch = session.get(PaymentBatch, batch_id, with_for_update=True, populate_existing=True)
    if batch is None:
        raise PaymentBatchNotFound
    if version is not None:
        refuse_stale(batch.version, version)
    return batch


def refuse_held(session: Session, batch: PaymentBatch) -> None:
    """Raise PayoutHeld if a merchant of the batch is not to be paid now. Locks them, shared."""
    payees = select(Payment.payee_id).where(
        Payment.batch_id == batch.id, Payment.payee_type == PartyType.MERCHANT
    )
    _lock_merchants(session, payees)
    held = held_payees(session, batch_id=batch.id)
    if held:
        raise PayoutHeld(payees=held)


def _lock_merchants(session: Session, ids: Select[UUID]) -> None:
    # Shared: payments do not wait for one another, only for a hold that is being set or lifted.
    session.execute(
        select(Merchant.id)
        .where(Merchant.id.in_(ids))
        .order_by(Merchant.id)
        .with_for_update(read=True)
    )


def move_payments(session: Session, batch: PaymentBatch, target: PaymentState) -> Sequence[Payment]:
    """Move every payment of a batch that still may go there; the batch's lock is held."""
    query = select(Payment).where(Payment.batch_id == batch.id).order_by(Payment.id)
    payments = session.scalars(query.execution_options(populate_existing=True)).all()
    for payment in payments:
        payment.state = move(PAYMENT_MOVES, payment.state, target)
    session.flush()
    return payments


def payable_ids(payments: Iterable[Payment]) -> list[UUID]:
    return [payment.payable_id for payment in payments if payment.payable_id is not None]


def record_batch(
    session: Session, batch: PaymentBatch, action: str, *, actor: Actor, now: datetime
) -> None:
    record(
        session,
        actor=actor,
        action=action,
        object_type="payment_batch",
        object_id=batch.id,
        now=now,
        book=batch.book,
        payments=batch.payments,
        total_fen=batch.total_fen,
    )
