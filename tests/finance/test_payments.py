"""Payments: what is owed, two people, one live payment a thing, the file for the bank."""

import csv
import hashlib
import io
from datetime import timedelta

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from audit.models import AuditEntry
from finance.errors import (
    NoLongerOwed,
    NothingToPay,
    PaymentBatchNotFound,
    PaymentFileChanged,
    PreparedByYou,
)
from finance.models import (
    BankAccount,
    BankFile,
    BankLine,
    BatchState,
    Match,
    Payment,
    PaymentBatch,
    PaymentState,
    Statement,
    StatementState,
)
from finance.queries.payment_batches import batch_by_id, batches
from finance.queries.payments import (
    Missing,
    owed,
    payments_of_batch,
    returned_payments,
)
from finance.rules import payment_files
from finance.rules.references import find_reference
from finance.services.payments import (
    approve_batch,
    cancel_batch,
    download_batch,
    prepare_batch,
    send_batch,
)
from kernel.clock import shanghai_date
from kernel.db import violated_constraint
from kernel.ids import new_id
from kernel.refusals import EditConflict
from kernel.states import MoveNotAllowed
from ledger.models import Book, FundSource, Payable, PayableState
from members.models import MembershipStatus
from members.services import withdraw_consent
from merchants.models import MerchantState
from merchants.services import Account, MerchantFacts, change_merchant
from tests.make import NOW
from tests.make.finance import synthetic_account

HEADINGS = ["序号", "收款账号", "收款户名", "金额", "用途", "端到端标识"]


@pytest.fixture
def maker(make):
    return make.staff_actor("finance_maker")


@pytest.fixture
def approver(make):
    return make.staff_actor("finance_approver")


def prepare(session, maker, *, book=Book.UNION, only=None):
    return prepare_batch(session, actor=maker, book=book, only=only, now=NOW)


def approve(session, batch, actor):
    return approve_batch(session, actor=actor, batch_id=batch.id, version=batch.version, now=NOW)


def cancel(session, batch, actor):
    return cancel_batch(session, actor=actor, batch_id=batch.id, version=batch.version, now=NOW)


def send(session, batch, actor):
    return send_batch(session, actor=actor, batch_id=batch.id, version=batch.version, now=NOW)


def come_back(make, payment):
    """Let the bank pay a payment out and send it back."""
    fen, reference = payment.amount_fen, payment.reference
    make.bank_import(("2026-11-23", -fen, reference), ("2026-11-23", fen, f"退汇 {reference}"))


def test_a_batch_holds_what_is_owed_in_its_book_and_keeps_the_payees(session, make, maker):
    merchant = make.payee_merchant(name="演示餐饮商户02", account="6299990000000017")
    statement = make.approved_statement(merchant=merchant, sales=(100_00, 23_45))
    member = make.payee_member(name="张小明")
    training = make.payable(member=member, amount_fen=300_00, fund_source=FundSource.UNION_FUND)
    aid = make.payable(member=member)

    prepared = prepare(session, maker)

    batch = prepared.batch
    assert (batch.payments, batch.total_fen, batch.state) == (2, 423_45, BatchState.PREPARED)
    for_statement, for_training = prepared.payments
    assert for_statement.statement_id == statement.id
    assert (for_statement.payee_shown, for_statement.account_masked) == (
        "演示餐饮商户02",
        "**** **** **** 0017",
    )
    assert (for_training.payable_id, for_training.payee_shown) == (training.id, "张*明")
    assert find_reference(for_statement.reference) == for_statement.reference
    states = {row.id: row.state for row in session.query(Payable)}
    assert states == {training.id: PayableState.PAYING, aid.id: PayableState.OWED}
    assert owed(session, book=Book.UNION) == []
    assert [line.id for line in owed(session, book=Book.MUTUAL_AID)] == [aid.id]


def test_what_cannot_be_paid_is_left_out_and_says_what_is_missing(session, make, maker):
    make.payable(member=make.payee_member(), fund_source=FundSource.UNION_FUND)
    left_out = {
        make.approved_statement(merchant=make.merchant()).id: Missing.NO_ACCOUNT,
        make.approved_statement(
            merchant=make.payee_merchant(state=MerchantState.SUSPENDED)
        ).id: Missing.SUSPENDED,
    }
    without = make.payee_member()
    withdraw_consent(session, member_id=without.id, purpose="payout_account", now=NOW)
    for member, missing in (
        (make.member(), Missing.NO_ACCOUNT),
        (without, Missing.NO_CONSENT),
        (make.payee_member(status=MembershipStatus.DECEASED), Missing.DECEASED),
    ):
        payable = make.payable(member=member, fund_source=FundSource.UNION_FUND)
        left_out[payable.id] = missing

    prepared = prepare(session, maker)

    assert prepared.batch.payments == 1
    assert {line.id: line.missing for line in prepared.left_out} == left_out
    with pytest.raises(NothingToPay) as refused:
        prepare(session, maker)
    assert refused.value.facts == {"left_out": 5}


def test_a_merchant_whose_business_ended_is_still_paid(session, make, maker):
    make.approved_statement(merchant=make.payee_merchant(state=MerchantState.ENDED))

    assert prepare(session, maker).batch.payments == 1


