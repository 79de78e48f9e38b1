"""Background work of discounts."""

from discounts.services import expire_holds
from kernel.clock import utc_now
from kernel.db import transaction
from kernel.jobs import job


@job("discounts.expire_holds", cron="* * * * *")
def free_expired_holds(timestamp: int) -> None:  # noqa: ARG001 (the queue passes its minute)
    """Free what was held for ten minutes and never captured; some at a time until none is left."""
    freed = 1
    while freed:
        with transaction() as session:
            freed = expire_holds(session, now=utc_now())
