"""A saved certificate, verified without the service: whatever is changed in it is found."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import proof.certificate
import proof.verifier
from audit.queries import public_keys
from audit.services import sign
from finance.queries.closing import certificate
from kernel.actors import Role
from proof.certificate import verify_certificate
from proof.models import RecordKind
from proof.queries import find_leaf, lines_between
from tests.finance.budget_year import LATER, Year
from tests.staff.conftest import city, signed_in  # imported as fixtures


@pytest.fixture
def make(session):
    make = Year(session).open()
    make.three_months()
    for month in ("2026-08", "2026-09"):
        make.close(month)
    return make


@pytest.fixture
def saved(make, city, signed_in, tmp_path):  # noqa: F811
    """The folder with both certificates, as the desk saves them."""
    desk = signed_in(make.staff(Role.AUDITOR, union=city))
    for month in ("2026-08", "2026-09"):
        answer = desk.client.get(f"/desk/finance/close/{month}/certificate")
        (tmp_path / f"close-{month}.json").write_bytes(answer.data)
    return tmp_path


@pytest.fixture
def run(app):
    def run(*words):
        answer = app.test_cli_runner().invoke(
            args=["audit", "verify-certificate", *map(str, words), "--json"]
        )
        return answer.exit_code, json.loads(answer.stdout)

    return run


def test_a_good_certificate_and_the_one_before_it(session, saved, run):
    [key] = public_keys(session)

    code, said = run(
        saved / "close-2026-09.json",
        "--before",
        saved / "close-2026-08.json",
        "--key",
        key.thumbprint,
    )

    assert (code, said["ok"], said["month"], said["budget_lines"]) == (0, True, "2026-09", 2)
    assert said["sums"] == len(certificate(session, month="2026-09").identities)
    assert said["key"] == key.thumbprint


def test_it_needs_nothing_of_the_service(saved, tmp_path):
    alone = tmp_path / "proof"
    alone.mkdir()
    for module in (proof.certificate, proof.verifier):
        shutil.copy(Path(module.__file__), alone)
    (alone / "__init__.py").touch()

    done = subprocess.run(
        [sys.executable, "-m", "proof.certificate", "close-2026-09.json"],
        cwd=tmp_path,
        env={},
        capture_output=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["ok"]


def test_one_byte_flipped_anywhere_is_found(saved):
    """Outside of `not_signed`: the names of the two people, whose ids are signed."""
    path = saved / "close-2026-09.json"
    good = path.read_bytes()
    not_signed = good.index(b'"not_signed"')
    for at in range(0, not_signed, 7):
        path.write_bytes(good[:at] + bytes([good[at] ^ 1 << at % 8]) + good[at + 1 :])

        found = proof.certificate.verify_files(path, before=None, proof=None, trusted=None)

        assert not found["ok"], at


def spoilt(saved, change, month="2026-09"):
    """Return a certificate of which one thing was changed, and not signed again."""
    said = json.loads((saved / f"close-{month}.json").read_bytes())
    change(said)
    return verify_certificate(said)["first_bad"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda said: said["budgets"][0]["left"].update(carried_in=1), "budgets: it is not"),
        (lambda said: said["named"].append({}), "named: it is not what was signed"),
        (lambda said: said.update(more=1), "more: it is not what was signed"),
        (lambda said: said.pop("programmes"), "programmes: it is not what was signed"),
    ],
)
def test_what_was_changed_is_named(saved, change, said):
    assert said in spoilt(saved, change)


def resigned(make, saved, change):
    """Return what is found in a certificate that whoever holds the key signed with a lie in it."""
    path = saved / "close-2026-09.json"
    said = json.loads(path.read_bytes())
    change(said)
    claims = {name: value for name, value in said.items() if name not in proof.certificate.BESIDE}
    said["signed"] = sign(make.session, claims=claims, now=LATER)
    before = json.loads((saved / "close-2026-08.json").read_bytes())
    return verify_certificate(said, before=before)["bad"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda said: said.update(approver_id=said["maker_id"]), "approver_id: one person"),
        (
            lambda said: said["identities"]["merchants_fen"]["left"].update(captured=1),
            "merchants_fen: its sides differ by",
        ),
        (lambda said: said["residuals"].update(uses=1), "uses: it has two residuals"),
        (lambda said: said["programmes"][0].update(booked=1), "fen are left over"),
        (
            lambda said: said["budgets"][0]["left"].update(carried_in=960_01),
            "carried_in is 96001, and the month before says 96000",
        ),
        (
            lambda said: said["budgets"][0]["right"].update(carried_out=645_01),
            "carried_out is 93000, and of all lines 93001",
        ),
        (lambda said: said.update(month="2026-10"), "the month before is 2026-09, not 2026-08"),
        (lambda said: said["budgets"].pop(), "carried_in is 0, and the month before says -1500"),
    ],
)
def test_what_does_not_add_up_is_named_whoever_signed_it(make, saved, change, said):
    assert any(said in each for each in resigned(make, saved, change))


def test_the_log_has_the_whole_certificate_and_proves_it(session, saved, log, run, app):
    log()
    leaf = find_leaf(session, kind=RecordKind.MONTH_CERTIFIED, key="2026-09")
    [line] = lines_between(session, start=leaf.seq, end=leaf.seq + 1)
    record = json.loads(line.body)
    kept = certificate(session, month="2026-09")
    assert record["signed"] == kept.signed
    assert (record["programmes"], record["budgets"]) == (kept.programmes, kept.budgets)
    for month in ("2026-08", "2026-09"):
        proved = app.test_cli_runner().invoke(args=["audit", "prove", "month_certified", month])
        (saved / f"proof-{month}.json").write_text(proved.stdout)

    good = run(saved / "close-2026-09.json", "--proof", saved / "proof-2026-09.json")
    other = run(saved / "close-2026-09.json", "--proof", saved / "proof-2026-08.json")

    assert good[0] == 0
    assert other[1]["first_bad"] == "proof: the log has another certificate of this month"


@pytest.mark.parametrize("content", ["", "[]", "{}", "1", '{"signed": "x", "key": "{}"}'])
def test_what_is_no_certificate_is_said_to_be_none(tmp_path, run, content):
    path = tmp_path / "close.json"
    path.write_text(content)

    code, said = run(path)

    assert (code, said["ok"]) == (1, False)
    assert said["first_bad"]


def test_a_strangers_key_is_not_the_one_that_i_trust(saved, run):
    assert run(saved / "close-2026-09.json", "--key", "A" * 43)[1]["first_bad"].startswith("key: ")
