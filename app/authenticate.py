"""From credentials to a caller: one function per kind of caller."""

from collections.abc import Callable, Mapping

from flask import request

from kernel.actors import Actor, ActorKind
from kernel.clock import utc_now
from kernel.db import reading
from kernel.secrets import token_hash
from members.queries import member_by_token

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


AUTHENTICATORS: Mapping[ActorKind, Callable[[], Actor | None]] = {
    ActorKind.MEMBER: member_of_request,
}
