"""Limits on volume: so many requests a minute from one address and from one till.

They keep a flood away; nothing that security rests on counts here. What does (codes, pairing,
sign-in) is counted in PostgreSQL. Each worker counts for itself, so the totals are per worker.
"""

from ipaddress import ip_address

from flask import Flask, request
from flask_limiter import ApplicationLimit, Limiter

from app.authenticate import bearer_token
from app.config import Settings
from kernel.secrets import token_hash

ADDRESS_LIMIT = "1200/minute"
TILL_LIMIT = "600/minute"
# People open a receipt once or twice; a guesser of codes would need a billion years at this pace.
RECEIPT_LIMIT = "60/minute"
_RECEIPTS = "/r/"
_TILL_TOKEN_PREFIX = "uct_"  # noqa: S105 (how a till's token begins, not one of them)


def limit_volume(app: Flask, settings: Settings) -> None:
    """Answer 429 to what comes too often. A demo asked from its own machine is left alone."""

    def address() -> str:
        return request.remote_addr or "unknown"

    def till() -> str:
        return token_hash(bearer_token() or "").hex()

    def is_own_machine() -> bool:
        # Behind a socket that is a file there is no address.
        here = request.remote_addr
        return settings.is_demo and here is not None and ip_address(here).is_loopback

    def is_no_till() -> bool:
        return not (bearer_token() or "").startswith(_TILL_TOKEN_PREFIX) or is_own_machine()

    def is_no_receipt() -> bool:
        return not request.path.startswith(_RECEIPTS) or is_own_machine()

    Limiter(
        key_func=address,
        app=app,
        storage_uri="memory://",
        application_limits=[
            ApplicationLimit(ADDRESS_LIMIT, key_function=address, exempt_when=is_own_machine),
            ApplicationLimit(
                RECEIPT_LIMIT, key_function=address, exempt_when=is_no_receipt, scope="receipts"
            ),
            ApplicationLimit(TILL_LIMIT, key_function=till, exempt_when=is_no_till, scope="till"),
        ],
    )
