"""Two people at the same moment, with real commits: a sale is stated once, an invoice counts once.

Both meet at a barrier inside their own transactions, so that each has begun before the other ends.
"""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from finance.errors import InvoiceTaken
from finance.models import Invoice, Statement, StatementLine
from finance.services import Voice, enter_invoice
from finance.services.opening import open_due_statements, open_statements
from finance.services.statements import issue_statement
from kernel.actors import Role
from kernel.db import transaction, violated_constraint
from kernel.ids import new_id
from merchants.models import Merchant
from tests.finance.chain import DAYS, ChainMaker
from tests.finance.test_invoices import BUYER, NUMBER
from tests.finance.test_statements import opened
from tests.make import NOW

SALES = 4


def at_once(calls):
    """Run the calls in transactions of their own that have all begun; return what each heard."""
    barrier = Barrier(len(calls), timeout=10)

    def run(call):
        try:
            with transaction() as session:
                session.execute(select(1))
                barrier.wait()
                return call(session)
        except InvoiceTaken:
            return "taken"
        except IntegrityError as error:
            return violated_constraint(error)

    with ThreadPoolExecutor(len(calls)) as pool:
        return sorted(pool.map(run, calls), key=str)


@pytest.fixture
def shop(committed):
    """A merchant with sales that nobody has stated, and two people who may."""
    with transaction() as session:
        make = ChainMaker(session)
        make.chart()
        city = make.union(code="SZ", name="深圳市总工会")
        till = make.terminal()
        make.agreement(merchant_id=till.merchant_id)
        for _ in range(SALES):
            make.sale(till)
        return [make.staff_actor(Role.FINANCE_MAKER, union=city) for _ in range(2)]


def by_hand(maker):
    return lambda session: len(
        open_statements(session, actor=maker, starts_on=DAYS[0], ends_on=DAYS[1], now=NOW)
    )


@pytest.mark.parametrize("attempt", range(2))
def test_of_two_openings_at_once_one_takes_the_sales(shop, attempt):
    heard = at_once([by_hand(maker) for maker in shop])

    assert heard == [0, 1]
    with transaction() as session:
        assert session.scalars(select(func.count(StatementLine.journal_id))).one() == SALES
        [statement] = session.scalars(select(Statement))
        assert statement.lines == SALES


def test_so_it_is_where_the_other_is_the_nights_own(shop):
    by_night, by_day = shop

    heard = at_once(
        [
            by_hand(by_day),
            lambda session: len(open_due_statements(session, actor=by_night, now=NOW)),
        ]
    )

    assert heard in ([0, 1], [1, 1])  # the night's period may end before the sales
    with transaction() as session:
        assert session.scalars(select(func.count(StatementLine.journal_id))).one() == SALES


def asked_for_an_invoice(session, make, maker):
    """Two merchants with an issued statement of 40 yuan each, and a manager of each."""
    tills = [make.terminal() for _ in range(2)]
    for till in tills:
        make.agreement(merchant_id=till.merchant_id, invoice_buyer_uscc=BUYER)
        make.sale(till)
    for statement in opened(session, maker):
        issue_statement(session, actor=maker, statement_id=statement.id, version=1, now=NOW)
        merchant = session.get_one(Merchant, statement.merchant_id)
        manager = make.manager(merchant=merchant)
        yield statement.id, Voice(merchant.id, manager_id=manager.id)


def test_a_number_is_one_merchants_where_two_enter_it_at_once(committed):
    with transaction() as session:
        make = ChainMaker(session)
        make.chart()
        city = make.union(code="SZ", name="深圳市总工会")
        maker = make.staff_actor(Role.FINANCE_MAKER, union=city)
        asked = list(asked_for_an_invoice(session, make, maker))

    heard = at_once(
        [
            lambda session, id_=statement_id, voice=voice: (
                enter_invoice(
                    session,
                    voice=voice,
                    invoice_id=new_id(),
                    statement_id=id_,
                    number=NUMBER,
                    issued_on=DAYS[0],
                    amount_fen=40_00,
                    buyer_uscc=BUYER,
                    now=NOW,
                ).number
            )
            for statement_id, voice in asked
        ]
    )

    assert heard == [NUMBER, "taken"]
    with transaction() as session:
        assert session.scalars(select(func.count(Invoice.id))).one() == 1
