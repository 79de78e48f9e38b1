"""Issuer keys change with an overlap: published, signing, retired."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from cards.errors import (
    IssuerKeysMissing,
    OverlapTooShort,
    RotationUnderWay,
)
from cards.models import Credential, IssuerKey, IssuerKeyState
from cards.queries import all_issuer_keys, newest_trust_list
from cards.services import (
    change_policy,
    current_signer,
    current_trust,
    issue_slice,
    promote_due_keys,
    refresh_credential,
    rotation_due,
    status_token,
)
from cards.uc1.answers import Verified
from cards.uc1.status import StatusList, verify_status_list
from cards.uc1.terms import KeyUse
from kernel.actors import SYSTEM
from kernel.clock import unix, utc_now
from tests.cards.rotating import (
    DAY,
    SECOND,
    WHO,
    actions,
    offline,
    promote,
    rotate,
    signing,
)
from tests.cards.test_races import in_threads
from tests.make import NOW
from tests.make.cards import BASE_URL
from tests.make.maker import Maker


@pytest.fixture
def card(make):
    make.issuer_keys()
    return make.card()


@pytest.fixture
def phone(make, card):
    return make.phone(card)


def test_the_next_key_is_published_at_once_and_signs_a_week_later(session, card):
    before = signing(session, KeyUse.CARD)

    key = rotate(session)

    assert key.state is IssuerKeyState.PUBLISHED
    assert key.signs_from == NOW + 7 * DAY
    trust = current_trust(session, now=NOW)
    assert trust.seq == 2
    assert trust.keys[key.kid].nbf == unix(NOW) - 300
    assert promote(session, NOW + 7 * DAY - SECOND) == []
    assert current_signer(session, use=KeyUse.CARD, now=NOW).kid == before.kid

    assert promote(session, NOW + 7 * DAY) == [key]

    later = NOW + 7 * DAY
    assert current_signer(session, use=KeyUse.CARD, now=later).kid == key.kid
    assert promote(session, later) == []
    assert actions(session) == ["issuer_key.retired", "issuer_key.signing"]


def test_a_retired_key_is_trusted_for_the_life_of_what_it_signed(session, card, phone):
    """The phone was given its credential a moment before the other key began to sign."""
    before = signing(session, KeyUse.CARD)
    rotate(session)
    later = NOW + 7 * DAY
    device = {"member_id": card.member_id, "device_id": phone.device_id}
    phone.took(refresh_credential(session, now=later, **device))

    promote(session, later)

    assert before.state is IssuerKeyState.RETIRED
    assert before.expires_at == later + timedelta(days=14, seconds=300 + 60)
    last_moment = later + timedelta(days=14, seconds=300)
    promote_due_keys(session, now=last_moment, **WHO)
    shown = phone.code(now=last_moment)
    trust = current_trust(session, now=later)
    assert isinstance(offline(session, shown, now=last_moment, trust=trust), Verified)


def test_a_shortened_life_does_not_cut_off_what_was_issued_before(session, card):
    change_policy(session, devices_max=None, credential_days=35, actor=SYSTEM, now=NOW)
    phone_days = NOW + 35 * DAY
    before = signing(session, KeyUse.CARD)
    Maker(session).phone(card)
    change_policy(session, devices_max=None, credential_days=1, actor=SYSTEM, now=NOW)
    rotate(session)

    promote(session, NOW + 7 * DAY)

    assert before.expires_at == phone_days + timedelta(seconds=300)


@pytest.mark.parametrize(
    ("use", "life"),
    [
        (KeyUse.PAPER, 800 * DAY),
        (KeyUse.SLICE, 30 * SECOND),
        (KeyUse.STATUS, 7 * DAY),
    ],
)
def test_each_use_is_kept_for_as_long_as_what_it_signs(session, card, use, life):
    before = signing(session, use)
    rotate(session, use)

    promote(session, NOW + 7 * DAY)

    assert before.expires_at == NOW + 7 * DAY + life + timedelta(seconds=360)


def test_a_slice_key_may_change_at_once_and_no_other(session, card):
    before = issue_slice(session, member_id=card.member_id, now=NOW)

    key = rotate(session, KeyUse.SLICE, after=timedelta(0))

    assert key.state is IssuerKeyState.SIGNING
    after = issue_slice(session, member_id=card.member_id, now=NOW)
    for each in (before, after):
        assert isinstance(offline(session, each.text, now=NOW), Verified)
    for use in (KeyUse.CARD, KeyUse.PAPER, KeyUse.STATUS):
        with pytest.raises(OverlapTooShort):
            rotate(session, use, after=7 * DAY - SECOND)


def test_one_rotation_of_a_use_at_a_time(session, card):
    rotate(session)

    with pytest.raises(RotationUnderWay):
        rotate(session, now=NOW + DAY)
    rotate(session, KeyUse.PAPER)


def test_nothing_is_rotated_before_there_are_keys(session):
    with pytest.raises(IssuerKeysMissing):
        rotate(session)
    assert promote(session, NOW) == []


def test_status_lists_are_signed_by_the_new_key_once_it_signs(session, phone):
    number = session.scalars(select(Credential.status_list)).one()
    status_token(session, number=number, now=NOW)
    rotate(session, KeyUse.STATUS)
    later = NOW + 7 * DAY
    before = current_trust(session, now=later)
    promote(session, later)

    token = status_token(session, number=number, now=later)

    # A till that has fetched no trust list since the key was published reads it all the same.
    uri = f"{BASE_URL}/api/v1/status/{number}"
    assert isinstance(verify_status_list(token, uri=uri, trust=before, now=unix(later)), StatusList)


def test_rotation_is_due_after_a_quarter_and_for_paper_after_a_year(session, card):
    def due(days):
        keys = all_issuer_keys(session)
        return [key.key_use for key in keys if rotation_due(key, now=NOW + days * DAY)]

    assert due(90) == []
    assert due(91) == [KeyUse.CARD, KeyUse.SLICE, KeyUse.STATUS]
    assert due(365) == [KeyUse.CARD, KeyUse.PAPER, KeyUse.SLICE, KeyUse.STATUS]


def test_the_watch_tells_which_key_is_due(client, make):
    make.issuer_keys(now=utc_now() - 100 * DAY)

    told = client.get("/metrics").text

    assert 'union_card_issuer_key_rotation_due{use="card"} 1.0' in told
    assert 'union_card_issuer_key_rotation_due{use="paper"} 0.0' in told
    assert 'union_card_issuer_key_rotation_due{use="root"} 0.0' in told
    assert 'union_card_issuer_key_expires_timestamp_seconds{use="card"}' in told


@pytest.fixture
def stored(committed):
    with Session(committed) as session:
        Maker(session).issuer_keys()
        session.commit()
    return committed


def test_two_rotations_at_once_publish_one_key(stored):
    answers = in_threads(rotate, KeyUse.CARD, KeyUse.CARD)

    assert sorted(type(each).__name__ for each in answers) == ["IssuerKey", "RotationUnderWay"]
    with Session(stored) as session:
        states = session.scalars(select(IssuerKey.state).where(IssuerKey.key_use == KeyUse.CARD))
        assert sorted(states) == ["published", "signing"]


def test_two_workers_at_once_promote_a_key_once(stored):
    with Session(stored) as session:
        rotate(session)
        session.commit()
    later = NOW + 7 * DAY

    answers = in_threads(promote, later, later)

    assert sorted(len(each) for each in answers) == [0, 1]
    with Session(stored) as session:
        states = session.scalars(select(IssuerKey.state).where(IssuerKey.key_use == KeyUse.CARD))
        assert sorted(states) == ["retired", "signing"]
        assert newest_trust_list(session).seq == 3
