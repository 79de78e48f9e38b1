"""A merchant's manager reads, agrees to and disputes statements on a phone."""

import io
import re

import openpyxl
import pytest

from finance.models import Dispute, StatementState
from finance.queries.statement_lines import lines_of
from kernel.ids import new_id
from merchants.models import Merchant
from merchants.pages import MANAGER_COOKIE
from tests.finance.test_statements import at, city, issued, make, maker, till

SHARED = (at, city, make, maker, till)
LIST = "/scan/manager/statements"


@pytest.fixture
def manager(session, make, till):
    return make.manager(merchant=session.get_one(Merchant, till.merchant_id))


@pytest.fixture
def phone(client, make, manager):
    make.manager_session(manager, token="a manager's phone")
    client.set_cookie(MANAGER_COOKIE, "a manager's phone", path="/scan/manager/")
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


@pytest.fixture
def statement(session, make, maker, till):
    make.sale(till, union_fen=40_00)
    return issued(session, maker)


def hidden(phone, page, address):
    """Return what a page hid in the form that goes to `address`."""
    shown = phone.get(page).text
    form = re.search(rf'<form[^>]*action="{address}">(.*?)</form>', shown, re.DOTALL)[1]
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))


def send(phone, page, address, **fields):
    return phone.post(address, data=hidden(phone, page, address) | fields)


def test_an_issued_statement_is_listed_and_read(phone, statement):
    assert f"Statement No. {statement.number}" in phone.get(LIST).text

    page = phone.get(f"{LIST}/{statement.id}").text

    assert "¥40.00" in page
    assert "肆拾元整" in page


def test_a_manager_agrees_once(session, phone, manager, statement):
    page = f"{LIST}/{statement.id}"

    first = send(phone, page, f"{page}/agree")

    assert first.status_code == 303
    session.refresh(statement)
    assert statement.state is StatementState.AGREED
    assert (statement.agreed_by_manager_id, statement.agreed_by_terminal_id) == (manager.id, None)
    assert f"{page}/agree" not in phone.get(page).text


def test_a_line_is_disputed_once_however_often_it_is_sent(session, phone, manager, statement):
    [line] = lines_of(session, statement_id=statement.id, rows=2)
    page = f"{LIST}/{statement.id}/lines/{line.journal_id}"
    fields = hidden(phone, page, page) | {"reason": "The bill was 80."}

    answers = [phone.post(page, data=fields) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    [dispute] = session.query(Dispute).all()
    assert dispute.raised_by_manager_id == manager.id
    assert "The bill was 80." in phone.get(f"{LIST}/{statement.id}").text


def test_a_dispute_without_a_word_asks_for_one(session, phone, statement):
    [line] = lines_of(session, statement_id=statement.id, rows=2)
    page = f"{LIST}/{statement.id}/lines/{line.journal_id}"

    assert send(phone, page, page, reason="").status_code == 422
    assert session.query(Dispute).count() == 0


def test_another_merchants_statement_is_not_there(session, make, maker, phone):
    make.sale(make.terminal(), union_fen=10_00)
    foreign = issued(session, maker)

    assert phone.get(f"{LIST}/{foreign.id}").status_code == 404
    assert phone.get(f"{LIST}/{new_id()}").status_code == 404


@pytest.mark.parametrize("address", ["", "one"])
def test_the_list_and_the_lines_of_one_are_saved_as_files(phone, statement, address):
    place = f"{LIST}/{statement.id}" if address else LIST
    name = f"statement-{statement.number}" if address else "statements"

    text = phone.get(f"{place}?format=csv")
    book = openpyxl.load_workbook(io.BytesIO(phone.get(f"{place}?format=xlsx").data))

    assert f"{name}.csv" in text.headers["Content-Disposition"]
    assert "40.00" in text.text
    heading, *rows = book.active.iter_rows(values_only=True)
    assert heading[-1] == ("The union pays" if address else "Payable")
    assert [row[-1] for row in rows] == [40]
    assert phone.get(f"{place}?format=pdf").status_code == 400
