"""Background work of discounts."""

from discounts.services import expire_holds, tell_of_endings
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


@job("discounts.tell_of_endings", cron="0 2 * * *")  # 10:00 in Shanghai
def tell_members_of_endings(timestamp: int) -> None:  # noqa: ARG001 (the queue passes its minute)
    """Tell members of the benefits they use that end soon; some at a time until all know."""
    told = 1
    while told:
        with transaction() as session:
            told = tell_of_endings(session, now=utc_now())
