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
from finance.queries.payments import (
    Missing,
    batch_by_id,
    batches,
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


def rows_of(content):
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def bank_lines(session, *amounts):
    """The bank's lines of `amounts` on one account, whose balance began at nothing."""
    balance = 0
    account = BankAccount(
        number="6299990000000017", opening_fen=0, closing_fen=sum(amounts), known_since=NOW
    )
    session.add(account)
    session.flush()
    file = BankFile(
        account_id=account.id,
        sha256=bytes(32),
        profile="two_columns",
        lines=len(amounts),
        new=len(amounts),
        imported_at=NOW,
    )
    session.add(file)
    session.flush()
    for seq, amount_fen in enumerate(amounts, start=1):
        balance += amount_fen
        line = BankLine(
            account_id=account.id,
            file_id=file.id,
            seq=seq,
            booked_on=shanghai_date(NOW),
            amount_fen=amount_fen,
            balance_fen=balance,
            occurrence=1,
            summary="",
        )
        session.add(line)
        session.flush()
        yield line


def returned(session, payment):
    """Let bank lines take the payment out and bring it back."""
    for line in bank_lines(session, -payment.amount_fen, payment.amount_fen):
        amount_fen = line.amount_fen
        session.add(
            Match(
                bank_line_id=line.id,
                payment_id=payment.id,
                amount_fen=amount_fen,
                reason="manual",
                matched_at=NOW,
            )
        )
        session.flush()
        session.refresh(payment)
        payment.state = PaymentState.PAID if amount_fen < 0 else PaymentState.RETURNED
        session.flush()


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


def test_a_batch_has_an_end_and_says_what_waits_for_the_next(session, make, maker, monkeypatch):
    monkeypatch.setattr("finance.services.payments.BATCH_PAYMENTS_MAX", 2)
    for _ in range(3):
        make.approved_statement()

    prepared = prepare(session, maker)

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


def test_the_file_says_who_gets_what_by_which_reference(session, make, maker, approver):
    merchant = make.payee_merchant(
        account="6299990000000017", holder='=HYPERLINK("演示")', name="演示影院"
    )
    make.approved_statement(merchant=merchant, sales=(12_345_00, 5))
    batch = approve(session, prepare(session, maker).batch, approver)

    content = send(session, batch, maker)

    payment = session.scalars(select(Payment)).one()
    assert rows_of(content) == [
        HEADINGS,
        [
            "1",
            "6299990000000017",
            '\'=HYPERLINK("演示")',
            "12345.05",
            f"结算 {payment.reference}",
            payment.reference,
        ],
    ]
    assert payment.state is PaymentState.SENT
    assert (batch.state, batch.file_sha256) == (
        BatchState.SENT,
        hashlib.sha256(content).digest(),
    )


def test_a_member_is_paid_by_their_full_name_and_the_purpose_of_the_benefit(
    session, make, maker, approver
):
    member = make.payee_member(name="张小明", account="6212345678901265")
    make.payable(member=member)
    batch = approve(session, prepare(session, maker, book=Book.MUTUAL_AID).batch, approver)

    _, line = rows_of(send(session, batch, maker))

    assert line[1:4] == ["6212345678901265", "张小明", "1920.00"]
    assert line[4].startswith("互助金 UC")


def test_sent_twice_or_downloaded_later_the_file_has_the_same_bytes(session, make, maker, approver):
    for _ in range(3):
        make.approved_statement()
    batch = approve(session, prepare(session, maker).batch, approver)
    seen = batch.version

    first = send(session, batch, maker)
    again = send_batch(session, actor=maker, batch_id=batch.id, version=seen, now=NOW)
    later = download_batch(
        session, actor=approver, batch_id=batch.id, now=NOW + timedelta(days=300)
    )

    assert first == again == later
    actions = session.scalars(
        select(AuditEntry.action).where(AuditEntry.object_id == batch.id).order_by(AuditEntry.id)
    ).all()
    assert actions == [
        "payment_batch.prepared",
        "payment_batch.approved",
        "payment_batch.sent",
        "payment_batch.downloaded",
        "payment_batch.downloaded",
    ]


def test_a_layout_that_changed_since_makes_no_second_file(
    session, make, maker, approver, monkeypatch
):
    make.approved_statement()
    batch = approve(session, prepare(session, maker).batch, approver)
    send(session, batch, maker)
    profile = payment_files.payment_profiles()["csv"]
    monkeypatch.setitem(profile.purposes, "statement", "货款")

    with pytest.raises(PaymentFileChanged):
        download_batch(session, actor=maker, batch_id=batch.id, now=NOW)


def test_a_batch_nobody_approved_is_not_sent(session, make, maker):
    make.approved_statement()
    batch = prepare(session, maker).batch

    with pytest.raises(MoveNotAllowed):
        send(session, batch, maker)
    with pytest.raises(PaymentBatchNotFound):
        download_batch(session, actor=maker, batch_id=batch.id, now=NOW)
    with pytest.raises(PaymentBatchNotFound):
        approve_batch(session, actor=maker, batch_id=new_id(), version=1, now=NOW)


def test_a_payment_keeps_its_account_when_the_merchant_changes_theirs(
    session, make, maker, approver
):
    merchant = make.payee_merchant(account="6299990000000017")
    make.approved_statement(merchant=merchant)
    batch = approve(session, prepare(session, maker).batch, approver)

    change_merchant(
        session,
        merchant_id=merchant.id,
        version=merchant.version,
        facts=MerchantFacts(
            kind=merchant.kind,
            name="另一个名字",
            uscc=merchant.uscc,
            category=merchant.category,
            district=merchant.district,
            union_id=merchant.union_id,
        ),
        account=Account(synthetic_account(77), "另一个户名"),
        actor=maker,
        now=NOW,
    )
    _, line = rows_of(send(session, batch, maker))

    assert line[1] == "6299990000000017"
    assert line[2].startswith("演示商户")


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
    returned(session, first)
    payable.state = PayableState.RETURNED
    session.flush()

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


COPY = (
    "INSERT INTO payments (id, reference, batch_id, statement_id, attempt, fund_source, amount_fen,"
    " payee_type, payee_id, payee_name_sealed, payee_account_sealed, payee_shown, account_masked,"
    " state, matched_fen, returned_fen) SELECT gen_random_uuid(), 'UC-COPY', batch_id,"
    " statement_id, 2, fund_source, amount_fen + {more}, payee_type, payee_id, payee_name_sealed,"
    " payee_account_sealed, payee_shown, account_masked, '{state}', 0, 0 FROM payments"
)
REFUSED = [
    ("UPDATE payments SET amount_fen = amount_fen + 1", "denied"),
    ("UPDATE payments SET matched_fen = amount_fen", "denied"),
    ("UPDATE payments SET payee_shown = '别人'", "denied"),
    ("UPDATE payments SET state = 'sent'", "ck_payments_batch_approved"),
    ("DELETE FROM payments", "denied"),
    ("UPDATE payment_batches SET total_fen = 1", "denied"),
    ("UPDATE payment_batches SET maker_id = gen_random_uuid()", "denied"),
    ("UPDATE payment_batches SET state = 'approved'", "ck_payment_batches_approved_by_somebody"),
    (COPY.format(more=0, state="prepared"), "uq_payments_live_statement"),
    (COPY.format(more=1, state="prepared"), "ck_payments_as_owed"),
    (COPY.format(more=0, state="paid"), "ck_payments_begins_at_the_start"),
]


@pytest.mark.parametrize(("statement", "why"), REFUSED, ids=lambda part: part[:60])
def test_the_database_refuses_what_must_not_be(session, make, maker, statement, why):
    make.approved_statement()
    prepare(session, maker)

    with pytest.raises(DBAPIError) as refused, session.begin_nested():
        session.execute(text(statement))

    assert why in (violated_constraint(refused.value) or str(refused.value.orig))


def test_a_statement_stays_approved_until_a_bank_line_says_so(session, make, maker, approver):
    statement = make.approved_statement()
    send(session, approve(session, prepare(session, maker).batch, approver), maker)

    assert session.get_one(Statement, statement.id).state is StatementState.APPROVED
