"""What the bank never carries out: one person declares it, another confirms, and it is owed again.

Locks, in order: the declaration, the payment, its payable. A match locks the payment too, so that
of a bank line and a confirmation at one moment the second sees what the first did.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from audit.services import record
from finance.errors import PaymentNotFound
from finance.models import (
    BANK_REFUSAL_MOVES,
    BankLine,
    BankRefusal,
    BankRefusalState,
    Discrepancy,
    DiscrepancyState,
    Payment,
    PaymentBatch,
    PaymentState,
)
from finance.payment_errors import (
    BankLineNamesPayment,
    BankRefusalNotFound,
    DeclaredByYou,
    NotWaitingAtTheBank,
    PaidAnew,
    RefusalDeclared,
    RefusedOnAnotherDay,
)
from finance.services.paid import Followed
from finance.services.telling import tell_payees
from kernel.actors import Actor
from kernel.clock import shanghai_date
from kernel.ids import new_id
from kernel.refusals import refuse_stale, refused_by
from kernel.states import move
from ledger.models import PayableState
from ledger.services import move_payables

_REFUSED = {
    "uq_bank_refusals_live": RefusalDeclared,
    "ck_bank_refusals_two_people": DeclaredByYou,
    "ck_bank_refusals_at_the_bank": NotWaitingAtTheBank,
    "uq_payments_live_statement": PaidAnew,
    "uq_payments_live_payable": PaidAnew,
}


def declare_refused(
    session: Session,
    *,
    actor: Actor,
    payment_id: UUID,
    refused_on: date,
    reason: str,
    now: datetime,
) -> BankRefusal:
    """Say that the bank will not carry a payment out; nothing changes until another confirms it.

    `refused_on` is the bank's day, `reason` its words.

    Raises PaymentNotFound, NotWaitingAtTheBank, BankLineNamesPayment, RefusedOnAnotherDay,
    RefusalDeclared.
    """
    payment = session.get(Payment, payment_id, populate_existing=True)
    if payment is None:
        raise PaymentNotFound
    _refuse_unless_waiting(session, payment)
    batch = session.get_one(PaymentBatch, payment.batch_id)
    assert batch.sent_at is not None
    if not shanghai_date(batch.sent_at) <= refused_on <= shanghai_date(now):
        raise RefusedOnAnotherDay
    refusal = BankRefusal(
        id=new_id(),
        payment_id=payment.id,
        refused_on=refused_on,
        reason=reason,
        maker_id=actor.staff_id,
        declared_at=now,
    )
    session.add(refusal)
    with refused_by(_REFUSED):
        session.flush()
    _record(session, refusal, payment, "declared", actor=actor, now=now)
    return refusal


def confirm_refused(
    session: Session, *, actor: Actor, refusal_id: UUID, version: int, now: datetime
) -> BankRefusal:
    """Confirm what somebody else declared: what the payment was for is owed again.

    Raises BankRefusalNotFound, EditConflict, DeclaredByYou, MoveNotAllowed, NotWaitingAtTheBank,
    BankLineNamesPayment.
    """
    refusal, payment = _lock(session, refusal_id=refusal_id, version=version)
    if refusal.maker_id == actor.staff_id:
        raise DeclaredByYou
    state = move(BANK_REFUSAL_MOVES, refusal.state, BankRefusalState.CONFIRMED)
    # A bank file may have come in since.
    _refuse_unless_waiting(session, payment)
    refusal.approver_id, refusal.confirmed_at = actor.staff_id, now
    _move(session, refusal, payment, state)
    _follow(session, payment, PayableState.RETURNED)
    _explain(session, refusal, now=now)
    tell_payees(session, [_told(payment)], now=now)
    _record(session, refusal, payment, "confirmed", actor=actor, now=now)
    return refusal


def withdraw_refused(
    session: Session, *, actor: Actor, refusal_id: UUID, version: int, now: datetime
) -> BankRefusal:
    """Let a declaration go that nobody confirmed: the payment stays at the bank.

    Raises BankRefusalNotFound, EditConflict, MoveNotAllowed.
    """
    refusal, payment = _lock(session, refusal_id=refusal_id, version=version)
    state = move(BANK_REFUSAL_MOVES, refusal.state, BankRefusalState.WITHDRAWN)
    refusal.ended_by, refusal.ended_at = actor.staff_id, now
    _move(session, refusal, payment, state)
    _record(session, refusal, payment, "withdrawn", actor=actor, now=now)
    return refusal


def revoke_refused(
    session: Session, *, actor: Actor, refusal_id: UUID, version: int, reason: str, now: datetime
) -> BankRefusal:
    """Say that the bank carried it out after all: the payment waits for its bank line again.

    One person is enough: it is owed no longer, so that nothing can be paid by this.

    Raises BankRefusalNotFound, EditConflict, MoveNotAllowed, PaidAnew.
    """
    refusal, payment = _lock(session, refusal_id=refusal_id, version=version)
    state = move(BANK_REFUSAL_MOVES, refusal.state, BankRefusalState.REVOKED)
    refusal.ended_by, refusal.ended_at, refusal.ended_reason = actor.staff_id, now, reason
    _move(session, refusal, payment, state)
    _follow(session, payment, PayableState.PAYING)
    _record(session, refusal, payment, "revoked", actor=actor, now=now)
    return refusal


def _lock(session: Session, *, refusal_id: UUID, version: int) -> tuple[BankRefusal, Payment]:
    refusal = session.get(BankRefusal, refusal_id, with_for_update=True, populate_existing=True)
    if refusal is None:
        raise BankRefusalNotFound
    refuse_stale(refusal.version, version)
    # Not FOR UPDATE: a match that is being made has locked the payment's key, and asks for more.
    payment = session.get_one(
        Payment,
        refusal.payment_id,
        with_for_update={"key_share": True},
        populate_existing=True,
    )
    return refusal, payment


def _refuse_unless_waiting(session: Session, payment: Payment) -> None:
    if payment.state is not PaymentState.SENT or payment.matched_fen:
        raise NotWaitingAtTheBank
    named = select(BankLine.id).where(BankLine.reference == payment.reference).limit(1)
    if session.scalar(named) is not None:
        raise BankLineNamesPayment


def _move(
    session: Session, refusal: BankRefusal, payment: Payment, state: BankRefusalState
) -> None:
    """Move the declaration; the database moves the payment with it."""
    refusal.state = state
    refusal.version += 1
    with refused_by(_REFUSED):
        session.flush()
    session.refresh(payment)


def _follow(session: Session, payment: Payment, target: PayableState) -> None:
    """A payable is owed again, or being paid; a statement is owed while no payment of it lives."""
    if payment.payable_id is not None:
        move_payables(session, payable_ids=[payment.payable_id], target=target)


def _explain(session: Session, refusal: BankRefusal, *, now: datetime) -> None:
    """Resolve the exception that the payment was: the bank was silent because it refused."""
    session.execute(
        update(Discrepancy)
        .where(
            Discrepancy.payment_id == refusal.payment_id,
            Discrepancy.state == DiscrepancyState.OPEN,
        )
        .values(
            state=DiscrepancyState.RESOLVED,
            resolved_at=now,
            note=func.coalesce(Discrepancy.note, refusal.reason),
            owner_id=func.coalesce(Discrepancy.owner_id, refusal.maker_id),
            version=Discrepancy.version + 1,
        )
        .execution_options(synchronize_session="fetch")
    )


def _told(payment: Payment) -> Followed:
    return Followed(
        id=payment.id,
        statement_id=payment.statement_id,
        payable_id=payment.payable_id,
        payee_type=payment.payee_type,
        payee_id=payment.payee_id,
        state=payment.state,
    )


def _record(
    session: Session,
    refusal: BankRefusal,
    payment: Payment,
    did: str,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    record(
        session,
        actor=actor,
        action=f"bank_refusal.{did}",
        object_type="bank_refusal",
        object_id=refusal.id,
        now=now,
        payment_id=payment.id,
        amount_fen=payment.amount_fen,
    )
