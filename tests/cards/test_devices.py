"""Phones: enrolled by a proof, given credentials, limited, retired."""

import secrets
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from cards.errors import (
    CardNotFound,
    CardNotUsable,
    ConsentMissing,
    DeviceKeyTaken,
    DeviceLimit,
    DeviceNotFound,
    EnrolmentExpired,
    EnrolmentRefused,
    IssuerKeysMissing,
    PublicKeyInvalid,
)
from cards.models import CardRecord, CardState, Credential, CredentialState, Device
from cards.queries import live_devices
from cards.services import (
    change_policy,
    current_trust,
    enrol_device,
    refresh_credential,
    retire_device,
    start_enrolment,
)
from cards.uc1.answers import Verified
from cards.uc1.credential import read_credential
from cards.uc1.keys import compressed
from cards.uc1.status import StatusCheck
from cards.uc1.verify import verify_text
from kernel.actors import SYSTEM
from kernel.clock import unix
from members.errors import NoStanding, RealNameRequired
from members.models import MemberSession, MembershipStatus
from tests.make import NOW
from tests.make.cards import Phone


def enrol(session, card, member_session, phone=None, *, proof=None, now=NOW):
    phone = phone or Phone()
    if proof is None:
        question = start_enrolment(session, session_id=member_session.id, now=now)
        proof = phone.proof(question.nonce, now=now)
    issued = enrol_device(
        session,
        member_id=card.member_id,
        session_id=member_session.id,
        name="演示手机",
        public_key=phone.jwk,
        proof=proof,
        now=now,
    )
    return phone.took(issued)


@pytest.fixture
def card(make):
    make.issuer_keys()
    return make.card()


@pytest.fixture
def signed_in(session, make, card):
    """The session of the card's member."""
    return make.save(
        MemberSession(
            member_id=card.member_id,
            token_hash=b"session",
            created_at=NOW,
            expires_at=NOW + timedelta(days=90),
        )
    )


def states(session, card):
    query = select(Credential.state).where(Credential.card_id == card.id)
    return sorted(session.scalars(query.order_by(Credential.issued_at)))


def test_the_first_phone_activates_the_card(session, card, signed_in):
    phone = enrol(session, card, signed_in)

    assert card.state is CardState.ACTIVE
    assert card.activated_at == NOW
    assert [line.device_id for line in live_devices(session, card_id=card.id, now=NOW)] == [
        phone.device_id
    ]
    events = session.scalars(select(CardRecord.event).where(CardRecord.card_id == card.id))
    assert sorted(events) == ["activated", "device_enrolled"]


def test_what_the_phone_shows_verifies_against_the_published_list(session, card, signed_in):
    phone = enrol(session, card, signed_in)

    answer = verify_text(
        phone.code(),
        now=unix(NOW),
        trust=current_trust(session, now=NOW),
        statuses=StatusCheck.CALLER,
    )

    assert isinstance(answer, Verified)
    assert compressed(answer.device_key) == compressed(phone.key.public_key())


def test_a_credential_is_158_bytes_and_lives_fourteen_days(session, card, signed_in):
    phone = enrol(session, card, signed_in)

    facts = read_credential(phone.credential).facts
    row = session.get_one(Credential, facts.cti)

    assert len(phone.credential) <= 158
    assert facts.exp == unix(NOW + timedelta(days=14))
    assert (row.status_list, row.status_index) == (facts.status_list, facts.status_index)
    assert row.kid == facts.kid


def test_a_fresh_credential_shares_nothing_with_the_last_which_is_invalid(session, card, signed_in):
    phone = enrol(session, card, signed_in)
    before = read_credential(phone.credential).facts

    later = NOW + timedelta(hours=25)
    issued = refresh_credential(
        session, member_id=card.member_id, device_id=phone.device_id, now=later
    )
    after = read_credential(issued.credential).facts

    assert after.cti != before.cti
    assert (after.status_list, after.status_index) != (before.status_list, before.status_index)
    assert after.device_point == before.device_point
    session.expire_all()
    assert session.get_one(Credential, before.cti).state is CredentialState.INVALID
    assert session.get_one(Credential, after.cti).state is CredentialState.VALID


