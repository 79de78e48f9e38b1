"""An account that is another than at the payee's last payment: those who sign a batch see it."""

import pytest
from sqlalchemy import select

from finance.models import PayeeAccount, Payment
from finance.queries.payments import changed_accounts
from finance.services.payout_accounts import set_payout_account
from ledger.models import Book
from members.models import MEMBER_NAME
from tests.finance.test_payment_pages import approver, desk_of, page_of, words
from tests.make import NOW
from tests.make.finance import synthetic_account
from tests.staff.conftest import city, signed_in

SHARED = (approver, city, desk_of, signed_in)
FIRST, OTHER = synthetic_account(501), synthetic_account(502)
AID = {"book": Book.MUTUAL_AID}


@pytest.fixture
def member(make):
    return make.payee_member(name="张小明", account=FIRST)


def payment_of(session, batch):
    return session.scalars(select(Payment).where(Payment.batch_id == batch.id)).one()


def paid_again(session, make, member):
    make.payable(member=member)
    return payment_of(session, make.sent_batch(**AID)).payee_account_is


def change_account(session, make, member):
    return set_payout_account(
        session,
        actor=make.staff_actor("finance_maker"),
        member_id=member.id,
        account_number=OTHER,
        bank_name="演示银行",
        bank_code="105584000005",
        now=NOW,
    )


def test_another_account_is_a_change_once(session, make, member):
    before = [paid_again(session, make, member) for _ in range(2)]
    change_account(session, make, member)
    after = [paid_again(session, make, member) for _ in range(2)]

    assert before == [PayeeAccount.FIRST, PayeeAccount.SAME]
    assert after == [PayeeAccount.CHANGED, PayeeAccount.SAME]


def test_another_name_is_a_change_too(session, make, member):
    paid_again(session, make, member)
    member.name_sealed = MEMBER_NAME.seal(member.id, "李小红")

    assert paid_again(session, make, member) is PayeeAccount.CHANGED


def test_a_batch_that_never_went_to_the_bank_makes_no_account_known(session, make, member):
    make.payable(member=member)
    make.prepared_batch(**AID)

    assert paid_again(session, make, member) is PayeeAccount.FIRST


def test_whoever_signs_sees_it(session, make, member, approver):
    paid_again(session, make, member)
    change_account(session, make, member)
    make.payable(member=member)
    batch = make.prepared_batch(**AID)

    page = words(approver.open(page_of(batch)))

    assert changed_accounts(session, batch_id=batch.id) == 1
    assert "1 payee has another account than at the last payment" in page
    assert "another account 演示银行 105584000005" in page
    assert "another account" in approver.open(page_of(batch), query_string={"format": "csv"}).text
