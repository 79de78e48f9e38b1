"""Clerks: invited with a code for their own phone, ended by their manager or by long silence."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib import resources
from uuid import UUID

from sqlalchemy import Connection, delete, exists, func, select, update
from sqlalchemy.orm import Session

from audit.services import record
from kernel.actors import SYSTEM, Actor
from kernel.clock import shanghai_date
from kernel.ids import new_id
from kernel.states import move
from merchants.errors import ClerkNotFound, TerminalIdle
from merchants.models import (
    CLERK_MOVES,
    CLERK_NAME,
    ApplicationTries,
    Clerk,
    ClerkState,
    ManagerCode,
    ManagerSession,
    Merchant,
    PairingCode,
    Site,
    Terminal,
)
from merchants.queries import union_path_of
from merchants.services.pairing import issue_pairing_code, unpair_terminal

_SESSIONS_KEPT = timedelta(days=30)
_CODES_KEPT = timedelta(days=2)
_STEP_ROWS = 200
_TOUCH_EVERY = timedelta(hours=1)


@cache
def clerk_idle_time() -> timedelta:
    """Return after how long without contact a clerk's till is shut out.

    It is data of the deployment: merchants/data/clerks.json.
    """
    content = resources.files("merchants").joinpath("data/clerks.json").read_text(encoding="utf-8")
    return timedelta(days=json.loads(content)["idle_days"])


def refuse_idle(actor: Actor, *, now: datetime) -> None:
    """Raise TerminalIdle for a clerk's till that was silent too long; others have no such end."""
    if actor.clerk_id is None or actor.seen_at is None:
        return
    if actor.seen_at < now - clerk_idle_time():
        raise TerminalIdle


def touch_terminal(connection: Connection, *, actor: Actor, now: datetime) -> None:
    """Note a clerk's till as in use, at most once an hour: a sale must not write its row."""
    if actor.clerk_id is None or actor.seen_at is None or now - actor.seen_at < _TOUCH_EVERY:
        return
    connection.execute(update(Terminal).where(Terminal.id == actor.id).values(last_seen_at=now))


@dataclass(frozen=True, slots=True)
class Invitation:
    """A clerk and the code that pairs their phone, which is shown this once."""

    clerk: Clerk
    code: str


def invite_clerk(
    session: Session, *, merchant_id: UUID, site_id: UUID, name: str, actor: Actor, now: datetime
) -> Invitation:
    """Write a clerk down and make the code that pairs their phone with the site.

    Whoever was invited there under the same name and has not paired yet gets another code: a form
    sent twice makes one clerk. The caller has checked that the site is the merchant's.
    Raises SiteNotFound, SiteNotOpen, MerchantNotActive.
    """
    for waiting in _waiting_clerks(session, site_id=site_id):
        if CLERK_NAME.open(waiting.id, waiting.name_sealed) == name:
            return renew_clerk_code(session, clerk_id=waiting.id, actor=actor, now=now)
    clerk_id = new_id()
    clerk = Clerk(
        id=clerk_id,
        merchant_id=merchant_id,
        site_id=site_id,
        name_sealed=CLERK_NAME.seal(clerk_id, name),
        invited_by=actor.manager_id,
        invited_at=now,
    )
    session.add(clerk)
    session.flush()
    code = issue_pairing_code(session, site_id=site_id, clerk_id=clerk_id, actor=actor, now=now)
    _record(session, clerk, "clerk.invited", actor=actor, now=now)
    return Invitation(clerk, code)


def renew_clerk_code(
    session: Session, *, clerk_id: UUID, actor: Actor, now: datetime
) -> Invitation:
    """Make another code for a clerk's phone; the codes before it are worth nothing.

    Locks the clerk's codes, then the clerk. Raises ClerkNotFound for one who has ended,
    SiteNotOpen, MerchantNotActive.
    """
    _spend_codes(session, clerk_id=clerk_id, now=now)
    clerk = _lock(session, clerk_id=clerk_id)
    if clerk.state is ClerkState.ENDED:
        raise ClerkNotFound
    code = issue_pairing_code(
        session, site_id=clerk.site_id, clerk_id=clerk_id, actor=actor, now=now
    )
    _record(session, clerk, "clerk.code_issued", actor=actor, now=now)
    return Invitation(clerk, code)


