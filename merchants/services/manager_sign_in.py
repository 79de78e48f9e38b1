"""A manager signs in: a code to the phone, then a session in a cookie.

Refusals that must be remembered (a wrong code counts) are returned, not raised: raising would
roll the count back with everything else (docs/decisions/0004).
"""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from audit.services import record
from kernel.actors import Actor, ActorKind
from kernel.clock import shanghai_date
from kernel.errors import Refusal
from kernel.secrets import blind_index, new_token, token_hash
from kernel.states import move
from merchants.errors import (
    ApplicationRefused,
    ApplicationWaiting,
    ManagerCodeWrong,
    ManagerNotFound,
    ManagerSessionNotFound,
    NoMerchantForPhone,
)
from merchants.models import (
    MANAGER_MOVES,
    ManagerCode,
    ManagerSession,
    ManagerState,
    Merchant,
    MerchantManager,
    MerchantState,
)
from merchants.queries import merchants_of_phone, newest_application, union_path_of

MANAGER_PHONE_FIELD = "manager_phone"
CODE_LIFE = timedelta(minutes=5)
CODE_TRIES_MAX = 5
SEND_PAUSE = timedelta(seconds=60)
SENDS_A_DAY_MAX = 10
MANAGER_SESSION_LIFE = timedelta(days=30)
_TOUCH_EVERY = timedelta(minutes=1)


def start_manager_sign_in(session: Session, *, phone: str, code: str, now: datetime) -> bool:
    """Remember `code` for `phone` (normalised) and say whether it may be sent.

    False within 60 seconds of the last one or after ten in a Shanghai day. Locks the phone's row.
    The caller answers the same either way, also for phones of nobody.
    """
    index = blind_index(MANAGER_PHONE_FIELD, phone)
    today = shanghai_date(now)
    facts = {
        "code_index": _code_index(phone, code),
        "sent_at": now,
        "expires_at": now + CODE_LIFE,
        "tries": 0,
        "used_at": None,
        "sends_on": today,
    }
    row = session.get(ManagerCode, index, with_for_update=True, populate_existing=True)
    if row is None:
        fresh = insert(ManagerCode).values(phone_index=index, sends=1, **facts)
        added = session.execute(fresh.on_conflict_do_nothing().returning(ManagerCode.sends))
        return added.first() is not None
    sends = row.sends if row.sends_on == today else 0
    if now < row.sent_at + SEND_PAUSE or sends >= SENDS_A_DAY_MAX:
        return False
    for name, value in facts.items():
        setattr(row, name, value)
    row.sends = sends + 1
    session.flush()
    return True


def proven_phone(session: Session, *, phone: str, code: str, now: datetime) -> ManagerCode | None:
    """Return the phone's code row, locked, if `code` is the live one; count the try either way."""
    index = blind_index(MANAGER_PHONE_FIELD, phone)
    row = session.get(ManagerCode, index, with_for_update=True, populate_existing=True)
    if row is None or row.used_at is not None or now >= row.expires_at:
        return None
    if row.tries >= CODE_TRIES_MAX:
        return None
    row.tries += 1
    session.flush()
    return row if hmac.compare_digest(row.code_index, _code_index(phone, code)) else None


def finish_manager_sign_in(
    session: Session, *, phone: str, code: str, browser: str, now: datetime
) -> str | Refusal:
    """Return the token of a new session, or the refusal to answer with once this has committed.

    Locks the phone's code row and uses the code up. Only the right code tells what there is for
    this phone. Whoever looks after several merchants begins with the one they had first.
    """
    row = proven_phone(session, phone=phone, code=code, now=now)
    if row is None:
        return ManagerCodeWrong()
    found = merchants_of_phone(session, phone_index=row.phone_index)
    if not found:
        # The right code was given: an application may use it again.
        row.tries -= 1
        return _nothing_for(session, row.phone_index)
    row.used_at = now
    return _open_session(session, manager_id=found[0].manager_id, browser=browser, now=now)


def _nothing_for(session: Session, phone_index: bytes) -> Refusal:
    merchant = newest_application(session, phone_index=phone_index)
    if merchant is None:
        return NoMerchantForPhone()
    if merchant.state is MerchantState.APPLIED:
        return ApplicationWaiting(merchant=merchant.name)
    return ApplicationRefused(merchant=merchant.name, reason=merchant.state_reason or "")


def switch_merchant(
    session: Session, *, actor: Actor, manager_id: UUID, browser: str, now: datetime
) -> str:
    """Return the token of a session for another merchant of the same person; this one ends.

    Raises ManagerNotFound unless that manager has the same phone.
    """
    own = session.get_one(MerchantManager, actor.manager_id)
    choices = merchants_of_phone(session, phone_index=own.phone_index)
    if manager_id not in {each.manager_id for each in choices}:
        raise ManagerNotFound
    sign_manager_out(session, actor=actor, now=now)
    return _open_session(session, manager_id=manager_id, browser=browser, now=now)


