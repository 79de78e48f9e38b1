"""Payments: prepared by one person, approved by another, sent to the bank as a file.

Locks, in order: the batch; statements, then payables, each by id; merchants, shared, by id, so that
a payout hold that is being set is waited for.
"""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, select, union
from sqlalchemy.orm import Session

from audit.services import record
from finance.errors import (
    NoLongerOwed,
    NothingToPay,
    PaymentBatchNotFound,
    PaymentFileChanged,
    PayoutHeld,
    PreparedByYou,
)
from finance.models import (
    BATCH_MOVES,
    MEMBER_ACCOUNT,
    PAYEE_ACCOUNT,
    PAYEE_NAME,
    PAYMENT_MOVES,
    BatchState,
    Payment,
    PaymentBatch,
    PaymentState,
    PayoutAccount,
    Statement,
    StatementState,
)
from finance.queries.payments import OWED_STATES, Missing, Owed, held_payees, owed
from finance.rules.payment_files import (
    STATEMENT,
    PaymentFileLine,
    payment_file,
    payment_profiles,
)
from finance.rules.references import new_reference
from kernel.actors import Actor
from kernel.clock import shanghai_date
from kernel.ids import new_id
from kernel.money import Fen
from kernel.refusals import refuse_stale, refused_by
from kernel.states import move
from ledger.models import Book, PartyType, Payable, PayableState
from ledger.services import move_payables
from members.models import MEMBER_NAME, Member
from merchants.models import MERCHANT_ACCOUNT_HOLDER, MERCHANT_ACCOUNT_NUMBER, Merchant

PROFILE = "csv"
BATCH_PAYMENTS_MAX = 5_000
# The race that the locks do not see: a payable or a fund that was put into another batch.
_TAKEN = {
    "uq_payments_live_statement": NoLongerOwed,
    "uq_payments_live_payable": NoLongerOwed,
    "ck_payments_payout_not_held": PayoutHeld,
}
_REFUSED = {
    "ck_payment_batches_two_people": PreparedByYou,
    "ck_payment_batches_payout_not_held": PayoutHeld,
}


@dataclass(frozen=True)
class PreparedBatch:
    """The batch, what was left out because something is missing, and what waits for the next one.

    The next one: a batch holds at most BATCH_PAYMENTS_MAX payments, what is owed longest first.
    """

    batch: PaymentBatch
    payments: Sequence[Payment]
    left_out: Sequence[Owed]
    for_next: Sequence[Owed]


@dataclass(frozen=True)
class _Payee:
    """To whom money goes, in full; never in a `repr`."""

    name: str = field(repr=False)
    account: str = field(repr=False)
    shown: str
    account_masked: str


def prepare_batch(
    session: Session,
    *,
    actor: Actor,
    book: Book,
    now: datetime,
    only: Collection[UUID] | None = None,
) -> PreparedBatch:
    """Put into a batch what is owed in `book` and in no live payment.

    `only` narrows it to statements and payables with these ids. Each payment keeps its payee's name
    and account as they are now. Locks the statements and payables.

    Raises NothingToPay, NoLongerOwed when one of `only` has been put into a batch meanwhile, and
    PayoutHeld when one of `only` is a merchant's whose payout is held; without `only`, that is
    left out.
    """
    _lock_owed(session, only=only)
    # Locked first, read after: what another batch took meanwhile is seen.
    lines = owed(session, book=book, day=shanghai_date(now), only=only)
    if only is not None and set(only) - {line.id for line in lines}:
        raise NoLongerOwed
    held = sorted({line.payee_shown for line in lines if line.missing is Missing.HELD})
    if only is not None and held:
        raise PayoutHeld(payees=held)
    left_out = [line for line in lines if line.missing]
    ready = [line for line in lines if not line.missing]
    ready, for_next = ready[:BATCH_PAYMENTS_MAX], ready[BATCH_PAYMENTS_MAX:]
    if not ready:
        raise NothingToPay(left_out=len(left_out))
    batch = PaymentBatch(
        id=new_id(),
        book=book,
        payments=len(ready),
        total_fen=Fen(sum(line.amount_fen for line in ready)),
        maker_id=actor.staff_id,
        prepared_at=now,
    )
    session.add(batch)
    session.flush()
    payees = _payees(session, ready)
    payments = [_payment(batch, line, payees[line.payee_id]) for line in ready]
    session.add_all(payments)
    with refused_by(_TAKEN):
        session.flush()
    move_payables(session, payable_ids=_payable_ids(payments), target=PayableState.PAYING)
    _record(session, batch, "payment_batch.prepared", actor=actor, now=now)
    return PreparedBatch(batch, payments, left_out, for_next)


