"""Two steps to a session: password, then a one-time code. Failures count for name and address.

Rows are locked in the order failure counters (account, then address), session, account.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, case, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from audit.services import record
from kernel.actors import NOBODY, Actor, ActorKind
from kernel.errors import Refusal
from kernel.ids import new_id
from kernel.secrets import blind_index, new_token, token_hash
from kernel.states import move
from members.queries import union_path_of
from staff.errors import CodeRefused, SignInExpired, SignInLocked, SignInRefused
from staff.models import (
    SESSION_MOVES,
    TOTP_SECRET,
    AccountState,
    SessionState,
    SignInFailures,
    StaffAccount,
    StaffSession,
)
from staff.queries import account_by_username
from staff.rules import (
    FAILURE_WINDOW,
    FAILURES_PER_ACCOUNT,
    FAILURES_PER_ADDRESS,
    NOBODYS_HASH,
    SESSION_LENGTH,
    SIGN_IN_SECONDS,
    TOUCH_INTERVAL,
    address_group,
    hash_password,
    matching_step,
    needs_new_hash,
    password_matches,
    plain_username,
)

_ACCOUNT = "account"
_ADDRESS = "address"
_LIMITS = {_ACCOUNT: FAILURES_PER_ACCOUNT, _ADDRESS: FAILURES_PER_ADDRESS}
_KEPT_AFTER_END = timedelta(days=30)


@dataclass(frozen=True)
class Tries:
    """The counters of one attempt: the name that was typed and the address it came from."""

    username: str
    address: str | None

    def subject(self, kind: str) -> bytes:
        value = self.username if kind == _ACCOUNT else address_group(self.address)
        return blind_index(f"staff_sign_in_{kind}", value)

    def take(self, session: Session, *, now: datetime) -> None:
        """Count a failure before it is known to be one, so that tries at once cannot overrun.

        Raises SignInLocked when either counter is full; only `FAILURE_WINDOW` of quiet empties it.
        """
        for kind in (_ACCOUNT, _ADDRESS):
            fresh = SignInFailures.last_at <= now - FAILURE_WINDOW
            counted = case((fresh, 1), else_=SignInFailures.count + 1)
            taken = session.execute(
                insert(SignInFailures)
                .values(subject=self.subject(kind), count=1, last_at=now)
                .on_conflict_do_update(
                    index_elements=[SignInFailures.subject],
                    set_={"count": counted, "last_at": now},
                    where=or_(fresh, SignInFailures.count < _LIMITS[kind]),
                )
                .returning(SignInFailures.count)
            ).one_or_none()
            if taken is None:
                raise SignInLocked

    def give_back(self, session: Session, *kinds: str) -> None:
        """Uncount this attempt, which did not fail after all."""
        for kind in kinds or (_ACCOUNT, _ADDRESS):
            session.execute(
                update(SignInFailures)
                .where(SignInFailures.subject == self.subject(kind), SignInFailures.count > 0)
                .values(count=SignInFailures.count - 1)
            )

    def clear_account(self, session: Session) -> None:
        session.execute(
            delete(SignInFailures).where(SignInFailures.subject == self.subject(_ACCOUNT))
        )
        self.give_back(session, _ADDRESS)


def begin_sign_in(
    session: Session,
    *,
    username: str,
    password: str,
    address: str | None,
    browser: str,
    now: datetime,
) -> str | Refusal:
    """Check the password. Return the token of the second step, or SignInRefused.

    That refusal is returned, not raised, because it was counted (docs/decisions/0004). An unknown
    name, a disabled account and a wrong password take the same work. Raises SignInLocked.
    """
    tries = Tries(plain_username(username), address)
    tries.take(session, now=now)
    account = account_by_username(session, username=tries.username)
    is_right = password_matches(account.password_hash if account else NOBODYS_HASH, password)
    if account is None or not is_right or account.state is not AccountState.ACTIVE:
        _record_refusal(session, account, step="password", now=now)
        return SignInRefused()
    # The try is given back, not forgotten: the second step still has only what is left of five.
    tries.give_back(session)
    token = new_token()
    session.add(
        StaffSession(
            id=new_id(),
            staff_id=account.id,
            token_hash=token_hash(token),
            browser=browser,
            created_at=now,
            last_seen_at=now,
            expires_at=now + SIGN_IN_SECONDS,
        )
    )
    if needs_new_hash(account.password_hash):
        account.password_hash = hash_password(password)
    session.flush()
    return token


def finish_sign_in(
    session: Session, *, token: str, code: str, address: str | None, now: datetime
) -> str | Refusal:
    """Check the one-time code. Return the session's token, or CodeRefused, which was counted.

    The token of the first step is replaced, so one that leaked before is worth nothing. Locks the
    session and the account. Raises SignInLocked, SignInExpired.
    """
    pending, account = _pending_sign_in(session, token=token, now=now)
    tries = Tries(account.username, address)
    tries.take(session, now=now)
    session.refresh(pending, with_for_update=True)
    # FOR NO KEY UPDATE: a first step on its way in another tab holds a key share of this row.
    session.refresh(account, with_for_update={"key_share": True})
    if pending.state is not SessionState.PENDING or account.state is not AccountState.ACTIVE:
        raise SignInExpired
    secret = TOTP_SECRET.open(account.id, account.totp_secret_sealed)
    step = matching_step(secret, code, now=now, after=account.totp_last_step)
    if step is None:
        _record_refusal(session, account, step="code", now=now)
        return CodeRefused()
    tries.clear_account(session)
    account.totp_last_step = step
    fresh = new_token()
    pending.state = move(SESSION_MOVES, pending.state, SessionState.OPEN)
    pending.token_hash = token_hash(fresh)
    pending.last_seen_at = now
    pending.expires_at = now + SESSION_LENGTH
    record(
        session,
        actor=Actor(ActorKind.STAFF, id=account.id, session_id=pending.id),
        action="staff.signed_in",
        object_type="staff_session",
        object_id=pending.id,
        now=now,
        union_path=union_path_of(session, union_id=account.union_id),
    )
    return fresh


def sign_out(session: Session, *, actor: Actor, now: datetime) -> None:
    """End the session of this request. Ending it twice does nothing."""
    own = session.get(StaffSession, actor.session_id, with_for_update=True)
    if own is not None and own.state is not SessionState.ENDED:
        own.state = move(SESSION_MOVES, own.state, SessionState.ENDED)
        own.ended_at = now
        record(
            session,
            actor=actor,
            action="staff.signed_out",
            object_type="staff_session",
            object_id=own.id,
            now=now,
        )


def touch_session(
    connection: Connection, *, actor: Actor, last_seen_at: datetime, now: datetime
) -> None:
    """Note that a session is in use, at most once a minute. Takes a connection, as its query does.

    The session may have ended since it was read, and then stays ended.
    """
    if now - last_seen_at < TOUCH_INTERVAL:
        return
    connection.execute(
        update(StaffSession)
        .where(StaffSession.id == actor.session_id, StaffSession.state == SessionState.OPEN)
        .values(last_seen_at=now)
    )


def forget_old_sign_ins(session: Session, *, now: datetime) -> int:
    """Remove counters that count no more, and sessions long ended; return how many rows went."""
    counters = delete(SignInFailures).where(SignInFailures.last_at <= now - FAILURE_WINDOW)
    sessions = delete(StaffSession).where(StaffSession.expires_at <= now - _KEPT_AFTER_END)
    gone = [session.execute(statement) for statement in (counters, sessions)]
    return sum(result.rowcount for result in gone)  # type: ignore[attr-defined]


def _pending_sign_in(
    session: Session, *, token: str, now: datetime
) -> tuple[StaffSession, StaffAccount]:
    query = (
        select(StaffSession, StaffAccount)
        .join(StaffAccount, StaffAccount.id == StaffSession.staff_id)
        .where(
            StaffSession.token_hash == token_hash(token),
            StaffSession.state == SessionState.PENDING,
            StaffSession.expires_at > now,
        )
    )
    found = session.execute(query).one_or_none()
    if found is None:
        raise SignInExpired
    return found


def _record_refusal(
    session: Session, account: StaffAccount | None, *, step: str, now: datetime
) -> None:
    # Written for unknown names too, so that the time taken does not tell them apart.
    record(
        session,
        actor=NOBODY,
        action="staff.sign_in_refused",
        object_type="staff_account",
        object_id=account.id if account else None,
        now=now,
        union_path=union_path_of(session, union_id=account.union_id) if account else None,
        step=step,
    )
