"""Real commits at once: what takes turns, what does not wait, and that no sum is exceeded."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from kernel.db import violated_constraint
from kernel.errors import Refusal
from kernel.ids import new_id
from ledger.errors import AlreadyPosted, PeriodClosed, ReversalExceedsOriginal
from ledger.models import Journal, Period, PeriodState
from ledger.queries import debits_minus_credits, journal_by_source, left_of_journal
from ledger.services import SourceKey, post_reversal
from tests.make import NOW
from tests.make.ledger import LedgerMaker

AT_ONCE = 8
LOOKS_MAX = 2000


@pytest.fixture
def books(committed):
    """An engine on a database with the shipped chart and an open November."""
    with Session(committed) as session, session.begin():
        LedgerMaker(session).chart()
        LedgerMaker(session).journal()
    return committed


def all_at_once(engine, work):
    """Run `work(session)` in transactions that begin together; return results and refusals."""
    barrier = Barrier(AT_ONCE)

    def one(_):
        with Session(engine) as session:
            session.connection()
            barrier.wait()
            try:
                result = work(session)
                session.commit()
            except (Refusal, IntegrityError) as error:
                return error
            return result

    with ThreadPoolExecutor(AT_ONCE) as threads:
        return list(threads.map(one, range(AT_ONCE)))


def reverse(session, redemption_id, amount_fen):
    return post_reversal(
        session,
        original=SourceKey("redemption", redemption_id, "captured"),
        source_type="redemption_reversal",
        source_id=new_id(),
        kind="reversed",
        amount_fen=amount_fen,
        occurred_at=NOW,
        now=NOW,
    )


def close(session):
    session.execute(
        update(Period).values(
            state=PeriodState.CLOSED, maker_id=new_id(), approver_id=new_id(), closed_at=NOW
        )
    )


def test_reversals_at_once_never_exceed_their_original(books):
    redemption_id = new_id()
    with Session(books) as session, session.begin():
        original_id = LedgerMaker(session).journal(source_id=redemption_id, amount_fen=40_00)

    answers = all_at_once(books, lambda session: reverse(session, redemption_id, 15_00))

    refusals = [answer for answer in answers if isinstance(answer, ReversalExceedsOriginal)]
    assert len(refusals) == AT_ONCE - 2
    with Session(books) as session:
        assert left_of_journal(session, journal_id=original_id) == 10_00
        assert debits_minus_credits(session) == 0


def test_reversals_that_pass_by_the_service_take_turns_too(books):
    with Session(books) as session, session.begin():
        original_id = LedgerMaker(session).journal(amount_fen=40_00)

    with books.connect() as first, books.connect() as second:
        reverse_by_hand(first, original_id)
        second.execute(text("SET LOCAL lock_timeout = '100ms'"))
        with pytest.raises(OperationalError, match="lock timeout"):
            reverse_by_hand(second, original_id)
        second.rollback()
        first.commit()

        reverse_by_hand(second, original_id)
        with pytest.raises(IntegrityError) as refused:
            second.commit()

    assert violated_constraint(refused.value) == "ck_journals_within_original"


def reverse_by_hand(connection, original_id):
    """Reverse three quarters of a journal with plain statements."""
    names = {"id": new_id(), "original": original_id}
    connection.execute(
        text(
            "INSERT INTO journals SELECT :id, 'hand', :id, 'reversed', book, fund_source,"
            " programme_id, book_date, now(), now(), id FROM journals WHERE id = :original"
        ),
        names,
    )
    connection.execute(
        text(
            "INSERT INTO postings SELECT :id, line_no, account_id, credit_fen * 3 / 4,"
            " debit_fen * 3 / 4, party_type, party_id FROM postings WHERE journal_id = :original"
        ),
        names,
    )


def test_one_fact_at_once_is_booked_once(books):
    redemption_id = new_id()

    answers = all_at_once(
        books, lambda session: LedgerMaker(session).journal(source_id=redemption_id)
    )

    assert sum(isinstance(answer, AlreadyPosted) for answer in answers) == AT_ONCE - 1
    with Session(books) as session:
        booked = journal_by_source(
            session, source_type="redemption", source_id=redemption_id, kind="captured"
        )
    assert booked.id in answers


def test_the_first_sales_of_a_month_open_it_together(books):
    january = date(2027, 1, 1)

    answers = all_at_once(books, lambda session: LedgerMaker(session).journal(book_date=january))

    assert len(set(answers)) == AT_ONCE
    with Session(books) as session:
        in_january = select(func.count()).where(Journal.book_date == january)
        assert session.scalar(in_january) == AT_ONCE


def test_a_sale_locks_no_row_of_accounts_rules_or_periods(books):
    with Session(books) as sale, Session(books) as other:
        LedgerMaker(sale).journal()
        sale.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))

        for table in ("accounts", "posting_rules", "periods"):
            locked = other.execute(text(f"SELECT FROM {table} FOR UPDATE NOWAIT")).all()
            assert locked


def test_closing_waits_for_the_journals_under_way(books):
    with Session(books) as sale, Session(books) as closing:
        LedgerMaker(sale).journal()
        closing.execute(text("SET LOCAL lock_timeout = '100ms'"))

        with pytest.raises(OperationalError, match="lock timeout"):
            close(closing)
        closing.rollback()
        sale.commit()
        close(closing)
        closing.commit()

        with pytest.raises(PeriodClosed):
            LedgerMaker(sale).journal()


def test_a_journal_that_waited_for_the_closing_is_refused(books):
    def sell():
        with Session(books) as sale, sale.begin():
            LedgerMaker(sale).journal()

    with Session(books) as closing, ThreadPoolExecutor(1) as thread:
        close(closing)
        sold = thread.submit(sell)
        wait_until_somebody_waits(closing)
        closing.commit()

        with pytest.raises(PeriodClosed) as refused:
            sold.result()

    # It was the trigger that saw the closing, not the statement's own look.
    assert isinstance(refused.value.__cause__, IntegrityError)


def wait_until_somebody_waits(session):
    waiting = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    for _ in range(LOOKS_MAX):
        if session.scalar(waiting):
            return
    raise AssertionError("nobody waits for a lock")
