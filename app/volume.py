"""Limits on volume: so many requests a minute from one address and from one till.

They keep a flood away; nothing that security rests on counts here. What does (codes, pairing,
sign-in) is counted in PostgreSQL. Each worker counts for itself, so the totals are per worker.
"""

import time
from ipaddress import ip_address

from flask import Flask, request
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter
from werkzeug.exceptions import TooManyRequests

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
    limiter = FixedWindowRateLimiter(MemoryStorage())
    per_address, per_till = parse(ADDRESS_LIMIT), parse(TILL_LIMIT)
    of_receipts = parse(RECEIPT_LIMIT)

    def count(limit: RateLimitItem, *key: str) -> None:
        if not limiter.hit(limit, *key):
            ends_at = limiter.get_window_stats(limit, *key).reset_time
            raise TooManyRequests(retry_after=max(1, int(ends_at - time.time())))

    @app.before_request
    def slow_down() -> None:
        # Behind a socket that is a file there is no address.
        here = request.remote_addr
        if settings.is_demo and here is not None and ip_address(here).is_loopback:
            return
        address = here or "unknown"
        count(per_address, "address", address)
        if request.path.startswith(_RECEIPTS):
            count(of_receipts, "receipts", address)
        token = bearer_token() or ""
        if token.startswith(_TILL_TOKEN_PREFIX):
            count(per_till, "till", token_hash(token).hex())
