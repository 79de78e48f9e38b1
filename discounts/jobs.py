"""Background work of discounts."""

from discounts.services import expire_holds, purge_leases, tell_of_endings
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


@job("discounts.purge_leases", cron="37 19 * * *")  # 3:37 in Shanghai
def forget_old_leases(timestamp: int) -> None:  # noqa: ARG001 (the queue passes its minute)
    """Forget leases that ended a month ago and granted nothing; some at a time until none is."""
    gone = 1
    while gone:
        with transaction() as session:
            gone = purge_leases(session, now=utc_now())
