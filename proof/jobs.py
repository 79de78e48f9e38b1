"""Background work of proof."""

import logging
from datetime import datetime

from kernel.clock import utc_now
from kernel.db import transaction
from kernel.jobs import job
from proof.queries import faults
from proof.services import append_records, count_waiting, look_again, make_checkpoint

# Of a large log, an hour looks at so many stretches; the next hour goes on.
_STRETCHES_MAX = 50

logger = logging.getLogger("union_card.proof")


@job("proof.sequence", cron="* * * * *")
def sequence(timestamp: int) -> None:  # noqa: ARG001 (the queue passes its minute)
    """Log what is new, and sign the log."""
    log_new_records(now=utc_now())


def log_new_records(*, now: datetime, all_of_them: bool = False) -> int:
    """Log what is new, each batch on its own, and sign the log; return how many records."""
    logged = 0
    while True:
        with transaction() as session:
            new = append_records(session, now=now, all_of_them=all_of_them)
        if not new:
            break
        logged += new
    with transaction() as session:
        make_checkpoint(session, now=now)
    return logged


@job("proof.look", cron="15 * * * *")
def look(timestamp: int) -> None:  # noqa: ARG001 (the queue passes its minute)
    """Look for records that were missed, and whether those that are logged are as they were."""
    look_at_all(stretches_max=_STRETCHES_MAX)


def look_at_all(*, stretches_max: int | None = None) -> None:
    """Log what was missed; compare the log with its records, `stretches_max` stretches of it."""
    with transaction() as session:
        waiting = count_waiting(session, now=utc_now())
    if waiting:
        log_new_records(now=utc_now(), all_of_them=True)
        with transaction() as session:
            waiting = count_waiting(session, now=utc_now())
    stretches = 0
    while stretches != stretches_max:
        with transaction() as session:
            compared = look_again(session, now=utc_now())
        if not compared:
            break
        stretches += 1
    with transaction() as session:
        wrong = faults(session)
    for fault, leaf in wrong:
        logger.error("record_not_as_logged %s %s %s", fault.fault, leaf.kind, leaf.record_key)
    if waiting:
        logger.error("records_without_a_leaf %s", waiting)
