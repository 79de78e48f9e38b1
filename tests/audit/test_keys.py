"""The key that signs: begun once, changed by two people, and what it signed stays good."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from audit.errors import AuditKeyNotFound, AuditKeySigns, AuditKeyWaits
from audit.models import AuditEntry, AuditKey
from audit.queries import public_keys, signing_key, waiting_key
from audit.rules import signed_by
from audit.services import approve_signing_key, propose_signing_key, sign
from kernel.actors import Role
from kernel.db import transaction, violated_constraint
from kernel.refusals import PreparedByYou
from tests.make import NOW
from tests.make.maker import Maker

LATER = NOW + timedelta(days=1)
THREADS = 4


@pytest.fixture
def people(make):
    return [make.staff_actor(Role.ADMINISTRATOR) for _ in range(2)]


def signed(session, now=NOW):
    return signed_by(sign(session, claims={"a": 1}, now=now))


def test_a_new_key_signs_once_another_person_approved_it(session, people):
    first = signed(session)

    proposed = propose_signing_key(session, actor=people[0], now=LATER)
    before = signed(session)
    approve_signing_key(session, actor=people[1], thumbprint=proposed.thumbprint, now=LATER)

    assert before == first != proposed.thumbprint
    assert signed(session) == proposed.thumbprint
    assert [each.thumbprint for each in public_keys(session)] == [first, proposed.thumbprint]
    told = session.execute(
        select(AuditEntry.action, AuditEntry.actor_id).where(AuditEntry.object_id == proposed.id)
    ).all()
    assert told == [("audit_key.made", people[0].id), ("audit_key.approved", people[1].id)]


def test_who_proposed_a_key_does_not_approve_it(session, people):
    key = propose_signing_key(session, actor=people[0], now=NOW)

    with pytest.raises(PreparedByYou):
        approve_signing_key(session, actor=people[0], thumbprint=key.thumbprint, now=NOW)

    assert waiting_key(session) is key
    assert signing_key(session) is None


def test_proposing_twice_is_proposing_once_and_another_person_hears_which_waits(session, people):
    key = propose_signing_key(session, actor=people[0], now=NOW)

    assert propose_signing_key(session, actor=people[0], now=LATER) is key
    with pytest.raises(AuditKeyWaits) as refused:
        propose_signing_key(session, actor=people[1], now=LATER)
    assert refused.value.facts == {"thumbprint": key.thumbprint}


def test_a_key_is_approved_once_and_only_one_that_there_is(session, people):
    key = propose_signing_key(session, actor=people[0], now=NOW)
    approve_signing_key(session, actor=people[1], thumbprint=key.thumbprint, now=NOW)

    with pytest.raises(AuditKeySigns):
        approve_signing_key(session, actor=people[1], thumbprint=key.thumbprint, now=LATER)
    with pytest.raises(AuditKeyNotFound):
        approve_signing_key(session, actor=people[1], thumbprint="A" * 43, now=NOW)


@pytest.mark.parametrize(
    ("statement", "constraint"),
    [
        ("UPDATE audit_keys SET signs_from = now()", "ck_audit_keys_approved_by_somebody"),
        (
            "UPDATE audit_keys SET approver_id = maker_id, signs_from = now()",
            "ck_audit_keys_two_people",
        ),
        (
            (
                "INSERT INTO audit_keys (id, thumbprint, public_jwk, private_sealed, created_at,"
                " maker_id) SELECT gen_random_uuid(), 'x', 'x', 'x', now(), maker_id"
                " FROM audit_keys"
            ),
            "uq_audit_keys_waiting",
        ),
    ],
)
def test_the_database_refuses_one_person_two_waiting_and_a_change(
    session, people, statement, constraint
):
    propose_signing_key(session, actor=people[0], now=NOW)

    with pytest.raises(IntegrityError) as refused, session.begin_nested():
        session.execute(text(statement))

    assert violated_constraint(refused.value) == constraint


def test_what_was_approved_stays_approved(session, people):
    signed(session)

    with pytest.raises(DBAPIError) as refused, session.begin_nested():
        session.execute(text("UPDATE audit_keys SET signs_from = now()"))

    assert violated_constraint(refused.value) == "ck_audit_keys_approved_once"


@pytest.mark.parametrize("verb", ["UPDATE audit_keys SET id = id", "DELETE FROM audit_keys"])
def test_the_application_cannot_change_a_key(session, verb):
    with pytest.raises(DBAPIError, match="permission denied"), session.begin_nested():
        session.execute(text(verb))


def test_of_first_signers_at_once_all_sign_with_one_key(committed):
    """Seen to fail without the lock: one key per signer, or an index that refuses the others."""
    barrier = Barrier(THREADS, timeout=10)

    def one(_):
        with transaction() as session:
            session.execute(select(1))
            barrier.wait()
            return signed(session)

    with ThreadPoolExecutor(THREADS) as pool:
        names = list(pool.map(one, range(THREADS)))

    with transaction() as session:
        [key] = public_keys(session)
    assert names == [key.thumbprint] * THREADS


def test_of_two_who_approve_at_once_one_does(committed):
    with transaction() as session:
        make = Maker(session)
        maker, *approvers = (make.staff_actor(Role.ADMINISTRATOR) for _ in range(3))
        thumbprint = propose_signing_key(session, actor=maker, now=NOW).thumbprint
    barrier = Barrier(2, timeout=10)

    def one(approver):
        try:
            with transaction() as session:
                session.execute(select(1))
                barrier.wait()
                approve_signing_key(session, actor=approver, thumbprint=thumbprint, now=NOW)
        except AuditKeySigns as refused:
            return refused.code
        return approver.id

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(one, approvers))

    with transaction() as session:
        [approver_id] = session.scalars(select(AuditKey.approver_id))
    assert sorted(map(str, answers)) == sorted([str(approver_id), "audit_key_signs"])


class TestCommandLine:
    @pytest.fixture
    def run(self, app, session):
        def run(*words):
            return app.test_cli_runner().invoke(args=["audit", "rotate-key", *words])

        return run

    def test_two_administrators_change_the_key(self, make, run, session):
        for name in ("admin1", "admin2"):
            make.staff(Role.ADMINISTRATOR, username=name)
        first = signed(session)

        proposed = json.loads(run("--by", "admin1", "--json").stdout)
        told = run("--by", "admin1").stdout
        refused = run("--by", "admin1", "--approve", proposed["thumbprint"])
        approved = run("--by", "admin2", "--approve", proposed["thumbprint"], "--json")

        assert proposed["signs_from"] is None
        assert f"--approve {proposed['thumbprint']}" in told
        assert "Somebody else must do this" in refused.output
        assert json.loads(approved.stdout)["thumbprint"] == proposed["thumbprint"]
        assert signed(session) == proposed["thumbprint"] != first

    @pytest.mark.parametrize("name", ["nobody", "officer"])
    def test_only_administrators_do(self, make, run, name):
        make.staff(Role.REGISTER_OFFICER, username="officer")

        answer = run("--by", name)

        assert answer.exit_code == 2
        assert "No administrator is called" in answer.output
