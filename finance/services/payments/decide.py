"""Who signs a batch: one checks, one or two approve, and nobody twice.

What a batch asks for is its tier's, kept with it by the database when it is prepared.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from finance.errors import PayoutHeld, PreparedByYou
from finance.models import BATCH_MOVES, BatchState, PaymentBatch, PaymentState
from finance.payment_errors import BatchNeedsNoCheck, BatchNotChecked, SignedByYou
from finance.services.payments.common import (
    lock_batch,
    move_payments,
    payable_ids,
    record_batch,
    refuse_held,
)
from kernel.actors import Actor
from kernel.refusals import refused_by
from kernel.states import move
from ledger.models import PayableState
from ledger.services import move_payables

_TWICE = 2
_REFUSED = {
    "ck_payment_batches_two_people": PreparedByYou,
    "ck_payment_batches_checker_differs": SignedByYou,
    "ck_payment_batches_approvers_differ": SignedByYou,
    "ck_payment_batches_payout_not_held": PayoutHeld,
}


def check_batch(
    session: Session, *, actor: Actor, batch_id: UUID, version: int, now: datetime
) -> PaymentBatch:
    """Sign that a batch was compared with what is owed, before anybody approves it. Locks it.

    Raises PaymentBatchNotFound, EditConflict, PreparedByYou, BatchNeedsNoCheck, PayoutHeld,
    MoveNotAllowed.
    """
    batch = lock_batch(session, batch_id=batch_id, version=version)
    _refuse_signer(batch, actor)
    if not batch.needs_check:
        raise BatchNeedsNoCheck
    refuse_held(session, batch)
    batch.state = move(BATCH_MOVES, batch.state, BatchState.CHECKED)
    batch.checker_id = actor.staff_id
    batch.checked_at = now
    return _signed(session, batch, did="checked", actor=actor, now=now)


def approve_batch(
    session: Session, *, actor: Actor, batch_id: UUID, version: int, now: datetime
) -> PaymentBatch:
    """Confirm every payment of a batch, as another person than who prepared or checked it.

    Where two must, the first of them leaves it APPROVED_ONCE. Locks the batch.

    Raises PaymentBatchNotFound, EditConflict, PreparedByYou, SignedByYou, BatchNotChecked,
    PayoutHeld, MoveNotAllowed.
    """
    batch = lock_batch(session, batch_id=batch_id, version=version)
    _refuse_signer(batch, actor)
    is_first = batch.approvals == _TWICE and batch.first_approver_id is None
    state = BatchState.APPROVED_ONCE if is_first else BatchState.APPROVED
    state = move(BATCH_MOVES, batch.state, state)
    if batch.needs_check and batch.checker_id is None:
        raise BatchNotChecked
    refuse_held(session, batch)
    batch.state = state
    if is_first:
        batch.first_approver_id = actor.staff_id
        batch.first_approved_at = now
    else:
        batch.approver_id = actor.staff_id
        batch.approved_at = now
    return _signed(session, batch, did=state.value, actor=actor, now=now)


def cancel_batch(
    session: Session, *, actor: Actor, batch_id: UUID, version: int, now: datetime
) -> PaymentBatch:
    """Give up a batch that was not sent: all it would have paid is owed again. Locks the batch.

    Raises PaymentBatchNotFound, EditConflict, MoveNotAllowed.
    """
    batch = lock_batch(session, batch_id=batch_id, version=version)
    batch.state = move(BATCH_MOVES, batch.state, BatchState.CANCELLED)
    batch.version += 1
    payments = move_payments(session, batch, PaymentState.CANCELLED)
    # What the bank had sent back before is "returned" again, so that its age tells the truth.
    first = [payment for payment in payments if payment.attempt == 1]
    again = [payment for payment in payments if payment.attempt > 1]
    move_payables(session, payable_ids=payable_ids(first), target=PayableState.OWED)
    move_payables(session, payable_ids=payable_ids(again), target=PayableState.RETURNED)
    record_batch(session, batch, "payment_batch.cancelled", actor=actor, now=now)
    return batch


def _refuse_signer(batch: PaymentBatch, actor: Actor) -> None:
    if actor.staff_id == batch.maker_id:
        raise PreparedByYou
    if actor.staff_id in {batch.checker_id, batch.first_approver_id, batch.approver_id}:
        raise SignedByYou


def _signed(
    session: Session, batch: PaymentBatch, *, did: str, actor: Actor, now: datetime
) -> PaymentBatch:
    batch.version += 1
    with refused_by(_REFUSED):
        session.flush()
    record_batch(session, batch, f"payment_batch.{did}", actor=actor, now=now)
    return batch
