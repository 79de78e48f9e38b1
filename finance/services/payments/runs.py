"""Runs: all that is owed in a book, put into batches one after another by a worker.

A step is a batch and a transaction: a run that was cut off goes on where it was, and what is in a
batch already is in no second one (uq_payments_live_statement, uq_payments_live_payable).
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from audit.services import record
from finance.errors import NothingToPay
from finance.models import PaymentRun
from finance.payment_errors import PaymentRunNotFound, RunGoingOn
from finance.queries.payments import owed
from finance.services.payments.prepare import prepare_batch
from kernel.actors import Actor, ActorKind
from kernel.clock import shanghai_date
from kernel.ids import new_id
from kernel.money import Fen
from kernel.refusals import refused_by
from ledger.models import Book
from staff.models import StaffAccount


def start_run(
    session: Session, *, actor: Actor, book: Book, per_batch: int, now: datetime
) -> PaymentRun:
    """Begin to pay all that can be paid in `book` now, `per_batch` payments to a batch.

    The caller defers `finance.pay_run`. Raises NothingToPay, RunGoingOn.
    """
    lines = owed(session, book=book, day=shanghai_date(now))
    ready = [line for line in lines if not line.missing]
    if not ready:
        raise NothingToPay(left_out=len(lines))
    run = PaymentRun(
        id=new_id(),
        book=book,
        per_batch=per_batch,
        things=len(ready),
        total_fen=Fen(sum(line.amount_fen for line in ready)),
        maker_id=actor.staff_id,
        started_at=now,
    )
    session.add(run)
    with refused_by({"uq_payment_runs_going_on": RunGoingOn}):
        session.flush()
    _record(session, run, "started", actor=actor, now=now)
    return run


def step_run(session: Session, *, run_id: UUID, now: datetime) -> bool:
    """Prepare the next batch of a run, in the name of who started it; False once it is finished.

    Locks the run. Raises PaymentRunNotFound.
    """
    run = session.get(PaymentRun, run_id, with_for_update=True, populate_existing=True)
    if run is None:
        raise PaymentRunNotFound
    if run.finished_at is not None:
        return False
    maker = session.get_one(StaffAccount, run.maker_id)
    actor = Actor(ActorKind.STAFF, id=maker.id, name=maker.display_name)
    try:
        prepared = prepare_batch(
            session, actor=actor, book=run.book, now=now, run=run, most=run.per_batch
        )
    except NothingToPay:
        return _finish(session, run, actor=actor, now=now)
    return bool(prepared.for_next) or _finish(session, run, actor=actor, now=now)


def _finish(session: Session, run: PaymentRun, *, actor: Actor, now: datetime) -> bool:
    run.finished_at = now
    session.flush()
    _record(session, run, "finished", actor=actor, now=now)
    return False


def _record(session: Session, run: PaymentRun, did: str, *, actor: Actor, now: datetime) -> None:
    record(
        session,
        actor=actor,
        action=f"payment_run.{did}",
        object_type="payment_run",
        object_id=run.id,
        now=now,
        book=run.book,
        things=run.things,
        total_fen=run.total_fen,
    )
