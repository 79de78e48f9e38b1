"""From credentials to a caller: one function per kind of caller."""

from collections.abc import Callable, Mapping

from flask import request

from kernel.actors import Actor, ActorKind
from kernel.clock import utc_now
from kernel.db import reading
from kernel.secrets import token_hash
from members.queries import member_by_token
from merchants.pages import MANAGER_COOKIE
from merchants.queries import manager_by_token, terminal_by_token
from merchants.services import refuse_idle, touch_manager_session, touch_terminal
from staff.pages import DESK_COOKIE
from staff.queries import staff_by_token
from staff.services import touch_session

_TOKEN_CHARACTERS_MAX = 200


def bearer_token() -> str | None:
    """Return the token of the Authorization header, or None when there is none worth looking up."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not 0 < len(token) <= _TOKEN_CHARACTERS_MAX:
        return None
    return token


def member_of_request() -> Actor | None:
    token = bearer_token()
    if token is None:
        return None
    with reading() as connection:
        return member_by_token(connection, token_hash=token_hash(token), now=utc_now())


def terminal_of_request() -> Actor | None:
    """Return whose token it is. Raises TerminalIdle for a clerk's till that was long unused."""
    token = bearer_token()
    if token is None:
        return None
    now = utc_now()
    with reading() as connection:
        found = terminal_by_token(connection, token_hash=token_hash(token))
        if found is not None:
            refuse_idle(found, now=now)
            touch_terminal(connection, actor=found, now=now)
    return found


def manager_of_request() -> Actor | None:
    """Return who the cookie of the manager's pages belongs to, and note that they are there."""
    token = request.cookies.get(MANAGER_COOKIE, "")
    if not 0 < len(token) <= _TOKEN_CHARACTERS_MAX:
        return None
    now = utc_now()
    with reading() as connection:
        found = manager_by_token(connection, token_hash=token_hash(token), now=now)
        if found is None:
            return None
        touch_manager_session(
            connection, actor=found.actor, last_seen_at=found.last_seen_at, now=now
        )
    return found.actor


def staff_of_request() -> Actor | None:
    """Return who the desk's cookie belongs to, and note that they are still there."""
    token = request.cookies.get(DESK_COOKIE, "")
    if not 0 < len(token) <= _TOKEN_CHARACTERS_MAX:
        return None
    now = utc_now()
    with reading() as connection:
        found = staff_by_token(connection, token_hash(token), now)
        if found is None:
            return None
        touch_session(connection, actor=found.actor, last_seen_at=found.last_seen_at, now=now)
    return found.actor


AUTHENTICATORS: Mapping[ActorKind, Callable[[], Actor | None]] = {
    ActorKind.MEMBER: member_of_request,
    ActorKind.TERMINAL: terminal_of_request,
    ActorKind.MANAGER: manager_of_request,
    ActorKind.STAFF: staff_of_request,
}
