"""A payment run whose worker dies in the middle: another one ends it, and nobody is paid twice."""

import os
import signal
import time
from contextlib import contextmanager

import pytest

from finance.jobs import pay_run
from finance.models import BatchState, Payment, PaymentBatch, PaymentRun
from finance.services.payments import cancel_batch, start_run, step_run
from kernel.actors import Role
from kernel.clock import utc_now
from kernel.db import transaction
from kernel.jobs import defer
from ledger.models import Book, FundSource
from tests.make.maker import Maker
from tests.races.test_worker_killed import DEADLINE_SECONDS, Works, works
from tests.service import Service

PER_BATCH = 2
BATCHES = 12
THINGS = PER_BATCH * BATCHES - 1


def begin(session, make):
    """Owe many things, and start to pay them."""
    for _ in range(THINGS // 2):
        make.approved_statement()
        make.payable(fund_source=FundSource.UNION_FUND)
    make.approved_statement()
    maker = make.staff_actor(Role.FINANCE_MAKER)
    return start_run(session, actor=maker, book=Book.UNION, per_batch=PER_BATCH, now=utc_now())


@pytest.fixture
def run_id(works):  # noqa: F811 (the fixture)
    with transaction() as session:
        run = begin(session, Maker(session))
        defer(session, pay_run, run_id=str(run.id))
        return run.id


@contextmanager
def in_the_middle(works, worker, run_id):  # noqa: F811 (the fixture)
    """Wait until a batch stands and keep the worker from the next; lend how many there are."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline:
        assert worker.poll() is None, works.service.log.read_text()
        with transaction() as session:
            session.get_one(PaymentRun, run_id, with_for_update=True)
            standing = session.query(PaymentBatch).count()
            if standing:
                yield standing
                return
        Service.process_yield()
    raise AssertionError(works.service.log.read_text())


def paid_things(session):
    return [each.statement_id or each.payable_id for each in session.query(Payment)]


@pytest.mark.service
def test_a_run_killed_in_the_middle_goes_on_and_pays_nothing_twice(
    works: Works,  # noqa: F811 (the fixture)
    run_id,
):
    worker = works.start_worker()
    with in_the_middle(works, worker, run_id) as standing:
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
    assert 0 < standing < BATCHES

    works.let_the_dead_grow_cold()
    works.work_until_idle()

    with transaction() as session:
        run = session.get_one(PaymentRun, run_id)
        things = paid_things(session)
        batches = session.query(PaymentBatch).all()
        assert run.finished_at is not None
        assert len(things) == len(set(things)) == THINGS == run.things
        assert len(batches) == BATCHES
        assert {batch.maker_id for batch in batches} == {run.maker_id}
        assert sum(batch.total_fen for batch in batches) == run.total_fen


def test_a_run_takes_up_nothing_twice_and_nothing_that_came_later(session, make):
    run = begin(session, make)
    assert step_run(session, run_id=run.id, now=utc_now())
    first = session.query(PaymentBatch).one()
    maker = make.staff_actor(Role.FINANCE_MAKER)
    cancel_batch(session, actor=maker, batch_id=first.id, version=first.version, now=utc_now())
    later = make.approved_statement()
    later.approved_at = utc_now()
    session.flush()

    while step_run(session, run_id=run.id, now=utc_now()):
        pass

    things = paid_things(session)
    assert len(things) == len(set(things)) == THINGS
    assert later.id not in things
    assert session.get_one(PaymentBatch, first.id).state is BatchState.CANCELLED
    assert not step_run(session, run_id=run.id, now=utc_now())
