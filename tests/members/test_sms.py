"""Text messages against a real HTTP gateway: sent once, tried again, given up, never in clear."""

import logging
import re
import socket
import time
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from app.config import Settings, SettingsError
from app.factory import gateway_of
from kernel.clock import utc_now
from kernel.db import transaction
from kernel.gateway import (
    FAILURES_MAX,
    HttpGateway,
    LoggedGateway,
    NotSentError,
    gateway,
    use_gateway,
)
from kernel.persons import DocumentKind, Mode
from members.jobs import clear_messages, send_message
from members.models import NoticeKind, SmsMessage, SmsPurpose, SmsState
from members.queries import message_totals, messages_waiting
from members.rules.messages import retry_seconds
from members.services import ask_for_code, notice_policy, notify
from members.services.sign_in import CODE_LIFE
from tests.make import NOW
from tests.members.gateway import SmsServer

PHONE = "+8615400007711"
TOKEN = "token-of-the-tests"
CODE = re.compile(r"\b(\d{6})\b")


@contextmanager
def sending_through(way_out):
    before = gateway()
    use_gateway(way_out)
    yield way_out
    use_gateway(before)


def http_gateway(url, *, seconds=5.0, **facts):
    return HttpGateway(url, token=TOKEN, timeout_seconds=seconds, **facts)


@pytest.fixture
def server():
    with SmsServer() as server, sending_through(http_gateway(server.url)):
        yield server


def ask(session, *, phone=PHONE, code="246802", now=None, is_chinese=False):
    """Ask for a code, by default now: jobs read the clock. Return the message."""
    ask_for_code(session, phone=phone, code=code, is_chinese=is_chinese, now=now or utc_now())
    return newest(session)


