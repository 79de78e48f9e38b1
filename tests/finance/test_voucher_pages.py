"""Books, ageing and vouchers over HTTP: who reads, what is shown, what is saved."""

import io

import pytest
from openpyxl import load_workbook

from finance.services.closing import ask_to_close, close_period
from kernel.actors import Role
from kernel.clock import utc_now
from kernel.ids import new_id
from ledger.models import Account
from tests.finance.chain import ChainMaker
from tests.finance.test_closing_pages import LONG_OVER, English
from tests.staff.conftest import city, signed_in

BOOKS = "/desk/finance/books"
VOUCHERS = "/desk/finance/vouchers"


@pytest.fixture
def make(session):
    make = ChainMaker(session)
    make.chart()
    return make


@pytest.fixture
def desk(make, city, signed_in):  # noqa: F811
    def sit_down(*roles, union=None):
        return English(signed_in(make.staff(*roles, union=union or city)))

    return sit_down


@pytest.fixture
def booked(make):
    """40 yuan booked a year ago: the sale itself is not there, so nobody could close the month."""
    make.journal(now=LONG_OVER, occurred_at=LONG_OVER, party_id=make.merchant().id)
    return "2025-11"


def test_an_open_month_shows_its_balances_and_what_its_vouchers_would_be(desk, booked, session):
    auditor = desk(Role.AUDITOR)

    page = auditor.get(f"{BOOKS}?month={booked}").text
    assert "50301" in page
    assert page.count("¥40.00") >= 4
    draft = auditor.get(f"{VOUCHERS}/{booked}").text
    assert "11-23普惠补贴" in draft
    assert "once the month is closed" in draft
    assert "Yonyou" not in draft
    account = session.query(Account).filter_by(code="22501").one()
    assert "-¥40.00" in auditor.get(f"{BOOKS}/{account.id}?month={booked}").text


def test_every_list_is_saved_as_a_spreadsheet(desk, booked, session):
    maker = desk(Role.FINANCE_MAKER)
    account = session.query(Account).filter_by(code="22501").one()

    for path in (
        f"{BOOKS}?month={booked}",
        f"{BOOKS}/{account.id}?month={booked}",
        "/desk/finance/ageing?",
        f"{VOUCHERS}/{booked}?",
    ):
        saved = maker.get(f"{path}&format=xlsx")
        sheet = load_workbook(io.BytesIO(saved.data)).active
        assert sheet.max_row >= 2, path
        assert 40 in {abs(cell.value) for row in sheet for cell in row if cell.data_type == "n"}
        assert maker.get(f"{path}&format=csv").status_code == 200


@pytest.mark.parametrize(
    "path", ["statements/disputes", "payments/owed", "close", "close/2025-11", "bank/lines"]
)
def test_lists_of_finance_are_saved_even_while_they_are_empty(desk, booked, path):
    saved = desk(Role.FINANCE_MAKER).get(f"/desk/finance/{path}?format=xlsx")

    assert load_workbook(io.BytesIO(saved.data)).active.max_column >= 5


@pytest.fixture
def closed(make, session):
    """A month of nothing but what two people decided about a dispute; no residual is broken."""
    till = make.terminal()
    maker = make.staff_actor(Role.FINANCE_MAKER)
    ask_to_close(session, actor=maker, month="2025-10", now=utc_now())
    approver = make.staff_actor(Role.FINANCE_APPROVER)
    close_period(session, actor=approver, month="2025-10", now=utc_now())
    return till


def test_a_closed_month_without_a_voucher_has_no_file(desk, closed):
    maker = desk(Role.FINANCE_MAKER)

    assert "Nothing was booked in this month." in maker.get(f"{VOUCHERS}/2025-10").text
    assert maker.get(f"{VOUCHERS}/2025-10/union/general").status_code == 404


def test_what_there_is_not_is_not_found(desk, booked):
    maker = desk(Role.FINANCE_MAKER)

    for path in (
        f"{BOOKS}?month=2031-01",
        f"{BOOKS}/{new_id()}",
        f"{VOUCHERS}/2031-01",
        f"{VOUCHERS}/{booked}/union/other",
        f"{VOUCHERS}/{booked}/union/general",
        f"{VOUCHERS}/one/{new_id()}",
    ):
        assert maker.get(path).status_code == 404, path
    assert maker.get(f"{VOUCHERS}/{booked}?cursor=x").status_code == 400


def test_a_part_of_the_city_and_who_only_reads_hear_no(desk, make, city, booked):  # noqa: F811
    part = desk(Role.FINANCE_MAKER, union=make.union(parent=city))

    for path in (
        BOOKS,
        "/desk/finance/ageing",
        f"{VOUCHERS}/{booked}",
        f"{VOUCHERS}/one/{new_id()}",
    ):
        assert part.get(path).status_code == 403
    assert desk(Role.AUDITOR).get(f"{VOUCHERS}/{booked}/union/general").status_code == 403


def test_empty_books_say_what_opens_them(desk):
    page = desk(Role.AUDITOR).get(BOOKS).text

    assert "The books have no month yet." in page
    assert "Nothing is owed to anybody." in desk(Role.AUDITOR).get("/desk/finance/ageing").text
