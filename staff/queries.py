"""Reads of accounts, roles and sessions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, exists, func, or_, select
from sqlalchemy.orm import Session

from kernel.actors import Actor, ActorKind, Grant, Role
from members.models import UnionOrg
from members.queries import within
from staff.models import (
    AccountState,
    SessionState,
    StaffAccount,
    StaffGrant,
    StaffSession,
)
from staff.rules import IDLE


@dataclass(frozen=True)
class SignedIn:
    """Who holds a session token, with the grants of this moment."""

    actor: Actor
    last_seen_at: datetime


def staff_by_token(connection: Connection, token_hash: bytes, now: datetime) -> SignedIn | None:
    """Return who is signed in with this token, in one statement; None when nobody is.

    A session ends `IDLE` after its last use and at `expires_at`, whichever is first. An account
    with a temporary credential has no roles yet.
    """
    query = (
        select(
            StaffSession.id,
            StaffSession.last_seen_at,
            StaffAccount.id,
            StaffAccount.display_name,
            StaffAccount.password_is_temporary | StaffAccount.totp_is_temporary,
            StaffGrant.role,
            UnionOrg.path,
        )
        .join(StaffAccount, StaffAccount.id == StaffSession.staff_id)
        .outerjoin(StaffGrant, StaffGrant.staff_id == StaffAccount.id)
        .outerjoin(UnionOrg, UnionOrg.id == StaffGrant.union_id)
        .where(
            StaffSession.token_hash == token_hash,
            StaffSession.state == SessionState.OPEN,
            StaffSession.expires_at > now,
            StaffSession.last_seen_at > now - IDLE,
            StaffAccount.state == AccountState.ACTIVE,
        )
        .order_by(StaffGrant.role, UnionOrg.path)
    )
    rows = connection.execute(query).all()
    if not rows:
        return None
    session_id, last_seen_at, staff_id, name, is_provisional, _, _ = rows[0]
    grants = () if is_provisional else tuple(Grant(r[5], r[6]) for r in rows if r[5] is not None)
    actor = Actor(ActorKind.STAFF, id=staff_id, session_id=session_id, grants=grants, name=name)
    return SignedIn(actor, last_seen_at)


def account_by_id(session: Session, *, account_id: UUID) -> StaffAccount | None:
    return session.get(StaffAccount, account_id)


def account_by_username(session: Session, *, username: str) -> StaffAccount | None:
    query = select(StaffAccount).where(StaffAccount.username == username)
    return session.scalars(query).one_or_none()


def actor_of(session: Session, *, username: str) -> Actor | None:
    """Return an account that may work as the worker acts in its name: its grants, no browser."""
    query = (
        select(StaffAccount.id, StaffAccount.display_name, StaffGrant.role, UnionOrg.path)
        .outerjoin(StaffGrant, StaffGrant.staff_id == StaffAccount.id)
        .outerjoin(UnionOrg, UnionOrg.id == StaffGrant.union_id)
        .where(StaffAccount.username == username, StaffAccount.state == AccountState.ACTIVE)
        .order_by(StaffGrant.role, UnionOrg.path)
    )
    rows = session.execute(query).all()
    if not rows:
        return None
    grants = tuple(Grant(row.role, row.path) for row in rows if row.role is not None)
    return Actor(ActorKind.STAFF, id=rows[0].id, grants=grants, name=rows[0].display_name)


def in_reach(paths: Sequence[str]) -> ColumnElement[bool]:
    """Return the condition "an administrator of `paths` may decide about this account".

    The account's union lies within `paths`, and so does every role it holds: otherwise resetting a
    colleague's credentials would lend an administrator a reach of which they have none.
    """
    at_home = select(UnionOrg.id).where(UnionOrg.id == StaffAccount.union_id, within(paths))
    beyond = (
        select(StaffGrant.id)
        .join(UnionOrg, UnionOrg.id == StaffGrant.union_id)
        .where(StaffGrant.staff_id == StaffAccount.id, ~within(paths))
    )
    return at_home.correlate(StaffAccount).exists() & ~beyond.correlate(StaffAccount).exists()


def account_within(
    session: Session, *, account_id: UUID, paths: Sequence[str]
) -> StaffAccount | None:
    query = select(StaffAccount).where(StaffAccount.id == account_id, in_reach(paths))
    return session.scalars(query).one_or_none()


@dataclass(frozen=True)
class AccountLine:
    """One account as the list shows it."""

    id: UUID
    username: str
    display_name: str
    union_code: str
    union_name: str
    state: AccountState
    is_provisional: bool
    roles: tuple[Role, ...]


def accounts_within(
    session: Session,
    *,
    paths: Sequence[str],
    search: str | None = None,
    role: Role | None = None,
    state: AccountState | None = None,
    after: str | None = None,
    limit: int,
) -> list[AccountLine]:
    """Return accounts by username, from the one after `after` on.

    `search` is a part of the username or of the displayed name.
    """
    roles = (
        select(func.array_agg(StaffGrant.role.distinct()))
        .where(StaffGrant.staff_id == StaffAccount.id)
        .correlate(StaffAccount)
        .scalar_subquery()
    )
    query = (
        select(StaffAccount, UnionOrg.code, UnionOrg.name, roles)
        .join(UnionOrg, UnionOrg.id == StaffAccount.union_id)
        .where(in_reach(paths))
        .order_by(StaffAccount.username)
        .limit(limit)
    )
    if search:
        part = search.lower()
        query = query.where(
            or_(
                StaffAccount.username.contains(part, autoescape=True),
                func.lower(StaffAccount.display_name).contains(part, autoescape=True),
            )
        )
    if role is not None:
        query = query.where(
            exists().where(StaffGrant.staff_id == StaffAccount.id, StaffGrant.role == role)
        )
    if state is not None:
        query = query.where(StaffAccount.state == state)
    if after is not None:
        query = query.where(StaffAccount.username > after)
    return [
        AccountLine(
            id=account.id,
            username=account.username,
            display_name=account.display_name,
            union_code=code,
            union_name=name,
            state=account.state,
            is_provisional=account.is_provisional,
            roles=tuple(sorted(Role(role) for role in held or ())),
        )
        for account, code, name, held in session.execute(query)
    ]


@dataclass(frozen=True)
class GrantLine:
    """A role somebody holds, and for which union."""

    id: UUID
    role: Role
    union_code: str
    union_name: str
    granted_at: datetime


def grants_of(session: Session, *, account_id: UUID) -> list[GrantLine]:
    query = (
        select(StaffGrant.id, StaffGrant.role, UnionOrg.code, UnionOrg.name, StaffGrant.granted_at)
        .join(UnionOrg, UnionOrg.id == StaffGrant.union_id)
        .where(StaffGrant.staff_id == account_id)
        .order_by(StaffGrant.role, UnionOrg.path)
    )
    return [GrantLine(*row) for row in session.execute(query)]


def roles_of(session: Session, *, account_id: UUID) -> list[Role]:
    query = select(StaffGrant.role).where(StaffGrant.staff_id == account_id).distinct()
    return list(session.scalars(query))


def open_sessions(session: Session, *, account_id: UUID, now: datetime) -> list[StaffSession]:
    """Return the sessions with which somebody can still work, newest use first."""
    query = (
        select(StaffSession)
        .where(
            StaffSession.staff_id == account_id,
            StaffSession.state == SessionState.OPEN,
            StaffSession.expires_at > now,
            StaffSession.last_seen_at > now - IDLE,
        )
        .order_by(StaffSession.last_seen_at.desc())
    )
    return list(session.scalars(query))


def names_of(session: Session, *, account_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Return the displayed names of accounts, for lists that tell who did what."""
    query = select(StaffAccount.id, StaffAccount.display_name).where(
        StaffAccount.id.in_(account_ids)
    )
    return dict(session.execute(query).all())


