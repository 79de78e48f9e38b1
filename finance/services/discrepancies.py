"""Names what does not match, gives it an owner, and closes it when it is explained.

A name explains why a line or a payment is not matched; it changes nothing in the books.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from audit.services import record
from finance.errors import DiscrepancyNotFound, ExceptionNoteMissing
from finance.models import (
    DISCREPANCY_MOVES,
    BankLine,
    Discrepancy,
    DiscrepancyCode,
    DiscrepancyState,
    Payment,
    PaymentBatch,
    PaymentState,
)
from finance.rules.bank_profiles import bank_formats
from finance.rules.matching import name_of_rest
from finance.rules.trades import TOLERATED
from kernel.actors import Actor
from kernel.clock import shanghai_date
from kernel.db import among
from kernel.ids import new_id
from kernel.refusals import refuse_stale
from kernel.states import move


def name_lines(session: Session, *, account_id: UUID, now: datetime) -> int:
    """Name what the bank says and we do not, and what we sent and it does not; return how many.

    A line with our reference that could not be matched is a duplicate, of another amount, or of a
    day before we sent it; one without is a fee, an allocation, a return, or the bank's alone. A
    payment is named once the bank's lines go past the day on which it was sent, unless a line says
    its reference: then the line is named.
    """
    lines = session.execute(
        select(BankLine, Payment, PaymentBatch.sent_at)
        .outerjoin(Payment, Payment.reference == BankLine.reference)
        .outerjoin(PaymentBatch, PaymentBatch.id == Payment.batch_id)
        .outerjoin(Discrepancy, Discrepancy.bank_line_id == BankLine.id)
        .where(
            BankLine.account_id == account_id,
            BankLine.matched_fen != BankLine.amount_fen,
            Discrepancy.id.is_(None),
        )
    ).all()
    named = [
        {"bank_line_id": line.id, "payment_id": None, "code": _code_of(line, payment, sent_at)}
        for line, payment, sent_at in lines
    ]
    last_on = session.scalar(
        select(func.max(BankLine.booked_on)).where(BankLine.account_id == account_id)
    )
    unseen = session.execute(
        select(Payment.id, PaymentBatch.sent_at)
        .join(PaymentBatch, PaymentBatch.id == Payment.batch_id)
        .outerjoin(Discrepancy, Discrepancy.payment_id == Payment.id)
        .where(
            Payment.state == PaymentState.SENT,
            Discrepancy.id.is_(None),
            ~exists().where(BankLine.reference == Payment.reference),
        )
    ).all()
    named += [
        {"bank_line_id": None, "payment_id": id_, "code": DiscrepancyCode.PLATFORM_ONLY}
        for id_, sent_at in unseen
        if last_on is not None and sent_at is not None and shanghai_date(sent_at) < last_on
    ]
    return _open(session, named, now=now)


def name_tolerated(session: Session, *, bank_line_ids: Sequence[UUID], now: datetime) -> None:
    """Name lines of another day than ours that two clocks about midnight explain: as resolved."""
    done = {"state": DiscrepancyState.RESOLVED, "resolved_at": now, "note": TOLERATED}
    named = [
        {"bank_line_id": id_, "payment_id": None, "code": DiscrepancyCode.CROSS_DAY, **done}
        for id_ in bank_line_ids
    ]
    _open(session, named, now=now)


def _code_of(line: BankLine, payment: Payment | None, sent_at: datetime | None) -> DiscrepancyCode:
    if payment is not None and line.amount_fen < 0:
        if payment.matched_fen == payment.amount_fen:
            return DiscrepancyCode.DUPLICATE
        is_whole = line.amount_fen == -payment.amount_fen
        if is_whole and sent_at is not None and line.booked_on < shanghai_date(sent_at):
            return DiscrepancyCode.CROSS_DAY
        return DiscrepancyCode.AMOUNT_MISMATCH
    if payment is not None:
        return DiscrepancyCode.REFUND_UNPAIRED
    text = f"{line.summary} {line.counterparty or ''}"
    meanings = bank_formats().meanings
    return name_of_rest(amount_fen=line.amount_fen, text=text, meanings=meanings)


def _open(session: Session, named: Sequence[dict[str, Any]], *, now: datetime) -> int:
    rows = [
        {
            "id": new_id(),
            "state": DiscrepancyState.OPEN,
            "opened_at": now,
            "version": 1,
            **each,
        }
        for each in named
    ]
    if rows:
        session.execute(insert(Discrepancy).on_conflict_do_nothing(), rows)
    return len(rows)


def resolve_explained(
    session: Session,
    *,
    bank_line_ids: Iterable[UUID],
    payment_ids: Iterable[UUID],
    now: datetime,
) -> None:
    """Resolve what is open about lines and payments that are now matched in full."""
    lines = select(BankLine.id).where(
        BankLine.id == among(bank_line_ids), BankLine.matched_fen == BankLine.amount_fen
    )
    payments = select(Payment.id).where(
        Payment.id == among(payment_ids), Payment.matched_fen == Payment.amount_fen
    )
    session.execute(
        update(Discrepancy)
        .where(
            Discrepancy.state == DiscrepancyState.OPEN,
            or_(Discrepancy.bank_line_id.in_(lines), Discrepancy.payment_id.in_(payments)),
        )
        .values(state=DiscrepancyState.RESOLVED, resolved_at=now, version=Discrepancy.version + 1)
        .execution_options(synchronize_session=False)
    )


def reopen_unexplained(
    session: Session, *, bank_line_id: UUID, payment_id: UUID, now: datetime
) -> None:
    """Open again, or name, what an undone match no longer explains."""
    about: ColumnElement[bool] = or_(
        Discrepancy.bank_line_id == bank_line_id,
        Discrepancy.payment_id.in_(
            select(Payment.id).where(
                Payment.id == payment_id, Payment.matched_fen < Payment.amount_fen
            )
        ),
    )
    session.execute(
        update(Discrepancy)
        .where(Discrepancy.state == DiscrepancyState.RESOLVED, about)
        .values(state=DiscrepancyState.OPEN, resolved_at=None, version=Discrepancy.version + 1)
        .execution_options(synchronize_session=False)
    )
    line = session.get_one(BankLine, bank_line_id)
    name_lines(session, account_id=line.account_id, now=now)


def take_on(
    session: Session, *, actor: Actor, discrepancy_id: UUID, version: int, now: datetime
) -> Discrepancy:
    """Make the caller the owner of an exception. Raises DiscrepancyNotFound, EditConflict."""
    found = _lock(session, discrepancy_id, version=version)
    found.owner_id = actor.staff_id
    return _changed(session, found, actor=actor, action="exception.taken_on", now=now)


def annotate(
    session: Session, *, actor: Actor, discrepancy_id: UUID, version: int, note: str, now: datetime
) -> Discrepancy:
    """Write down what was found so far; who writes first owns it.

    Raises DiscrepancyNotFound, EditConflict, ExceptionNoteMissing.
    """
    found = _lock(session, discrepancy_id, version=version)
    if not note.strip():
        raise ExceptionNoteMissing
    found.note = note.strip()
    found.owner_id = found.owner_id or actor.staff_id
    return _changed(session, found, actor=actor, action="exception.annotated", now=now)


def resolve(
    session: Session, *, actor: Actor, discrepancy_id: UUID, version: int, note: str, now: datetime
) -> Discrepancy:
    """Say what became of an exception that no match explains, such as a fee.

    Raises DiscrepancyNotFound, EditConflict, ExceptionNoteMissing, MoveNotAllowed.
    """
    found = _lock(session, discrepancy_id, version=version)
    if not note.strip():
        raise ExceptionNoteMissing
    found.state = move(DISCREPANCY_MOVES, found.state, DiscrepancyState.RESOLVED)
    found.resolved_at = now
    found.note = note.strip()
    found.owner_id = found.owner_id or actor.staff_id
    return _changed(session, found, actor=actor, action="exception.resolved", now=now)


def _lock(session: Session, discrepancy_id: UUID, *, version: int) -> Discrepancy:
    found = session.scalars(
        select(Discrepancy)
        .where(Discrepancy.id == discrepancy_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise DiscrepancyNotFound
    refuse_stale(found.version, version)
    return found


def _changed(
    session: Session, found: Discrepancy, *, actor: Actor, action: str, now: datetime
) -> Discrepancy:
    found.version += 1
    record(
        session,
        actor=actor,
        action=action,
        object_type="discrepancy",
        object_id=found.id,
        now=now,
        code=found.code,
    )
    session.flush()
    return found
