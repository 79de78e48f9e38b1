"""Background jobs: written in the transaction of their cause, run by `flask worker`.

A job that belongs to a rolled-back transaction never existed; one that was committed is run at
least once, so a job looks at the state it finds and does nothing twice. docs/decisions/0006.
"""

from collections.abc import Callable
from typing import Any

from procrastinate import App, PsycopgConnector, SyncPsycopgConnector
from procrastinate.tasks import Task
from sqlalchemy.orm import Session

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
    session.flush()
    connection = session.connection().connection.driver_connection
    task.configure(connection=connection).defer(**arguments)


def run_worker(conninfo: str, *, concurrency: int = 2, wait: bool = True) -> None:
    """Run jobs until SIGTERM or SIGINT; with `wait` false, until none is due."""
    connector = PsycopgConnector(conninfo=conninfo, min_size=1, max_size=concurrency + 2)
    with tasks.replace_connector(connector) as app:
        app.run_worker(
            concurrency=concurrency, wait=wait, delete_jobs="successful", listen_notify=wait
        )
