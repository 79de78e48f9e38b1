"""Whatever is booked and reversed in whatever order, the books balance and nothing is below 0."""

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, select, text
from sqlalchemy.orm import Session

from kernel.clock import shanghai_date
from kernel.ids import new_id
from ledger.errors import JournalNotFound, ReversalExceedsOriginal
from ledger.models import Family, FundSource, PartyType, Posting, PostingEvent
from ledger.queries import balances, debits_minus_credits, left_of_journal
from ledger.services import SourceKey, ensure_period, post_reversal
from tests.make import NOW
from tests.make.ledger import LedgerMaker

BOOKABLE = [
    (Family.DISCOUNT, FundSource.UNION_FUND, PostingEvent.CAPTURED),
    (Family.DISCOUNT, FundSource.FISCAL, PostingEvent.CAPTURED),
    (Family.AID, FundSource.MUTUAL_AID, PostingEvent.APPROVED),
    (Family.AID, FundSource.AID, PostingEvent.APPROVED),
    (Family.TRAINING, FundSource.DUES, PostingEvent.COMPLETED),
]
fen = st.integers(min_value=1, max_value=10_000_000)


@dataclass
class Booked:
    """What the model knows of one journal."""

    source_id: object
    journal_id: object
    party_id: object
    left_fen: int


posts = st.tuples(st.just("post"), st.sampled_from(BOOKABLE), fen, st.integers(0, 2))
reversals = st.tuples(st.just("reverse"), st.integers(0, 5), fen | st.none(), st.just(0))


@pytest.fixture(scope="module")
def books(databases):
    """An engine on a database with the shipped chart and an open November; nothing else is kept."""
    books = create_engine(databases.urls.app.format(name=databases.copy()))
    with Session(books) as session, session.begin():
        LedgerMaker(session).chart()
        ensure_period(session, day=NOW.date())
    yield books
    books.dispose()


@settings(max_examples=50, deadline=None)
@given(deeds=st.lists(posts | reversals, max_size=12))
def test_any_sequence_keeps_the_books_balanced(books, deeds):
    parties = [new_id() for _ in range(3)]
    booked = []
    with Session(books) as session:
        make = LedgerMaker(session)

        for verb, what, amount_fen, party in deeds:
            if verb == "post":
                booked.append(book(make, what, amount_fen, parties[party]))
            else:
                take_back(session, booked, which=what, amount_fen=amount_fen)

        session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
        assert debits_minus_credits(session) == 0
        lines = balances(session, period=ensure_period(session, day=shanghai_date(NOW)))
        assert sum(line.closing_fen for line in lines) == 0
        for entry in booked:
            assert left_of_journal(session, journal_id=entry.journal_id) == entry.left_fen
        for party_id in parties:
            assert owed(session, party_id) == sum(
                entry.left_fen for entry in booked if entry.party_id == party_id
            )
        session.rollback()


def book(make, what, amount_fen, party_id):
    family, fund_source, event = what
    source_id = new_id()
    journal_id = make.journal(
        source_type="anything",
        source_id=source_id,
        family=family,
        fund_source=fund_source,
        event=event,
        amount_fen=amount_fen,
        party_type=PartyType.MEMBER,
        party_id=party_id,
    )
    return Booked(source_id, journal_id, party_id, amount_fen)


def take_back(session, booked, *, which, amount_fen):
    """Reverse `amount_fen` (None: all that is left) of an entry, which may not be there."""
    entry = booked[which] if which < len(booked) else None
    wanted = amount_fen or (entry.left_fen if entry else 0) or 1
    try:
        post_reversal(
            session,
            original=SourceKey("anything", entry.source_id if entry else new_id(), "captured"),
            source_type="reversal",
            source_id=new_id(),
            kind="reversed",
            amount_fen=wanted,
            occurred_at=NOW,
            now=NOW,
        )
    except JournalNotFound:
        assert entry is None
    except ReversalExceedsOriginal:
        assert wanted > entry.left_fen
    else:
        entry.left_fen -= wanted
        assert entry.left_fen >= 0


def owed(session, party_id):
    lines = session.scalars(select(Posting).where(Posting.party_id == party_id))
    return sum(line.credit_fen - line.debit_fen for line in lines)
