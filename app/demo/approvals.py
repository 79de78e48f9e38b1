"""Approvals in the demo: what its files propose, somebody with the role for it approves."""

import json
from datetime import datetime
from importlib import resources
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from benefits.models import Programme, ProgrammeState
from benefits.services import approve_programme
from kernel.actors import SYSTEM, Actor, Role
from staff.queries import actor_of
from staff.services import create_account, grant_role


def approve_imported(session: Session, *, now: datetime) -> None:
    """Approve every programme that a file of the demo proposed and nobody decided about."""
    waiting = select(Programme).where(
        Programme.state == ProgrammeState.PROPOSED, Programme.maker_id.is_(None)
    )
    for programme in session.scalars(waiting.order_by(Programme.id)).all():
        approve_programme(
            session,
            actor=_approver(session, now=now),
            programme_id=programme.id,
            version=programme.version,
            now=now,
        )


def _approver(session: Session, *, now: datetime) -> Actor:
    """Return the demo's approver of programmes, a finance approver of the city.

    Nobody signs in as them: an administrator of the demo would have to reset the account first.
    """
    data: dict[str, Any] = json.loads(
        (resources.files("app.demo") / "data" / "demo.json").read_bytes()
    )
    facts = data["programme_approver"]
    known = actor_of(session, username=facts["username"])
    if known is not None:
        return known
    account = create_account(
        session,
        actor=SYSTEM,
        username=facts["username"],
        display_name=facts["name"],
        union_code=facts["union"],
        now=now,
    ).account
    grant_role(
        session,
        actor=SYSTEM,
        account_id=account.id,
        role=Role.FINANCE_APPROVER,
        union_code=facts["union"],
        now=now,
    )
    made = actor_of(session, username=facts["username"])
    assert made is not None
    return made
