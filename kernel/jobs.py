"""Background jobs: written in the transaction of their cause, run by `flask worker`.

A job that belongs to a rolled-back transaction never existed; one that was committed is run at
least once, so a job looks at the state it finds and does nothing twice. docs/decisions/0006.
"""

from collections.abc import Callable
from typing import Any

from procrastinate import App, PsycopgConnector, SyncPsycopgConnector
from procrastinate.tasks import Task
from sqlalchemy import text
from sqlalchemy.orm import Session

from kernel.db import transaction

# A worker says that it lives this often; whoever was silent for so long is dead, and its jobs are
# another's.
HEARTBEAT_SECONDS = 10
SILENT_SECONDS_MAX = 30

# Tasks are declared on this app when their packages are imported; it reaches no database itself:
# defer() lends it the caller's connection, and the worker replaces its connector.
tasks = App(connector=SyncPsycopgConnector())

JobTask = Task[Any, Any, Any]


def job(name: str, *, cron: str | None = None) -> Callable[[Callable[..., None]], JobTask]:
    """Declare a job. One with `cron` runs at those minutes and is passed `timestamp` (unix)."""

    def declare(function: Callable[..., None]) -> JobTask:
        # A job that failed is tried again later: the usual cause is a database that was away.
        task: JobTask = tasks.task(name=name, queueing_lock=name if cron else None, retry=5)(
            function
        )
        return tasks.periodic(cron=cron)(task) if cron else task

    return declare


def defer(session: Session, task: JobTask, **arguments: Any) -> None:
    """Write a job in the session's transaction; it can run only once that has committed."""
    defer_named(session, task.name, **arguments)


def defer_named(session: Session, name: str, *, after_seconds: int = 0, **arguments: Any) -> None:
    """Write the job called `name`, due in so many seconds, in the session's transaction.

    For services, which stand below the file that declares the job.
    """
    session.flush()
    connection = session.connection().connection.driver_connection
    # Without a wait it has no due time at all: the queue takes those without comparing clocks.
    wait: dict[str, Any] = {"schedule_in": {"seconds": after_seconds}} if after_seconds else {}
    tasks.configure_task(name, connection=connection, **wait).defer(**arguments)


# Locked and judged row by row, so that of two workers that look at once only one takes a job: the
# other finds it waiting, or in the hands of somebody who lives.
_ORPHANS = """
    WITH orphans AS (
        SELECT job.id, job.queueing_lock, EXISTS (
            SELECT FROM procrastinate_jobs AS next
             WHERE next.queueing_lock = job.queueing_lock AND next.status = 'todo'
        ) AS is_waiting
          FROM procrastinate_jobs AS job
         WHERE job.status = 'doing' AND NOT EXISTS (
            SELECT FROM procrastinate_workers AS worker
             WHERE worker.id = job.worker_id
               AND worker.last_heartbeat >= now() - make_interval(secs => :silent_seconds)
         )
         ORDER BY job.id
           FOR UPDATE OF job SKIP LOCKED
    ), judged AS (
        SELECT id, queueing_lock IS NOT NULL AND (
            is_waiting OR row_number() OVER (PARTITION BY queueing_lock ORDER BY id DESC) > 1
        ) AS is_superseded
          FROM orphans
    )
"""
# Of a periodic job, one run is enough for all that were missed.
_DROP = "SELECT procrastinate_finish_job_v1(id, 'failed', true) FROM judged WHERE is_superseded"
_RETRY = "SELECT procrastinate_retry_job_v2(id, now(), NULL, NULL, NULL) FROM judged"


def resume_jobs(session: Session) -> int:
    """Let the jobs of workers that died (kill -9, power) begin again; return how many.

    They look at the state they find, as every job does.
    """
    silent = {"silent_seconds": SILENT_SECONDS_MAX}
    session.execute(text(_ORPHANS + _DROP), silent)
    return len(session.execute(text(_ORPHANS + _RETRY), silent).all())


@job("kernel.resume_jobs", cron="* * * * *")
def resume_jobs_of_the_dead(timestamp: int) -> None:  # noqa: ARG001 (the queue passes its minute)
    """Look every minute for jobs whose worker is gone."""
    with transaction() as session:
        resume_jobs(session)


def run_worker(conninfo: str, *, concurrency: int = 2, wait: bool = True) -> None:
    """Run jobs until SIGTERM or SIGINT; with `wait` false, until none is due.

    Begins with those of workers that died.
    """
    with transaction() as session:
        resume_jobs(session)
    connector = PsycopgConnector(conninfo=conninfo, min_size=1, max_size=concurrency + 2)
    with tasks.replace_connector(connector) as app:
        app.run_worker(
            concurrency=concurrency,
            wait=wait,
            delete_jobs="successful",
            listen_notify=wait,
            update_heartbeat_interval=HEARTBEAT_SECONDS,
            stalled_worker_timeout=SILENT_SECONDS_MAX,
        )
