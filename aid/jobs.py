"""Background work of mutual aid."""

from aid.services import forget_loose_papers
from kernel.clock import utc_now
from kernel.db import transaction
from kernel.jobs import job


@job("aid.forget_loose_papers", cron="25 3 * * *")
def forget_papers(timestamp: int) -> None:  # noqa: ARG001 (the queue passes its minute)
    """Remove health papers that no claim has named within a week."""
    with transaction() as session:
        forget_loose_papers(session, now=utc_now())
