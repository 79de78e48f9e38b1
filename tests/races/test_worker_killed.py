"""A worker that dies in the middle of its work: another one ends it, and nothing is done twice."""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest
from sqlalchemy import text

from kernel.actors import Role
from kernel.clock import utc_now
from kernel.db import transaction
from kernel.jobs import SILENT_SECONDS_MAX, defer, resume_jobs
from members.jobs import commit_import, preview_import
from members.models import ImportState, RosterImport
from members.services import commit_import as decide_commit
from members.services import upload_roster
from members.services.roster import BATCH_LINES
from tests.make.maker import Maker
from tests.people import resident_number, roster, roster_line
from tests.service import ROOT, Service

LINES = 4 * BATCH_LINES
DEADLINE_SECONDS = 60


class Works:
    """A service whose worker a test starts, kills and follows; no web server is needed."""

    def __init__(self, service, engine):
        self.service = service
        self.engine = engine

    def start_worker(self):
        with self.service.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "flask", "--app", "wsgi", "worker"],
                cwd=ROOT,
                env=self.service.environment(),
                stdout=log,
                stderr=log,
            )

    def work_until_idle(self):
        self.service.flask("worker", "--until-idle")

    def ask(self, query):
        with self.engine.connect() as connection:
            return connection.execute(text(query)).one()

    @contextmanager
    def in_the_middle(self, worker):
        """Wait until some lines are written and keep the worker from the next; lend how many."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        while time.monotonic() < deadline:
            assert worker.poll() is None, self.service.log.read_text()
            with self.engine.begin() as connection:
                query = text("SELECT lines_done FROM roster_imports FOR UPDATE")
                done = connection.execute(query).scalar_one()
                if done:
                    yield done
                    return
            Service.process_yield()
        raise AssertionError(self.service.log.read_text())

    def let_the_dead_grow_cold(self):
        """Set the clocks of all workers back: so much time went by since they last spoke."""
        with self.engine.begin() as connection:
            connection.execute(
                text(
                    "UPDATE procrastinate_workers"
                    " SET last_heartbeat = last_heartbeat - make_interval(secs => :age)"
                ),
                {"age": SILENT_SECONDS_MAX + 1},
            )


@pytest.fixture
def works(committed, settings_for):
    return Works(Service(settings_for(committed.url.database)), committed)


@pytest.fixture
def upload(app, works):
    """A previewed roster whose commit waits for a worker."""
    with transaction() as session:
        make = Maker(session)
        union = make.union(code="SZ")
        officer = make.staff_actor(Role.REGISTER_OFFICER, union=union)
        upload = upload_roster(
            session,
            actor=officer,
            paths=[union.path],
            file_name="roster.csv",
            content=many_people(),
            now=utc_now(),
        )
    with app.app_context():
        preview_import(import_id=str(upload.id))
    with transaction() as session:
        decide_commit(session, import_id=upload.id, actor=officer, now=utc_now())
        defer(session, commit_import, import_id=str(upload.id))
    return upload.id


def many_people():
    return roster(
        *(
            roster_line(
                name="欧阳远航",
                document=resident_number(f"{1970 + number // 900}0307", number % 900),
                phone=f"1540001{number:04d}",
                union="SZ",
            )
            for number in range(LINES)
        )
    )


@pytest.mark.service
def test_a_worker_killed_in_the_middle_of_an_import_is_followed_by_one_that_ends_it(works, upload):
    worker = works.start_worker()
    with works.in_the_middle(worker) as written:
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
    assert works.ask("SELECT lines_done, state FROM roster_imports") == (
        written,
        ImportState.COMMITTING,
    )
    assert 0 < written < LINES

    # Nobody knows yet that it is dead: its job is left alone.
    with transaction() as session:
        assert resume_jobs(session) == 0
    works.let_the_dead_grow_cold()
    works.work_until_idle()

    with transaction() as session:
        done = session.get_one(RosterImport, upload)
        assert (done.state, done.lines_done) == (ImportState.COMMITTED, LINES)
        # A batch that was done twice would count its people as unchanged the second time.
        assert (done.added, done.unchanged, done.refused) == (LINES, 0, 0)
    assert works.ask("SELECT count(*), count(DISTINCT document_index) FROM members") == (
        LINES,
        LINES,
    )
    assert works.ask("SELECT count(*) FROM procrastinate_jobs WHERE status = 'doing'") == (0,)


@pytest.mark.parametrize(("waiting", "left"), [(0, 1), (1, 1)])
def test_of_a_periodic_job_that_several_left_undone_one_run_is_left(committed, waiting, left):
    """The minute's next run does what the killed ones did not: a queue holds each job once."""
    with committed.begin() as connection:
        for status in ("doing",) * 2 + ("todo",) * waiting:
            connection.execute(
                text(
                    "INSERT INTO procrastinate_jobs"
                    " (task_name, queue_name, queueing_lock, args, status)"
                    " VALUES ('discounts.expire_holds', 'default', 'holds', '{}', :status)"
                ),
                {"status": status},
            )

    with transaction() as session:
        assert resume_jobs(session) == left - waiting

    with committed.connect() as connection:
        rows = connection.execute(text("SELECT status FROM procrastinate_jobs")).scalars().all()
    assert rows == ["todo"] * left
