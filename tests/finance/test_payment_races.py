"""Two people at the same moment, with real commits: nothing is paid twice, nobody decides twice.

Both meet at a barrier inside their own transactions, so that each has begun before the other ends.
"""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import create_engine, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from finance.errors import NoLongerOwed, NothingToPay
from finance.models import BatchState, Payment, PaymentBatch, Statement, StatementFund
from finance.rules.references import new_reference
from finance.services.payments import approve_batch, prepare_batch
from kernel.db import transaction
from kernel.ids import new_id
from kernel.refusals import EditConflict
from ledger.models import Book, FundSource, PartyType
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


def test_past_the_service_the_database_still_lets_one_through(books):
    """Written without a lock, as another program might. With the index dropped both were."""
    makers, _ = books

    heard = at_once(
        [lambda session, by=maker: _write_payments(session, by) for maker in makers],
        or_hear=[IntegrityError],
    )

    assert sorted(heard, key=str) == [IntegrityError, None]
    things = paid_things()
    assert len(things) == len(set(things)) == THINGS // 2


def _write_payments(session, maker):
    """A batch of all statements that are owed, written row by row."""
    funds = session.scalars(select(StatementFund).order_by(StatementFund.statement_id)).all()
    batch = PaymentBatch(
        id=new_id(),
        book=Book.UNION,
        payments=len(funds),
        total_fen=sum(fund.payable_fen for fund in funds),
        maker_id=maker.id,
        prepared_at=NOW,
    )
    session.add(batch)
    session.flush()
    for fund in funds:
        session.add(
            Payment(
                reference=new_reference(),
                batch_id=batch.id,
                statement_id=fund.statement_id,
                attempt=1,
                fund_source=fund.fund_source,
                amount_fen=fund.payable_fen,
                payee_type=PartyType.MERCHANT,
                payee_id=session.get_one(Statement, fund.statement_id).merchant_id,
                payee_name_sealed=b"sealed",
                payee_account_sealed=b"sealed",
                payee_shown="演示商户",
                account_masked="**** 0017",
            )
        )
        session.flush()


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
