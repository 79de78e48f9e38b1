"""An export alone: verified without the service; one byte flipped anywhere, and it is named."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import proof.verifier
from audit.queries import public_keys
from audit.services import approve_signing_key, propose_signing_key
from kernel.actors import Role
from proof.models import RecordKind
from proof.queries import consistency_of, find_leaf, log_size, proof_of
from proof.verifier import Bad, verify_export, verify_proof
from tests.finance.traced import settled
from tests.make import NOW

FILES = ("records.jsonl", "index.txt", "checkpoints.txt", "keys.txt")


@pytest.fixture
def run(app, session):
    return lambda *words: app.test_cli_runner().invoke(args=["audit", *map(str, words)])


def rotate(make):
    """Let another key sign, for two people."""
    one, two = (make.staff_actor(Role.ADMINISTRATOR) for _ in range(2))
    key = propose_signing_key(make.session, actor=one, now=NOW)
    approve_signing_key(make.session, actor=two, thumbprint=key.thumbprint, now=NOW)


@pytest.fixture
def folder(make, log, run, tmp_path):
    """An export of a log that was signed twice, by two keys."""
    till = make.terminal()
    make.sale(till, seq=1)
    log()
    rotate(make)
    settled(make, sales=1, back=False)
    log()
    assert run("export", tmp_path / "out").exit_code == 0
    return tmp_path / "out"


def test_a_good_export(session, folder, run):
    answer = run("verify", folder, "--json")

    assert answer.exit_code == 0
    said = json.loads(answer.stdout)
    thumbprints = sorted(each.thumbprint for each in public_keys(session))
    assert said == {
        "ok": True,
        "first_bad": None,
        "records": log_size(session),
        "checkpoints": 2,
        "keys": thumbprints,
        "bad": [],
    }
    assert verify_export(folder, trusted=thumbprints[0])["ok"]


def test_the_verifier_runs_without_the_service(folder, tmp_path):
    alone = tmp_path / "alone"
    alone.mkdir()
    source = Path(proof.verifier.__file__)
    shutil.copy(source, alone)
    assert len(source.read_text().splitlines()) < 300

    done = subprocess.run(
        [sys.executable, "-I", "verifier.py", folder], cwd=alone, capture_output=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["ok"]


@pytest.mark.parametrize("name", FILES)
def test_one_byte_flipped_anywhere_is_found_and_named(folder, name):
    path = folder / name
    good = path.read_bytes()
    lines = good.split(b"\n")
    starts = [sum(len(line) + 1 for line in lines[:number]) for number in range(len(lines))]
    for at in range(len(good)):
        path.write_bytes(good[:at] + bytes([good[at] ^ 1 << at % 8]) + good[at + 1 :])

        said = verify_export(folder)

        number = max(number for number, start in enumerate(starts) if start <= at)
        assert not said["ok"], (name, at)
        if name in FILES[:2]:
            assert said["first_bad"].startswith(f"record {number}"), (at, said)
        else:
            assert said["first_bad"].startswith(("checkpoint", "key")), (at, said)


def test_the_bad_record_is_named_by_its_kind_and_id(session, folder):
    path = folder / "records.jsonl"
    record = json.loads(path.read_text().splitlines()[0])
    path.write_text(path.read_text().replace('"gross_fen": 6', '"gross_fen": 5', 1))

    said = verify_export(folder)

    assert said["first_bad"] == f"record 0, captured {record['id']}: it is not what was logged"


def _rewrite(folder, number, change):
    """Change a record and put its new hash into the index: what somebody would do who can hash."""
    records, index = folder / "records.jsonl", folder / "index.txt"
    lines, entries = (path.read_text().splitlines() for path in (records, index))
    lines[number] = change(lines[number])
    record = json.loads(lines[number])
    found = proof.verifier.leaf_hash(lines[number].encode()).hex()
    entries[number] = f"{number} {found} {record['record']} {record['id']}"
    records.write_text("".join(f"{line}\n" for line in lines))
    index.write_text("".join(f"{line}\n" for line in entries))


def test_a_forger_who_mends_the_index_too_meets_the_signed_root(folder):
    _rewrite(folder, 0, lambda line: line.replace('"receipt_seq": 1', '"receipt_seq": 7'))

    said = verify_export(folder)

    assert said["first_bad"] == "checkpoint of 2: others were logged as records 0 to 1"


def test_amounts_that_do_not_add_up_are_named_whatever_the_hash(folder):
    _rewrite(folder, 0, lambda line: line.replace('"gross_fen": 6', '"gross_fen": 5'))

    assert verify_export(folder)["first_bad"].endswith("its amounts do not add up")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda at: (at / "keys.txt").unlink(), "keys.txt: missing"),
        (lambda at: (at / "more.txt").touch(), "more.txt: not of an export"),
        (lambda at: (at / "checkpoints.txt").write_text(""), "checkpoints.txt: there is none"),
        (lambda at: _drop_last(at / "records.jsonl"), "it is in the index, and not"),
        (lambda at: [_drop_last(at / name) for name in FILES[:2]], "none is about record"),
        (lambda at: _drop_last(at / "checkpoints.txt"), "it has signed nothing here"),
    ],
)
def test_what_is_missing_is_named(folder, spoil, said):
    spoil(folder)

    found = verify_export(folder)

    assert not found["ok"]
    assert said in found["first_bad"]


def _drop_last(path):
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))


def test_a_stranger_s_key_is_not_the_one_that_i_trust(folder):
    found = verify_export(folder, trusted="A" * 43)

    assert found["first_bad"] == f"key {'A' * 43}: it has signed nothing here"


def test_the_proof_of_one_record_needs_no_other(session, folder):
    leaf = find_leaf(session, kind=RecordKind.CAPTURED, key=_first_id(folder))
    made = proof_of(session, leaf)

    assert made["as_logged"]
    assert verify_proof(made)["ok"]
    for wrong in (
        {"record": made["record"].replace("4", "5", 1)},
        {"number": made["number"] + 1},
        {"number": -1},
        {"path": made["path"][1:]},
        {"keys": [public_keys(session)[0].jwk]},
    ):
        with pytest.raises(Bad):
            verify_proof(made | wrong)


def _first_id(folder):
    return json.loads((folder / "records.jsonl").read_text().splitlines()[0])["id"]


def test_the_log_only_grew_between_two_checkpoints(session, make, log):
    settled(make)
    log()
    first = log_size(session)
    settled(make)
    log()

    made = consistency_of(session, first=first, second=log_size(session))

    assert verify_proof(made)["ok"]
    with pytest.raises(Bad):
        verify_proof(made | {"path": made["path"][::-1]})
    with pytest.raises(Bad):
        verify_proof(made | {"first": made["second"], "second": made["first"]})


def test_the_log_only_grew_while_its_key_was_changed(session, make, log):
    settled(make)
    log()
    first = log_size(session)
    rotate(make)
    settled(make)
    log()

    made = consistency_of(session, first=first, second=log_size(session))

    old, new = public_keys(session)
    assert made["keys"] == [old.jwk, new.jwk]
    assert verify_proof(made, trusted=new.thumbprint)["keys"] == [new.thumbprint]
    for wrong in ({"keys": [new.jwk]}, {"keys": [old.jwk]}):
        with pytest.raises(Bad):
            verify_proof(made | wrong)


def test_an_export_goes_nowhere_else(run, folder):
    again = run("export", folder)

    assert again.exit_code == 1
    assert "Give an empty directory" in again.output


def test_an_empty_log_has_nothing_to_export(run, tmp_path):
    answer = run("export", tmp_path / "out")

    assert answer.exit_code == 1
    assert "The log is empty" in answer.output


def test_prove_prints_what_the_verifier_takes(run, folder, tmp_path):
    answer = run("prove", "captured", _first_id(folder))

    assert verify_proof(json.loads(answer.stdout))["ok"]
    assert run("prove", "captured", "nothing").exit_code == 1
    assert run("log", "--json").exit_code == 0
