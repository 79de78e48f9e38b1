"""An invoice that is not for what its statement comes to is an exception until it is put right."""

from datetime import timedelta

from sqlalchemy import select

from finance.models import Discrepancy, DiscrepancyCode, DiscrepancyState
from finance.services import return_invoice
from finance.services.differences import name_differences
from finance.services.discrepancies import resolve
from kernel.uscc import check_character
from merchants.models import Merchant
from tests.finance.test_invoices import (
    approver,
    checker,
    city,
    entered,
    make,
    maker,
    manager,
    statement,
    till,
)
from tests.make import NOW

SHARED = (approver, checker, city, make, maker, manager, statement, till)
LATER = NOW + timedelta(hours=1)


def named(session):
    session.expire_all()
    return session.scalars(select(Discrepancy).order_by(Discrepancy.opened_at)).all()


def give_back(session, checker, invoice):
    what = {"invoice_id": invoice.id, "version": invoice.version, "reason": "金额不符"}
    return_invoice(session, actor=checker, now=LATER, **what)


def test_a_whole_invoice_is_no_exception(session, manager, statement):
    entered(session, manager, statement)

    assert name_differences(session, now=NOW) == 0
    assert named(session) == []


def test_one_that_falls_short_is_named_until_the_rest_comes_in(session, manager, statement):
    first = entered(session, manager, statement, amount_fen=15_00)
    assert name_differences(session, now=NOW) == 1
    [found] = named(session)
    assert (found.code, found.invoice_id) == (DiscrepancyCode.INVOICE_MISMATCH, first.id)
    assert (found.amount_fen, found.state) == (-25_00, DiscrepancyState.OPEN)
    assert name_differences(session, now=NOW) == 0

    entered(session, manager, statement, number="26442000000000000002", amount_fen=25_00)

    assert name_differences(session, now=LATER) == 0
    assert [each.state for each in named(session)] == [DiscrepancyState.RESOLVED]


def test_it_is_open_again_when_the_rest_is_returned(session, checker, manager, statement):
    entered(session, manager, statement, amount_fen=15_00)
    name_differences(session, now=NOW)
    rest = entered(session, manager, statement, number="26442000000000000002", amount_fen=25_00)
    name_differences(session, now=LATER)

    give_back(session, checker, rest)

    assert name_differences(session, now=LATER) == 1
    assert [each.state for each in named(session)] == [DiscrepancyState.OPEN]


def test_what_a_person_has_resolved_stays_so(session, checker, manager, statement):
    entered(session, manager, statement, amount_fen=15_00)
    name_differences(session, now=NOW)
    [found] = named(session)
    resolve(
        session,
        actor=checker,
        discrepancy_id=found.id,
        version=found.version,
        note="余额下月开",
        now=LATER,
    )

    assert name_differences(session, now=LATER) == 0
    assert [each.state for each in named(session)] == [DiscrepancyState.RESOLVED]


def test_one_that_was_returned_is_no_exception_any_more(session, checker, manager, statement):
    short = entered(session, manager, statement, amount_fen=15_00)
    name_differences(session, now=NOW)

    give_back(session, checker, short)
    name_differences(session, now=LATER)

    assert [each.state for each in named(session)] == [DiscrepancyState.RESOLVED]


def test_another_sellers_number_is_named_though_the_amount_is_right(session, manager, statement):
    entered(session, manager, statement)
    seller = session.get_one(Merchant, statement.merchant_id)
    seller.uscc = "91440300MC0000990" + check_character("91440300MC0000990")
    session.flush()

    assert name_differences(session, now=NOW) == 1
    assert named(session)[0].amount_fen == 0
