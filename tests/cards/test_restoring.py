"""A lost card comes back by one of its phones that is not the lost one, or is replaced."""

import pytest
from sqlalchemy import select

from cards.errors import (
    CardNotUsable,
    DeviceNotFound,
    EnrolmentExpired,
    EnrolmentRefused,
    RestoreElsewhere,
)
from cards.models import CardState, Credential, CredentialState, Device
from cards.queries import live_devices
from cards.services import (
    LostWhat,
    freeze_card,
    refresh_credential,
    replace_card,
    report_lost,
    restore_by_device,
    start_enrolment,
)
from cards.uc1.keys import bytes_of_base64url
from kernel.actors import SYSTEM, Role
from kernel.clock import utc_now
from kernel.states import MoveNotAllowed
from members.errors import NoStanding
from members.models import Member, MemberSession, MembershipStatus, Notice
from tests.cards.test_api import enrol as enrol_over_http
from tests.cards.test_lifecycle import WEEK
from tests.cards.web import code_of, signed_in_member
from tests.make import NOW


@pytest.fixture
def card(make):
    make.issuer_keys()
    return make.card()


@pytest.fixture
def phones(make, card):
    return [make.phone(card, name=name) for name in ("甲", "乙", "丙")]


@pytest.fixture
def again(session, make, card, phones):
    """The session of a member who signed in again by code."""
    return make.member_session(session.get_one(Member, card.member_id))


def lose(session, card, *, device_id=None):
    before = session.scalars(
        select(MemberSession.id).where(MemberSession.member_id == card.member_id)
    ).first()
    return report_lost(
        session,
        member_id=card.member_id,
        session_id=before,
        what=LostWhat.ALL,
        device_id=device_id,
        now=NOW,
    )


def restore(session, card, signed_in, phone, *, named=True, replace=False, proof=None):
    if proof is None:
        proof = phone.proof(start_enrolment(session, session_id=signed_in.id, now=NOW).nonce)
    return restore_by_device(
        session,
        member_id=card.member_id,
        session_id=signed_in.id,
        device_id=phone.device_id if named else None,
        proof=proof,
        replace=replace,
        now=NOW,
    )


def live(session, card):
    return [line.device_id for line in live_devices(session, card_id=card.id, now=NOW)]


@pytest.mark.parametrize("named", [True, False])
def test_the_phone_in_hand_restores_and_the_others_are_retired(session, card, phones, again, named):
    lose(session, card, device_id=phones[1].device_id)

    restore(session, card, again, phones[1], named=named)

    assert card.state is CardState.ACTIVE
    assert live(session, card) == [phones[1].device_id]
    assert set(session.scalars(select(Credential.state))) == {CredentialState.INVALID}
    fresh = refresh_credential(
        session, member_id=card.member_id, device_id=phones[1].device_id, now=NOW
    )
    assert fresh.credential


def test_a_phone_that_may_be_in_other_hands_does_not(session, card, phones, again):
    lose(session, card, device_id=phones[1].device_id)

    with pytest.raises(RestoreElsewhere):
        restore(session, card, again, phones[0])
    assert card.state is CardState.LOST


def test_the_only_phone_is_what_was_lost(session, make, card):
    phone = make.phone(card)
    lose(session, card, device_id=phone.device_id)
    signed_in = make.member_session(session.get_one(Member, card.member_id))

    with pytest.raises(RestoreElsewhere):
        restore(session, card, signed_in, phone)


def test_where_nobody_said_which_any_of_several_restores(session, card, phones, again):
    lose(session, card)

    restore(session, card, again, phones[2])

    assert live(session, card) == [phones[2].device_id]


def test_the_sign_in_alone_restores_nothing(session, make, card, phones, again):
    """Neither another key, nor an old answer, nor an answer to somebody else's question."""
    lose(session, card)
    stranger = make.phone(make.card())
    nonce = start_enrolment(session, session_id=again.id, now=NOW).nonce
    foreign = make.member_session(session.get_one(Member, make.card().member_id))
    foreign_nonce = start_enrolment(session, session_id=foreign.id, now=NOW).nonce

    with pytest.raises(EnrolmentRefused):
        restore(session, card, again, phones[0], proof=stranger.proof(nonce))
    with pytest.raises(DeviceNotFound):
        restore(session, card, again, stranger, named=False, proof=stranger.proof(nonce))
    with pytest.raises(DeviceNotFound):
        restore(session, card, again, stranger)
    with pytest.raises(EnrolmentRefused):
        restore(session, card, again, phones[0], proof=phones[0].proof(foreign_nonce))
    assert card.state is CardState.LOST


