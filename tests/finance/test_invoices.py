"""Invoices: entered by the merchant, once in the city, accepted by another, and then paid."""

from datetime import timedelta
from types import SimpleNamespace

import pytest

from finance.errors import (
    InvoiceMismatch,
    InvoiceNotAsked,
    InvoiceNotFound,
    InvoicesMissing,
    InvoiceTaken,
)
from finance.models import InvoiceState, StatementState
from finance.queries.invoices import invoices_waiting, left_to_invoice
from finance.rules.invoices import invoice_number
from finance.services import (
    Voice,
    accept_invoice,
    agree_statement,
    approve_statement,
    approve_statements,
    enter_invoice,
    return_invoice,
)
from kernel.actors import Role
from kernel.ids import new_id
from kernel.refusals import EditConflict, RequestKeyReused
from kernel.states import MoveNotAllowed
from merchants.models import Merchant
from tests.finance.test_manager_statements import LIST, hidden, phone, send
from tests.finance.test_manager_statements import manager as manager_of_till
from tests.finance.test_statements import approver, at, city, issued, make, maker, opened, till
from tests.make import NOW
from tests.staff.conftest import signed_in

SHARED = (approver, city, make, maker, phone, signed_in, till)
BUYER = "81440399MC0000100R"
NUMBER = "26442000000000000001"
manager = manager_of_till


@pytest.fixture
def checker(make, city):
    return make.staff_actor(Role.FINANCE_CHECKER, union=city)


@pytest.fixture
def statement(session, make, maker, till):
    make.agreement(merchant_id=till.merchant_id, invoice_buyer_uscc=BUYER)
    make.sale(till, union_fen=40_00)
    return issued(session, maker)


def entered(session, manager, statement, **facts):
    defaults = {
        "voice": Voice(manager.merchant_id, manager_id=manager.id),
        "invoice_id": new_id(),
        "statement_id": statement.id,
        "number": NUMBER,
        "issued_on": statement.starts_on,
        "amount_fen": 40_00,
        "buyer_uscc": BUYER,
        "now": NOW,
    }
    return enter_invoice(session, **defaults | facts)


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        (NUMBER, NUMBER),
        ("2644 2000 0000 0000 0001", NUMBER),
        ("044001900111－12345678", "04400190011112345678"),
        ("4403163320 00000017", "440316332000000017"),
        ("12345678", None),
        ("2644200000000000000X", None),
        ("", None),
        ("1" * 500, None),
    ],
)
def test_a_number_is_read_as_it_is_printed(text, digits):
    assert invoice_number(text) == digits


@pytest.fixture
def agreed(session, till, statement):
    return agree_statement(session, voice=at(till), statement_id=statement.id, now=NOW)


def test_it_is_approved_once_its_invoices_are_accepted(session, manager, checker, approver, agreed):
    statement = agreed
    step = {"actor": approver, "statement_id": statement.id, "now": NOW}
    first = entered(session, manager, statement, amount_fen=15_00)
    rest = entered(session, manager, statement, amount_fen=25_00, number=NUMBER[:-1] + "2")
    accept_invoice(session, actor=checker, invoice_id=first.id, version=1, now=NOW)

    assert invoices_waiting(session, checker) == 1
    assert approve_statements(session, actor=approver, now=NOW) == 0
    with pytest.raises(InvoicesMissing), session.begin_nested():
        approve_statement(session, version=statement.version, **step)
    session.refresh(statement)
    accept_invoice(session, actor=checker, invoice_id=rest.id, version=1, now=NOW)

    assert approve_statements(session, actor=approver, now=NOW) == 1
    assert statement.state is StatementState.APPROVED
    with pytest.raises(InvoiceNotAsked):
        entered(session, manager, statement, number=NUMBER[:-1] + "3")


def test_a_number_is_taken_once_in_the_whole_city(session, make, maker, manager, statement):
    entered(session, manager, statement)
    other = make.terminal()
    make.agreement(merchant_id=other.merchant_id, invoice_buyer_uscc=BUYER)
    make.sale(other)
    theirs = issued(session, maker)
    foreign = make.manager(merchant=session.get_one(Merchant, other.merchant_id))

    with pytest.raises(InvoiceTaken), session.begin_nested():
        entered(session, foreign, theirs)


