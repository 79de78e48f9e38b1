"""The desk's pages of payments: what is owed, a batch prepared, confirmed, sent, downloaded."""

import re

import pytest
from sqlalchemy import select

from finance.jobs import pay_run
from finance.models import BatchState, Payment, PaymentBatch, PaymentRun, PaymentState
from kernel.actors import Role
from ledger.models import Book, FundSource
from merchants.models import MerchantState
from tests.staff.conftest import city, longgang, signed_in

PAYMENTS = "/desk/finance/payments"
OWED = f"{PAYMENTS}/owed"


@pytest.fixture
def desk_of(make, city, signed_in):  # noqa: F811
    """Return a function: the desk, in English, of somebody with a role for the city."""

    def sign_in(*roles, union=None):
        desk = signed_in(make.staff(*roles, union=union or city))
        desk.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
        return desk

    return sign_in


@pytest.fixture
def maker(desk_of):
    return desk_of(Role.FINANCE_MAKER)


@pytest.fixture
def approver(desk_of):
    return desk_of(Role.FINANCE_APPROVER)


def words(answer):
    return " ".join(re.sub("<[^>]+>", " ", answer.text.partition("<main")[2]).split())


def prepare(desk, **fields):
    return desk.send(OWED, **{"book": "union"} | fields)


def page_of(batch):
    return f"{PAYMENTS}/{batch.id}"


def act(desk, batch, verb, version=None):
    return desk.send(
        f"{page_of(batch)}/{verb}", page=PAYMENTS, version=version or str(batch.version)
    )


def test_what_is_owed_stands_with_what_is_missing(make, maker, approver):
    assert "Nothing waits to be paid" in words(maker.open(OWED))
    shop = make.payee_merchant(name="演示影院", account="6299990000000017")
    make.approved_statement(merchant=shop, sales=(1_234_50,))
    make.approved_statement(merchant=make.payee_merchant(state=MerchantState.SUSPENDED))
    member = make.member(name="张小明")
    make.payable(member=member)

    page = maker.open(OWED)

    said = words(page)
    assert "演示影院 **** **** **** 0017 Union fund" in said
    assert "¥1,234.50" in said
    assert "The merchant is suspended" in said
    assert "张*明 No account is known." in said
    assert f"/desk/finance/payout-accounts/{member.id}" in page.text
    assert "Prepare a batch" not in words(approver.open(OWED))


def test_a_batch_walks_from_what_is_owed_to_the_bank(make, session, maker, approver):
    chosen = make.approved_statement(sales=(1_234_50,))
    make.approved_statement()

    answer = prepare(maker, chosen=str(chosen.id))
    assert answer.status_code == 303
    batch = session.scalars(select(PaymentBatch)).one()
    assert answer.location.endswith(page_of(batch))
    shown = words(maker.open(page_of(batch)))
    assert "Somebody else must confirm it: you prepared it yourself." in shown
    assert "Confirm payment of ¥1,234.50 to 1 payee" in words(approver.open(page_of(batch)))

    assert act(approver, batch, "approve").status_code == 303
    session.refresh(batch)
    assert act(maker, batch, "send").status_code == 303
    session.refresh(batch)
    assert batch.state is BatchState.SENT
    file = maker.open(f"{page_of(batch)}/file")
    assert file.headers["Content-Disposition"].endswith(f"payments-{batch.number}.csv")
    assert file.data == maker.open(f"{page_of(batch)}/file").data
    payment = session.scalars(select(Payment)).one()
    assert payment.reference in file.text
    assert f"/trace/payment/{payment.id}" in maker.open(page_of(batch)).text
    listed = words(maker.open(PAYMENTS, query_string={"state": "sent"}))
    assert f"Batch {batch.number} The union's own book 1 ¥1,234.50" in listed


def test_everything_that_can_be_paid_goes_into_one_batch(make, session, maker):
    make.approved_statement(sales=(10_00,))
    make.payable(amount_fen=5_00, fund_source=FundSource.UNION_FUND)
    assert "Prepare the payment of ¥15.00: 2 things" in words(maker.open(OWED))

    assert prepare(maker, everything="true").status_code == 303

    assert session.scalars(select(PaymentBatch.payments)).one() == 2


