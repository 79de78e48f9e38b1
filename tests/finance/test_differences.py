"""The job that names what no file brings: sales without a network, and invoices that wait."""

import logging

import pytest
from sqlalchemy import select

from discounts.models import RecordVerdict
from finance.jobs import name_new_differences
from finance.models import Discrepancy, DiscrepancyCode, DiscrepancyState
from finance.services import accept_invoice
from tests.discounts.test_manager_day import offline
from tests.finance.test_invoices import (
    at,
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

SHARED = (at, checker, city, make, maker, manager, statement, till)


@pytest.fixture
def named(app, session):
    """Run the job once, and return what is named: code, fen and state."""

    def run():
        with app.app_context():
            name_new_differences(timestamp=0)
        found = select(Discrepancy).order_by(Discrepancy.amount_fen)
        rows = session.scalars(found.execution_options(populate_existing=True))
        return [(row.code, row.amount_fen, row.state) for row in rows]

    return run


def test_the_job_names_each_sale_without_a_network_once(session, till, named, caplog):
    reasons = ("replayed", "limit_reached", "age", "signature_wrong")
    for number, reason in enumerate(reasons, start=1):
        offline(
            session,
            till.id,
            reason=reason,
            seq=number,
            gross_fen=number * 100,
            verdict=RecordVerdict.REFUSED,
        )
    offline(session, till.id, verdict=RecordVerdict.WAITING, reason="books_not_ready", seq=9)

    with caplog.at_level(logging.INFO, logger="union_card.finance"):
        first = named()
        assert named() == first

    # A code that is none is the till's fault, not money; what waits has no verdict yet.
    assert first == [
        (DiscrepancyCode.DUPLICATE, 1_00, DiscrepancyState.OPEN),
        (DiscrepancyCode.OVER_CAP, 2_00, DiscrepancyState.OPEN),
        (DiscrepancyCode.INELIGIBLE_AT_TIME, 3_00, DiscrepancyState.OPEN),
    ]
    assert caplog.messages == ["differences_named 3"]


def test_the_job_names_an_invoice_that_says_too_little_until_it_is_decided(
    session, manager, checker, statement, named
):
    invoice = entered(session, manager, statement, amount_fen=30_00)

    assert named() == [(DiscrepancyCode.INVOICE_MISMATCH, -10_00, DiscrepancyState.OPEN)]

    accept_invoice(session, actor=checker, invoice_id=invoice.id, version=invoice.version, now=NOW)
    assert named() == [(DiscrepancyCode.INVOICE_MISMATCH, -10_00, DiscrepancyState.RESOLVED)]