def test_a_returned_number_is_free_again(session, manager, checker, statement):
    wrong = entered(session, manager, statement)
    returned = return_invoice(
        session, actor=checker, invoice_id=wrong.id, version=1, reason="金额有误", now=NOW
    )

    assert (returned.state, returned.reason) == (InvoiceState.RETURNED, "金额有误")
    assert left_to_invoice(session, statement_id=statement.id) == 40_00
    assert entered(session, manager, statement).state is InvoiceState.WAITING
    with pytest.raises(MoveNotAllowed):
        accept_invoice(session, actor=checker, invoice_id=wrong.id, version=2, now=NOW)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"buyer_uscc": "91440399MA00000011"}, "buyer_uscc"),
        ({"amount_fen": 40_01}, "amount"),
        ({"issued_on": (NOW + timedelta(days=1)).date()}, "issued_on"),
        ({"issued_on": (NOW - timedelta(days=300)).date()}, "issued_on"),
    ],
)
def test_what_does_not_fit_is_refused_where_it_does_not(session, manager, statement, wrong, field):
    with pytest.raises(InvoiceMismatch) as refused:
        entered(session, manager, statement, **wrong)

    assert refused.value.facts["field"] == field


def test_the_same_id_hears_the_same(session, manager, statement):
    invoice = entered(session, manager, statement)

    assert entered(session, manager, statement, invoice_id=invoice.id) is invoice
    with pytest.raises(RequestKeyReused):
        entered(session, manager, statement, invoice_id=invoice.id, amount_fen=1)


def test_none_is_entered_where_none_is_asked(session, make, maker, manager, till):
    make.sale(till)

    with pytest.raises(InvoiceNotAsked):
        entered(session, manager, issued(session, maker))


@pytest.fixture
def elsewhere(make, city):
    return make.staff_actor(Role.FINANCE_CHECKER, union=make.union(parent=city))


def test_only_those_in_reach_decide_and_what_they_saw(
    session, manager, checker, elsewhere, statement
):
    invoice = entered(session, manager, statement)
    step = {"invoice_id": invoice.id, "now": NOW}

    with pytest.raises(InvoiceNotFound):
        accept_invoice(session, actor=elsewhere, version=1, **step)
    with pytest.raises(EditConflict):
        accept_invoice(session, actor=checker, version=9, **step)


def test_a_manager_enters_one_on_a_phone(session, phone, statement):
    page = f"{LIST}/{statement.id}/invoices/new"
    form = f"{LIST}/{statement.id}/invoices"
    facts = {"number": NUMBER, "issued_on": str(statement.starts_on), "buyer_uscc": BUYER}
    assert f"{form}/new" in phone.get(f"{LIST}/{statement.id}").text
    assert 'value="40.00"' in phone.get(page).text

    refused = send(phone, page, form, **facts, amount="41.00")
    done = send(phone, page, form, **facts, amount="40.00")

    assert refused.status_code == 409
    assert "does not fit the statement" in refused.text
    assert done.status_code == 303
    shown = phone.get(f"{LIST}/{statement.id}").text
    assert NUMBER in shown
    assert f"{form}/new" not in shown
    assert send(phone, page, form, **facts | {"number": "12"}, amount="1").status_code == 422


@pytest.fixture
def desk(make, city, signed_in):
    desk = signed_in(make.staff(Role.FINANCE_CHECKER, union=city))
    desk.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    return desk


def test_the_desk_accepts_and_returns(session, manager, statement, desk):
    page = f"/desk/finance/statements/{statement.id}"
    act = "/desk/finance/statements/invoices"
    assert "No invoice waits" in desk.open(act).text
    one = entered(session, manager, statement, amount_fen=10_00)
    two = entered(session, manager, statement, amount_fen=30_00, number=NUMBER[:-1] + "2")
    assert NUMBER in desk.open(act).text
    assert NUMBER in desk.open(f"{act}?format=csv").text

    accepted = desk.send(f"{act}/{one.id}/accept", page=page, version=1)
    without = desk.send(f"{act}/{two.id}/return", page=page, version=1, reason="")
    returned = desk.send(f"{act}/{two.id}/return", page=page, version=1, reason="抬头不符")

    assert [each.status_code for each in (accepted, without, returned)] == [303, 422, 303]
    session.refresh(one)
    session.refresh(two)
    assert (one.state, two.state) == (InvoiceState.ACCEPTED, InvoiceState.RETURNED)
    assert "抬头不符" in desk.open(page).text
