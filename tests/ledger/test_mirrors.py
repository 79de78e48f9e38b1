"""Whole journals are taken back in one statement: all of them, each once, or none."""

from datetime import date

import pytest
from sqlalchemy import func, select, text

from kernel.ids import new_id
from ledger.errors import AlreadyPosted, PeriodClosed, ReversalExceedsOriginal
from ledger.models import Journal, Posting
from ledger.queries import left_of_journal
from ledger.services import (
    Mirror,
    SourceKey,
    close_period,
    lock_period,
    post_mirrors,
    post_reversal,
)
from tests.make import NOW

NOVEMBER, OCTOBER = date(2026, 11, 23), date(2026, 10, 5)
FACTS = {"source_type": "match", "kind": "returned", "now": NOW}


def mirror(journal_id, *, day=NOVEMBER, source_id=None):
    return Mirror(journal_id, source_id or new_id(), occurred_at=NOW, book_date=day)


def lines_of(session, journal_id):
    query = select(
        Posting.line_no,
        Posting.account_id,
        Posting.debit_fen,
        Posting.credit_fen,
        Posting.party_id,
    )
    return session.execute(
        query.where(Posting.journal_id == journal_id).order_by(Posting.line_no)
    ).all()


def journals(session):
    return session.scalar(select(func.count()).select_from(Journal))


def test_a_mirror_exchanges_the_sides_of_each_line(session, make):
    make.chart()
    originals = [make.journal(amount_fen=fen) for fen in (40_00, 2_50)]

    post_mirrors(session, mirrors=[mirror(each) for each in originals], **FACTS)

    session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    for original in originals:
        taken_back = session.scalars(select(Journal).where(Journal.reverses_id == original)).one()
        assert (taken_back.kind, taken_back.book_date) == ("returned", NOVEMBER)
        expected = [
            (no, account, credit, debit, party)
            for no, account, debit, credit, party in lines_of(session, original)
        ]
        assert lines_of(session, taken_back.id) == expected
        assert left_of_journal(session, journal_id=original) == 0


def test_what_was_taken_back_in_part_stops_them_all(session, make):
    make.chart()
    touched = new_id()
    originals = [make.journal(), make.journal(source_id=touched)]
    post_reversal(
        session,
        original=SourceKey("redemption", touched, "captured"),
        source_type="redemption_reversal",
        source_id=new_id(),
        kind="reversal",
        amount_fen=15_00,
        occurred_at=NOW,
        now=NOW,
    )
    before = journals(session)

    with pytest.raises(ReversalExceedsOriginal) as refused:
        post_mirrors(session, mirrors=[mirror(each) for each in originals], **FACTS)

    assert refused.value.facts == {"left_fen": 25_00}
    assert journals(session) == before


def test_one_source_is_booked_once(session, make):
    make.chart()
    originals, source_id = [make.journal(), make.journal()], new_id()
    twice = [mirror(each, source_id=source_id) for each in originals]

    with pytest.raises(AlreadyPosted), session.begin_nested():
        post_mirrors(session, mirrors=twice, **FACTS)

    assert journals(session) == len(originals)
    post_mirrors(session, mirrors=[], **FACTS)


def test_a_closed_month_takes_none(session, make):
    make.chart()
    original = make.journal(book_date=OCTOBER)
    period = lock_period(session, month="2026-10")
    close_period(session, period=period, maker_id=new_id(), approver_id=new_id(), now=NOW)

    with pytest.raises(PeriodClosed):
        post_mirrors(session, mirrors=[mirror(original, day=OCTOBER)], **FACTS)
