"""A bank file whose worker dies in the middle: another one takes it in, and nothing twice."""

import os
import signal
import time

import pytest
from sqlalchemy import text

from finance.jobs import do_work
from finance.models import Outcome, Work, WorkKind
from finance.services.works import start_work
from kernel.actors import Role
from kernel.clock import utc_now
from kernel.db import transaction
from kernel.jobs import defer
from tests.make.bank import ACCOUNT, bank_file
from tests.make.maker import Maker
from tests.races.test_worker_killed import DEADLINE_SECONDS, Works, works
from tests.service import Service

LINES = 500
SHARED = (works,)


@pytest.fixture
def work_id(works):
    """A second file of an account, which waits for a worker."""
    with transaction() as session:
        make = Maker(session)
        make.bank_import(("2026-11-04", -50, "手续费"), now=utc_now())
        lines = [("2026-11-05", -50, f"手续费 {number}") for number in range(LINES)]
        content = bank_file(*lines, opening_fen=200_000_00 - 50)
        work = start_work(
            session,
            actor=make.staff_actor(Role.FINANCE_MAKER, union=make.union(code="SZ")),
            kind=WorkKind.BANK_FILE,
            subject="november",
            asked={"name": "november.csv"},
            content=content,
            now=utc_now(),
        )
        defer(session, do_work, work_id=str(work.id))
        return work.id


@pytest.mark.service
def test_a_file_whose_worker_is_killed_is_taken_in_once(
    works: Works,
    work_id,
):
    worker = works.start_worker()
    # The account is ours for now: the worker says that it has begun, and gets no further.
    with works.engine.begin() as holding:
        ours = text("SELECT id FROM bank_accounts WHERE number = :number FOR UPDATE")
        holding.execute(ours, {"number": ACCOUNT})
        deadline = time.monotonic() + DEADLINE_SECONDS
        while works.ask("SELECT stage FROM works").stage is None:
            assert worker.poll() is None, works.service.log.read_text()
            assert time.monotonic() < deadline, works.service.log.read_text()
            Service.process_yield()
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
    assert works.ask("SELECT count(*) FROM bank_lines") == (1,)

    works.let_the_dead_grow_cold()
    works.work_until_idle()

    with transaction() as session:
        work = session.get_one(Work, work_id)
        assert (work.outcome, work.answer["new"]) == (Outcome.DONE, LINES)
    assert works.ask("SELECT count(*), count(DISTINCT seq) FROM bank_lines") == (LINES + 1,) * 2
    assert works.ask("SELECT count(*) FROM bank_files") == (2,)
    assert works.ask("SELECT count(*) FROM work_files") == (0,)
