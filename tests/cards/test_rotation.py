"""Issuer keys change: with an overlap, or at once when one has leaked."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.models import AuditEntry
from cards.errors import (
    IssuerKeyNotFound,
    IssuerKeysMissing,
    OverlapTooShort,
    RootKeyStays,
    RotationUnderWay,
)
from cards.models import Credential, CredentialState, IssuerKey, IssuerKeyState
from cards.queries import all_issuer_keys, newest_trust_list, signing_keys
from cards.services import (
    change_policy,
    current_signer,
    current_trust,
    end_credentials_of_key,
    issue_slice,
    promote_due_keys,
    refresh_credential,
    retire_compromised_key,
    root_public_key,
    rotate_key,
    rotation_due,
    status_token,
)
from cards.services.verify import verify_presentation
from cards.uc1.answers import Refused, Verified
from cards.uc1.credential import issue_credential, issue_static, read_credential
from cards.uc1.presentation import present_reference
from cards.uc1.status import Status, StatusCheck, StatusList, verify_status_list
from cards.uc1.terms import KeyUse, Profile, Reason
from cards.uc1.trust import verify_trust_list
from cards.uc1.verify import verify_text
from kernel.actors import SYSTEM
from kernel.clock import unix, utc_now
from kernel.states import MoveNotAllowed
from tests.cards.test_races import in_threads
from tests.make import NOW
from tests.make.cards import BASE_URL, Phone
from tests.make.maker import Maker

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
WHO = {"base_url": BASE_URL, "actor": SYSTEM}


@pytest.fixture
def card(make):
    make.issuer_keys()
    return make.card()


@pytest.fixture
def phone(make, card):
    return make.phone(card)


def signing(session, use):
    return next(key for key in signing_keys(session) if key.key_use == use)


def rotate(session, use=KeyUse.CARD, *, now=NOW, **facts):
    return rotate_key(session, use=use, now=now, **WHO | facts)


def promote(session, now):
    return promote_due_keys(session, now=now, **WHO)


def retire(session, key, now=NOW):
    return retire_compromised_key(session, kid=key.kid, now=now, **WHO)


def offline(session, text, *, now, trust=None):
    """What a till without a network says to a code."""
    return verify_text(
        text,
        now=unix(now),
        trust=trust or current_trust(session, now=now),
        statuses=StatusCheck.CALLER,
    )


def actions(session):
    query = select(AuditEntry.action).where(AuditEntry.object_type == "issuer_key")
    return sorted(set(session.scalars(query)) - {"issuer_key.created"})


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


def test_the_drill(session, make, card, phone):
    """A key has leaked: what it signed is refused, the phone heals, no old list comes back."""
    terminal = make.terminal(token="uct_drill")

    def scan(text, now):
        return verify_presentation(
            session,
            terminal_id=terminal.id,
            audience=terminal.code,
            presentation=text,
            scan_id=None,
            now=now,
        )

    leaked = signing(session, KeyUse.CARD)
    old_list = newest_trust_list(session).token
    old_code = phone.code(now=NOW)
    assert scan(old_code, NOW).accepted

    done = retire(session, leaked, NOW + SECOND)

    assert leaked.state is IssuerKeyState.COMPROMISED
    assert done.successor.state is IssuerKeyState.SIGNING
    # Another process goes by what it has read for five seconds, and no longer.
    later = NOW + 6 * SECOND
    verdict = scan(phone.code(now=later), later)
    assert (verdict.accepted, verdict.reason) == (False, "unknown_key")

    device = {"member_id": card.member_id, "device_id": phone.device_id}
    phone.took(refresh_credential(session, now=later, **device))
    assert read_credential(phone.credential).facts.kid == done.successor.kid
    assert scan(phone.code(now=later), later).accepted

    root_key = root_public_key(session, now=later)
    newest = current_trust(session, now=later).seq
    again = verify_trust_list(old_list, root_key=root_key, now=unix(later), newest_seq=newest)
    assert isinstance(again, Refused)
    assert again.code is Reason.STALE
    assert actions(session) == ["issuer_key.compromised"]


def test_what_a_compromised_key_signed_becomes_invalid_step_by_step(session, make, card, phone):
    phones = [phone, make.phone(make.card()), make.phone(make.card())]
    leaked = signing(session, KeyUse.CARD)
    retire(session, leaked)
    after_leak = make.phone(make.card())

    after, ended = b"", []
    while True:
        step = end_credentials_of_key(session, kid=leaked.kid, after=after, now=NOW, rows=2)
        ended.append(step.count)
        if step.last_cti is None:
            break
        after = step.last_cti

    assert sum(ended) == 3
    assert len(ended) == 3

    session.expire_all()

    def state(each):
        return session.get_one(Credential, read_credential(each.credential).facts.cti).state

    assert {state(each) for each in phones} == {CredentialState.INVALID}
    assert state(after_leak) is CredentialState.VALID


def test_a_code_that_only_names_its_credential_is_revoked_too(session, make, phone):
    leaked = signing(session, KeyUse.CARD)
    retire(session, leaked)
    end_credentials_of_key(session, kid=leaked.kid, after=b"", now=NOW)
    terminal = make.terminal(token="uct_drill")
    cti = read_credential(phone.credential).facts.cti

    verdict = verify_presentation(
        session,
        terminal_id=terminal.id,
        audience=terminal.code,
        presentation=present_reference(cti, phone.key, iat=unix(NOW)),
        scan_id=None,
        now=NOW,
    )

    assert verdict.reason == "revoked"


@pytest.mark.parametrize("profile", Profile)
def test_who_holds_a_leaked_key_forges_nothing_that_the_service_accepts(
    session, make, phone, profile
):
    """Before anybody notices: all that a till sees of a card is in the forger's hands."""
    seen = read_credential(phone.credential).facts
    facts = {"cti": seen.cti, "status_list": seen.status_list, "status_index": seen.status_index}
    signer = current_signer(session, use=KeyUse(profile), now=NOW)
    if profile is Profile.CARD:
        forger = Phone()
        forger.credential = issue_credential(
            signer, device_key=forger.key.public_key(), exp=seen.exp, **facts
        )
        shown = forger.code(now=NOW)
    else:
        shown = issue_static(signer, profile=profile, exp=unix(NOW) + 30, **facts)
    assert isinstance(offline(session, shown, now=NOW), Verified)
    terminal = make.terminal(token="uct_drill")

    verdict = verify_presentation(
        session,
        terminal_id=terminal.id,
        audience=terminal.code,
        presentation=shown,
        scan_id=None,
        now=NOW,
    )

    assert (verdict.accepted, verdict.reason) == (False, "bad_signature")