def test_the_same_key_again_is_the_same_phone(session, card, signed_in):
    phone = enrol(session, card, signed_in)
    first = phone.device_id

    enrol(session, card, signed_in, phone)

    assert phone.device_id == first
    assert session.scalar(select(func.count()).select_from(Device)) == 1
    assert states(session, card) == ["invalid", "valid"]


def test_a_question_is_answered_once(session, card, signed_in):
    question = start_enrolment(session, session_id=signed_in.id, now=NOW)
    phone = Phone()
    proof = phone.proof(question.nonce)
    enrol(session, card, signed_in, phone, proof=proof)

    with pytest.raises(EnrolmentExpired):
        enrol(session, card, signed_in, phone, proof=proof)


def test_of_two_open_questions_either_may_be_answered(session, card, signed_in):
    older = start_enrolment(session, session_id=signed_in.id, now=NOW)
    start_enrolment(session, session_id=signed_in.id, now=NOW + timedelta(seconds=1))
    phone = Phone()

    enrol(session, card, signed_in, phone, proof=phone.proof(older.nonce))

    assert phone.credential


def test_a_question_lives_120_seconds(session, card, signed_in):
    question = start_enrolment(session, session_id=signed_in.id, now=NOW)
    phone = Phone()
    late = NOW + timedelta(seconds=120)

    with pytest.raises(EnrolmentExpired):
        enrol(
            session,
            card,
            signed_in,
            phone,
            proof=phone.proof(question.nonce, now=late),
            now=late,
        )


def test_a_question_belongs_to_its_session(session, make, card, signed_in):
    other = make.member_session(make.member())
    question = start_enrolment(session, session_id=other.id, now=NOW)
    phone = Phone()

    with pytest.raises(EnrolmentExpired):
        enrol(session, card, signed_in, phone, proof=phone.proof(question.nonce))


def test_a_proof_for_another_question_is_refused(session, card, signed_in):
    start_enrolment(session, session_id=signed_in.id, now=NOW)
    phone = Phone()

    with pytest.raises(EnrolmentRefused) as refused:
        enrol(session, card, signed_in, phone, proof=phone.proof(secrets.token_bytes(16)))
    assert refused.value.facts["reason"] == "wrong_audience"


def test_a_proof_of_another_key_is_refused_and_the_question_stays_open(session, card, signed_in):
    question = start_enrolment(session, session_id=signed_in.id, now=NOW)
    phone = Phone()

    with pytest.raises(EnrolmentRefused) as refused:
        enrol(session, card, signed_in, phone, proof=Phone().proof(question.nonce))

    assert refused.value.facts["reason"] == "bad_signature"
    assert enrol(session, card, signed_in, phone, proof=phone.proof(question.nonce)).credential


@pytest.mark.parametrize("seconds", [-61, 61])
def test_a_proof_by_a_wrong_clock_is_refused(session, card, signed_in, seconds):
    question = start_enrolment(session, session_id=signed_in.id, now=NOW)
    phone = Phone()
    wrong = NOW + timedelta(seconds=seconds)

    with pytest.raises(EnrolmentRefused) as refused:
        enrol(session, card, signed_in, phone, proof=phone.proof(question.nonce, now=wrong))
    assert refused.value.facts["reason"] == "stale"


@pytest.mark.parametrize("proof", ["", "AAAA", "not base64url!", "A" * 257])
def test_rubbish_is_no_proof(session, card, signed_in, proof):
    start_enrolment(session, session_id=signed_in.id, now=NOW)

    with pytest.raises(EnrolmentRefused) as refused:
        enrol(session, card, signed_in, proof=proof)
    assert refused.value.facts["reason"] == "malformed"


def test_a_point_off_the_curve_is_refused(session, card, signed_in):
    phone = Phone()

    with pytest.raises(PublicKeyInvalid):
        enrol_device(
            session,
            member_id=card.member_id,
            session_id=signed_in.id,
            name="演示手机",
            public_key=phone.jwk | {"x": "A" * 43},
            proof="AAAA",
            now=NOW,
        )


def test_a_card_is_on_three_phones_at_most(session, card, signed_in):
    phones = [enrol(session, card, signed_in) for _ in range(3)]

    with pytest.raises(DeviceLimit) as refused:
        enrol(session, card, signed_in)

    assert refused.value.facts == {"devices_max": 3}
    retire_device(session, member_id=card.member_id, device_id=phones[0].device_id, now=NOW)
    assert enrol(session, card, signed_in).credential