def test_nothing_owed_makes_no_batch(session, make, maker):
    make.statement()  # nobody approved it

    with pytest.raises(NothingToPay):
        prepare(session, maker)


def test_only_what_was_chosen_is_paid_and_what_is_paid_already_is_refused(session, make, maker):
    chosen, other = make.approved_statement(), make.approved_statement()

    assert [p.statement_id for p in prepare(session, maker, only=[chosen.id]).payments] == [
        chosen.id
    ]
    with pytest.raises(NoLongerOwed):
        prepare(session, maker, only=[chosen.id, other.id])


def test_a_batch_has_an_end_and_says_what_waits_for_the_next(session, make, maker):
    for _ in range(3):
        make.approved_statement()

    prepared = prepare_batch(session, actor=maker, book=Book.UNION, now=NOW, most=2)

    assert prepared.batch.payments == 2
    assert len(prepared.for_next) == 1
    assert prepare(session, maker).batch.payments == 1


def test_who_prepared_a_batch_does_not_approve_it(session, make, maker):
    make.approved_statement()
    batch = prepare(session, maker).batch

    with pytest.raises(PreparedByYou):
        approve(session, batch, maker)
    with pytest.raises(IntegrityError) as refused:
        session.execute(
            update(PaymentBatch)
            .where(PaymentBatch.id == batch.id)
            .values(state="approved", approver_id=maker.id, approved_at=NOW)
        )
    assert violated_constraint(refused.value) == "ck_payment_batches_two_people"


def test_the_second_of_two_approvers_hears_that_it_changed(session, make, maker, approver):
    make.approved_statement()
    batch = prepare(session, maker).batch
    seen = batch.version
    approve(session, batch, approver)

    with pytest.raises(EditConflict):
        approve_batch(
            session,
            actor=make.staff_actor("finance_approver"),
            batch_id=batch.id,
            version=seen,
            now=NOW,
        )
    assert batch.approver_id == approver.id


def test_a_batch_nobody_approved_is_not_sent(session, make, maker):
    make.approved_statement()
    batch = prepare(session, maker).batch

    with pytest.raises(MoveNotAllowed):
        send(session, batch, maker)
    with pytest.raises(PaymentBatchNotFound):
        download_batch(session, actor=maker, batch_id=batch.id, now=NOW)
    with pytest.raises(PaymentBatchNotFound):
        approve_batch(session, actor=maker, batch_id=new_id(), version=1, now=NOW)


def test_a_cancelled_batch_frees_what_is_owed(session, make, maker, approver):
    statement = make.approved_statement()
    payable = make.payable(fund_source=FundSource.UNION_FUND)
    batch = approve(session, prepare(session, maker).batch, approver)

    cancel(session, batch, maker)

    session.refresh(payable)
    assert payable.state is PayableState.OWED
    assert {line.id for line in owed(session, book=Book.UNION)} == {statement.id, payable.id}
    assert {p.state for p in session.query(Payment)} == {PaymentState.CANCELLED}
    again = prepare(session, maker)
    assert [payment.attempt for payment in again.payments] == [1, 1]


def test_a_sent_batch_is_not_cancelled(session, make, maker):
    make.approved_statement()
    batch = make.sent_batch()

    with pytest.raises(MoveNotAllowed):
        cancel(session, batch, maker)


def test_after_a_return_the_next_attempt_is_a_payment_of_its_own(session, make, maker, approver):
    payable = make.payable(fund_source=FundSource.UNION_FUND)
    batch = approve(session, prepare(session, maker).batch, approver)
    send(session, batch, maker)
    first = session.scalars(select(Payment)).one()
    come_back(make, first)

    (line,) = owed(session, book=Book.UNION)
    assert (line.id, line.returned) == (payable.id, 1)
    (second,) = prepare(session, maker).payments

    assert (second.attempt, second.reference != first.reference) == (2, True)
    (seen,) = returned_payments(session)
    assert (seen.payment.id, seen.next_id, seen.next_state) == (
        first.id,
        second.id,
        PaymentState.PREPARED,
    )
    cancel(session, session.get_one(PaymentBatch, second.batch_id), maker)
    session.refresh(payable)
    assert payable.state is PayableState.RETURNED
    assert returned_payments(session)[0].next_id is None


def test_the_list_of_batches_is_newest_first_with_names(session, make, maker, approver):
    for _ in range(3):
        make.approved_statement()
        last = prepare(session, maker).batch
    approve(session, last, approver)

    newest, *older = batches(session, rows=2)
    assert (newest.batch.id, newest.maker, newest.approver) == (last.id, maker.name, approver.name)
    assert [line.approver for line in older] == [None]
    assert len(batches(session, before=older[-1].batch.number)) == 1
    assert [line.batch.id for line in batches(session, state=BatchState.APPROVED)] == [last.id]
    assert batch_by_id(session, batch_id=last.id) == newest
    assert batch_by_id(session, batch_id=new_id()) is None
    (payment,) = payments_of_batch(session, batch_id=last.id)
    assert (payment.source, payment.batch_number) == ("statement", last.number)


def test_a_statement_stays_approved_until_a_bank_line_says_so(session, make, maker, approver):
    statement = make.approved_statement()
    send(session, approve(session, prepare(session, maker).batch, approver), maker)

    assert session.get_one(Statement, statement.id).state is StatementState.APPROVED
