"""Background work of risk."""

import logging
from datetime import datetime
from uuid import UUID

from kernel.clock import utc_now
from kernel.db import transaction
from kernel.jobs import job
from risk.services import end_round, flag_raised_prices, flag_tills, next_round

logger = logging.getLogger("union_card.risk")


@job("risk.watch", cron="*/10 * * * *")
def watch_sales(timestamp: int) -> None:  # noqa: ARG001 (the queue passes its minute)
    """Look at what was sold since the last round, some tills at a time."""
    flagged = look_at_sales(now=utc_now())
    if flagged:
        logger.info("risk_flagged %s", flagged)


def look_at_sales(*, now: datetime) -> int:
    """Do one round of the watch, each batch of tills on its own; return how many flags are new."""
    with transaction() as session:
        look = next_round(session, now=now)
        flagged = flag_raised_prices(session, look=look, now=now)
    after: UUID | None = None
    while True:
        with transaction() as session:
            new, after = flag_tills(session, look=look, after=after, now=now)
        flagged += new
        if after is None:
            break
    with transaction() as session:
        end_round(session, done=look)
    return flagged
