"""Background work of training."""

from kernel.clock import utc_now
from kernel.db import transaction
from kernel.jobs import job
from training.queries import sessions_to_move
from training.services import move_waiting_list

# More than this waits for the next run, minutes later.
_SESSIONS_A_RUN = 1_000


@job("training.move_waiting_lists", cron="*/5 * * * *")
def move_waiting_lists(timestamp: int) -> None:  # noqa: ARG001 (the queue passes its minute)
    """Let the queue of each session that is still ahead move, one transaction a session."""
    with transaction() as session:
        waiting = sessions_to_move(session, now=utc_now(), rows=_SESSIONS_A_RUN)
    for session_id in waiting:
        with transaction() as session:
            move_waiting_list(session, session_id=session_id, now=utc_now())