def approve_batch(
    session: Session, *, actor: Actor, batch_id: UUID, version: int, now: datetime
) -> PaymentBatch:
    """Confirm every payment of a batch, as another person than who prepared it. Locks the batch.

    Raises PaymentBatchNotFound, EditConflict, PreparedByYou, PayoutHeld, MoveNotAllowed.
    """
    batch = _lock_batch(session, batch_id=batch_id, version=version)
    if batch.maker_id == actor.staff_id:
        raise PreparedByYou
    _refuse_held(session, batch)
    batch.state = move(BATCH_MOVES, batch.state, BatchState.APPROVED)
    batch.approver_id = actor.staff_id
    batch.approved_at = now
    batch.version += 1
    with refused_by(_REFUSED):
        session.flush()
    _record(session, batch, "payment_batch.approved", actor=actor, now=now)
    return batch


def cancel_batch(
    session: Session, *, actor: Actor, batch_id: UUID, version: int, now: datetime
) -> PaymentBatch:
    """Give up a batch that was not sent: all it would have paid is owed again. Locks the batch.

    Raises PaymentBatchNotFound, EditConflict, MoveNotAllowed.
    """
    batch = _lock_batch(session, batch_id=batch_id, version=version)
    batch.state = move(BATCH_MOVES, batch.state, BatchState.CANCELLED)
    batch.version += 1
    payments = _move_payments(session, batch, PaymentState.CANCELLED)
    # What the bank had sent back before is "returned" again, so that its age tells the truth.
    first = [payment for payment in payments if payment.attempt == 1]
    again = [payment for payment in payments if payment.attempt > 1]
    move_payables(session, payable_ids=_payable_ids(first), target=PayableState.OWED)
    move_payables(session, payable_ids=_payable_ids(again), target=PayableState.RETURNED)
    _record(session, batch, "payment_batch.cancelled", actor=actor, now=now)
    return batch


def send_batch(
    session: Session, *, actor: Actor, batch_id: UUID, version: int, now: datetime
) -> bytes:
    """Make the bank file of an approved batch; from now on its payments are at the bank.

    Sent already: the same file again, whatever the version, as from `download_batch`. Locks the
    batch. Raises PaymentBatchNotFound, EditConflict, PayoutHeld, MoveNotAllowed,
    PaymentFileChanged.
    """
    batch = _lock_batch(session, batch_id=batch_id)
    if batch.state is BatchState.SENT:
        return download_batch(session, actor=actor, batch_id=batch_id, now=now)
    refuse_stale(batch.version, version)
    _refuse_held(session, batch)
    state = move(BATCH_MOVES, batch.state, BatchState.SENT)
    content = _file_of(session, batch)
    batch.state = state
    batch.file_sha256 = hashlib.sha256(content).digest()
    batch.sent_at = now
    batch.version += 1
    session.flush()
    _move_payments(session, batch, PaymentState.SENT)
    _record(session, batch, "payment_batch.sent", actor=actor, now=now)
    return content


def download_batch(session: Session, *, actor: Actor, batch_id: UUID, now: datetime) -> bytes:
    """Return the file of a batch that was sent, byte for byte as it was.

    Raises PaymentBatchNotFound, also for a batch that was not sent, and PaymentFileChanged.
    """
    batch = session.get(PaymentBatch, batch_id)
    if batch is None or batch.state is not BatchState.SENT:
        raise PaymentBatchNotFound
    content = _file_of(session, batch)
    if hashlib.sha256(content).digest() != batch.file_sha256:
        raise PaymentFileChanged
    _record(session, batch, "payment_batch.downloaded", actor=actor, now=now)
    return content


def _lock_owed(session: Session, *, only: Collection[UUID] | None) -> None:
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