def end_clerk(session: Session, *, clerk_id: UUID, actor: Actor, now: datetime) -> Clerk:
    """End a clerk: their phones are refused at once, their codes are worth nothing.

    Locks the clerk's codes, the clerk, then their tills. Raises ClerkNotFound, MoveNotAllowed.
    """
    _spend_codes(session, clerk_id=clerk_id, now=now)
    clerk = _lock(session, clerk_id=clerk_id)
    clerk.state = move(CLERK_MOVES, clerk.state, ClerkState.ENDED)
    clerk.ended_at = now
    session.flush()
    tills = select(Terminal.id).where(Terminal.clerk_id == clerk_id, Terminal.unpaired_at.is_(None))
    for terminal_id in session.scalars(tills.order_by(Terminal.id)).all():
        unpair_terminal(session, terminal_id=terminal_id, actor=actor, now=now)
    _record(session, clerk, "clerk.ended", actor=actor, now=now)
    return clerk


def end_idle_clerks(session: Session, *, now: datetime) -> int:
    """End clerks of whom nothing was heard for `clerk_idle_time`, some at a time; return how many.

    What counts is the newest of: invited, last code made, paired, last contact of a till.
    """
    since = now - clerk_idle_time()
    heard = exists().where(
        Terminal.clerk_id == Clerk.id,
        Terminal.unpaired_at.is_(None),
        func.coalesce(Terminal.last_seen_at, Terminal.paired_at) >= since,
    )
    asked = exists().where(PairingCode.clerk_id == Clerk.id, PairingCode.created_at >= since)
    query = (
        select(Clerk.id)
        .where(Clerk.state != ClerkState.ENDED, Clerk.invited_at < since, ~heard, ~asked)
        .order_by(Clerk.id)
        .limit(_STEP_ROWS)
    )
    idle = session.scalars(query).all()
    for clerk_id in idle:
        end_clerk(session, clerk_id=clerk_id, actor=SYSTEM, now=now)
    return len(idle)


def unpair_idle_tills(session: Session, *, now: datetime) -> int:
    """Unpair clerks' tills that were silent for `clerk_idle_time`, some at a time.

    The clerk may have another one and goes on. Returns how many.
    """
    since = now - clerk_idle_time()
    query = (
        select(Terminal.id)
        .where(
            Terminal.clerk_id.is_not(None),
            Terminal.unpaired_at.is_(None),
            func.coalesce(Terminal.last_seen_at, Terminal.paired_at) < since,
        )
        .order_by(Terminal.id)
        .limit(_STEP_ROWS)
    )
    idle = session.scalars(query).all()
    for terminal_id in idle:
        unpair_terminal(session, terminal_id=terminal_id, actor=SYSTEM, now=now)
    return len(idle)


def forget_old_manager_sign_ins(session: Session, *, now: datetime) -> int:
    """Remove sessions long over, codes long sent and counts of past days; return how many rows."""
    statements = (
        delete(ManagerSession).where(ManagerSession.expires_at < now - _SESSIONS_KEPT),
        delete(ManagerCode).where(ManagerCode.sent_at < now - _CODES_KEPT),
        delete(ApplicationTries).where(ApplicationTries.day < shanghai_date(now - _CODES_KEPT)),
    )
    gone = [session.execute(statement) for statement in statements]
    return sum(result.rowcount for result in gone)  # type: ignore[attr-defined]


def _waiting_clerks(session: Session, *, site_id: UUID) -> list[Clerk]:
    # One at a time for a site, so that two forms at once find one another's clerk.
    session.get(Site, site_id, with_for_update=True)
    query = select(Clerk).where(Clerk.site_id == site_id, Clerk.state == ClerkState.INVITED)
    return list(session.scalars(query))


def _lock(session: Session, *, clerk_id: UUID) -> Clerk:
    clerk = session.get(Clerk, clerk_id, with_for_update=True, populate_existing=True)
    if clerk is None:
        raise ClerkNotFound
    return clerk


def _spend_codes(session: Session, *, clerk_id: UUID, now: datetime) -> None:
    session.execute(
        update(PairingCode)
        .where(
            PairingCode.clerk_id == clerk_id,
            PairingCode.used_at.is_(None),
            PairingCode.expires_at > now,
            # A code lives a while, says the table: one made this very moment was just shown.
            PairingCode.created_at < now,
        )
        .values(expires_at=now)
    )


def _record(session: Session, clerk: Clerk, action: str, *, actor: Actor, now: datetime) -> None:
    merchant = session.get_one(Merchant, clerk.merchant_id)
    record(
        session,
        actor=actor,
        action=action,
        object_type="clerk",
        object_id=clerk.id,
        union_path=union_path_of(session, union_id=merchant.union_id),
        now=now,
        merchant_id=merchant.id,
        site_id=clerk.site_id,
    )
