"""A programme that runs: proposed as a file would, and approved by somebody."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from benefits.models import Programme, ProgrammeState
from benefits.services import add_programme, approve_programme
from kernel.actors import SYSTEM, Actor, ActorKind
from kernel.ids import new_id


def running_programme(session: Session, *, now: datetime, **facts: Any) -> Programme:
    """Return a programme of these facts that a second person approved at `now`."""
    programme = add_programme(session, actor=SYSTEM, now=now, **facts)
    return approved(session, programme, now=now)


def approved(session: Session, programme: Programme, *, now: datetime) -> Programme:
    """Let somebody approve a programme that waits for it; one that runs stays as it is."""
    if programme.state is not ProgrammeState.PROPOSED:
        return programme
    return approve_programme(
        session,
        actor=Actor(ActorKind.STAFF, id=new_id()),
        programme_id=programme.id,
        version=programme.version,
        now=now,
    )


def approve_all(session: Session, *, now: datetime) -> None:
    """Let somebody approve every programme that waits for it, such as a scheme's that is loaded."""
    waiting = select(Programme).where(Programme.state == ProgrammeState.PROPOSED)
    for programme in session.scalars(waiting).all():
        approved(session, programme, now=now)
