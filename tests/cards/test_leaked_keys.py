"""An issuer key has leaked: it is replaced at once, and what it signed is refused."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from cards.errors import (
    IssuerKeyNotFound,
    RootKeyStays,
)
from cards.models import Credential, CredentialState, IssuerKey, IssuerKeyState
from cards.queries import newest_trust_list
from cards.services import (
    current_signer,
    current_trust,
    end_credentials_of_key,
    refresh_credential,
    retire_compromised_key,
    root_public_key,
    status_token,
)
from cards.services.verify import verify_presentation
from cards.uc1.answers import Refused, Verified
from cards.uc1.credential import issue_credential, issue_static, read_credential
from cards.uc1.presentation import present_reference
from cards.uc1.status import Status, StatusList, verify_status_list
from cards.uc1.terms import KeyUse, Profile, Reason
from cards.uc1.trust import verify_trust_list
from kernel.clock import unix
from kernel.states import MoveNotAllowed
from tests.cards.rotating import (
    DAY,
    SECOND,
    WHO,
    actions,
    offline,
    promote,
    retire,
    rotate,
    signing,
)
from tests.cards.test_races import in_threads
from tests.make import NOW
from tests.make.cards import BASE_URL, Phone
from tests.make.maker import Maker


@pytest.fixture
def card(make):
    make.issuer_keys()
    return make.card()


@pytest.fixture
def phone(make, card):
    return make.phone(card)


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


def test_a_key_retired_twice_at_once_has_one_successor(stored):
    with Session(stored) as session:
        leaked = signing(session, KeyUse.CARD)

    answers = in_threads(retire, leaked, leaked)

    assert sorted(type(each).__name__ for each in answers) == ["Compromised", "MoveNotAllowed"]
    with Session(stored) as session:
        states = session.scalars(select(IssuerKey.state).where(IssuerKey.key_use == KeyUse.CARD))
        assert sorted(states) == ["compromised", "signing"]
