"""The bank file of a batch: made once, and the same bytes for ever."""

import hashlib
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from finance.errors import PaymentBatchNotFound, PaymentFileChanged
from finance.models import (
    BATCH_MOVES,
    PAYEE_ACCOUNT,
    PAYEE_NAME,
    BatchState,
    PayingAccount,
    Payment,
    PaymentBatch,
    PaymentState,
)
from finance.payment_errors import PayingAccountMissing, PaymentFileUnfit
from finance.queries.payment_terms import paying_account
from finance.rules.pain001 import check_against_schema
from finance.rules.payment_files import (
    STATEMENT,
    FileHead,
    FileKind,
    Payer,
    PaymentFileLine,
    UnfitError,
    payment_file,
    payment_profiles,
)
from finance.services.payments.common import (
    lock_batch,
    move_payments,
    record_batch,
    refuse_held,
)
from kernel.actors import Actor
from kernel.clock import SHANGHAI
from kernel.refusals import refuse_stale
from kernel.states import move
from ledger.models import Payable

PROFILE = "csv"


def send_batch(
    session: Session,
    *,
    actor: Actor,
    batch_id: UUID,
    version: int,
    now: datetime,
    profile: str = PROFILE,
) -> bytes:
    """Make the bank file of an approved batch; from now on its payments are at the bank.

    `profile` is a layout of finance/data/payment_profiles.json. Sent already: the same file again,
    whatever the version and the layout, as from `download_batch`. Locks the batch.

    Raises PaymentBatchNotFound, EditConflict, PayoutHeld, MoveNotAllowed, PayingAccountMissing,
    PaymentFileUnfit, PaymentFileChanged.
    """
    batch = lock_batch(session, batch_id=batch_id)
    if batch.state is BatchState.SENT:
        return download_batch(session, actor=actor, batch_id=batch_id, now=now)
    refuse_stale(batch.version, version)
    refuse_held(session, batch)
    state = move(BATCH_MOVES, batch.state, BatchState.SENT)
    account = paying_account(session, book=batch.book)
    batch.profile = profile
    batch.paid_from_id = account.id if account else None
    batch.sent_at = now
    try:
        content = _file_of(session, batch)
        if payment_profiles()[profile].kind is FileKind.PAIN_001:
            check_against_schema(content)
    except UnfitError as unfit:
        session.expire(batch)
        raise PaymentFileUnfit(detail=unfit.detail, reference=unfit.reference) from None
    batch.state = state
    batch.file_sha256 = hashlib.sha256(content).digest()
    batch.version += 1
    session.flush()
    move_payments(session, batch, PaymentState.SENT)
    record_batch(session, batch, "payment_batch.sent", actor=actor, now=now)
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
    record_batch(session, batch, "payment_batch.downloaded", actor=actor, now=now)
    return content


def _file_of(session: Session, batch: PaymentBatch) -> bytes:
    """Return the bank file of a batch, made of nothing that can change after it is sent."""
    profile = payment_profiles()[batch.profile]
    with session.no_autoflush:
        payer = _payer(session, batch)
        if profile.names_the_payer and payer is None:
            session.expire(batch)
            raise PayingAccountMissing(book=batch.book.value)
        rows = session.execute(
            select(Payment, Payable.source_type)
            .outerjoin(Payable, Payable.id == Payment.payable_id)
            .where(Payment.batch_id == batch.id)
            .order_by(Payment.id)
        ).all()
    lines = [
        PaymentFileLine(
            payee_account=PAYEE_ACCOUNT.open(payment.id, payment.payee_account_sealed),
            payee_name=PAYEE_NAME.open(payment.id, payment.payee_name_sealed),
            amount_fen=payment.amount_fen,
            reference=payment.reference,
            source=source or STATEMENT,
            payee_bank=payment.payee_bank or "",
            payee_bank_code=payment.payee_bank_code or "",
        )
        for payment, source in rows
    ]
    assert batch.sent_at is not None
    head = FileHead(number=batch.number, made_at=batch.sent_at.astimezone(SHANGHAI), payer=payer)
    return payment_file(lines, profile, head)


def _payer(session: Session, batch: PaymentBatch) -> Payer | None:
    if batch.paid_from_id is None:
        return None
    account = session.get_one(PayingAccount, batch.paid_from_id)
    return Payer(
        holder=account.holder,
        account=account.account_number,
        bank_name=account.bank_name,
        bank_code=account.bank_code,
    )
