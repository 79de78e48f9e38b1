"""The issuer's keys, the trust list and what each process keeps of them."""

from datetime import timedelta

import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import DBAPIError

from cards.errors import IssuerKeysMissing
from cards.models import ISSUER_KEY_PRIVATE, IssuerKey, TrustListRow
from cards.queries import newest_trust_list, signing_keys
from cards.services import (
    current_signer,
    current_trust,
    ensure_issuer_keys,
    publish_trust_list,
    renew_trust_list,
    root_public_key,
)
from cards.uc1.keys import Signer, compressed, private_key_bytes, private_key_from_bytes
from cards.uc1.terms import KeyUse
from cards.uc1.trust import TrustList, build_trust_list, verify_trust_list
from kernel.actors import SYSTEM
from kernel.clock import unix
from tests.make import NOW
from tests.make.cards import BASE_URL


@pytest.fixture
def statements(session):
    """Counts what is sent to the database."""
    sent = []
    connection = session.connection()
    event.listen(connection, "before_cursor_execute", lambda *a: sent.append(a[2]))
    return sent


def test_the_first_run_makes_a_root_and_a_key_for_each_use(session, make):
    assert make.issuer_keys() == 5

    assert sorted(session.scalars(select(IssuerKey.key_use))) == [0, 1, 2, 3, 4]
    uses = [key.use for key in current_trust(session, now=NOW).keys.values()]
    assert sorted(uses) == sorted(KeyUse)


def test_a_second_run_makes_nothing_and_publishes_nothing(session, make):
    make.issuer_keys()

    assert make.issuer_keys(now=NOW + timedelta(hours=1)) == 0
    assert session.scalar(select(func.count()).select_from(TrustListRow)) == 1


def test_the_root_signs_the_list_and_is_not_on_it(session, make):
    make.issuer_keys()
    root_key = root_public_key(session, now=NOW)

    row = newest_trust_list(session)
    trust = verify_trust_list(row.token, root_key=root_key, now=unix(NOW))

    assert isinstance(trust, TrustList)
    assert compressed(root_key) not in {key.point for key in trust.keys.values()}


def test_the_list_names_the_address_of_the_status_lists(session, make):
    make.issuer_keys()

    trust = current_trust(session, now=NOW)

    assert {key.status_uri(7) for key in trust.keys.values()} == {f"{BASE_URL}/api/v1/status/7"}


def test_private_scalars_are_sealed(session, make):
    make.issuer_keys()
    signer = current_signer(session, use=KeyUse.CARD, now=NOW)

    scalar = private_key_bytes(signer.key)
    stored = session.scalars(select(IssuerKey.private_sealed)).all()

    assert not any(scalar in sealed for sealed in stored)


@pytest.mark.parametrize("ask", [current_trust, root_public_key])
def test_without_keys_the_answer_is_a_clear_refusal(session, ask):
    with pytest.raises(IssuerKeysMissing):
        ask(session, now=NOW)


def test_without_keys_nothing_is_signed(session):
    with pytest.raises(IssuerKeysMissing):
        current_signer(session, use=KeyUse.CARD, now=NOW)
    with pytest.raises(IssuerKeysMissing):
        publish_trust_list(session, base_url=BASE_URL, actor=SYSTEM, now=NOW)


def test_asking_again_within_five_seconds_costs_no_statement(session, make, statements):
    make.issuer_keys()
    current_trust(session, now=NOW)
    statements.clear()

    current_trust(session, now=NOW + timedelta(seconds=4))

    assert statements == []


def test_which_key_signs_is_asked_each_time_and_opened_once(session, make, statements):
    make.issuer_keys()
    signer = current_signer(session, use=KeyUse.SLICE, now=NOW)
    statements.clear()

    assert current_signer(session, use=KeyUse.SLICE, now=NOW) is signer
    assert len(statements) == 1


def test_a_key_that_has_ended_signs_nothing(session, make):
    make.issuer_keys()

    with pytest.raises(IssuerKeysMissing):
        current_signer(session, use=KeyUse.CARD, now=NOW + timedelta(days=400))


def test_a_list_that_another_process_published_is_noticed_after_five_seconds(session, make):
    make.issuer_keys()
    held = current_trust(session, now=NOW)
    root = next(key for key in signing_keys(session) if key.key_use == 0)
    scalar = ISSUER_KEY_PRIVATE.open_bytes(root.id, root.private_sealed)
    token = build_trust_list(
        Signer.of(private_key_from_bytes(scalar)),
        sub=held.sub,
        seq=2,
        iat=unix(NOW),
        exp=held.exp,
        keys=list(held.keys.values()),
    )
    session.add(TrustListRow(seq=2, token=token, issued_at=NOW, expires_at=NOW))
    session.flush()

    assert current_trust(session, now=NOW + timedelta(seconds=4)) is held
    assert current_trust(session, now=NOW + timedelta(seconds=5)).seq == 2


def test_publishing_counts_on(session, make):
    make.issuer_keys()

    row = publish_trust_list(session, base_url=BASE_URL, actor=SYSTEM, now=NOW)

    assert row.seq == 2
    assert current_trust(session, now=NOW).seq == 2


def test_a_list_is_renewed_when_it_is_a_day_old(session, make):
    make.issuer_keys()

    def renewed(hours):
        later = NOW + timedelta(hours=hours)
        return renew_trust_list(session, base_url=BASE_URL, actor=SYSTEM, now=later)

    assert renewed(23) is None
    assert renewed(24).seq == 2


def test_a_list_is_renewed_when_the_service_moves(session, make):
    make.issuer_keys()

    ensure_issuer_keys(session, base_url="https://card.example.org.cn", actor=SYSTEM, now=NOW)

    assert current_trust(session, now=NOW).sub == "https://card.example.org.cn/api/v1/trust-list"


@pytest.mark.parametrize("statement", ["UPDATE trust_lists SET seq = 9", "DELETE FROM trust_lists"])
def test_a_published_list_never_changes(session, make, statement):
    make.issuer_keys()

    with pytest.raises(DBAPIError), session.begin_nested():
        session.execute(text(statement))
