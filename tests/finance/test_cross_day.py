"""A bank that booked a payment on a day before we sent it: about midnight or not."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from finance.models import (
    BankLine,
    Discrepancy,
    DiscrepancyCode,
    DiscrepancyState,
    Match,
    PaymentState,
)
from finance.queries.matching import suggest
from finance.rules.matching import MatchReason
from finance.rules.trades import TOLERATED
from finance.services.matching import match, undo_match
from tests.make import NOW

# Three minutes past midnight of the 20th in Shanghai.
SENT_AT = datetime(2026, 11, 19, 16, 3, tzinfo=UTC)


def named(session):
    session.expire_all()
    return session.scalars(select(Discrepancy)).one()


@pytest.mark.parametrize("moment", ["2026-11-19 10:15:00", "2026-11-19 23:57:59"])
def test_beyond_five_minutes_it_is_named_and_a_person_matches_it(session, make, moment):
    payment = make.sent_payment(sent_at=SENT_AT)

    taken = make.bank_import((moment, -52_50, payment.reference))

    assert (taken.matched, taken.named) == (0, 1)
    found = named(session)
    assert (found.code, found.state) == (DiscrepancyCode.CROSS_DAY, DiscrepancyState.OPEN)
    line = session.scalars(select(BankLine)).one()
    [suggestion] = suggest(session, bank_line_id=line.id)
    assert suggestion.reason is MatchReason.REFERENCE_EARLY

    match(
        session,
        actor=make.staff_actor("finance_maker"),
        bank_line_id=line.id,
        payment_id=payment.id,
        amount_fen=suggestion.amount_fen,
        score=suggestion.score,
        reason=suggestion.reason,
        now=NOW,
    )

    assert session.get_one(type(payment), payment.id).state is PaymentState.PAID
    assert named(session).state is DiscrepancyState.RESOLVED


def test_about_midnight_it_is_matched_and_named_as_tolerated(session, make):
    payment = make.sent_payment(sent_at=SENT_AT)

    taken = make.bank_import(("2026-11-19 23:58:00", -52_50, payment.reference))

    assert (taken.matched, taken.named) == (1, 0)
    found = named(session)
    assert (found.code, found.state) == (DiscrepancyCode.CROSS_DAY, DiscrepancyState.RESOLVED)
    assert found.note == TOLERATED


def test_an_undone_match_about_midnight_is_named_for_a_person(session, make):
    payment = make.sent_payment(sent_at=SENT_AT)
    make.bank_import(("2026-11-19 23:59:00", -52_50, payment.reference))
    line = session.scalars(select(BankLine)).one()
    made = session.scalars(select(Match).where(Match.bank_line_id == line.id)).one()

    undo_match(
        session,
        actor=make.staff_actor("finance_checker"),
        match_id=made.id,
        reason="误配",
        now=NOW,
    )

    found = named(session)
    assert (found.code, found.state) == (DiscrepancyCode.CROSS_DAY, DiscrepancyState.OPEN)


def test_the_day_on_which_it_was_sent_is_no_other_day(session, make):
    payment = make.sent_payment(sent_at=SENT_AT)

    taken = make.bank_import(("2026-11-20 00:00:01", -52_50, payment.reference))

    assert (taken.matched, taken.named) == (1, 0)
    assert session.scalars(select(Discrepancy)).all() == []
