"""A held payout: nothing of it is prepared, confirmed or sent, and no moment lies between."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from finance.errors import PayoutHeld
from finance.models import BatchState, Payment, PaymentBatch
from finance.queries.payments import Missing, owed
from finance.services.payments import approve_batch, prepare_batch, send_batch
from kernel.db import transaction, violated_constraint
from kernel.ids import new_id
from ledger.models import Book
from merchants.models import SanctionKind
from merchants.services import impose_sanction, lift_sanction
from tests.make import NOW
from tests.make.maker import Maker


@pytest.fixture
def makers(make):
    return make.staff_actor("finance_maker"), make.staff_actor("finance_approver")


@pytest.fixture
def designer(make):
    return make.staff_actor("programme_designer")


def hold(session, merchant_id, actor):
    return impose_sanction(
        session,
        actor=actor,
        merchant_id=merchant_id,
        kind=SanctionKind.PAYOUT_HOLD,
        reason="核对票据",
        now=NOW,
    )


def prepare(session, maker, only=None):
    return prepare_batch(session, actor=maker, book=Book.UNION, only=only, now=NOW)


def test_a_held_merchant_is_left_out_and_named_when_it_is_chosen(session, make, makers, designer):
    maker, _ = makers
    held, free = make.approved_statement(), make.approved_statement()
    sanction = hold(session, held.merchant_id, designer)

    missing = {line.id: line.missing for line in owed(session, book=Book.UNION)}
    assert missing == {held.id: Missing.HELD, free.id: None}
    with pytest.raises(PayoutHeld) as refused:
        prepare(session, maker, only=[held.id])
    assert len(refused.value.facts["payees"]) == 1
    prepared = prepare(session, maker)
    assert [payment.statement_id for payment in prepared.payments] == [free.id]

    other = make.staff_actor("programme_designer")
    lift_sanction(
        session, actor=other, sanction_id=sanction.id, version=1, reason="已核对", now=NOW
    )
    assert [each.statement_id for each in prepare(session, maker).payments] == [held.id]


@pytest.mark.parametrize("state", [BatchState.PREPARED, BatchState.APPROVED])
def test_a_hold_that_comes_later_stops_the_batch_where_it_is(
    session, make, makers, designer, state
):
    maker, approver = makers
    batch = prepare(session, maker, only=[make.approved_statement().id]).batch
    if state is BatchState.APPROVED:
        approve_batch(session, actor=approver, batch_id=batch.id, version=1, now=NOW)
    payee = session.scalars(select(Payment.payee_id)).one()
    hold(session, payee, designer)

    step, actor = (send_batch, maker) if state is BatchState.APPROVED else (approve_batch, approver)
    with pytest.raises(PayoutHeld):
        step(session, actor=actor, batch_id=batch.id, version=batch.version, now=NOW)
    assert batch.state is state


@pytest.mark.parametrize("state", ["approved", "sent"])
def test_the_database_refuses_it_where_no_service_asked(session, make, makers, designer, state):
    maker, approver = makers
    batch = prepare(session, maker, only=[make.approved_statement().id]).batch
    if state == "sent":
        approve_batch(session, actor=approver, batch_id=batch.id, version=1, now=NOW)
    hold(session, session.scalars(select(Payment.payee_id)).one(), designer)
    facts = (
        {"approver_id": approver.id, "approved_at": NOW}
        if state == "approved"
        else {"file_sha256": b"x" * 32, "sent_at": NOW}
    )

    with pytest.raises(IntegrityError) as refused:
        session.execute(update(PaymentBatch).values(state=state, **facts))
    assert violated_constraint(refused.value) == "ck_payment_batches_payout_not_held"


def test_the_database_refuses_a_new_payment_too(session, make, makers, designer):
    maker, _ = makers
    prepare(session, maker, only=[make.approved_statement().id])
    payment = session.scalars(select(Payment)).one()
    hold(session, payment.payee_id, designer)
    columns = {column.name: getattr(payment, column.name) for column in Payment.__table__.columns}

    with pytest.raises(IntegrityError) as refused:
        session.execute(insert(Payment).values(columns | {"id": new_id(), "reference": "UC2"}))
    assert violated_constraint(refused.value) == "ck_payments_payout_not_held"


def test_a_hold_and_a_confirmation_never_pass_each_other(committed):
    """The confirmation waits until the hold that is being set is there, and then refuses."""
    with transaction() as session:
        make = Maker(session)
        maker, approver = make.staff_actor("finance_maker"), make.staff_actor("finance_approver")
        designer = make.staff_actor("programme_designer")
        statement = make.approved_statement()
        batch_id = prepare(session, maker, only=[statement.id]).batch.id
        merchant_id = statement.merchant_id
    is_set, may_commit = Event(), Event()

    def set_hold():
        with transaction() as session:
            hold(session, merchant_id, designer)
            is_set.set()
            may_commit.wait(timeout=10)

    def confirm():
        try:
            with transaction() as session:
                approve_batch(session, actor=approver, batch_id=batch_id, version=1, now=NOW)
        except PayoutHeld:
            return "held"
        return "approved"

    with ThreadPoolExecutor(2) as pool:
        holding = pool.submit(set_hold)
        assert is_set.wait(timeout=10)
        confirming = pool.submit(confirm)
        # Long enough for a confirmation that does not wait to be through.
        with pytest.raises(TimeoutError):
            confirming.result(timeout=0.5)
        may_commit.set()
        holding.result(timeout=10)
        assert confirming.result(timeout=10) == "held"
    with transaction() as session:
        assert session.get_one(PaymentBatch, batch_id).state is BatchState.PREPARED
