"""Background work of finance."""

import logging

from finance.queries.closing import open_months
from finance.services.closing import watch_residuals
from kernel.clock import utc_now
from kernel.db import transaction
from kernel.jobs import job

logger = logging.getLogger("union_card.finance")


@job("finance.watch_residuals", cron="5 * * * *")
def watch(timestamp: int) -> None:  # noqa: ARG001 (the queue passes its minute)
    """Look whether every sum of the open months agrees; keep the answer, and log what does not."""
    with transaction() as session:
        months = [each.month for each in open_months(session)]
    for month in months:
        # A month each: what the last one found is kept if a later one takes too long.
        with transaction() as session:
            wrong = watch_residuals(session, month=month, now=utc_now())
        for name, residual in wrong.items():
            logger.error("residual_not_zero %s %s %s", month, name, residual)
