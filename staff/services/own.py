"""What people do with their own account: password, second factor, sessions."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from audit.services import record
from kernel.actors import Actor
from kernel.states import move
from members.queries import union_path_of
from staff.errors import (
    CodeRefused,
    NoFactorPending,
    PasswordNamesYou,
    PasswordNotNew,
    PasswordTooLong,
    PasswordTooPlain,
    PasswordTooShort,
    PasswordWrong,
    SessionNotFound,
)
from staff.models import (
    SESSION_MOVES,
    TOTP_CANDIDATE,
    TOTP_SECRET,
    SessionState,
    StaffAccount,
    StaffSession,
)
from staff.rules import (
    PASSWORD_CHARACTERS_MAX,
    PASSWORD_CHARACTERS_MIN,
    hash_password,
    is_mixed_enough,
    matching_step,
    new_totp_secret,
    password_matches,
)
from staff.services.accounts import end_sessions
from staff.services.sign_in import Tries


def change_password(
    session: Session,
    *,
    actor: Actor,
    current_password: str,
    new_password: str,
    address: str | None,
    now: datetime,
) -> PasswordWrong | None:
    """Replace one's own password and end one's other sessions.

    A wrong present password counts as a failed sign-in, and so is returned (docs/decisions/0004).
    Locks the account. Raises SignInLocked, or the PasswordUnusable that is wrong with the new one.
    """
    tries, account = _lock_own(session, actor=actor, address=address, now=now)
    if not password_matches(account.password_hash, current_password):
        return PasswordWrong()
    tries.give_back(session)
    check_new_password(new_password, username=account.username)
    if new_password == current_password:
        raise PasswordNotNew
    account.password_hash = hash_password(new_password)
    account.password_set_at = now
    account.password_is_temporary = False
    account.version += 1
    account.updated_at = now
    end_sessions(session, account_id=account.id, now=now, keep=actor.session_id)
    _record(session, actor, "staff.password_changed", account, now=now)
    return None


def check_new_password(password: str, *, username: str) -> None:
    """Raise the PasswordUnusable that says what is wrong with `password`, if anything is."""
    if len(password) < PASSWORD_CHARACTERS_MIN:
        raise PasswordTooShort
    if len(password) > PASSWORD_CHARACTERS_MAX:
        raise PasswordTooLong
    if username in password.lower():
        raise PasswordNamesYou
    if not is_mixed_enough(password):
        raise PasswordTooPlain


def begin_second_factor(session: Session, *, actor: Actor, now: datetime) -> None:
    """Make a new secret that waits to be confirmed; the one in use goes on working until then."""
    account = _lock_account(session, account_id=actor.staff_id)
    account.totp_candidate_sealed = TOTP_CANDIDATE.seal(account.id, new_totp_secret())
    account.updated_at = now


def pending_second_factor(session: Session, *, actor: Actor) -> str | None:
    """Return the secret that waits to be confirmed, or None when none does."""
    account = session.get(StaffAccount, actor.staff_id)
    if account is None or account.totp_candidate_sealed is None:
        return None
    return TOTP_CANDIDATE.open(account.id, account.totp_candidate_sealed)


def confirm_second_factor(
    session: Session, *, actor: Actor, code: str, address: str | None, now: datetime
) -> CodeRefused | None:
    """Put the new secret to use if `code` shows that the person has it.

    A wrong code counts as a failed sign-in, and so is returned (docs/decisions/0004). Locks the
    account. Raises SignInLocked, NoFactorPending.
    """
    tries, account = _lock_own(session, actor=actor, address=address, now=now)
    if account.totp_candidate_sealed is None:
        raise NoFactorPending
    secret = TOTP_CANDIDATE.open(account.id, account.totp_candidate_sealed)
    step = matching_step(secret, code, now=now, after=None)
    if step is None:
        return CodeRefused()
    tries.give_back(session)
    account.totp_secret_sealed = TOTP_SECRET.seal(account.id, secret)
    account.totp_candidate_sealed = None
    account.totp_is_temporary = False
    account.totp_last_step = step
    account.version += 1
    account.updated_at = now
    end_sessions(session, account_id=account.id, now=now, keep=actor.session_id)
    _record(session, actor, "staff.second_factor_changed", account, now=now)
    return None


def end_session(session: Session, *, actor: Actor, session_id: UUID, now: datetime) -> None:
    """End one of one's own sessions. Locks it. Raises SessionNotFound."""
    row = session.get(StaffSession, session_id, with_for_update=True)
    if row is None or row.staff_id != actor.staff_id or row.state is SessionState.ENDED:
        raise SessionNotFound
    row.state = move(SESSION_MOVES, row.state, SessionState.ENDED)
    row.ended_at = now
    session.flush()
    account = session.get_one(StaffAccount, actor.staff_id)
    _record(session, actor, "staff.session_ended", account, now=now)


def end_other_sessions(session: Session, *, actor: Actor, now: datetime) -> int:
    """End all of one's own sessions but this one; return how many."""
    count = end_sessions(session, account_id=actor.staff_id, now=now, keep=actor.session_id)
    account = session.get_one(StaffAccount, actor.staff_id)
    _record(session, actor, "staff.other_sessions_ended", account, now=now, count=count)
    return count


def _lock_own(
    session: Session, *, actor: Actor, address: str | None, now: datetime
) -> tuple[Tries, StaffAccount]:
    # Counters before the account, as signing in takes them.
    username = session.get_one(StaffAccount, actor.staff_id).username
    tries = Tries(username, address)
    tries.take(session, now=now)
    return tries, _lock_account(session, account_id=actor.staff_id)


def _lock_account(session: Session, *, account_id: UUID) -> StaffAccount:
    return session.get_one(
        StaffAccount, account_id, with_for_update={"key_share": True}, populate_existing=True
    )


def _record(
    session: Session,
    actor: Actor,
    action: str,
    account: StaffAccount,
    *,
    now: datetime,
    **facts: Any,
) -> None:
    record(
        session,
        actor=actor,
        action=action,
        object_type="staff_account",
        object_id=account.id,
        now=now,
        union_path=union_path_of(session, union_id=account.union_id),
        **facts,
    )