def test_an_answer_is_good_once(session, card, phones, again):
    lose(session, card)
    proof = phones[0].proof(start_enrolment(session, session_id=again.id, now=NOW).nonce)
    restore(session, card, again, phones[0], proof=proof)
    lose(session, card)
    # Alone on the card by now, it is held to be the lost one; the proof fails before that is said.
    with pytest.raises(EnrolmentExpired):
        restore(session, card, again, phones[0], proof=proof)


def test_only_a_lost_card_is_restored(session, card, phones, again):
    with pytest.raises(MoveNotAllowed):
        restore(session, card, again, phones[0])


def test_a_retired_phone_does_not(session, card, phones, again):
    session.get_one(Device, phones[0].device_id).retired_at = NOW
    lose(session, card)

    with pytest.raises(DeviceNotFound):
        restore(session, card, again, phones[0])


def test_replacing_retires_the_phone_that_restores_as_well(session, card, phones, again):
    version = card.version
    number = card.number
    lose(session, card)

    restore(session, card, again, phones[0], replace=True)

    assert card.state is CardState.ACTIVE
    assert live(session, card) == []
    assert card.number == number
    assert card.version > version


def test_a_card_lost_while_frozen_goes_back_into_its_freeze(session, card, phones, again):
    freeze_card(session, card_id=card.id, reason="核查", until=NOW + WEEK, actor=SYSTEM, now=NOW)
    lose(session, card)

    restore(session, card, again, phones[0])

    assert card.state is CardState.FROZEN


@pytest.mark.parametrize("is_lost", [True, False])
def test_a_desk_replaces_a_card(session, make, card, again, is_lost):
    officer = make.staff_actor(Role.REGISTER_OFFICER)
    if is_lost:
        lose(session, card)

    replace_card(session, card_id=card.id, reason="换卡", actor=officer, now=NOW)

    assert card.state is CardState.ACTIVE
    assert live(session, card) == []
    assert again.revoked_at == NOW
    assert set(session.scalars(select(Credential.state))) == {CredentialState.INVALID}
    assert "Card replaced, its number stays" in set(session.scalars(select(Notice.title_en)))


def test_a_frozen_card_is_not_replaced(session, make, card, phones):
    freeze_card(session, card_id=card.id, reason="核查", until=NOW + WEEK, actor=SYSTEM, now=NOW)

    with pytest.raises(CardNotUsable):
        replace_card(session, card_id=card.id, reason="换卡", actor=SYSTEM, now=NOW)


def test_over_http(client, session, make, now):
    make.issuer_keys(now=now)
    card = make.card()
    first = signed_in_member(make, session, card.member_id)
    phone, _ = enrol_over_http(client, first)
    other, _ = enrol_over_http(client, first)
    body = {"what": "all", "device_id": phone.device_id}
    assert client.post("/api/v1/cards/me/lost", json=body, headers=first).status_code == 200
    seen = client.get("/api/v1/cards/me", headers=first).json["devices"]
    assert [each["may_restore"] for each in seen] == [True, False]

    headers = signed_in_member(make, session, card.member_id)
    _, slice_answer = enrol_over_http(client, headers)
    assert code_of(slice_answer, 409) == "card_not_usable"

    def ask(which, **facts):
        nonce = client.post("/api/v1/cards/me/devices/challenge", headers=headers).json["nonce"]
        body = {"enrolment": which.proof(bytes_of_base64url(nonce), now=utc_now())} | facts
        return client.post("/api/v1/cards/me/restore", json=body, headers=headers)

    assert code_of(ask(other), 409) == "restore_elsewhere"
    answer = ask(phone, device_id=phone.device_id)
    assert answer.status_code == 200
    assert answer.json["state"] == "active"
    assert [each["device_id"] for each in answer.json["devices"]] == [phone.device_id]


def test_nobody_restores_the_card_of_somebody_who_left(session, card, phones, again):
    lose(session, card)
    session.get_one(Member, card.member_id).status = MembershipStatus.WITHDRAWN

    with pytest.raises(NoStanding):
        restore(session, card, again, phones[0])
