"""Long work that somebody else writes into: begun anew at once, not handed back to its maker."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

from sqlalchemy import select, text

from finance.models import (
    Discrepancy,
    DiscrepancyCode,
    Outcome,
    Payment,
    PaymentState,
    Work,
    WorkKind,
)
from finance.services.payments import confirm_refused
from finance.services.works import start_work
from kernel.db import transaction
from tests.finance.test_bank_refusals import declare, step
from tests.finance.test_works import run
from tests.make import NOW
from tests.make.bank import bank_file
from tests.make.maker import Maker


def test_a_payment_that_is_called_refused_while_its_file_is_matched(committed, app):
    with transaction() as session:
        make = Maker(session)
        payment = make.sent_payment()
        maker = make.staff_actor("finance_maker")
        refusal = declare(session, maker, payment)
        approver = make.staff_actor("finance_approver")
        content = bank_file(("2026-11-23", -payment.amount_fen, payment.reference))
        work = start_work(
            session,
            actor=maker,
            kind=WorkKind.BANK_FILE,
            subject="十一月.csv",
            asked={"name": "十一月.csv"},
            now=NOW,
            content=content,
        )

    confirmed, ended = Event(), Event()

    def confirm():
        with transaction() as session:
            step(session, confirm_refused, approver, refusal)
            confirmed.set()
            waits = text("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
            while not ended.wait(0.01) and not session.scalar(waits):
                pass

    def take_in():
        confirmed.wait(10)
        try:
            run(app, work)
        finally:
            ended.set()

    with ThreadPoolExecutor(2) as pool:
        for one in [pool.submit(confirm), pool.submit(take_in)]:
            one.result(60)

    with transaction() as session:
        assert session.get_one(Work, work.id).outcome is Outcome.DONE
        assert session.get_one(Payment, payment.id).state is PaymentState.REFUSED
        named = session.scalars(
            select(Discrepancy.code).where(Discrepancy.bank_line_id.is_not(None))
        )
        assert named.all() == [DiscrepancyCode.EXTERNAL_ONLY]