def test_forms_that_cannot_be_carried_out_say_why(make, session, maker, approver):
    statement = make.approved_statement()
    nothing = prepare(maker)
    assert (nothing.status_code, "Choose at least one" in words(nothing)) == (422, True)
    assert prepare(maker, book="petty", everything="true").status_code == 422
    prepare(maker, chosen=str(statement.id))
    gone = prepare(maker, chosen=str(statement.id))
    assert (gone.status_code, "is being paid already" in words(gone)) == (409, True)
    none = prepare(maker, book="mutual_aid", everything="true")
    assert (none.status_code, "nothing to pay now" in words(none)) == (409, True)

    batch = session.scalars(select(PaymentBatch)).one()
    early = act(maker, batch, "send")
    assert (early.status_code, "current state" in words(early)) == (409, True)
    stale = act(approver, batch, "approve", version="7")
    assert (stale.status_code, "Somebody changed this" in words(stale)) == (412, True)
    assert maker.open(f"{page_of(batch)}/file").status_code == 404


def test_who_holds_both_roles_still_needs_somebody_else(make, session, desk_of):
    both = desk_of(Role.FINANCE_MAKER, Role.FINANCE_APPROVER)
    make.approved_statement()
    prepare(both, everything="true")
    batch = session.scalars(select(PaymentBatch)).one()

    assert "Confirm payment" not in words(both.open(page_of(batch)))
    refused = act(both, batch, "approve")

    assert (refused.status_code, "Somebody else must do this" in words(refused)) == (409, True)


def test_a_batch_is_cancelled_with_a_word_about_what_it_means(make, session, maker):
    make.approved_statement()
    prepare(maker, everything="true")
    batch = session.scalars(select(PaymentBatch)).one()
    assert 'data-confirm="All it would pay is owed again' in maker.open(page_of(batch)).text

    act(maker, batch, "cancel")

    session.refresh(batch)
    assert batch.state is BatchState.CANCELLED
    assert "Prepare a batch" in words(maker.open(OWED))


def test_a_payment_that_came_back_stands_with_its_next_attempt(make, session, maker):
    assert "The bank has sent nothing back" in words(maker.open(f"{PAYMENTS}/returned"))
    payment = make.sent_payment()
    fen, reference = payment.amount_fen, payment.reference
    make.bank_import(("2026-11-23", -fen, reference), ("2026-11-23", fen, f"退汇 {reference}"))
    assert "owed again" in words(maker.open(f"{PAYMENTS}/returned"))

    prepare(maker, chosen=str(payment.statement_id))

    page = words(maker.open(f"{PAYMENTS}/returned"))
    assert f"{payment.reference} Batch" in page
    assert "Not sent yet" in page
    second = session.scalars(select(Payment).where(Payment.state == PaymentState.PREPARED)).one()
    assert second.attempt == 2
    old = maker.open(f"{PAYMENTS}/{payment.batch_id}")
    assert f"{PAYMENTS}/{second.batch_id}" in old.text


def test_lists_are_saved_as_files_without_full_accounts(make, maker):
    shop = make.payee_merchant(account="6299990000000017")
    make.approved_statement(merchant=shop)
    batch = make.prepared_batch(book=Book.UNION)

    for path in (PAYMENTS, page_of(batch), f"{PAYMENTS}/returned"):
        file = maker.open(path, query_string={"format": "csv"})
        assert file.status_code == 200
        assert "6299990000000017" not in file.text
    assert "0017" in maker.open(page_of(batch), query_string={"format": "csv"}).text
    assert maker.open(PAYMENTS, query_string={"format": "pdf"}).status_code == 400
    assert maker.open(PAYMENTS, query_string={"cursor": "nonsense"}).status_code == 400


def test_a_role_for_a_part_of_the_city_opens_nothing(make, desk_of, longgang):  # noqa: F811
    make.approved_statement()
    batch = make.prepared_batch()
    part = desk_of(Role.FINANCE_MAKER, union=longgang)

    for path in (PAYMENTS, OWED, page_of(batch)):
        assert part.open(path).status_code == 403


def test_a_run_is_started_in_the_background_and_watched(make, session, maker, approver):
    for _ in range(3):
        make.approved_statement()
    runs = "/desk/finance/payment-runs"

    wrong = maker.send(runs, page=OWED, book="union", per_batch="0")
    assert wrong.status_code == 422
    started = maker.send(runs, page=OWED, book="union", per_batch="2")
    assert started.status_code == 303
    run = session.scalars(select(PaymentRun)).one()
    assert "Going on" in words(approver.open(started.location))
    again = maker.send(runs, page=OWED, book="union", per_batch="2")
    assert (again.status_code, "is going on" in words(again)) == (409, True)

    pay_run(run_id=str(run.id))

    assert maker.open(f"{started.location}/progress").json == {
        "done": 3,
        "total": 3,
        "finished": True,
    }
    said = words(maker.open(started.location))
    assert "Finished" in said
    assert said.count("To be confirmed") == 2
