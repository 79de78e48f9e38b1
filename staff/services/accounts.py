"""Accounts and the roles they hold: what administrators do, each within their own reach."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from audit.services import record
from kernel.actors import Actor, ActorKind, Role
from kernel.db import violated_constraint
from kernel.ids import new_id
from kernel.refusals import refuse_stale
from kernel.states import move
from members.models import UnionOrg
from members.queries import union_path_of, within
from staff.errors import (
    AccountNotFound,
    GrantNotFound,
    NotYourOwnAccount,
    RolesDoNotMix,
    UnionOutOfReach,
    UsernameTaken,
    UsernameUnusable,
)
from staff.models import (
    ACCOUNT_MOVES,
    TOTP_SECRET,
    USERNAME_PATTERN,
    AccountState,
    SessionState,
    StaffAccount,
    StaffGrant,
    StaffSession,
)
from staff.queries import account_by_username, account_within, roles_of
from staff.rules import hash_password, new_password, new_totp_secret, plain_username, roles_mix


@dataclass(frozen=True)
class NewCredentials:
    """What a person signs in with the first time: shown once, kept nowhere in the clear."""

    account: StaffAccount
    password: str
    totp_secret: str


def create_account(
    session: Session,
    *,
    actor: Actor,
    username: str,
    display_name: str,
    union_code: str,
    now: datetime,
    password: str | None = None,
    is_temporary: bool = True,
) -> NewCredentials:
    """Open an account for somebody who works for the union `union_code`; it holds no role yet.

    With `is_temporary` the person must replace password and second factor before any role counts.

    Raises UsernameUnusable, UsernameTaken, UnionOutOfReach.
    """
    name = plain_username(username)
    if re.fullmatch(USERNAME_PATTERN, name, re.ASCII) is None:
        raise UsernameUnusable
    union = _union_in_reach(session, actor=actor, code=union_code)
    if account_by_username(session, username=name) is not None:
        raise UsernameTaken
    account_id, password, secret = new_id(), password or new_password(), new_totp_secret()
    account = StaffAccount(
        id=account_id,
        username=name,
        display_name=display_name,
        union_id=union.id,
        password_hash=hash_password(password),
        password_set_at=now,
        password_is_temporary=is_temporary,
        totp_secret_sealed=TOTP_SECRET.seal(account_id, secret),
        totp_is_temporary=is_temporary,
        created_by=actor.id if actor.kind is ActorKind.STAFF else None,
        created_at=now,
        updated_at=now,
    )
    session.add(account)
    try:
        session.flush()
    except IntegrityError as error:
        # Two administrators chose the same name in the same moment.
        if violated_constraint(error) == "uq_staff_accounts_username":
            raise UsernameTaken from error
        raise
    _record(session, actor, "staff.account_created", account, now=now, union_path=union.path)
    return NewCredentials(account, password, secret)


def rename_account(
    session: Session,
    *,
    actor: Actor,
    account_id: UUID,
    version: int,
    display_name: str,
    union_code: str,
    now: datetime,
) -> StaffAccount:
    """Correct the displayed name and the union somebody works for. Roles are not touched.

    Locks the account. Raises AccountNotFound, EditConflict, UnionOutOfReach.
    """
    account = _lock_account(session, actor=actor, account_id=account_id)
    refuse_stale(account.version, version)
    union = _union_in_reach(session, actor=actor, code=union_code)
    account.display_name = display_name
    account.union_id = union.id
    _changed(account, now=now)
    _record(session, actor, "staff.account_changed", account, now=now, union_path=union.path)
    return account


def disable_account(
    session: Session, *, actor: Actor, account_id: UUID, version: int, now: datetime
) -> StaffAccount:
    """Shut an account out at once: its sessions end with it.

    Locks the account. Raises AccountNotFound, NotYourOwnAccount, EditConflict, MoveNotAllowed.
    """
    account = _lock_somebody_else(session, actor=actor, account_id=account_id, version=version)
    account.state = move(ACCOUNT_MOVES, account.state, AccountState.DISABLED)
    _changed(account, now=now)
    end_sessions(session, account_id=account.id, now=now)
    _record(session, actor, "staff.account_disabled", account, now=now)
    return account


def enable_account(
    session: Session, *, actor: Actor, account_id: UUID, version: int, now: datetime
) -> StaffAccount:
    """Let a disabled account in again, with the roles it still holds.

    Locks the account. Raises AccountNotFound, NotYourOwnAccount, EditConflict, MoveNotAllowed.
    """
    account = _lock_somebody_else(session, actor=actor, account_id=account_id, version=version)
    account.state = move(ACCOUNT_MOVES, account.state, AccountState.ACTIVE)
    _changed(account, now=now)
    _record(session, actor, "staff.account_enabled", account, now=now)
    return account


def reset_credentials(
    session: Session, *, actor: Actor, account_id: UUID, version: int, now: datetime
) -> NewCredentials:
    """Give somebody who lost theirs a new password and second factor, both temporary.

    Locks the account; its sessions end. Raises AccountNotFound, NotYourOwnAccount, EditConflict.
    """
    account = _lock_somebody_else(session, actor=actor, account_id=account_id, version=version)
    password, secret = new_password(), new_totp_secret()
    account.password_hash = hash_password(password)
    account.password_set_at = now
    account.password_is_temporary = True
    account.totp_secret_sealed = TOTP_SECRET.seal(account.id, secret)
    account.totp_is_temporary = True
    account.totp_last_step = None
    account.totp_candidate_sealed = None
    _changed(account, now=now)
    end_sessions(session, account_id=account.id, now=now)
    _record(session, actor, "staff.credentials_reset", account, now=now)
    return NewCredentials(account, password, secret)


def grant_role(
    session: Session,
    *,
    actor: Actor,
    account_id: UUID,
    role: Role,
    union_code: str,
    now: datetime,
) -> StaffGrant:
    """Let somebody hold `role` for a union and all below it. Granting it twice is granting it once.

    Locks the account, so that two grants that do not mix cannot both pass.

    Raises AccountNotFound, NotYourOwnAccount, UnionOutOfReach, RolesDoNotMix.
    """
    account = _lock_somebody_else(session, actor=actor, account_id=account_id)
    union = _union_in_reach(session, actor=actor, code=union_code)
    held = select(StaffGrant).where(
        StaffGrant.staff_id == account.id,
        StaffGrant.role == role,
        StaffGrant.union_id == union.id,
    )
    grant = session.scalars(held).one_or_none()
    if grant is not None:
        return grant
    if not roles_mix(role, roles_of(session, account_id=account.id)):
        raise RolesDoNotMix
    grant = StaffGrant(
        staff_id=account.id,
        role=role,
        union_id=union.id,
        granted_by=actor.id if actor.kind is ActorKind.STAFF else None,
        granted_at=now,
    )
    session.add(grant)
    session.flush()
    facts = {"role": role.value, "union_code": union.code}
    _record(session, actor, "staff.role_granted", account, now=now, union_path=union.path, **facts)
    return grant


def revoke_grant(
    session: Session, *, actor: Actor, account_id: UUID, grant_id: UUID, now: datetime
) -> StaffAccount:
    """Take a role back; it stops counting with the person's next request.

    Locks the account. Raises AccountNotFound, NotYourOwnAccount, GrantNotFound.
    """
    account = _lock_somebody_else(session, actor=actor, account_id=account_id)
    grant = session.get(StaffGrant, grant_id)
    if grant is None or grant.staff_id != account.id:
        raise GrantNotFound
    path = union_path_of(session, union_id=grant.union_id)
    session.delete(grant)
    session.flush()
    facts = {"role": grant.role.value}
    _record(session, actor, "staff.role_revoked", account, now=now, union_path=path, **facts)
    return account


def end_sessions(
    session: Session, *, account_id: UUID, now: datetime, keep: UUID | None = None
) -> int:
    """End every session of an account but `keep`, begun sign-ins too; return how many."""
    statement = (
        update(StaffSession)
        .where(StaffSession.staff_id == account_id, StaffSession.state != SessionState.ENDED)
        .values(state=SessionState.ENDED, ended_at=now)
    )
    if keep is not None:
        statement = statement.where(StaffSession.id != keep)
    return len(session.scalars(statement.returning(StaffSession.id)).all())


def _reach(actor: Actor) -> tuple[str, ...]:
    return actor.paths(Role.ADMINISTRATOR)


def _union_in_reach(session: Session, *, actor: Actor, code: str) -> UnionOrg:
    query = select(UnionOrg).where(UnionOrg.code == code.strip().upper())
    if actor.kind is not ActorKind.SYSTEM:
        query = query.where(within(_reach(actor)))
    union = session.scalars(query).one_or_none()
    if union is None:
        raise UnionOutOfReach
    return union


def _lock_account(session: Session, *, actor: Actor, account_id: UUID) -> StaffAccount:
    # Lock first, read after: whether the account is in reach depends on the roles it holds, and
    # whoever gives it another one takes this lock too.
    account = session.get(
        StaffAccount, account_id, with_for_update={"key_share": True}, populate_existing=True
    )
    if account is None:
        raise AccountNotFound
    if actor.kind is ActorKind.SYSTEM:
        return account
    if account_within(session, account_id=account_id, paths=_reach(actor)) is None:
        raise AccountNotFound
    return account


def _lock_somebody_else(
    session: Session, *, actor: Actor, account_id: UUID, version: int | None = None
) -> StaffAccount:
    account = _lock_account(session, actor=actor, account_id=account_id)
    if actor.id == account.id:
        raise NotYourOwnAccount
    if version is not None:
        refuse_stale(account.version, version)
    return account


def _changed(account: StaffAccount, *, now: datetime) -> None:
    account.version += 1
    account.updated_at = now


def _record(
    session: Session,
    actor: Actor,
    action: str,
    account: StaffAccount,
    *,
    now: datetime,
    union_path: str | None = None,
    **facts: Any,
) -> None:
    record(
        session,
        actor=actor,
        action=action,
        object_type="staff_account",
        object_id=account.id,
        now=now,
        union_path=union_path or union_path_of(session, union_id=account.union_id),
        **facts,
    )
