"""The log over HTTP: what must hold, checkpoints, the proof of a record, what /metrics tells."""

import json

import pytest
from sqlalchemy import text

from finance.services.closing import watch_residuals
from kernel.actors import Role
from kernel.ids import new_id
from proof.jobs import look_at_all
from proof.models import FaultKind, ProofFault
from proof.queries import log_size
from proof.verifier import verify_proof
from tests.finance.traced import settled
from tests.make import NOW
from tests.staff.conftest import city, signed_in  # imported as fixtures

RECORDS = "/desk/proof/records/captured"


@pytest.fixture
def desk(make, city, signed_in):  # noqa: F811
    desk = signed_in(make.staff(Role.AUDITOR, union=city))
    desk.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    return desk


@pytest.fixture
def get(desk):
    return desk.client.get


def test_what_must_hold(session, make, log, get):
    settled(make)
    log()
    look_at_all()
    watch_residuals(session, month="2026-11", now=NOW)

    page = get("/desk/proof").text

    assert "all of them" in page
    assert "Debits and credits" in page
    assert page.count("agrees</span>") > 10


def test_what_does_not_hold_comes_first_and_says_what_it_means(session, make, log, get):
    make.journal(amount_fen=40_00)
    log()
    watch_residuals(session, month="2026-11", now=NOW)
    session.add(ProofFault(seq=0, fault=FaultKind.CHANGED, found_at=NOW))
    session.flush()

    page = get("/desk/proof").text

    assert page.index("¥40.00") < page.index("agrees</span>")
    assert "booked and never captured" in page
    assert "It is not what was logged." in page
    assert "1 record is not" in page
    assert "What must hold" in get("/desk/").text


@pytest.mark.parametrize("path", ["/desk/proof", "/desk/proof/log"])
def test_before_anything_happened(get, path):
    answer = get(path)

    assert answer.status_code == 200
    assert "yet" in answer.text or "empty" in answer.text


def test_a_record_is_found_by_its_id_and_from_its_trace(make, log, get):
    at = settled(make)
    log()

    trace = get(f"/desk/finance/trace/redemption/{at.redemption.id}").text
    assert f'href="/desk/proof/log?q={at.redemption.id}"' in trace
    found = get(f"/desk/proof/log?q={str(at.redemption.id).upper()}")
    assert found.location == f"{RECORDS}/{at.redemption.id}"
    page = get(found.location).text
    assert "As logged" in page
    assert "&#34;union_pays_fen&#34;: 4000" in page


@pytest.mark.parametrize(
    ("kind", "thing"),
    [
        ("captured", "redemption"),
        ("taken_back", "redemption_reversal"),
        ("booked", "journal"),
        ("statement_issued", "statement"),
        ("batch_sent", "payment_batch"),
        ("bank_line", "bank_line"),
        ("matched", "match"),
    ],
)
def test_a_record_leads_to_its_chain(make, log, get, kind, thing):
    at = settled(make)
    log()
    trace = f"/desk/finance/trace/{thing}/{getattr(at, thing).id}"

    page = get(f"/desk/proof/records/{kind}/{getattr(at, thing).id}").text

    assert f'href="{trace}"' in page
    assert get(trace).status_code == 200


def test_what_has_several_records_lists_them(make, log, get):
    at = settled(make)
    log()

    page = get(f"/desk/proof/log?q={at.statement.id}").text

    assert "Statement issued" in page
    assert f"/desk/proof/records/statement_approved/{at.statement.id}" in page
    assert "Nothing in the log has this id." in get("/desk/proof/log?q=2026-10").text


def test_the_saved_proof_is_what_the_verifier_takes(make, log, get):
    at = settled(make)
    log()

    saved = get(f"{RECORDS}/{at.redemption.id}/proof")

    assert saved.headers["Content-Disposition"].startswith("attachment")
    assert verify_proof(json.loads(saved.data))["ok"]


def test_checkpoints_as_a_list_and_as_a_file(session, make, log, get):
    settled(make)
    log()

    assert f"{log_size(session):,}" in get("/desk/proof/log").text
    file = get("/desk/proof/log?format=csv")
    assert file.status_code == 200
    assert str(log_size(session)) in file.text
    assert get("/desk/proof/log?cursor=x").status_code == 400


def test_the_api_hands_out_proofs(session, make, log, get, client):
    at = settled(make)
    log()
    first = log_size(session)
    settled(make)
    log()

    keys = client.get("/api/v1/proof/keys").json["items"]
    listed = get("/api/v1/proof/checkpoints").json
    one = get(f"/api/v1/proof/records/bank_line/{at.bank_line.id}").json
    two = get(f"/api/v1/proof/consistency?first={first}&second={log_size(session)}").json

    assert [each["size"] for each in listed["items"]] == [log_size(session), first]
    assert listed["next_cursor"] is None
    assert one["as_logged"]
    assert verify_proof(one, trusted=keys[0]["thumbprint"])["records"] == log_size(session)
    assert verify_proof(two)["ok"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("records/captured/{id}", 404),
        ("records/nonsense/{id}", 404),
        ("records/captured/" + "a" * 61, 404),
        ("consistency?first=1&second=2", 404),
        ("consistency?first=0&second=2", 404),
        ("consistency?first=x&second=2", 422),
        ("consistency", 404),
        ("checkpoints?after=x", 422),
    ],
)
def test_the_api_answers_bad_questions_clearly(get, path, status):
    answer = get("/api/v1/proof/" + path.format(id=new_id()))

    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"


@pytest.mark.parametrize("path", ["/desk/proof", "/desk/proof/log", "/api/v1/proof/checkpoints"])
def test_a_part_of_the_city_does_not_read_the_log_of_all(make, city, signed_in, path):  # noqa: F811
    desk = signed_in(make.staff(Role.AUDITOR, union=make.union(parent=city)))

    assert desk.client.get(path).status_code == 403


def test_metrics_tell_of_the_log(session, make, log, client):
    settled(make)
    log()
    look_at_all()
    session.execute(text("INSERT INTO proof_faults VALUES (0, 'gone', now())"))

    told = client.get("/metrics").text

    assert f"union_card_proof_records {float(log_size(session))}" in told
    assert "union_card_proof_records_waiting 0.0" in told
    assert "union_card_proof_records_not_as_logged 1.0" in told
    assert "union_card_proof_checkpoint_timestamp_seconds" in told
    assert "union_card_proof_round_ended_timestamp_seconds" in told
