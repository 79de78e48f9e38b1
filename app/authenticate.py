"""From credentials to a caller: one function per kind of caller."""

from collections.abc import Callable, Mapping

from flask import request

from kernel.actors import Actor, ActorKind

_TOKEN_CHARACTERS_MAX = 200


def bearer_token() -> str | None:
    """Return the token of the Authorization header, or None when there is none worth looking up."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not 0 < len(token) <= _TOKEN_CHARACTERS_MAX:
        return None
    return token


AUTHENTICATORS: Mapping[ActorKind, Callable[[], Actor | None]] = {}
