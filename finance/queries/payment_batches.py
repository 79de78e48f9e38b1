"""Batches of payments: who signed them, and whose turn it is."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, and_, false, func, or_, select
from sqlalchemy.orm import Session, aliased

from finance.models import BatchState, PaymentBatch, PaymentRun
from finance.queries.payments import PAGE_ROWS_MAX
from kernel.actors import Actor, Role
from ledger.models import Book
from staff.models import StaffAccount


@dataclass(frozen=True)
class BatchLine:
    """A batch and who prepared and approved it, by the names that staff see of one another."""

    batch: PaymentBatch
    maker: str
    approver: str | None
    checker: str | None = None
    first_approver: str | None = None


def _batch_lines() -> Select[PaymentBatch, str, str, str, str]:
    maker, approver, checker, first = (aliased(StaffAccount) for _ in range(4))
    return (
        select(
            PaymentBatch,
            maker.display_name,
            approver.display_name,
            checker.display_name,
            first.display_name,
        )
        .join(maker, maker.id == PaymentBatch.maker_id)
        .outerjoin(checker, checker.id == PaymentBatch.checker_id)
        .outerjoin(first, first.id == PaymentBatch.first_approver_id)
        .outerjoin(approver, approver.id == PaymentBatch.approver_id)
    )


def batches(
    session: Session,
    *,
    state: BatchState | None = None,
    run_id: UUID | None = None,
    before: int | None = None,
    rows: int = PAGE_ROWS_MAX,
) -> list[BatchLine]:
    """Return batches, newest first; `before` is the number after which the list goes on."""
    query = _batch_lines().order_by(PaymentBatch.number.desc()).limit(rows)
    if state is not None:
        query = query.where(PaymentBatch.state == state)
    if run_id is not None:
        query = query.where(PaymentBatch.run_id == run_id)
    if before is not None:
        query = query.where(PaymentBatch.number < before)
    return [BatchLine(*row) for row in session.execute(query)]


def batch_by_id(session: Session, *, batch_id: UUID) -> BatchLine | None:
    row = session.execute(_batch_lines().where(PaymentBatch.id == batch_id)).one_or_none()
    return BatchLine(*row) if row else None


def waiting_batches(session: Session, actor: Actor) -> int:
    """Count the batches on which it is the caller's turn: to check, to confirm, or to send."""
    turns = []
    has_signed = or_(
        PaymentBatch.maker_id == actor.staff_id,
        func.coalesce(PaymentBatch.checker_id == actor.staff_id, false()),
        func.coalesce(PaymentBatch.first_approver_id == actor.staff_id, false()),
    )
    is_new = PaymentBatch.state == BatchState.PREPARED
    if actor.has_role([Role.FINANCE_CHECKER]):
        turns.append(and_(is_new, PaymentBatch.needs_check, ~has_signed))
    if actor.has_role([Role.FINANCE_APPROVER]):
        is_ready = or_(
            and_(is_new, ~PaymentBatch.needs_check),
            PaymentBatch.state.in_((BatchState.CHECKED, BatchState.APPROVED_ONCE)),
        )
        turns.append(and_(is_ready, ~has_signed))
    if actor.has_role([Role.FINANCE_MAKER]):
        turns.append(PaymentBatch.state == BatchState.APPROVED)
    return session.scalars(select(func.count(PaymentBatch.id)).where(or_(false(), *turns))).one()


def run_by_id(session: Session, *, run_id: UUID) -> tuple[PaymentRun, str] | None:
    """Return a run and who started it."""
    query = (
        select(PaymentRun, StaffAccount.display_name)
        .join(StaffAccount, StaffAccount.id == PaymentRun.maker_id)
        .where(PaymentRun.id == run_id)
    )
    row = session.execute(query).one_or_none()
    return (row[0], row[1]) if row else None


def payments_of_run(session: Session, *, run_id: UUID) -> int:
    """Count what a run has put into batches so far."""
    query = select(func.coalesce(func.sum(PaymentBatch.payments), 0))
    return session.scalars(query.where(PaymentBatch.run_id == run_id)).one()


def runs_going_on(session: Session) -> dict[Book, UUID]:
    """Return, for each book that has one, its unfinished run."""
    query = select(PaymentRun.book, PaymentRun.id).where(PaymentRun.finished_at.is_(None))
    return {row.book: row.id for row in session.execute(query)}
