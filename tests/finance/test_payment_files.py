"""The file that takes a batch to the bank: who gets what, and the same bytes for ever."""

import csv
import hashlib
import io
from datetime import timedelta

import pytest
from sqlalchemy import select

from audit.models import AuditEntry
from finance.errors import PaymentFileChanged
from finance.models import PAYEE_NAME, BatchState, Payment, PaymentState
from finance.services.payments import approve_batch, download_batch, prepare_batch, send_batch
from finance.services.payout_accounts import set_payout_account
from ledger.models import Book
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


def send(session, batch, actor):
    return send_batch(session, actor=actor, batch_id=batch.id, version=batch.version, now=NOW)


def rows_of(content):
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


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


def test_what_would_make_another_file_makes_none(session, make, maker, approver):
    """A payee that was sealed anew, as a change of keys may, under another name."""
    make.approved_statement()
    batch = approve(session, prepare(session, maker).batch, approver)
    send(session, batch, maker)
    payment = session.scalars(select(Payment)).one()
    payment.payee_name_sealed = PAYEE_NAME.seal(payment.id, "另一户名")
    session.flush()

    with pytest.raises(PaymentFileChanged):
        download_batch(session, actor=maker, batch_id=batch.id, now=NOW)


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


def test_a_file_with_branches_says_at_which_bank_a_payee_is(session, make, maker, approver):
    shop = make.payee_merchant(account="6299990000000017")
    shop.account_bank, shop.account_bank_code = "演示银行南山支行", "105584000005"
    make.approved_statement(merchant=shop)
    batch = approve(session, prepare(session, maker).batch, approver)

    content = send_batch(
        session,
        actor=maker,
        batch_id=batch.id,
        version=batch.version,
        now=NOW,
        profile="csv_branches",
    )

    headings, line = rows_of(content)
    said = dict(zip(headings, line, strict=True))
    assert (said["收款开户行"], said["收款行联行号"]) == ("演示银行南山支行", "105584000005")


def test_a_member_whose_bank_is_changed_later_is_paid_at_the_one_of_the_batch(
    session, make, maker, approver
):
    member = make.payee_member(bank_name="演示银行")
    make.payable(member=member)
    batch = prepare(session, maker, book=Book.MUTUAL_AID).batch
    payment = session.scalars(select(Payment).where(Payment.batch_id == batch.id)).one()

    set_payout_account(
        session,
        actor=maker,
        member_id=member.id,
        account_number=synthetic_account(78),
        bank_name="另一银行",
        bank_code="308584000013",
        now=NOW,
    )

    session.refresh(payment)
    assert (payment.payee_bank, payment.payee_bank_code) == ("演示银行", None)
