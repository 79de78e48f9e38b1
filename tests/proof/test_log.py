"""The sequencer: everything that happened becomes a leaf, once; what is changed later is named."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from finance.models import StatementState
from kernel.ids import new_id
from proof.errors import RecordNotLogged
from proof.jobs import log_new_records, look_at_all
from proof.models import ProofNode, RecordKind
from proof.queries import (
    TreeReader,
    faults,
    find_leaf,
    lines_between,
    log_size,
    newest_checkpoint,
    sizes_by_kind,
    watch_row,
)
from proof.rules import leaf_hash, root_of
from proof.services import append_records, make_checkpoint
from tests.finance.traced import settled
from tests.make import NOW


def test_everything_on_the_way_of_a_sale_is_logged_once(session, make, log):
    at = settled(make)

    assert log() == log_size(session) > 0
    assert log() == 0

    for kind, row in (
        (RecordKind.CAPTURED, at.redemption),
        (RecordKind.TAKEN_BACK, at.redemption_reversal),
        (RecordKind.BOOKED, at.journal),
        (RecordKind.BOOKED, at.paid),
        (RecordKind.STATEMENT_ISSUED, at.statement),
        (RecordKind.STATEMENT_APPROVED, at.statement),
        (RecordKind.BATCH_SENT, at.payment_batch),
        (RecordKind.BANK_LINE, at.bank_line),
        (RecordKind.MATCHED, at.match),
    ):
        leaf = find_leaf(session, kind=kind, key=str(row.id))
        (line,) = lines_between(session, start=leaf.seq, end=leaf.seq + 1)
        assert leaf_hash(line.body.encode()) == leaf.hash
        assert str(row.id) in line.body
    counted = sizes_by_kind(session)
    assert counted[RecordKind.CAPTURED] == 2
    assert sum(counted.values()) == log_size(session)


def test_a_record_says_amounts_and_names_nobody(session, make, log):
    at = settled(make)
    log()

    leaf = find_leaf(session, kind=RecordKind.CAPTURED, key=str(at.redemption.id))
    (line,) = lines_between(session, start=leaf.seq, end=leaf.seq + 1)

    assert '"union_pays_fen": 4000' in line.body
    assert '"captured_at": "2026-11-23T04:00:00.000000Z"' in line.body
    assert str(at.redemption.member_id) not in line.body
    assert str(at.redemption.card_id) not in line.body


def test_what_is_not_captured_or_decided_yet_is_no_record(session, make, log):
    till = make.terminal()
    statement = make.stated(
        till.merchant_id, make.journal_of(make.sale(till, seq=1)).id, state=StatementState.OPEN
    )
    log()

    with pytest.raises(RecordNotLogged):
        find_leaf(session, kind=RecordKind.STATEMENT_ISSUED, key=str(statement.id))


def test_the_checkpoint_is_of_the_tree_of_all_leaves(session, make, log):
    settled(make)
    log()

    checkpoint = newest_checkpoint(session)
    hashes = [line.hash for line in lines_between(session, start=0, end=checkpoint.size)]
    assert checkpoint.size == log_size(session) == len(hashes)
    assert checkpoint.root == root_of(TreeReader(session), checkpoint.size)
    assert make_checkpoint(session, now=NOW) is None


def test_kept_nodes_say_what_the_leaves_say(session, make, log):
    till = make.terminal()
    for number in range(1, 135):
        make.journal_of(make.sale(till, seq=number))
        if number in (40, 100):
            log()
    log()

    assert session.get(ProofNode, (8, 0)) is not None
    size = log_size(session)
    assert size == 268
    assert root_of(TreeReader(session), size) == newest_checkpoint(session).root


def test_the_next_round_takes_only_what_is_new(session, make):
    """The window begins ten minutes before the last round: a commit may be that late."""
    till = make.terminal()
    make.sale(till, seq=1)
    log_new_records(now=NOW)
    assert watch_row(session).logged_until == NOW - timedelta(minutes=10)

    late = make.sale(till, seq=2)
    make.sale(till, seq=3)

    assert late.captured_at == NOW
    assert append_records(session, now=NOW) == 4  # each with its journal


def test_what_came_too_late_is_found_by_the_hourly_look(session, make):
    till = make.terminal()
    make.sale(till, seq=1)
    a_year_on = NOW + timedelta(days=365)
    log_new_records(now=a_year_on)
    make.sale(till, seq=2)

    assert log_new_records(now=a_year_on) == 0
    look_at_all()

    assert log_size(session) == 4
    assert watch_row(session).waiting == 0
    assert faults(session) == []


@pytest.mark.parametrize("table", ["proof_leaves", "proof_nodes", "checkpoints"])
@pytest.mark.parametrize("verb", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {}"])
def test_the_application_cannot_change_the_log(session, make, log, table, verb):
    settled(make)
    log()
    column = {"proof_leaves": "seq", "proof_nodes": "position", "checkpoints": "size"}[table]

    with pytest.raises(DBAPIError, match="permission denied"), session.begin_nested():
        session.execute(text(verb.format(table, column, column)))


@pytest.mark.parametrize(
    "statement", ["INSERT INTO proof_watch VALUES (2, null, 0)", "DELETE FROM proof_watch"]
)
def test_there_is_one_row_of_the_watch(session, statement):
    with pytest.raises(DBAPIError, match="permission denied"), session.begin_nested():
        session.execute(text(statement))


def test_an_unknown_record(session, make, log):
    with pytest.raises(RecordNotLogged):
        find_leaf(session, kind=RecordKind.CAPTURED, key=str(new_id()))
