"""Two people at the same moment, with real commits: nothing is paid twice, nobody decides twice.

Both meet at a barrier inside their own transactions, so that each has begun before the other ends.
"""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import create_engine, select, text
from sqlalchemy.orm import Session

from finance.errors import NoLongerOwed, NothingToPay
from finance.models import BatchState, Payment, PaymentBatch
from finance.services.payments import approve_batch, prepare_batch
from finance.services.payments import prepare as service
from kernel.db import transaction
from kernel.refusals import EditConflict
from ledger.models import Book, FundSource
from tests.make import NOW
from tests.make.maker import Maker

THINGS = 6


def at_once(calls, *, or_hear=()):
    """Run the calls in transactions of their own that have all begun; return what each heard."""
    barrier = Barrier(len(calls), timeout=10)

    def run(call):
        try:
            with transaction() as session:
                session.execute(select(1))
                barrier.wait()
                call(session)
        except (EditConflict, NoLongerOwed, NothingToPay, *or_hear) as refusal:
            return type(refusal)
        return None

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


@pytest.fixture
def books(committed):
    """Six things that are owed, half of them statements, and two people of each role."""
    with transaction() as session:
        make = Maker(session)
        for _ in range(THINGS // 2):
            make.approved_statement()
            make.payable(fund_source=FundSource.UNION_FUND)
        return (
            [make.staff_actor("finance_maker") for _ in range(2)],
            [make.staff_actor("finance_approver") for _ in range(2)],
        )


def prepared_by(maker):
    return lambda session: prepare_batch(session, actor=maker, book=Book.UNION, now=NOW)


def paid_things():
    with transaction() as session:
        return [payment.statement_id or payment.payable_id for payment in session.query(Payment)]


@pytest.mark.parametrize("attempt", range(3))
def test_of_two_batches_prepared_at_once_one_has_everything(books, attempt):
    makers, _ = books

    heard = at_once([prepared_by(maker) for maker in makers])

    assert sorted(heard, key=str) == [NothingToPay, None]
    things = paid_things()
    assert len(things) == len(set(things)) == THINGS


def test_without_the_locks_the_database_still_lets_one_through(books, monkeypatch):
    """The partial unique indexes are the last to say no. With them dropped all was paid twice."""
    makers, _ = books
    monkeypatch.setattr(service, "lock_owed", lambda _session, *, only: only)

    heard = at_once([prepared_by(maker) for maker in makers])

    assert set(heard) <= {NoLongerOwed, NothingToPay, None}
    assert heard.count(None) == 1
    things = paid_things()
    assert len(things) == len(set(things)) == THINGS


def test_of_two_approvers_at_once_one_decides(books, committed):
    makers, approvers = books
    with transaction() as session:
        batch = prepared_by(makers[0])(session).batch

    heard = at_once(
        [
            lambda session, by=approver: approve_batch(
                session, actor=by, batch_id=batch.id, version=batch.version, now=NOW
            )
            for approver in approvers
        ]
    )

    assert sorted(heard, key=str) == [EditConflict, None]
    with Session(committed) as session:
        found = session.get_one(PaymentBatch, batch.id)
        assert (found.state, found.version) == (BatchState.APPROVED, 2)
        assert found.approver_id == approvers[heard.index(None)].id