def test_a_compromised_status_key_has_every_list_signed_anew(session, phone):
    number, index = session.execute(select(Credential.status_list, Credential.status_index)).one()
    status_token(session, number=number, now=NOW)

    # In the same second: neither list looks older than the other.
    retire(session, signing(session, KeyUse.STATUS))

    token = status_token(session, number=number, now=NOW)
    trust = current_trust(session, now=NOW + 5 * SECOND)
    uri = f"{BASE_URL}/api/v1/status/{number}"
    found = verify_status_list(token, uri=uri, trust=trust, now=unix(NOW))
    assert isinstance(found, StatusList)
    assert found.entry(index) is Status.VALID


def test_a_key_that_does_not_sign_leaves_the_list_without_a_successor(session, card):
    waiting = rotate(session)

    done = retire(session, waiting)

    assert done.successor is None
    assert waiting.kid not in current_trust(session, now=NOW).keys
    assert promote(session, NOW + 8 * DAY) == []
    rotate(session)  # and another may be published in its place


def test_the_published_key_goes_on_waiting_when_the_one_before_it_leaks(session, card):
    waiting = rotate(session)

    done = retire(session, signing(session, KeyUse.CARD))

    assert done.successor.state is IssuerKeyState.SIGNING
    promote(session, NOW + 7 * DAY)
    assert (waiting.state, done.successor.state) == (
        IssuerKeyState.SIGNING,
        IssuerKeyState.RETIRED,
    )


def test_a_key_is_compromised_once_and_the_root_not_at_all(session, card):
    leaked = signing(session, KeyUse.CARD)
    retire(session, leaked)

    with pytest.raises(MoveNotAllowed):
        retire(session, leaked)
    with pytest.raises(RootKeyStays):
        retire(session, signing(session, 0))
    with pytest.raises(IssuerKeyNotFound):
        retire_compromised_key(session, kid=b"none", now=NOW, **WHO)


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


def test_a_key_retired_twice_at_once_has_one_successor(stored):
    with Session(stored) as session:
        leaked = signing(session, KeyUse.CARD)

    answers = in_threads(retire, leaked, leaked)

    assert sorted(type(each).__name__ for each in answers) == ["Compromised", "MoveNotAllowed"]
    with Session(stored) as session:
        states = session.scalars(select(IssuerKey.state).where(IssuerKey.key_use == KeyUse.CARD))
        assert sorted(states) == ["compromised", "signing"]
