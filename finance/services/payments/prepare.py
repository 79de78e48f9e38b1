"""Putting what is owed into a batch: each payment keeps its payee as they are now."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from finance.errors import NoLongerOwed, NothingToPay, PayoutHeld
from finance.models import (
    CAME_TO_NOTHING,
    MEMBER_ACCOUNT,
    PAYEE_ACCOUNT,
    PAYEE_NAME,
    PayeeAccount,
    Payment,
    PaymentBatch,
    PaymentRun,
    PaymentState,
    PayoutAccount,
)
from finance.queries.payments import Missing, Owed, owed
from finance.rules.references import new_reference
from finance.services.payments.common import lock_owed, payable_ids, record_batch
from kernel.actors import Actor
from kernel.clock import shanghai_date
from kernel.db import among
from kernel.ids import new_id
from kernel.money import Fen
from kernel.refusals import refused_by
from ledger.models import Book, PartyType, PayableState
from ledger.services import move_payables
from members.models import MEMBER_NAME, Member
from merchants.models import MERCHANT_ACCOUNT_HOLDER, MERCHANT_ACCOUNT_NUMBER, Merchant

BATCH_PAYMENTS_MAX = 5_000
# The race that the locks do not see: a payable or a fund that was put into another batch.
_TAKEN = {
    "uq_payments_live_statement": NoLongerOwed,
    "uq_payments_live_payable": NoLongerOwed,
    "ck_payments_payout_not_held": PayoutHeld,
}

_AT_THE_BANK = (PaymentState.SENT, PaymentState.PAID, *CAME_TO_NOTHING)


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
    bank: str | None
    bank_code: str | None
    was: PayeeAccount = PayeeAccount.FIRST


def prepare_batch(
    session: Session,
    *,
    actor: Actor,
    book: Book,
    now: datetime,
    only: Collection[UUID] | None = None,
    run: PaymentRun | None = None,
    most: int = BATCH_PAYMENTS_MAX,
) -> PreparedBatch:
    """Put into a batch what is owed in `book` and in no live payment.

    `only` narrows it to statements and payables with these ids, `run` to what was owed when the run
    began and is in none of its batches, cancelled ones too; `most` are the payments that one batch
    holds. Each payment keeps its payee's name
    and account as they are now. Locks the statements and payables.

    Raises NothingToPay, NoLongerOwed when one of `only` has been put into a batch meanwhile, and
    PayoutHeld when one of `only` is a merchant's whose payout is held; without `only`, that is
    left out.
    """
    lock_owed(session, only=only)
    # Locked first, read after: what another batch took meanwhile is seen.
    lines = owed(session, book=book, day=shanghai_date(now), only=only)
    if only is not None and set(only) - {line.id for line in lines}:
        raise NoLongerOwed
    held = sorted({line.payee_shown for line in lines if line.missing is Missing.HELD})
    if only is not None and held:
        raise PayoutHeld(payees=held)
    if run is not None:
        lines = _of_run(session, run, lines)
    left_out = [line for line in lines if line.missing]
    ready = [line for line in lines if not line.missing]
    ready, for_next = ready[:most], ready[most:]
    if not ready:
        raise NothingToPay(left_out=len(left_out))
    batch = PaymentBatch(
        id=new_id(),
        book=book,
        payments=len(ready),
        total_fen=Fen(sum(line.amount_fen for line in ready)),
        maker_id=actor.staff_id,
        prepared_at=now,
        run_id=run.id if run else None,
    )
    session.add(batch)
    session.flush()
    payees = _compared(session, _payees(session, ready))
    payments = [_payment(batch, line, payees[line.payee_id]) for line in ready]
    session.add_all(payments)
    with refused_by(_TAKEN):
        session.flush()
    move_payables(session, payable_ids=payable_ids(payments), target=PayableState.PAYING)
    record_batch(session, batch, "payment_batch.prepared", actor=actor, now=now)
    return PreparedBatch(batch, payments, left_out, for_next)


def _of_run(session: Session, run: PaymentRun, lines: Sequence[Owed]) -> list[Owed]:
    taken = set(
        session.scalars(
            select(func.coalesce(Payment.statement_id, Payment.payable_id))
            .join(PaymentBatch, PaymentBatch.id == Payment.batch_id)
            .where(PaymentBatch.run_id == run.id)
        )
    )
    return [line for line in lines if line.owed_since <= run.started_at and line.id not in taken]


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
        payee_bank=payee.bank,
        payee_bank_code=payee.bank_code,
        payee_account_is=payee.was,
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


def _compared(session: Session, payees: Mapping[UUID, _Payee]) -> dict[UUID, _Payee]:
    """Say of each payee whether their last payment at the bank went to the same account and name.

    Compared unsealed: an equal tail is no equal account.
    """
    last = session.scalars(
        select(Payment)
        .where(Payment.payee_id == among(payees), Payment.state.in_(_AT_THE_BANK))
        .ext(distinct_on(Payment.payee_id))
        .order_by(Payment.payee_id, Payment.id.desc())
    )
    compared = dict(payees)
    for payment in last:
        payee = payees[payment.payee_id]
        is_same = (payee.name, payee.account) == (
            PAYEE_NAME.open(payment.id, payment.payee_name_sealed),
            PAYEE_ACCOUNT.open(payment.id, payment.payee_account_sealed),
        )
        was = PayeeAccount.SAME if is_same else PayeeAccount.CHANGED
        compared[payment.payee_id] = replace(payee, was=was)
    return compared


def _merchant_payee(merchant: Merchant) -> _Payee:
    assert merchant.account_number_sealed is not None
    assert merchant.account_holder_sealed is not None
    assert merchant.account_masked is not None
    return _Payee(
        name=MERCHANT_ACCOUNT_HOLDER.open(merchant.id, merchant.account_holder_sealed),
        account=MERCHANT_ACCOUNT_NUMBER.open(merchant.id, merchant.account_number_sealed),
        shown=merchant.name,
        account_masked=merchant.account_masked,
        bank=merchant.account_bank,
        bank_code=merchant.account_bank_code,
    )


def _member_payee(member: Member, account: PayoutAccount) -> _Payee:
    return _Payee(
        name=MEMBER_NAME.open(member.id, member.name_sealed),
        account=MEMBER_ACCOUNT.open(account.id, account.account_sealed),
        shown=member.name_masked,
        account_masked=account.account_masked,
        bank=account.bank_name,
        bank_code=account.bank_code,
    )
