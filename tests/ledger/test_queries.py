"""Sums of the books, by month and ever."""

from datetime import date

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from kernel.ids import new_id
from ledger.models import Family, FundSource, PartyType, PostingEvent
from ledger.queries import balances, debits_minus_credits, period_by_month
from ledger.services import SourceKey, post_reversal
from tests.make import NOW
from tests.make.ledger import LedgerMaker


def totals(session, month):
    period = period_by_month(session, month=month)
    return {
        line.account.code: (line.debit_fen, line.credit_fen)
        for line in balances(session, period=period)
    }


def test_the_trial_balance_sums_both_sides_of_each_account_by_book_date(session, make):
    make.chart()
    redemption_id = new_id()
    make.journal(source_id=redemption_id, amount_fen=40_00)
    make.journal(amount_fen=2_50)
    make.journal(amount_fen=1_00, book_date=date(2026, 12, 1))
    make.journal(
        family=Family.AID,
        fund_source=FundSource.MUTUAL_AID,
        event=PostingEvent.APPROVED,
        party_type=PartyType.MEMBER,
        amount_fen=1_920_00,
    )
    post_reversal(
        session,
        original=SourceKey("redemption", redemption_id, "captured"),
        source_type="redemption_reversal",
        source_id=new_id(),
        kind="reversed",
        amount_fen=15_00,
        occurred_at=NOW,
        now=NOW,
    )

    november = {
        "M225": (0, 1_920_00),
        "M501": (1_920_00, 0),
        "22501": (0, 27_50),  # what was taken back stands in red on the side that it reverses
        "50301": (27_50, 0),
    }
    assert totals(session, "2026-11") == november
    assert list(totals(session, "2026-11")) == list(november)
    assert totals(session, "2026-12") == dict.fromkeys(november, (0, 0)) | {
        "22501": (0, 1_00),
        "50301": (1_00, 0),
    }
    assert period_by_month(session, month="2026-10") is None


def test_debits_equal_credits(session, make):
    make.chart()
    assert debits_minus_credits(session) == 0

    make.journal()

    assert debits_minus_credits(session) == 0
    assert debits_minus_credits(session, month="2026-11") == 0


@pytest.fixture
def unguarded(databases, committed):
    """The owner's engine on a database whose balance check somebody has switched off."""
    owner = create_engine(databases.urls.owner.format(name=committed.url.database))
    with owner.begin() as connection:
        connection.execute(text("ALTER TABLE journals DISABLE TRIGGER balanced"))
    yield owner
    owner.dispose()


def test_two_faults_do_not_hide_one_another(unguarded):
    with Session(unguarded) as session, session.begin():
        make = LedgerMaker(session)
        make.chart()
        make.journal()
        for side in ("3, 0", "0, 3"):
            journal_id = new_id()
            session.execute(
                text(
                    "INSERT INTO journals VALUES (:id, 'test', :id, 'tried', 'union', 'dues',"
                    " NULL, '2026-11-23', now(), now())"
                ),
                {"id": journal_id},
            )
            session.execute(
                text(
                    "INSERT INTO postings"
                    " SELECT :id, 1, account_id, CASE WHEN :debit THEN 3 ELSE 0 END,"
                    " CASE WHEN :debit THEN 0 ELSE 3 END FROM postings WHERE debit_fen > 0 LIMIT 1"
                ),
                {"id": journal_id, "debit": side == "3, 0"},
            )

        assert debits_minus_credits(session, month="2026-11") == 6
        assert debits_minus_credits(session, month="2026-12") == 0
