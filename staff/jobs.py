"""Nightly housekeeping of sign-ins."""

from kernel.clock import from_unix
from kernel.db import transaction
from kernel.jobs import job
from staff.services import forget_old_sign_ins


@job("staff.forget_old_sign_ins", cron="40 18 * * *")  # 02:40 in Shanghai
def forget(timestamp: int) -> None:
    """Remove what no longer counts at `timestamp`, the minute (unix) the queue runs it for."""
    with transaction() as session:
        forget_old_sign_ins(session, now=from_unix(timestamp))
