"""Long work: asked for, watched, cancelled, carried out by a worker, and ended.

What a page does at once for little, a worker does for much: the same service in one transaction,
which changes everything or nothing. How far it is, is written beside that transaction.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, text
from sqlalchemy.orm import Session

from audit.services import record
from finance.models import WORK_CONTENT, Outcome, Work, WorkFile, WorkKind, WorkStage
from finance.work_errors import WorkEnded, WorkGoingOn, WorkNotFound
from kernel.actors import Actor
from kernel.db import reading
from kernel.ids import new_id
from kernel.refusals import refused_by

# The class of advisory locks that whoever carries a piece of work out holds while doing so.
WORK_LOCK = 106


class WorkCancelled(Exception):
    """Somebody does not want the work any more: its transaction is rolled back."""


def start_work(
    session: Session,
    *,
    actor: Actor,
    kind: WorkKind,
    subject: str,
    asked: Mapping[str, Any],
    now: datetime,
    content: bytes | None = None,
) -> Work:
    """Write down what is to be done, with the file that it is about, if any.

    `asked` are the arguments of the service, as JSON; the caller defers `finance.do_work`.
    Raises WorkGoingOn where the same is being done already.
    """
    work = Work(
        id=new_id(),
        kind=kind,
        subject=subject,
        asked=dict(asked),
        maker_id=actor.staff_id,
        asked_at=now,
    )
    session.add(work)
    with refused_by({"uq_works_going_on": WorkGoingOn}):
        session.flush()
    if content is not None:
        sealed = WORK_CONTENT.seal(work.id, content)
        session.add(WorkFile(work_id=work.id, content_sealed=sealed))
    _record(session, work, "started", actor=actor, now=now)
    return work


def cancel_work(session: Session, *, actor: Actor, work_id: UUID, now: datetime) -> Work:
    """Ask for work to stop: at its next word about how far it is, and then nothing was changed.

    Raises WorkNotFound, WorkEnded.
    """
    work = _lock(session, work_id)
    if work.finished_at is not None:
        raise WorkEnded
    if work.cancel_asked_at is None:
        work.cancel_asked_by, work.cancel_asked_at = actor.staff_id, now
        _record(session, work, "cancelled", actor=actor, now=now)
    return work


def begin_work(session: Session, *, work_id: UUID, now: datetime) -> Work | None:
    """Return the work that a worker is to carry out, from its beginning; None if it has ended."""
    work = _lock(session, work_id)
    if work.finished_at is not None:
        return None
    work.started_at, work.stage, work.done, work.total = now, None, 0, 0
    session.flush()
    return work


def take_work(session: Session, *, work_id: UUID) -> bool:
    """Say whether the work is ours to do: nobody else is doing it, and it has not ended.

    Ours until the transaction ends.
    """
    lock = func.pg_try_advisory_xact_lock(WORK_LOCK, func.hashtext(str(work_id)))
    if not session.scalar(select(lock)):
        return False
    # Locked in one statement and read in the next: what the worker before us did is seen.
    return session.scalar(select(Work.finished_at).where(Work.id == work_id)) is None


def content_of(session: Session, *, work_id: UUID) -> bytes:
    """Return the file that work is about."""
    return WORK_CONTENT.open_bytes(work_id, session.get_one(WorkFile, work_id).content_sealed)


_TELL = text(
    """
    UPDATE works SET stage = :stage, done = :done, total = :total
    WHERE id = :work_id AND finished_at IS NULL
    RETURNING cancel_asked_at
    """
)


def tell_progress(work_id: UUID, stage: WorkStage, done: int, total: int) -> None:
    """Write how far work is, beside the transaction in which it is done.

    Raises WorkCancelled where somebody asked for that.
    """
    facts = {"work_id": work_id, "stage": stage.value, "done": done, "total": total}
    with reading() as connection:
        cancelled_at = connection.execute(_TELL, facts).scalar()
    if cancelled_at is not None:
        raise WorkCancelled


def end_work(
    session: Session,
    *,
    work_id: UUID,
    outcome: Outcome,
    answer: Mapping[str, Any] | None,
    now: datetime,
) -> None:
    """Write down how work ended, once, and forget its file."""
    work = _lock(session, work_id)
    if work.finished_at is not None:
        return
    work.outcome, work.finished_at = outcome, now
    work.answer = None if answer is None else dict(answer)
    session.flush()
    session.execute(delete(WorkFile).where(WorkFile.work_id == work_id))


def _lock(session: Session, work_id: UUID) -> Work:
    work = session.get(Work, work_id, with_for_update=True, populate_existing=True)
    if work is None:
        raise WorkNotFound
    return work


def _record(session: Session, work: Work, did: str, *, actor: Actor, now: datetime) -> None:
    record(
        session,
        actor=actor,
        action=f"work.{did}",
        object_type="work",
        object_id=work.id,
        now=now,
        kind=work.kind,
    )