def _lock_batch(session: Session, *, batch_id: UUID, version: int | None = None) -> PaymentBatch:
    batch = session.get(PaymentBatch, batch_id, with_for_update=True, populate_existing=True)
    if batch is None:
        raise PaymentBatchNotFound
    if version is not None:
        refuse_stale(batch.version, version)
    return batch


def _refuse_held(session: Session, batch: PaymentBatch) -> None:
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


def _payment(batch: PaymentBatch, line: Owed, payee: _Payee) -> Payment:
    payment_id = new_id()
    return Payment(
        id=payment_id,
        reference=new_reference(),
        batch_id=batch.id,
        statement_id=line.id if line.is_statement else None,
        payable_id=None if line.is_statement else line.id,
        attempt=line.returned + 1,
        fund_source=line.fund_source,
        amount_fen=line.amount_fen,
        payee_type=line.payee_type,
        payee_id=line.payee_id,
        payee_name_sealed=PAYEE_NAME.seal(payment_id, payee.name),
        payee_account_sealed=PAYEE_ACCOUNT.seal(payment_id, payee.account),
        payee_shown=payee.shown,
        account_masked=payee.account_masked,
    )


def _payees(session: Session, lines: Iterable[Owed]) -> dict[UUID, _Payee]:
    """Return the payees by id, unsealed: each has an account, or its line would be left out."""
    ids: dict[PartyType, set[UUID]] = {kind: set() for kind in PartyType}
    for line in lines:
        ids[line.payee_type].add(line.payee_id)
    merchants = session.scalars(select(Merchant).where(Merchant.id.in_(ids[PartyType.MERCHANT])))
    members = session.execute(
        select(Member, PayoutAccount)
        .join(PayoutAccount, PayoutAccount.member_id == Member.id)
        .where(Member.id.in_(ids[PartyType.MEMBER]))
    )
    return {merchant.id: _merchant_payee(merchant) for merchant in merchants} | {
        member.id: _member_payee(member, account) for member, account in members
    }


def _merchant_payee(merchant: Merchant) -> _Payee:
    assert merchant.account_number_sealed is not None
    assert merchant.account_holder_sealed is not None
    assert merchant.account_masked is not None
    return _Payee(
        name=MERCHANT_ACCOUNT_HOLDER.open(merchant.id, merchant.account_holder_sealed),
        account=MERCHANT_ACCOUNT_NUMBER.open(merchant.id, merchant.account_number_sealed),
        shown=merchant.name,
        account_masked=merchant.account_masked,
    )


def _member_payee(member: Member, account: PayoutAccount) -> _Payee:
    return _Payee(
        name=MEMBER_NAME.open(member.id, member.name_sealed),
        account=MEMBER_ACCOUNT.open(account.id, account.account_sealed),
        shown=member.name_masked,
        account_masked=account.account_masked,
    )


def _move_payments(
    session: Session, batch: PaymentBatch, target: PaymentState
) -> Sequence[Payment]:
    """Move every payment of a batch that still may go there; the batch's lock is held."""
    query = select(Payment).where(Payment.batch_id == batch.id).order_by(Payment.id)
    payments = session.scalars(query.execution_options(populate_existing=True)).all()
    for payment in payments:
        payment.state = move(PAYMENT_MOVES, payment.state, target)
    session.flush()
    return payments


def _payable_ids(payments: Iterable[Payment]) -> list[UUID]:
    return [payment.payable_id for payment in payments if payment.payable_id is not None]


def _file_of(session: Session, batch: PaymentBatch) -> bytes:
    """Return the bank file of a batch, made of nothing that can change after it is prepared."""
    rows = session.execute(
        select(Payment, Payable.source_type)
        .outerjoin(Payable, Payable.id == Payment.payable_id)
        .where(Payment.batch_id == batch.id)
        .order_by(Payment.id)
    )
    lines = [
        PaymentFileLine(
            payee_account=PAYEE_ACCOUNT.open(payment.id, payment.payee_account_sealed),
            payee_name=PAYEE_NAME.open(payment.id, payment.payee_name_sealed),
            amount_fen=payment.amount_fen,
            reference=payment.reference,
            source=source or STATEMENT,
        )
        for payment, source in rows
    ]
    return payment_file(lines, payment_profiles()[PROFILE])


def _record(
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
