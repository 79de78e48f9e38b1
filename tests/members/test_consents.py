"""A member agrees to one purpose at a time, and takes it back."""

import pytest
from sqlalchemy import select

from audit.models import AuditEntry
from members.models import Consent
from members.services import CONSENT_VERSIONS, consents_of, give_consents, missing_consents
from tests.make import NOW

CONSENTS = "/api/v1/members/me/consents"


@pytest.fixture
def member(make):
    member = make.member()
    make.consent(member)
    make.member_session(member, token="ucm_mine")
    return member


@pytest.fixture
def call(client, member):
    def request(method, path=CONSENTS, language="en", **options):
        headers = {"Authorization": "Bearer ucm_mine", "Accept-Language": language}
        return client.open(path, method=method, headers=headers, **options)

    return request


def given(answer):
    return {each["purpose"] for each in answer.json["items"] if each["given_at"]}


def agree(purpose, version=1):
    return {"consents": [{"purpose": purpose, "version": version}]}


def test_every_text_in_force_is_shown_with_what_i_said(call):
    answer = call("GET")

    assert answer.status_code == 200
    assert {each["purpose"] for each in answer.json["items"]} == set(CONSENT_VERSIONS)
    assert given(answer) == {"card_real_name"}
    assert all(each["title"] and each["text"] for each in answer.json["items"])
    assert call("GET", language="zh-CN").json["items"][0]["title"] == "会员卡实名"


def test_each_purpose_is_given_alone_and_withdrawn_alone(call, session):
    assert given(call("POST", json=agree("aid_health_data"))) == {
        "card_real_name",
        "aid_health_data",
    }

    assert given(call("DELETE", f"{CONSENTS}/aid_health_data")) == {"card_real_name"}
    assert call("DELETE", f"{CONSENTS}/aid_health_data").status_code == 200
    assert "aid_health_data" in given(call("POST", json=agree("aid_health_data")))
    rows = session.scalars(select(Consent).where(Consent.purpose == "aid_health_data")).all()
    assert sorted(row.withdrawn_at is None for row in rows) == [False, True]


def test_agreeing_twice_is_agreeing_once(call, session):
    call("POST", json=agree("payout_account"))
    call("POST", json=agree("payout_account"))

    actions = session.scalars(select(AuditEntry.action)).all()
    assert actions == ["member.consent_given"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (agree("everything"), 422, "consent_unknown"),
        (agree("aid_health_data", version=2), 422, "consent_unknown"),
        (agree("aid_health_data", version=0), 422, "invalid_request"),
        ({"consents": []}, 422, "invalid_request"),
        ({}, 422, "invalid_request"),
    ],
)
def test_what_is_not_asked_for_cannot_be_agreed_to(call, body, status, code):
    answer = call("POST", json=body)

    assert (answer.status_code, answer.json["code"]) == (status, code)


def test_the_card_rests_on_its_consent(call):
    answer = call("DELETE", f"{CONSENTS}/card_real_name")

    assert (answer.status_code, answer.json["code"]) == (409, "consent_ends_with_card")
    assert call("DELETE", f"{CONSENTS}/everything").status_code == 422


def test_an_older_version_asks_again(session, make):
    member = make.member()
    make.consent(member, purpose="aid_health_data", version=99)

    missing = missing_consents(session, member_id=member.id, purposes=["aid_health_data"])
    assert [text.purpose for text in missing] == ["aid_health_data"]

    give_consents(session, member_id=member.id, consents={"aid_health_data": 1}, now=NOW)
    lines = {line.text.purpose: line.given_at for line in consents_of(session, member_id=member.id)}
    assert lines["aid_health_data"] == NOW


def test_nobody_else_may_call(client):
    assert client.get(CONSENTS).status_code == 401
    assert client.post(CONSENTS, json=agree("payout_account")).status_code == 401
    assert client.delete(f"{CONSENTS}/payout_account").status_code == 401
