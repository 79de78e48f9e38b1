"""A card is reported lost by somebody who has not signed in."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from audit.models import AuditEntry
from cards.models import Card, CardState, Credential, CredentialState, LostReportTries
from cards.services import cancel_card, purge_short_lived
from cards.services.lost_elsewhere import report_lost_elsewhere
from kernel.actors import SYSTEM, ActorKind
from kernel.clock import utc_now
from members.models import (
    MEMBER_DOCUMENT,
    MEMBER_PHONE,
    Member,
    MemberSession,
    MembershipStatus,
    Notice,
)
from tests.cards.test_api import ENGLISH
from tests.cards.web import JSON_PROBLEM

PATH = "/api/v1/cards/lost"


@pytest.fixture
def card(make, now):
    make.issuer_keys(now=now)
    card = make.card()
    make.phone(card, now=now)
    return card


@pytest.fixture
def facts(session, card):
    """What the member knows by heart."""
    member = session.get_one(Member, card.member_id)
    return {
        "phone": MEMBER_PHONE.open(member.id, member.phone_sealed),
        "name": "张小明",
        "document_tail": MEMBER_DOCUMENT.open(member.id, member.document_sealed)[-4:],
    }


def tell(client, facts, *, address="203.0.113.7", **other):
    return client.post(
        PATH,
        json=facts | other,
        headers=ENGLISH,
        environ_base={"REMOTE_ADDR": address},
    )


def state(session, card):
    session.expire_all()
    return session.get_one(Card, card.id).state


def test_it_stops_the_card_at_once(client, session, card, facts):
    answer = tell(client, facts)

    assert (answer.status_code, answer.json) == (202, {"ok": True})
    assert state(session, card) is CardState.LOST
    assert set(session.scalars(select(Credential.state))) == {CredentialState.SUSPENDED}
    assert all(session.scalars(select(MemberSession.revoked_at)))
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "card.lost")).one()
    assert (entry.actor_kind, entry.member_id) == (ActorKind.NOBODY, card.member_id)
    assert session.scalars(select(Notice.title_en)).all() == ["Card reported lost"]


@pytest.mark.parametrize(
    "other", [{"phone": "15400009998"}, {"name": "李四"}, {"document_tail": "0000"}]
)
def test_the_answer_tells_nothing_and_a_mismatch_does_nothing(client, session, card, facts, other):
    answer = tell(client, facts, **other)

    assert (answer.status_code, answer.json) == (202, {"ok": True})
    assert state(session, card) is CardState.ACTIVE
    assert all(each is None for each in session.scalars(select(MemberSession.revoked_at)))


def test_a_second_report_and_a_cancelled_card_are_answered_alike(client, session, card, facts):
    tell(client, facts)
    assert tell(client, facts).status_code == 202
    cancel_card(session, card_id=card.id, actor=SYSTEM, now=utc_now())
    assert tell(client, facts).status_code == 202
    assert state(session, card) is CardState.CANCELLED


def test_five_a_day_for_one_number_from_wherever(client, session, card, facts):
    for place in range(5):
        wrong = tell(client, facts, document_tail="0000", address=f"203.0.113.{place}")
        assert wrong.status_code == 202

    refused = tell(client, facts, address="203.0.113.99")

    assert (refused.status_code, refused.content_type) == (429, JSON_PROBLEM)
    assert refused.json["code"] == "lost_reports_too_many"
    assert "12351" in refused.json["title"]
    assert state(session, card) is CardState.ACTIVE


def test_a_number_that_nobody_has_is_counted_alike(client, card, facts):
    heard = [
        tell(client, facts, phone="15400009998", address=f"203.0.113.{place}").status_code
        for place in range(6)
    ]

    assert heard == [202] * 5 + [429]


def test_fifty_a_day_from_one_network_for_whomever(client, session, card, facts):
    for number in range(50):
        assert tell(client, facts, phone=f"154000099{number:02}").status_code == 202

    assert tell(client, facts).status_code == 429
    assert state(session, card) is CardState.ACTIVE


def test_the_next_day_is_another(session, card, facts, now):
    def tell_at(moment):
        return report_lost_elsewhere(
            session,
            **facts | {"document_tail": "0000"},
            address="203.0.113.7",
            now=moment,
        )

    assert [tell_at(now) for _ in range(5)] == [None] * 5
    assert tell_at(now) is not None
    assert tell_at(now + timedelta(days=1)) is None
    purge_short_lived(session, now=now + timedelta(days=2))
    assert {each.tries for each in session.scalars(select(LostReportTries))} == {1}


def test_what_is_no_number_is_said_and_not_counted(client, session, card, facts):
    answer = tell(client, facts, phone="12345")

    assert (answer.status_code, answer.json["code"]) == (422, "phone_unreadable")
    assert session.scalars(select(LostReportTries)).all() == []
    assert tell(client, {}).status_code == 422


def test_somebody_who_left_is_answered_alike(client, session, make, facts, card):
    session.get_one(Member, card.member_id).status = MembershipStatus.WITHDRAWN
    session.flush()

    assert tell(client, facts).status_code == 202
    assert state(session, card) is CardState.LOST