def _open_session(session: Session, *, manager_id: UUID, browser: str, now: datetime) -> str:
    """Return the token of a new session; an invited manager becomes active by it.

    Locks the manager. Raises ManagerNotFound when they were ended meanwhile.
    """
    manager = session.get(MerchantManager, manager_id, with_for_update=True, populate_existing=True)
    if manager is None or manager.state not in {ManagerState.ACTIVE, ManagerState.INVITED}:
        raise ManagerNotFound
    actor = Actor(ActorKind.MANAGER, id=manager.id, merchant_id=manager.merchant_id)
    if manager.state is ManagerState.INVITED:
        manager.state = move(MANAGER_MOVES, manager.state, ManagerState.ACTIVE)
        manager.activated_at = now
        record_manager(session, manager, "manager.activated", actor=actor, now=now)
    token = new_token()
    session.add(
        ManagerSession(
            manager_id=manager.id,
            token_hash=token_hash(token),
            browser=browser,
            created_at=now,
            last_seen_at=now,
            expires_at=now + MANAGER_SESSION_LIFE,
        )
    )
    session.flush()
    record_manager(session, manager, "manager.signed_in", actor=actor, now=now)
    return token


@dataclass(frozen=True)
class _Whose:
    """Which sessions of a manager: one, or all but one."""

    only: UUID | None = None
    but: UUID | None = None


def sign_manager_out(session: Session, *, actor: Actor, now: datetime) -> None:
    """End the session of this request. Ending it twice does nothing."""
    assert actor.session_id is not None
    _end(session, actor.manager_id, _Whose(only=actor.session_id), now=now)
    manager = session.get_one(MerchantManager, actor.manager_id)
    record_manager(session, manager, "manager.signed_out", actor=actor, now=now)


def end_manager_session(session: Session, *, actor: Actor, session_id: UUID, now: datetime) -> None:
    """End one of one's own sessions. Raises ManagerSessionNotFound for any other."""
    if not _end(session, actor.manager_id, _Whose(only=session_id), now=now):
        raise ManagerSessionNotFound
    manager = session.get_one(MerchantManager, actor.manager_id)
    record_manager(session, manager, "manager.session_ended", actor=actor, now=now)


def end_other_manager_sessions(session: Session, *, actor: Actor, now: datetime) -> int:
    """End all of one's own sessions but this one; return how many."""
    count = _end(session, actor.manager_id, _Whose(but=actor.session_id), now=now)
    manager = session.get_one(MerchantManager, actor.manager_id)
    record_manager(session, manager, "manager.other_sessions_ended", actor=actor, now=now)
    return count


def end_sessions_of(session: Session, *, manager_id: UUID, now: datetime) -> int:
    """Sign a manager out everywhere; return from how many phones."""
    return _end(session, manager_id, _Whose(), now=now)


def _end(session: Session, manager_id: UUID, whose: _Whose, *, now: datetime) -> int:
    query = select(ManagerSession).where(
        ManagerSession.manager_id == manager_id, ManagerSession.revoked_at.is_(None)
    )
    if whose.only is not None:
        query = query.where(ManagerSession.id == whose.only)
    if whose.but is not None:
        query = query.where(ManagerSession.id != whose.but)
    locked = query.order_by(ManagerSession.id).with_for_update()
    ended = session.scalars(locked.execution_options(populate_existing=True)).all()
    for row in ended:
        row.revoked_at = now
    session.flush()
    return len(ended)


def touch_manager_session(
    connection: Connection, *, actor: Actor, last_seen_at: datetime, now: datetime
) -> None:
    """Note that a session is in use, at most once a minute."""
    if now - last_seen_at < _TOUCH_EVERY:
        return
    connection.execute(
        update(ManagerSession).where(ManagerSession.id == actor.session_id).values(last_seen_at=now)
    )


def record_manager(
    session: Session, manager: MerchantManager, action: str, *, actor: Actor, now: datetime
) -> None:
    """Write down what was done about a manager; ids only, never a name or a phone."""
    merchant = session.get_one(Merchant, manager.merchant_id)
    record(
        session,
        actor=actor,
        action=action,
        object_type="merchant_manager",
        object_id=manager.id,
        union_path=union_path_of(session, union_id=merchant.union_id),
        now=now,
        merchant_id=merchant.id,
    )


def _code_index(phone: str, code: str) -> bytes:
    # Bound to the phone, so that one phone's row tells nothing of another's with the same code.
    return blind_index("manager_code", f"{phone}|{code}")