def city_holders(
    session: Session, *, roles: Sequence[Role], besides: UUID | None = None
) -> list[str]:
    """Return the names of who holds one of `roles` for a whole city: who is waited for."""
    query = (
        select(StaffAccount.display_name)
        .join(StaffGrant, StaffGrant.staff_id == StaffAccount.id)
        .join(UnionOrg, UnionOrg.id == StaffGrant.union_id)
        .where(
            StaffGrant.role.in_(roles),
            UnionOrg.parent_id.is_(None),
            StaffAccount.state == AccountState.ACTIVE,
            StaffAccount.id.is_distinct_from(besides),
        )
        .distinct()
        .order_by(StaffAccount.display_name)
    )
    return list(session.scalars(query))


@dataclass(frozen=True)
class Office:
    """What an account is, without whose it is: for people who may know no more."""

    roles: tuple[Role, ...]
    union_name: str


def offices_of(session: Session, *, account_ids: Sequence[UUID]) -> dict[UUID, Office]:
    """Return the roles and the union of accounts, as they are today."""
    roles = (
        select(func.array_agg(StaffGrant.role.distinct()))
        .where(StaffGrant.staff_id == StaffAccount.id)
        .correlate(StaffAccount)
        .scalar_subquery()
    )
    query = (
        select(StaffAccount.id, UnionOrg.name, roles)
        .join(UnionOrg, UnionOrg.id == StaffAccount.union_id)
        .where(StaffAccount.id.in_(account_ids))
    )
    return {
        account_id: Office(tuple(Role(role) for role in sorted(held or ())), union_name)
        for account_id, union_name, held in session.execute(query)
    }


def own_account(session: Session, *, actor: Actor) -> StaffAccount:
    """Return the account of whoever is calling; a view behind a staff rule may rely on it."""
    return session.get_one(StaffAccount, actor.staff_id)


def union_of(session: Session, *, union_id: UUID) -> UnionOrg:
    return session.get_one(UnionOrg, union_id)


UNION_CHOICES_MAX = 500


def union_choices(session: Session, *, paths: Sequence[str]) -> list[tuple[str, str]]:
    """Return code and name of the unions within `paths`, the nearest to the root first.

    For suggestions beside a field: any code within reach may be typed.
    """
    query = (
        select(UnionOrg.code, UnionOrg.name)
        .where(within(paths))
        .order_by(func.length(UnionOrg.path), UnionOrg.path)
        .limit(UNION_CHOICES_MAX)
    )
    return list(session.execute(query))
