"""The trial balance of a month: from the last closed one on, and as it was kept."""

from datetime import date

import pytest
from sqlalchemy import text

from kernel.ids import new_id
from ledger.models import Period
from ledger.queries import balances, period_by_month
from ledger.services import SourceKey, close_period, ensure_period, lock_period, post_reversal
from tests.make import NOW

OCTOBER, NOVEMBER, DECEMBER = date(2026, 10, 5), date(2026, 11, 23), date(2026, 12, 1)


@pytest.fixture
def books(session, make):
    """40 yuan in October, 2.50 in November, of which 15 yuan of October's are taken back."""
    make.chart()
    sale = new_id()
    make.journal(source_id=sale, amount_fen=40_00, book_date=OCTOBER)
    make.journal(amount_fen=2_50, book_date=NOVEMBER)
    post_reversal(
        session,
        original=SourceKey("redemption", sale, "captured"),
        source_type="redemption_reversal",
        source_id=new_id(),
        kind="reversal",
        amount_fen=15_00,
        occurred_at=NOW,
        now=NOW,
        book_date=NOVEMBER,
    )
    return session


def shown(session, month):
    period = period_by_month(session, month=month)
    return {
        each.account.code: (
            each.opening_fen,
            each.debit_fen,
            each.credit_fen,
            each.closing_fen,
        )
        for each in balances(session, period=period)
    }


def close(session, day):
    period = lock_period(session, month=f"{day:%Y-%m}")
    close_period(session, period=period, maker_id=new_id(), approver_id=new_id(), now=NOW)


IN_NOVEMBER = {
    "22501": (-40_00, 0, 2_50 - 15_00, -27_50),
    "50301": (40_00, 2_50 - 15_00, 0, 27_50),
}


def test_a_month_goes_on_from_what_was_booked_before_it_and_red_ink_lowers_its_own_side(books):
    assert shown(books, "2026-10") == {
        "22501": (0, 0, 40_00, -40_00),
        "50301": (0, 40_00, 0, 40_00),
    }
    assert shown(books, "2026-11") == IN_NOVEMBER


def test_a_closed_month_is_kept_and_the_next_goes_on_from_it(books, make):
    close(books, OCTOBER)
    assert shown(books, "2026-11") == IN_NOVEMBER
    close(books, NOVEMBER)
    make.journal(amount_fen=1_00, book_date=DECEMBER)

    assert shown(books, "2026-11") == IN_NOVEMBER
    assert shown(books, "2026-12") == {
        "22501": (-27_50, 0, 1_00, -28_50),
        "50301": (27_50, 1_00, 0, 28_50),
    }
    kept = books.execute(text("SELECT sum(closing_fen), count(*) FROM period_balances")).one()
    assert tuple(kept) == (0, 4)


def test_a_month_closed_before_an_open_one_is_no_ground_to_go_on_from(books, make):
    close(books, NOVEMBER)
    make.journal(amount_fen=7_00, book_date=OCTOBER)
    ensure_period(books, day=DECEMBER)

    assert shown(books, "2026-12")["50301"] == (34_50, 0, 0, 34_50)


def test_nothing_moves_nothing(session, make):
    make.chart()
    ensure_period(session, day=NOVEMBER)

    assert shown(session, "2026-11") == {}
    assert session.get_one(Period, "2026-11").starts_on == date(2026, 11, 1)
