"""Who changes the database behind the service's back is found out, and the record is named."""

import json
import logging

import pytest
from sqlalchemy import create_engine, text

from kernel.db import transaction
from proof.jobs import log_new_records, look_at_all
from proof.models import FaultKind, RecordKind
from proof.queries import faults, find_leaf, proof_of, record_of
from proof.rules import leaf_hash
from tests.finance.chain import ChainMaker
from tests.finance.traced import settled
from tests.make import NOW

# What the owner of the database does to each kind of record: a statement on the row `:id`.
CHANGES = [
    (RecordKind.CAPTURED, "redemption", "UPDATE redemptions SET receipt_seq = 999 WHERE id = :id"),
    (
        RecordKind.TAKEN_BACK,
        "redemption_reversal",
        "UPDATE redemption_reversals SET kind = 'void' WHERE id = :id",
    ),
    (RecordKind.BOOKED, "journal", "UPDATE journals SET programme_id = :id WHERE id = :id"),
    (
        RecordKind.STATEMENT_ISSUED,
        "statement",
        "UPDATE statements SET issued_at = issued_at - interval '1 day' WHERE id = :id",
    ),
    (
        RecordKind.BATCH_SENT,
        "payment_batch",
        "UPDATE payments SET payee_id = :id WHERE batch_id = :id",
    ),
    (
        RecordKind.BANK_LINE,
        "bank_line",
        "UPDATE bank_lines SET bank_reference = 'X' WHERE id = :id",
    ),
    (RecordKind.MATCHED, "match", "UPDATE matches SET reason = 'other' WHERE id = :id"),
]


@pytest.fixture
def logged(committed):
    with transaction() as session:
        make = ChainMaker(session)
        make.chart()
        at = settled(make)
    log_new_records(now=NOW, all_of_them=True)
    return at


@pytest.fixture
def owner(databases, committed):
    """A connection of the database's owner, who has switched every trigger off."""
    engine = create_engine(databases.urls.owner.format(name=committed.url.database))
    with engine.begin() as connection:
        tables = connection.scalars(
            text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        )
        for table in tables.all():
            connection.execute(text(f'ALTER TABLE "{table}" DISABLE TRIGGER USER'))
    yield engine
    engine.dispose()


def test_each_change_is_found_and_named(logged, owner, caplog):
    with owner.begin() as connection:
        for _, name, change in CHANGES:
            assert connection.execute(text(change), {"id": getattr(logged, name).id}).rowcount

    with caplog.at_level(logging.ERROR, logger="union_card.proof"):
        look_at_all()

    with transaction() as session:
        found = {(leaf.kind, leaf.record_key, fault.fault) for fault, leaf in faults(session)}
    named = {(kind, str(getattr(logged, name).id), FaultKind.CHANGED) for kind, name, _ in CHANGES}
    assert found == named
    assert f"record_not_as_logged changed captured {logged.redemption.id}" in caplog.messages


def test_what_is_put_back_is_no_fault_any_more(logged, owner):
    change = "UPDATE matches SET reason = :reason WHERE id = :id"
    with owner.begin() as connection:
        before = connection.scalar(text("SELECT reason FROM matches"))
        connection.execute(text(change), {"id": logged.match.id, "reason": "other"})
    look_at_all()
    with transaction() as session:
        (named,) = faults(session)
    assert named[1].kind is RecordKind.MATCHED

    with owner.begin() as connection:
        connection.execute(text(change), {"id": logged.match.id, "reason": before})
    look_at_all()

    with transaction() as session:
        assert faults(session) == []


def test_a_record_that_is_gone_is_named(app, logged, owner, tmp_path):
    with owner.begin() as connection:
        connection.execute(
            text("DELETE FROM postings WHERE journal_id = :id"), {"id": logged.paid.id}
        )
        connection.execute(text("DELETE FROM journals WHERE id = :id"), {"id": logged.paid.id})
    look_at_all()

    with transaction() as session:
        ((fault, leaf),) = faults(session)
        proof = proof_of(session, find_leaf(session, kind=leaf.kind, key=leaf.record_key))
    assert (fault.fault, leaf.record_key) == (FaultKind.GONE, str(logged.paid.id))
    assert not proof["as_logged"]
    run = app.test_cli_runner().invoke
    run(args=["audit", "export", str(tmp_path / "out")])
    answer = run(args=["audit", "verify", str(tmp_path / "out"), "--json"])
    assert answer.exit_code == 1
    assert str(logged.paid.id) in json.loads(answer.stdout)["first_bad"]


def test_the_command_names_what_was_changed(app, logged, owner):
    with owner.begin() as connection:
        connection.execute(text(CHANGES[0][2]), {"id": logged.redemption.id})

    answer = app.test_cli_runner().invoke(args=["audit", "check", "--json"])

    assert answer.exit_code == 1
    assert json.loads(answer.stdout)["faults"] == [f"captured {logged.redemption.id}: changed"]


def test_a_forger_who_changes_the_leaf_too_breaks_the_tree(committed, request):
    """Record and leaf agree again; the kept nodes, and in the end the signed root, do not."""
    with transaction() as session:
        make = ChainMaker(session)
        make.chart()
        till = make.terminal()
        sales = [make.sale(till, seq=number).id for number in range(1, 136)]
    log_new_records(now=NOW, all_of_them=True)

    owner = request.getfixturevalue("owner")
    change = {"id": sales[0]}
    with owner.begin() as connection:
        connection.execute(text(CHANGES[0][2]), change)
    with transaction() as session:
        leaf = find_leaf(session, kind=RecordKind.CAPTURED, key=str(sales[0]))
        forged = {"hash": leaf_hash(record_of(session, leaf).encode()), "seq": leaf.seq}
    with owner.begin() as connection:
        connection.execute(text("UPDATE proof_leaves SET hash = :hash WHERE seq = :seq"), forged)

    look_at_all()

    with transaction() as session:
        assert [(fault.seq, fault.fault) for fault, _ in faults(session)] == [(0, FaultKind.TREE)]
