"""Slices: thirty seconds of the card for a phone that can hold no key."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from cards.errors import CardNotUsable, ConsentMissing
from cards.models import CardState, Credential, EnrolmentNonce, TerminalChallenge
from cards.services import (
    current_trust,
    issue_slice,
    purge_short_lived,
    start_challenge,
    start_enrolment,
)
from cards.uc1.answers import Refused, Verified
from cards.uc1.status import StatusCheck
from cards.uc1.terms import Assurance, Reason
from cards.uc1.verify import verify_text
from kernel.clock import unix
from tests.make import NOW


@pytest.fixture
def card(make):
    make.issuer_keys()
    return make.card()


def verified(session, shown, *, after_seconds=0):
    return verify_text(
        shown.text,
        now=unix(NOW) + after_seconds,
        trust=current_trust(session, now=NOW),
        statuses=StatusCheck.CALLER,
    )


def test_a_slice_shows_the_card_and_promises_a_session(session, card):
    shown = issue_slice(session, member_id=card.member_id, now=NOW)

    answer = verified(session, shown)

    assert isinstance(answer, Verified)
    assert answer.assurance is Assurance.SESSION
    assert answer.status_list == 0
    assert session.get_one(Credential, answer.cti).card_id == card.id


def test_the_first_slice_activates_the_card(session, card):
    issue_slice(session, member_id=card.member_id, now=NOW)

    assert card.state is CardState.ACTIVE


def test_a_slice_dies_after_thirty_seconds_and_ten_of_grace(session, card):
    shown = issue_slice(session, member_id=card.member_id, now=NOW)

    assert shown.expires_at == NOW + timedelta(seconds=30)
    assert isinstance(verified(session, shown, after_seconds=40), Verified)
    assert verified(session, shown, after_seconds=41) == Refused(Reason.EXPIRED)


def test_no_two_slices_are_alike(session, card):
    texts = {issue_slice(session, member_id=card.member_id, now=NOW).text for _ in range(5)}

    assert len(texts) == 5


def test_it_fits_qr_version_seven(session, card):
    shown = issue_slice(session, member_id=card.member_id, now=NOW)

    assert len(shown.text) <= 178  # what version 7-M holds in alphanumeric mode


def test_a_lost_card_gives_no_slice(session, card):
    card.state = CardState.LOST

    with pytest.raises(CardNotUsable):
        issue_slice(session, member_id=card.member_id, now=NOW)


def test_without_consent_there_is_no_slice(session, make):
    make.issuer_keys()
    card = make.card(member=make.member())

    with pytest.raises(ConsentMissing):
        issue_slice(session, member_id=card.member_id, now=NOW)


def test_slices_and_questions_are_forgotten_after_a_day_and_phones_are_not(session, make, card):
    make.phone(card)
    issue_slice(session, member_id=card.member_id, now=NOW)
    start_challenge(session, terminal_id=make.terminal().id, now=NOW)
    start_enrolment(session, session_id=make.member_session(make.member()).id, now=NOW)

    def left():
        tables = (Credential, EnrolmentNonce, TerminalChallenge)
        return [session.scalar(select(func.count()).select_from(table)) for table in tables]

    purge_short_lived(session, now=NOW + timedelta(hours=24))
    assert left() == [2, 2, 1]
    assert purge_short_lived(session, now=NOW + timedelta(hours=25)) == 4
    assert left() == [1, 0, 0]
