"""What a worker does for each kind of long work: the service that a page calls for little."""

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from finance.models import Work, WorkKind
from finance.rules.works import Tell
from finance.services.bank_import import import_bank_file
from finance.services.closing import close_period
from finance.services.opening import open_statements
from finance.services.trade_import import import_trade_bill
from finance.services.works import content_of
from finance.work_errors import WorkMakerGone
from kernel.actors import Actor, Role
from kernel.errors import Refusal
from staff.models import StaffAccount
from staff.queries import actor_of

Answer = dict[str, Any]
_ROLES = dict.fromkeys(WorkKind, Role.FINANCE_MAKER) | {WorkKind.CLOSING: Role.FINANCE_APPROVER}
# Nobody waits at a page for it. Reading a large file leaves the connection idle for a while.
_PATIENCE = text(
    "SELECT set_config('statement_timeout', '15min', true),"
    " set_config('idle_in_transaction_session_timeout', '15min', true)"
)


def perform(session: Session, *, work: Work, now: datetime, tell: Tell) -> Answer:
    """Do what was asked, in the name of who asked; return what is said of it.

    Raises what the service of its kind does, and WorkMakerGone.
    """
    session.execute(_PATIENCE)
    maker = session.get_one(StaffAccount, work.maker_id)
    actor = actor_of(session, username=maker.username)
    if actor is None or not actor.has_role([_ROLES[work.kind]]):
        raise WorkMakerGone
    return _DEEDS[work.kind](session, work, actor, now, tell)


def answer_of(refusal: Refusal) -> Answer:
    """Return a refusal as it is kept with the work: what JSON does not know, as text."""
    facts: Mapping[str, object] = json.loads(json.dumps(refusal.facts, default=str))
    return {"code": refusal.code, "title": refusal.title, "facts": facts}


def _bank_file(session: Session, work: Work, actor: Actor, now: datetime, tell: Tell) -> Answer:
    taken = import_bank_file(
        session,
        content=content_of(session, work_id=work.id),
        name=work.asked["name"],
        staff_id=actor.staff_id,
        now=now,
        tell=tell,
    )
    counts = ("lines", "new", "matched", "named", "repeated")
    return {name: getattr(taken, name) for name in counts}


def _trade_bill(session: Session, work: Work, actor: Actor, now: datetime, tell: Tell) -> Answer:
    bill_on = work.asked["bill_on"]
    taken = import_trade_bill(
        session,
        content=content_of(session, work_id=work.id),
        name=work.asked["name"],
        uscc=work.asked["uscc"],
        bill_on=date.fromisoformat(bill_on) if bill_on else None,
        staff_id=actor.staff_id,
        now=now,
        tell=tell,
    )
    counts = ("trades", "new", "matched", "named", "repeated")
    return {name: getattr(taken, name) for name in counts}


def _opening(session: Session, work: Work, actor: Actor, now: datetime, tell: Tell) -> Answer:
    opened = open_statements(
        session,
        actor=actor,
        starts_on=date.fromisoformat(work.asked["starts_on"]),
        ends_on=date.fromisoformat(work.asked["ends_on"]),
        now=now,
        tell=tell,
    )
    return {"opened": len(opened)}


def _closing(session: Session, work: Work, actor: Actor, now: datetime, tell: Tell) -> Answer:
    close_period(session, actor=actor, month=work.asked["month"], now=now, tell=tell)
    return {"month": work.asked["month"]}


_DEEDS: Mapping[WorkKind, Callable[[Session, Work, Actor, datetime, Tell], Answer]] = {
    WorkKind.BANK_FILE: _bank_file,
    WorkKind.TRADE_BILL: _trade_bill,
    WorkKind.OPENING: _opening,
    WorkKind.CLOSING: _closing,
}
