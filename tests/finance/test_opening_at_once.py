"""The owner's function that opens statements: what it writes, and who may run it."""

from datetime import date

import pytest
from sqlalchemy import text

from finance.services.opening import open_statements
from kernel.actors import Role
from ledger.models import FundSource
from tests.finance.chain import ChainMaker
from tests.make import NOW

FIRST, TOMORROW = date(2026, 11, 1), date(2026, 11, 24)
# What the trigger asks of lines that are written by hand, and that none is left out.
FAULTS = text(
    """
    SELECT count(*) FROM journals j JOIN postings p ON p.journal_id = j.id
        AND p.party_type = 'merchant'
    FULL JOIN statement_lines l ON l.journal_id = j.id
    LEFT JOIN statements s ON s.id = l.statement_id
    WHERE j.id IS NULL OR l.journal_id IS NULL OR s.merchant_id <> p.party_id
        OR l.amount_fen <> p.credit_fen - p.debit_fen OR l.fund_source <> j.fund_source
        OR j.book_date >= s.ends_on OR s.state <> 'open'
    """
)
NUMBERED_WITHOUT_GAPS = text(
    """
    SELECT bool_and(l.line_no = l.place) FROM (
        SELECT line_no, row_number() OVER (
            PARTITION BY statement_id ORDER BY book_date, j.id) AS place
        FROM statement_lines JOIN journals j ON j.id = journal_id) AS l
    """
)
MAY = text(
    "SELECT has_function_privilege(:role, oid, 'EXECUTE') FROM pg_proc"
    " WHERE proname = 'open_statements'"
)


@pytest.fixture
def make(session):
    make = ChainMaker(session)
    make.chart()
    return make


@pytest.fixture
def maker(make):
    return make.staff_actor(Role.FINANCE_MAKER, union=make.union(code="SZ", name="深圳市总工会"))


def opened(session, maker):
    return open_statements(session, actor=maker, starts_on=FIRST, ends_on=TOMORROW, now=NOW)


def test_its_lines_are_what_the_journals_booked(session, make, maker):
    tills = [make.terminal() for _ in range(3)]
    for till in tills:
        make.sale(till, union_fen=40_00)
        make.take_back(make.sale(till, union_fen=30_00), union_fen=10_00)
        make.sale(till, union_fen=5_00, fund=FundSource.DUES)

    statements = opened(session, maker)

    assert [(each.lines, each.lines_fen) for each in statements] == [(4, 65_00)] * 3
    assert session.scalar(FAULTS) == 0
    assert session.scalar(NUMBERED_WITHOUT_GAPS)


def test_run_again_in_one_transaction_it_finds_nothing_and_leaves_nothing(session, make, maker):
    make.sale(make.terminal())

    assert len(opened(session, maker)) == 1
    assert opened(session, maker) == []

    left = "SELECT count(*) FROM pg_class WHERE relnamespace = pg_my_temp_schema()"
    assert session.scalar(text(left)) == 0


@pytest.mark.parametrize(
    ("role", "allowed"), [("union_card_app", True), ("union_card_readonly", False)]
)
def test_only_the_application_runs_it(session, role, allowed):
    assert session.scalar(MAY, {"role": role}) is allowed
