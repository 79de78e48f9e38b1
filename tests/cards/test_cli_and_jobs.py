"""`flask cards …` and what happens to cards without anybody asking."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text

from audit.models import AuditEntry
from cards import jobs
from cards.models import (
    BatchState,
    CardBatch,
    CardState,
    Credential,
    CredentialState,
    IssuerKeyState,
    StatusListRow,
    TrustListRow,
)
from cards.queries import card_policy
from cards.services import freeze_card, issue_slice, rotate_key, start_batch
from cards.uc1.credential import read_credential
from cards.uc1.terms import KeyUse
from kernel.actors import SYSTEM, Role
from kernel.clock import utc_now
from kernel.jobs import tasks
from members.models import MembershipStatus
from tests.make import NOW
from tests.make.cards import BASE_URL

VECTORS = Path(__file__).parent.parent / "data" / "vectors.json"


@pytest.fixture
def run(session, app):
    """Run a command; return its outcome and the JSON object it printed last."""

    def invoke(*arguments):
        outcome = app.test_cli_runner().invoke(args=["cards", *arguments, "--json"])
        lines = outcome.output.splitlines()
        return outcome, json.loads(lines[-1]) if outcome.exit_code == 0 else None

    return invoke


@pytest.fixture
def in_app(app):
    with app.app_context():
        yield


def test_keys_are_made_once_and_listed(run):
    assert run("keys", "init")[1] == {"created": 5}
    assert run("keys", "init")[1] == {"created": 0}

    listed = run("keys", "list")[1]["keys"]
    assert [key["use"] for key in listed] == [0, 1, 2, 3, 4]
    assert {key["state"] for key in listed} == {"signing"}
    assert "private" not in json.dumps(listed)


def test_a_list_is_published_on_demand(run):
    run("keys", "init")

    assert run("keys", "publish")[1]["seq"] == 2


def test_publishing_without_keys_says_what_to_do(run):
    outcome, _ = run("keys", "publish")

    assert outcome.exit_code == 1
    assert "flask cards keys init" in outcome.output


def test_a_key_is_rotated_and_the_list_says_when_it_signs(run):
    run("keys", "init")

    key = run("keys", "rotate", "--use", "card")[1]

    assert (key["use"], key["state"], key["rotation_due"]) == (1, "published", False)
    assert key in run("keys", "list")[1]["keys"]
    outcome, _ = run("keys", "rotate", "--use", "card")
    assert outcome.exit_code == 1
    assert key["kid"] in outcome.output


def test_an_overlap_that_is_too_short_is_refused_in_words(run):
    run("keys", "init")

    outcome, _ = run("keys", "rotate", "--use", "status", "--after", "6")

    assert outcome.exit_code == 1
    assert '{"days_min": 7}' in outcome.output


def test_a_compromised_key_is_replaced_and_the_job_ends_what_it_signed(session, run, make, app):
    run("keys", "init")
    phone = make.phone(make.card(), now=utc_now())
    leaked = run("keys", "list")[1]["keys"][1]["kid"]

    done = run("keys", "retire", leaked, "--compromised")[1]

    assert (done["kid"], done["state"]) == (leaked, "compromised")
    waiting = session.execute(
        text("SELECT args FROM procrastinate_jobs WHERE task_name = 'cards.end_credentials_of_key'")
    ).scalars()
    with app.app_context():
        for arguments in waiting.all():
            jobs.end_credentials(**arguments)
    session.expire_all()
    credential = session.get_one(Credential, read_credential(phone.credential).facts.cti)
    assert credential.state is CredentialState.INVALID
    ended = select(AuditEntry).where(AuditEntry.action == "issuer_key.credentials_ended")
    assert session.scalars(ended).one().facts["count"] == 1


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("00000000",), 2, "--compromised"),
        (("not hexadecimal", "--compromised"), 2, "hexadecimal"),
        (("00000000", "--compromised"), 1, "flask cards keys list"),
    ],
)
def test_a_key_that_cannot_be_retired_is_refused_in_words(run, arguments, code, words):
    outcome, _ = run("keys", "retire", *arguments)

    assert outcome.exit_code == code
    assert words in outcome.output


def test_the_promotion_job_lets_a_key_sign_when_its_day_has_come(session, run, make, in_app):
    make.issuer_keys(now=utc_now() - timedelta(days=8))
    key = rotate_key(
        session,
        use=KeyUse.PAPER,
        base_url=BASE_URL,
        actor=SYSTEM,
        now=utc_now() - timedelta(days=7),
    )

    jobs.promote_keys(timestamp=0)
    jobs.promote_keys(timestamp=0)

    session.expire_all()
    assert key.state is IssuerKeyState.SIGNING
    assert sorted(session.scalars(select(TrustListRow.seq))) == [1, 2, 3]


def test_the_vectors_pass(run):
    assert run("check-vectors", str(VECTORS))[1] == {"passed": 57, "failed": []}


def test_a_failing_vector_is_named_and_ends_in_one(app, tmp_path):
    content = json.loads(VECTORS.read_text(encoding="utf-8"))
    broken = next(case for case in content["vectors"] if case["expect"]["ok"])
    broken["text"] = broken["text"][:-1] + ("0" if broken["text"][-1] != "0" else "1")
    file = tmp_path / "vectors.json"
    file.write_text(json.dumps(content))

    outcome = app.test_cli_runner().invoke(args=["cards", "check-vectors", str(file), "--json"])

    assert outcome.exit_code == 1
    answer = json.loads(outcome.output.splitlines()[-1])
    assert answer == {"passed": 56, "failed": [broken["name"]]}


@pytest.mark.parametrize("content", ["", "[]", "{}", "not json"])
def test_a_file_that_holds_no_vectors_is_refused_in_words(app, tmp_path, content):
    file = tmp_path / "vectors.json"
    file.write_text(content)

    outcome = app.test_cli_runner().invoke(args=["cards", "check-vectors", str(file)])

    assert outcome.exit_code == 1
    assert outcome.output.startswith("Error: ")


def test_the_policy_is_shown_and_changed(run):
    first = {
        "devices_max": 3,
        "credential_days": 14,
        "phone_cooldown_hours": 24,
        "confirm_every_days": None,
        "paper_days": 730,
        "paper_has_hint": True,
        "paper_kept_days": 7,
        "static_daily_fen": 50_000,
    }
    assert run("policy")[1] == first
    assert run("policy", "--devices", "5")[1] == first | {"devices_max": 5}
    first |= {"devices_max": 5, "paper_has_hint": False, "static_daily_fen": 0}
    assert run("policy", "--no-paper-hint", "--static-daily-fen", "0")[1] == first
    changed = first | {"confirm_every_days": 365}
    assert run("policy", "--confirm-days", "365")[1] == changed
    assert run("policy", "--confirm-days", "0")[1] == changed | {"confirm_every_days": None}


@pytest.mark.parametrize(
    "option",
    [
        ("--devices", "0"),
        ("--credential-days", "36"),
        ("--cooldown-hours", "721"),
        ("--confirm-days", "59"),
        ("--confirm-days", "often"),
        ("--paper-days", "801"),
        ("--static-daily-fen", "-1"),
    ],
)
def test_the_policy_has_its_bounds(run, session, option):
    assert run("policy", *option)[0].exit_code == 2
    assert card_policy(session).credential_days == 14


def test_the_batch_job_issues_and_counts_to_the_end(session, make, in_app):
    union = make.union()
    for _ in range(3):
        make.member(union=union)
    actor = make.staff_actor(Role.REGISTER_OFFICER, union=union)
    batch = start_batch(session, union_code=union.code, paths=[union.path], actor=actor, now=NOW)

    jobs.issue_batch(batch_id=str(batch.id))
    jobs.issue_batch(batch_id=str(batch.id))  # at least once, so perhaps twice

    session.expire_all()
    batch = session.get_one(CardBatch, batch.id)
    assert (batch.state, batch.issued, batch.done, batch.total) == (BatchState.DONE, 3, 3, 3)


def test_the_list_job_signs_what_is_due(session, make, in_app):
    make.issuer_keys(now=utc_now())
    make.phone(make.card(), now=utc_now())

    jobs.build_status_lists(timestamp=0)

    session.expire_all()
    tokens = session.scalars(select(StatusListRow.token)).all()
    assert len(tokens) == 2
    assert all(tokens)


def test_the_trust_job_does_nothing_before_there_are_keys(session, in_app):
    jobs.renew_trust(timestamp=0)

    assert session.scalars(select(TrustListRow)).all() == []


def test_the_trust_job_renews_what_is_a_day_old(session, make, in_app):
    make.issuer_keys(now=utc_now() - timedelta(hours=25))

    jobs.renew_trust(timestamp=0)
    jobs.renew_trust(timestamp=0)

    assert sorted(session.scalars(select(TrustListRow.seq))) == [1, 2]


def test_the_register_job_ends_freezes_and_cancels_cards_of_leavers(session, make, in_app):
    make.issuer_keys()
    frozen, left, kept = make.card(), make.card(), make.card()
    freeze_card(
        session,
        card_id=frozen.id,
        reason="核查中",
        until=utc_now() - timedelta(seconds=1),
        actor=SYSTEM,
        now=utc_now() - timedelta(days=1),
    )
    session.get_one(type(make.member()), left.member_id).status = MembershipStatus.WITHDRAWN
    session.flush()

    jobs.follow_time_and_register(timestamp=0)

    session.expire_all()
    assert [card.state for card in (frozen, left, kept)] == [
        CardState.ISSUED,
        CardState.CANCELLED,
        CardState.ISSUED,
    ]


def test_the_purge_job_forgets_old_slices(session, make, in_app):
    make.issuer_keys()
    card = make.card()
    issue_slice(session, member_id=card.member_id, now=NOW - timedelta(days=3))

    jobs.purge(timestamp=0)

    assert session.scalars(select(Credential)).all() == []


def test_every_job_is_known_to_the_worker():
    declared = {name for name in tasks.tasks if name.startswith("cards.")}

    assert declared == {
        "cards.issue_batch",
        "cards.build_status_lists",
        "cards.renew_trust_list",
        "cards.promote_keys",
        "cards.end_credentials_of_key",
        "cards.print_paper",
        "cards.forget_paper",
        "cards.escalate_transfers",
        "cards.follow_time_and_register",
        "cards.ask_for_confirmation",
        "cards.purge_short_lived",
    }
