"""Background work of merchants: what ends because nobody uses it any more."""

from kernel.clock import utc_now
from kernel.db import transaction
from kernel.jobs import job
from merchants.services import end_idle_clerks, forget_old_manager_sign_ins, unpair_idle_tills


@job("merchants.end_what_is_idle", cron="40 19 * * *")
def end_what_is_idle(timestamp: int) -> None:  # noqa: ARG001 (the queue passes its minute)
    """Unpair clerks' silent tills, end silent clerks, forget old sign-ins; at 03:40 in Shanghai.

    Some at a time: killed in between, it begins with what is left.
    """
    for step in (unpair_idle_tills, end_idle_clerks):
        done = 1
        while done:
            with transaction() as session:
                done = step(session, now=utc_now())
    with transaction() as session:
        forget_old_manager_sign_ins(session, now=utc_now())