def test_the_limit_is_what_the_deployment_says(session, card, signed_in):
    change_policy(session, devices_max=1, credential_days=None, actor=SYSTEM, now=NOW)
    enrol(session, card, signed_in)

    with pytest.raises(DeviceLimit):
        enrol(session, card, signed_in)


def test_a_key_of_another_card_is_refused(session, make, card, signed_in):
    phone = make.phone(make.card())

    with pytest.raises(DeviceKeyTaken):
        enrol(session, card, signed_in, phone)


def test_a_retired_phone_is_invalid_and_may_come_back_as_a_new_one(session, card, signed_in):
    phone = enrol(session, card, signed_in)
    first = phone.device_id

    retire_device(session, member_id=card.member_id, device_id=first, now=NOW)
    assert states(session, card) == ["invalid"]
    with pytest.raises(DeviceNotFound):
        refresh_credential(session, member_id=card.member_id, device_id=first, now=NOW)

    assert enrol(session, card, signed_in, phone).device_id != first


def test_another_members_phone_is_not_found(session, make, card, signed_in):
    enrol(session, card, signed_in)
    foreign = make.phone(make.card())

    for refused in (refresh_credential, retire_device):
        with pytest.raises(DeviceNotFound):
            refused(session, member_id=card.member_id, device_id=foreign.device_id, now=NOW)


@pytest.mark.parametrize("state", ["lost", "frozen", "expired"])
def test_a_card_out_of_use_gets_no_credential(session, make, card, signed_in, state):
    card.state = CardState(state)

    with pytest.raises(CardNotUsable) as refused:
        enrol(session, card, signed_in)
    assert refused.value.facts == {"state": state}


def test_without_a_card_there_is_nothing_to_enrol(session, make):
    make.issuer_keys()
    member = make.member()

    with pytest.raises(CardNotFound):
        refresh_credential(session, member_id=member.id, device_id=member.id, now=NOW)


@pytest.mark.parametrize(
    ("facts", "consents", "refusal"),
    [
        ({"real_name_at": None}, True, RealNameRequired),
        ({}, False, ConsentMissing),
        ({"status": MembershipStatus.WITHDRAWN}, True, NoStanding),
    ],
)
def test_only_a_proven_consenting_member_gets_a_credential(session, make, facts, consents, refusal):
    make.issuer_keys()
    member = make.member(**facts)
    if consents:
        make.consent(member)
    card = make.card(member=member)

    with pytest.raises(refusal):
        enrol(session, card, make.member_session(member))
    assert card.state is CardState.ISSUED


def test_a_withdrawn_consent_gives_no_new_credential(session, make):
    make.issuer_keys()
    member = make.member()
    make.consent(member, withdrawn_at=NOW)

    with pytest.raises(ConsentMissing):
        enrol(session, make.card(member=member), make.member_session(member))


def test_without_issuer_keys_nothing_is_kept(session, make):
    card = make.card()
    member_session = make.member_session(session.get_one(type(make.member()), card.member_id))

    with pytest.raises(IssuerKeysMissing), session.begin_nested():
        enrol(session, card, member_session)

    assert session.scalar(select(func.count()).select_from(Device)) == 0


def test_no_entry_of_a_status_list_is_given_twice(session, card, signed_in):
    phone = enrol(session, card, signed_in)
    for _ in range(60):
        refresh_credential(session, member_id=card.member_id, device_id=phone.device_id, now=NOW)

    entries = session.execute(select(Credential.status_list, Credential.status_index)).all()
    assert len(entries) == len(set(entries)) == 61


def test_an_entry_that_is_taken_is_drawn_again(session, card, signed_in, monkeypatch):
    phone = enrol(session, card, signed_in)
    taken = session.scalars(select(Credential.status_index)).one()
    draws = iter([taken, taken, (taken + 1) % 2**20])
    monkeypatch.setattr("cards.services.status.secrets.randbelow", lambda _: next(draws))

    refresh_credential(session, member_id=card.member_id, device_id=phone.device_id, now=NOW)

    indexes = session.scalars(select(Credential.status_index)).all()
    assert set(indexes) == {taken, (taken + 1) % 2**20}
