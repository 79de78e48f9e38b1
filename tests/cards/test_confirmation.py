"""Where a deployment wants it, a membership is confirmed, or the card expires."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from cards import jobs
from cards.errors import CardNotUsable
from cards.models import Card, CardState, Credential, CredentialState
from cards.queries import cards_to_ask, cards_to_expire, own_card
from cards.services import (
    ask_for_confirmation,
    change_policy,
    confirm_membership,
    expire_card,
    freeze_card,
    refresh_credential,
    report_lost_at_desk,
)
from cards.uc1.credential import read_credential
from kernel.actors import SYSTEM
from kernel.clock import utc_now
from members.errors import NoStanding
from members.models import Member, MembershipStatus, Notice
from tests.make import NOW

YEAR = timedelta(days=365)
MONTH = timedelta(days=30)
SECOND = timedelta(seconds=1)


@pytest.fixture
def phone(make):
    make.issuer_keys()
    return make.phone(make.card())


@pytest.fixture
def card(session, phone):
    card = session.scalars(select(Card)).one()
    change_policy(session, confirm_every_days=365, actor=SYSTEM, now=NOW)
    return card


def ask(session, card, *, now):
    return ask_for_confirmation(session, card_id=card.id, actor=SYSTEM, now=now)


def expire(session, card, *, now):
    return expire_card(session, card_id=card.id, actor=SYSTEM, now=now)


@pytest.fixture
def expired(session, card):
    assert ask(session, card, now=NOW + YEAR - MONTH)
    assert expire(session, card, now=NOW + YEAR)
    return card


def test_a_member_is_asked_once_thirty_days_before(session, card):
    due = NOW + YEAR - MONTH
    assert cards_to_ask(session, now=due - SECOND, rows=9) == []
    assert not ask(session, card, now=due - SECOND)
    assert cards_to_ask(session, now=due, rows=9) == [card.id]

    assert ask(session, card, now=due)

    assert cards_to_ask(session, now=due, rows=9) == []
    assert not ask(session, card, now=due)
    assert own_card(session, member_id=card.member_id).confirm_by == NOW + YEAR
    titles = list(session.scalars(select(Notice.title_en)))
    assert titles == ["Confirm your membership within thirty days, or the card expires"]


def test_nobody_expires_unasked_or_sooner_than_thirty_days_after(session, card):
    late = NOW + 3 * YEAR
    assert not expire(session, card, now=late)
    ask(session, card, now=late)

    assert cards_to_expire(session, now=late + MONTH - SECOND, rows=9) == []
    assert not expire(session, card, now=late + MONTH - SECOND)
    assert cards_to_expire(session, now=late + MONTH, rows=9) == [card.id]
    assert expire(session, card, now=late + MONTH)
    assert card.state is CardState.EXPIRED


def test_an_expired_card_shows_nothing_until_one_tap(session, card, phone):
    ask(session, card, now=NOW + YEAR - MONTH)
    day_before = NOW + YEAR - timedelta(days=1)
    issued = refresh_credential(
        session, member_id=card.member_id, device_id=phone.device_id, now=day_before
    )
    newest = session.get_one(Credential, read_credential(issued.credential).facts.cti)
    assert expire(session, card, now=NOW + YEAR)
    session.refresh(newest)
    assert newest.state is CredentialState.SUSPENDED

    confirm_membership(session, member_id=card.member_id, now=NOW + YEAR)

    assert card.state is CardState.ACTIVE
    session.refresh(newest)
    assert newest.state is CredentialState.INVALID
    assert cards_to_ask(session, now=NOW + YEAR + YEAR - MONTH - SECOND, rows=9) == []


def test_confirming_in_time_keeps_the_card_and_its_credentials(session, card):
    ask(session, card, now=NOW + YEAR - MONTH)

    confirm_membership(session, member_id=card.member_id, now=NOW + YEAR - SECOND)

    assert not expire(session, card, now=NOW + YEAR)
    assert set(session.scalars(select(Credential.state))) == {CredentialState.VALID}
    assert own_card(session, member_id=card.member_id).confirm_by is None


def test_confirming_unasked_changes_nothing(session, card):
    version = card.version

    confirm_membership(session, member_id=card.member_id, now=NOW)

    assert card.version == version


def test_without_the_policy_nothing_expires(session, card):
    change_policy(session, confirm_every_days=0, actor=SYSTEM, now=NOW)

    assert cards_to_ask(session, now=NOW + 9 * YEAR, rows=9) == []
    assert cards_to_expire(session, now=NOW + 9 * YEAR, rows=9) == []
    assert not ask(session, card, now=NOW + 9 * YEAR)


def test_neither_a_stranger_nor_a_frozen_card_is_confirmed(session, card):
    freeze_card(session, card_id=card.id, reason="核查", until=NOW + MONTH, actor=SYSTEM, now=NOW)
    with pytest.raises(CardNotUsable):
        confirm_membership(session, member_id=card.member_id, now=NOW)
    session.get_one(Member, card.member_id).status = MembershipStatus.WITHDRAWN
    with pytest.raises(NoStanding):
        confirm_membership(session, member_id=card.member_id, now=NOW)


def test_an_expired_card_can_be_reported_lost(session, expired):
    report_lost_at_desk(session, card_id=expired.id, reason="丢失", actor=SYSTEM, now=NOW + YEAR)

    assert expired.state is CardState.LOST
    with pytest.raises(CardNotUsable):
        confirm_membership(session, member_id=expired.member_id, now=NOW + YEAR)


def test_the_job_asks_and_stops(session, make, app):
    now = utc_now()
    make.issuer_keys(now=now)
    change_policy(session, confirm_every_days=365, actor=SYSTEM, now=now)
    new, old, asked = (
        make.card(state=CardState.ACTIVE, activated_at=now - age, confirmation_asked_at=asked_at)
        for age, asked_at in (
            (MONTH, None),
            (YEAR, None),
            (YEAR, now - MONTH),
        )
    )

    with app.app_context():
        jobs.ask_and_expire()
        jobs.ask_and_expire()

    session.expire_all()
    states = [session.get_one(Card, each.id).state for each in (new, old, asked)]
    assert states == [CardState.ACTIVE, CardState.ACTIVE, CardState.EXPIRED]
    assert session.get_one(Card, new.id).confirmation_asked_at is None
    assert session.get_one(Card, old.id).confirmation_asked_at is not None


def test_over_http(client, session, make, member, card):
    live = session.scalars(select(Card).where(Card.member_id == card.member_id)).one()
    live.confirmation_asked_at = utc_now()
    session.flush()
    shown = client.get("/api/v1/cards/me", headers=member).json
    assert shown["confirm_by"] is not None

    answer = client.post("/api/v1/cards/me/confirmation", headers=member)

    assert (answer.status_code, answer.json["confirm_by"]) == (200, None)