def newest(session):
    return session.scalars(
        select(SmsMessage)
        .order_by(SmsMessage.id.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    ).one()


def run(message):
    """Do the message's job as the worker does."""
    send_message(message_id=str(message.id))


def jobs_of(session, message):
    """Return the jobs that are written for a message: (arguments, due)."""
    return session.execute(
        text(
            "SELECT args::text, scheduled_at FROM procrastinate_jobs"
            " WHERE task_name = 'members.send_message' AND args->>'message_id' = :id ORDER BY id"
        ),
        {"id": str(message.id)},
    ).all()


def totals(session):
    return {(each.purpose, each.outcome): each.total for each in message_totals(session)}


def test_a_code_goes_out_once_with_its_id_and_is_not_kept(session, server):
    message = ask(session)
    run(message)
    run(message)

    (asked,) = server.asked
    sent = newest(session)
    assert asked == {
        "to": PHONE,
        "text": "[Union Card] Your code is 246802, good for 5 minutes."
        " Tell it to nobody; our staff never ask for it.",
        "key": str(message.id),
        "token": f"Bearer {TOKEN}",
    }
    assert (sent.state, sent.attempts, sent.text_sealed) == (SmsState.SENT, 1, None)
    assert totals(session) == {(SmsPurpose.SIGN_IN_CODE, "sent"): 1}
    assert messages_waiting(session) == (0, None)


def test_neither_row_nor_job_nor_log_shows_phone_or_code(session, server, caplog):
    server.answers = [500]
    with caplog.at_level(logging.INFO):
        message = ask(session, code="135791")
        run(message)
        LoggedGateway().send(PHONE, "Your code is 135791", "id")

    ((arguments, _), _) = jobs_of(session, message)
    row = session.execute(
        text(
            "SELECT phone_index::text || phone_sealed::text || text_sealed::text FROM sms_messages"
        )
    ).scalar_one()
    assert arguments == f'{{"message_id": "{message.id}"}}'
    for secret in ("135791", "15400007711", b"135791".hex(), b"15400007711".hex()):
        assert secret not in row
        assert secret not in caplog.text
    assert repr(message).find(PHONE) == -1


@pytest.mark.parametrize("answer", [500, 503, 429, 401, 302])
def test_a_passing_failure_is_tried_again_later_under_the_same_id(session, server, answer):
    server.answers = [answer]
    message = ask(session)

    run(message)
    waiting = newest(session)
    assert (waiting.state, waiting.attempts) == (SmsState.WAITING, 1)
    assert waiting.last_error == f"answered_{answer}"
    (_, first), (_, again) = jobs_of(session, message)
    assert first is None
    assert timedelta(0) < again - utc_now() <= timedelta(seconds=retry_seconds(1))

    run(message)
    sent = newest(session)
    assert (sent.state, sent.attempts, sent.last_error) == (SmsState.SENT, 2, None)
    assert [each["key"] for each in server.asked] == [str(message.id)] * 2
    assert totals(session) == {
        (SmsPurpose.SIGN_IN_CODE, "retried"): 1,
        (SmsPurpose.SIGN_IN_CODE, "sent"): 1,
    }


@pytest.mark.parametrize("answer", [400, 422, 410])
def test_what_the_gateway_will_never_take_is_not_sent_again(session, server, answer):
    server.answers = [answer]
    message = ask(session)

    run(message)
    run(message)

    failed = newest(session)
    assert (failed.state, failed.last_error) == (SmsState.FAILED, f"answered_{answer}")
    assert failed.text_sealed is None
    assert len(server.asked) == 1
    assert len(jobs_of(session, message)) == 1


def test_a_gateway_that_says_nothing_is_not_waited_for(session, server):
    server.answers = ["silence"]
    with sending_through(http_gateway(server.url, seconds=0.2)):
        message = ask(session)
        run(message)

    assert (newest(session).state, newest(session).last_error) == (SmsState.WAITING, "timeout")


def test_a_gateway_that_is_not_there_is_tried_again(session):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with sending_through(http_gateway(f"http://127.0.0.1:{port}/")):
        message = ask(session)
        run(message)

    waiting = newest(session)
    assert (waiting.state, waiting.last_error) == (SmsState.WAITING, "unreachable")


def test_a_gateway_that_fails_again_and_again_is_left_alone_for_a_while():
    with SmsServer(*[500] * (FAILURES_MAX + 1)) as server:
        way_out = http_gateway(server.url)
        errors = [refused(way_out) for _ in range(FAILURES_MAX + 3)]

    assert errors == ["answered_500"] * FAILURES_MAX + ["paused"] * 3
    assert len(server.asked) == FAILURES_MAX


def test_after_the_pause_one_try_says_whether_the_gateway_lives_again():
    with SmsServer(*[500] * (FAILURES_MAX + 1)) as server:
        way_out = http_gateway(server.url, pause_seconds=0.2)
        for _ in range(FAILURES_MAX):
            assert refused(way_out) == "answered_500"
        assert refused_after_the_pause(way_out) == "answered_500"
        assert refused(way_out) == "paused"
        assert refused_after_the_pause(way_out) is None
        way_out.send(PHONE, "text", "id")

    assert len(server.asked) == FAILURES_MAX + 3


def refused_after_the_pause(way_out):
    """Send as soon as the gateway is asked again; return what it said, None if it took it."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            way_out.send(PHONE, "text", "id")
        except NotSentError as error:
            if error.code != "paused":
                return error.code
        else:
            return None
    raise AssertionError("the pause does not end")


def test_refusing_one_message_after_the_other_does_not_close_the_gateway():
    with SmsServer(*[400] * (FAILURES_MAX + 1)) as server:
        way_out = http_gateway(server.url)
        for _ in range(FAILURES_MAX + 1):
            assert refused(way_out) == "answered_400"
        way_out.send(PHONE, "text", "id")


def refused(way_out):
    with pytest.raises(NotSentError) as error:
        way_out.send(PHONE, "text", "id")
    return error.value.code


def test_a_code_that_is_good_no_longer_is_not_sent(session, server):
    late = ask(session, now=utc_now() - CODE_LIFE)
    run(late)
    assert newest(session).state is SmsState.EXPIRED
    assert newest(session).text_sealed is None
    assert server.asked == []


def test_a_new_code_takes_the_place_of_one_that_still_waits(session, server):
    now = utc_now()
    old = ask(session, code="111111", now=now - timedelta(minutes=2))
    new = ask(session, code="222222", now=now)
    other = ask(session, code="333333", phone="+8615400007722", now=now)

    for each in (old, new, other):
        run(each)

    assert [CODE.search(each["text"])[1] for each in server.asked] == ["222222", "333333"]


def test_asking_too_often_sends_nothing_more(session, server):
    first = ask(session, code="111111")
    assert ask(session, code="222222").id == first.id
    assert session.scalars(select(SmsMessage)).all() == [first]


def test_what_waited_too_long_ends_and_what_is_old_is_forgotten(session, server, make):
    now = utc_now()
    member = make.member()
    late = ask(session, now=now - CODE_LIFE)
    notify_about(session, member, NoticeKind.CLAIM, now=now - timedelta(days=31))
    old = newest(session)
    fresh = ask(session, phone="+8615400007733", now=now)

    clear_messages(timestamp=0)
    clear_messages(timestamp=0)

    rows = session.scalars(select(SmsMessage).execution_options(populate_existing=True)).all()
    assert {each.id: each.state for each in rows} == {
        late.id: SmsState.EXPIRED,
        fresh.id: SmsState.WAITING,
    }
    assert old.id not in {each.id for each in rows}
    assert next(each for each in rows if each.id == late.id).text_sealed is None
    assert totals(session) == {
        (SmsPurpose.SIGN_IN_CODE, "expired"): 1,
        (SmsPurpose.NOTICE, "expired"): 1,
    }


def notify_about(session, member, kind, *, now=NOW):
    return notify(
        session,
        member_id=member.id,
        kind=kind,
        title_zh="您的申领已核准",
        title_en="Your claim was approved",
        place="aid",
        now=now,
    )


@pytest.mark.parametrize("kind", NoticeKind)
def test_policy_says_which_notices_go_out_and_none_says_what_happened(session, server, make, kind):
    member = make.member()
    notify_about(session, member, kind, now=utc_now())
    written = session.scalars(select(SmsMessage)).all()

    assert len(written) == int(notice_policy()[kind].sms)
    for message in written:
        run(message)
    assert [each["text"] for each in server.asked] == [notice_policy()[kind].text_zh] * len(written)
    assert "核准" not in "".join(each["text"] for each in server.asked)


def test_who_was_entered_by_a_passport_reads_english(session, server, make):
    member = make.member(document_kind=DocumentKind.PASSPORT)
    notify_about(session, member, NoticeKind.SEAT, now=utc_now())
    run(newest(session))
    assert server.asked[0]["text"] == notice_policy()[NoticeKind.SEAT].text_en


def test_without_a_phone_or_a_gateway_the_notice_is_written_and_no_message(session, make):
    without_phone = make.member(phone_sealed=None, phone_index=None)
    notify_about(session, without_phone, NoticeKind.CLAIM)
    with sending_through(None):
        notify_about(session, make.member(), NoticeKind.CLAIM)
    assert session.scalars(select(SmsMessage)).all() == []


def fail_after_asking():
    with transaction() as session:
        ask_for_code(session, phone=PHONE, code="123456", is_chinese=False, now=NOW)
        raise RuntimeError("the cause failed")


@pytest.mark.usefixtures("committed")
def test_the_message_and_its_job_go_with_the_transaction_of_their_cause():
    with pytest.raises(RuntimeError, match="cause"):
        fail_after_asking()
    with transaction() as session:
        assert session.scalars(select(SmsMessage)).all() == []
        assert session.scalar(text("SELECT count(*) FROM procrastinate_jobs")) == 0


def test_retries_wait_longer_and_longer_up_to_a_quarter_of_an_hour():
    waits = [retry_seconds(attempt) for attempt in range(1, 12)]
    assert waits[:4] == [5, 10, 20, 40]
    assert waits == sorted(waits)
    assert retry_seconds(10_000) == waits[-1] == 900


def code_request(client, phone="15400007744", language="en"):
    return client.post(
        "/api/v1/members/sign-in/code",
        json={"phone": phone},
        headers={"Accept-Language": language},
    )


@pytest.fixture
def in_production(app, settings_for):
    """The application told that it is in production: its codes are random."""
    before = app.config["SETTINGS"]
    app.config["SETTINGS"] = settings_for("unused", mode=Mode.PRODUCTION)
    yield
    app.config["SETTINGS"] = before


@pytest.mark.usefixtures("in_production")
def test_in_production_a_random_code_reaches_the_phone_and_signs_in(session, client, server, make):
    member = make.member()
    phone = f"1540000{make.next_number() - 1:04d}"
    assert code_request(client, phone, language="zh-CN").json == {"ok": True}
    run(newest(session))

    (asked,) = server.asked
    assert asked["to"] == f"+86{phone}"
    assert asked["text"].startswith("【工会会员卡】验证码")
    code = re.search(r"\d{6}", asked["text"])[0]
    answer = client.post("/api/v1/members/sign-in", json={"phone": phone, "code": code})
    assert answer.status_code == 200, member.id


@pytest.mark.usefixtures("in_production")
def test_a_gateway_that_fails_changes_nothing_for_who_asks(session, client, server):
    server.answers = [500]
    assert code_request(client).status_code == 202
    assert code_request(client, "no number at all").status_code == 202
    run(newest(session))
    assert code_request(client, "15400007755").status_code == 202


@pytest.mark.usefixtures("in_production")
def test_production_without_a_gateway_says_so(client, session):
    with sending_through(None):
        answer = code_request(client)
    assert (answer.status_code, answer.json["code"]) == (503, "codes_not_sent")
    assert session.scalars(select(SmsMessage)).all() == []


def test_a_demo_sends_nothing_anywhere(session, client, app):
    assert app.config["SETTINGS"].is_demo
    assert isinstance(gateway(), LoggedGateway)
    assert code_request(client).status_code == 202
    run(newest(session))
    assert newest(session).state is SmsState.SENT


def environment(**variables):
    return {"DATABASE_URL": "postgresql+psycopg://x", "MODE": "production"} | variables


def test_the_settings_make_the_gateway():
    token = {"SMS_TOKEN": TOKEN}
    production = Settings.from_env(environment(SMS_URL="https://sms.example/v1", **token))
    local = Settings.from_env(environment(SMS_URL="http://127.0.0.1:9/", **token))

    assert isinstance(gateway_of(production), HttpGateway)
    assert isinstance(gateway_of(local), HttpGateway)
    assert production.sms_timeout_seconds == 5
    assert TOKEN not in repr(production)
    assert gateway_of(Settings.from_env(environment())) is None
    assert isinstance(gateway_of(Settings.from_env(environment(MODE="demo"))), LoggedGateway)


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"MODE": "demo", "SMS_URL": "https://sms.example"}, "demo sends no text messages"),
        ({"SMS_URL": "https://sms.example"}, "together"),
        ({"SMS_TOKEN": TOKEN}, "together"),
        ({"SMS_URL": "http://sms.example", "SMS_TOKEN": TOKEN}, "https"),
        ({"SMS_URL": "https:///nowhere", "SMS_TOKEN": TOKEN}, "https"),
        ({"SMS_URL": "sms.example", "SMS_TOKEN": TOKEN}, "https"),
        (
            {"SMS_URL": "https://sms.example", "SMS_TOKEN": TOKEN, "SMS_TIMEOUT_SECONDS": "x"},
            "at most 30",
        ),
        (
            {"SMS_URL": "https://sms.example", "SMS_TOKEN": TOKEN, "SMS_TIMEOUT_SECONDS": "31"},
            "at most 30",
        ),
    ],
)
def test_unsafe_settings_are_refused_with_a_sentence(variables, sentence):
    with pytest.raises(SettingsError, match=sentence):
        Settings.from_env(environment(**variables))


def test_metrics_tell_what_became_of_messages(client, session, server):
    server.answers = [500]
    message = ask(session)
    run(message)
    told = client.get("/metrics").text
    assert 'union_card_sms_total{outcome="retried",purpose="sign_in_code"} 1.0' in told
    assert "union_card_sms_waiting 1.0" in told
    assert "union_card_sms_waiting_since_timestamp_seconds" in told
