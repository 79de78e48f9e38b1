"""A member appeals against a freeze; the desk grants or rejects it."""

import pytest
from sqlalchemy import select

from cards.errors import AppealNotFound, AppealOpen, NotFrozen, ReasonMissing
from cards.models import AppealState, CardAppeal, CardState
from cards.queries import appeals_of_card, appeals_waiting
from cards.services import (
    appeal,
    cancel_card,
    end_freeze,
    freeze_card,
    grant_appeal,
    reject_appeal,
    report_lost_at_desk,
    restore_card,
)
from kernel.actors import SYSTEM, Role
from kernel.clock import utc_now
from kernel.ids import new_id
from kernel.states import MoveNotAllowed
from members.models import Notice
from tests.cards.test_lifecycle import WEEK
from tests.cards.web import code_of
from tests.make import NOW

WORDS = "那天我在住院，不是我刷的卡"


@pytest.fixture
def card(make):
    make.issuer_keys()
    card = make.card()
    make.phone(card)
    return card


@pytest.fixture
def frozen(session, card):
    return freeze(session, card)


@pytest.fixture
def officer(make):
    return make.staff_actor(Role.REGISTER_OFFICER)


def freeze(session, card, *, now=NOW):
    return freeze_card(
        session, card_id=card.id, reason="核查", until=now + WEEK, actor=SYSTEM, now=now
    )


@pytest.fixture
def waiting(session, frozen):
    return appeal(session, member_id=frozen.member_id, text=WORDS, now=NOW)


def answers(session, card):
    return [(each.state, each.answer) for each in appeals_of_card(session, card_id=card.id)]


def test_what_the_member_writes_is_sealed(session, card, waiting):
    assert WORDS.encode() not in waiting.text_sealed
    assert [each.text for each in appeals_of_card(session, card_id=card.id)] == [WORDS]


def test_granting_brings_the_card_back(session, card, waiting, officer):
    grant_appeal(session, appeal_id=waiting.id, answer="已核实", actor=officer, now=NOW)

    assert card.state is CardState.ACTIVE
    assert answers(session, card) == [(AppealState.GRANTED, "已核实")]
    assert waiting.decided_by == officer.id


def test_rejecting_leaves_the_freeze_and_tells_why(session, card, waiting, officer):
    reject_appeal(session, appeal_id=waiting.id, answer="证据不足", actor=officer, now=NOW)

    assert card.state is CardState.FROZEN
    assert answers(session, card) == [(AppealState.REJECTED, "证据不足")]
    assert "Appeal rejected; the card says why" in set(session.scalars(select(Notice.title_en)))
    assert appeal(session, member_id=card.member_id, text="再说一次", now=NOW)


def test_one_at_a_time_and_only_against_a_freeze(session, make, frozen, waiting):
    with pytest.raises(AppealOpen):
        appeal(session, member_id=frozen.member_id, text=WORDS, now=NOW)
    with pytest.raises(NotFrozen):
        appeal(session, member_id=make.card().member_id, text=WORDS, now=NOW)


def test_words_are_needed_on_both_sides(session, frozen, officer):
    with pytest.raises(ReasonMissing):
        appeal(session, member_id=frozen.member_id, text="  ", now=NOW)
    made = appeal(session, member_id=frozen.member_id, text=WORDS, now=NOW)
    for decide in (grant_appeal, reject_appeal):
        with pytest.raises(ReasonMissing):
            decide(session, appeal_id=made.id, answer=" ", actor=officer, now=NOW)


def test_a_decision_is_made_once(session, waiting, officer):
    reject_appeal(session, appeal_id=waiting.id, answer="不符", actor=officer, now=NOW)

    with pytest.raises(MoveNotAllowed):
        grant_appeal(session, appeal_id=waiting.id, answer="准", actor=officer, now=NOW)
    with pytest.raises(AppealNotFound):
        grant_appeal(session, appeal_id=new_id(), answer="准", actor=officer, now=NOW)


def test_a_restored_card_has_its_appeal_granted(session, card, waiting, officer):
    restore_card(session, card_id=card.id, reason="查清", actor=officer, now=NOW)

    assert answers(session, card) == [(AppealState.GRANTED, "查清")]


def test_what_ends_the_freeze_first_overtakes_it(session, card, waiting):
    end_freeze(session, card_id=card.id, actor=SYSTEM, now=NOW + WEEK)
    assert answers(session, card) == [(AppealState.OVERTAKEN, None)]

    freeze(session, card, now=NOW + WEEK)
    appeal(session, member_id=card.member_id, text=WORDS, now=NOW + WEEK)
    cancel_card(session, card_id=card.id, actor=SYSTEM, now=NOW + WEEK)
    assert [state for state, _ in answers(session, card)] == [AppealState.OVERTAKEN] * 2


def test_a_card_lost_meanwhile_is_found_first(session, card, waiting, officer):
    report_lost_at_desk(session, card_id=card.id, reason="丢失", actor=officer, now=NOW)

    with pytest.raises(MoveNotAllowed):
        grant_appeal(session, appeal_id=waiting.id, answer="准", actor=officer, now=NOW)
    restore_card(session, card_id=card.id, reason="找到", actor=officer, now=NOW)
    assert card.state is CardState.FROZEN
    assert answers(session, card) == [(AppealState.OPEN, None)]


def test_over_http(client, session, member, card):
    freeze(session, card, now=utc_now())

    made = client.post("/api/v1/cards/me/appeals", json={"text": WORDS}, headers=member)

    assert (made.status_code, made.json["state"], made.json["text"]) == (201, "open", WORDS)
    shown = client.get("/api/v1/cards/me", headers=member).json["appeal"]
    assert (shown["id"], shown["answer"]) == (made.json["id"], None)
    again = client.post("/api/v1/cards/me/appeals", json={"text": WORDS}, headers=member)
    assert code_of(again, 409) == "appeal_open"
    assert client.post("/api/v1/cards/me/appeals", json={}, headers=member).status_code == 422


def test_the_desk_reads_and_decides(session, make, baoan, longgang, signed_in):
    make.issuer_keys()
    at_desk = make.staff(Role.REGISTER_OFFICER, union=baoan)
    officer = signed_in(at_desk)
    card = make.card(member=make.member(union=baoan))
    card.state, card.activated_at = CardState.ACTIVE, NOW
    freeze(session, card, now=utc_now())
    made = appeal(session, member_id=card.member_id, text=WORDS, now=NOW)
    stranger = signed_in(make.staff(Role.REGISTER_OFFICER, union=longgang))

    assert str(card.id) in officer.open("/desk/cards/appeals").text
    assert str(card.id) not in stranger.open("/desk/cards/appeals").text
    assert WORDS in officer.open(f"/desk/cards/{card.id}").text
    page, place = f"/desk/cards/{card.id}", f"/desk/cards/appeals/{made.id}"
    unsaid = officer.send(f"{place}/reject", page=page, reason="")
    assert (unsaid.status_code, 'id="answer-reason-fault"' in unsaid.text) == (422, True)
    assert officer.send(f"{place}/grant", page=page, reason="查清").status_code == 303
    session.expire_all()
    assert session.get_one(CardAppeal, made.id).state is AppealState.GRANTED
    assert session.get_one(type(card), card.id).state is CardState.ACTIVE
    assert appeals_waiting(session, make.staff_actor(Role.REGISTER_OFFICER, union=baoan)) == 0
