"""The gateway of text messages: left alone while it fails, and set up safely or not at all."""

import re
import time

import pytest
from sqlalchemy import select

from app.config import Settings, SettingsError
from app.factory import gateway_of
from kernel.gateway import (
    FAILURES_MAX,
    HttpGateway,
    LoggedGateway,
    NotSentError,
    gateway,
)
from kernel.persons import Mode
from members.models import SmsMessage, SmsState
from tests.members.gateway import SmsServer
from tests.members.texting import (
    PHONE,
    TOKEN,
    http_gateway,
    newest,
    run,
    sending_through,
)


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
