"""The public lists and a till's endpoints through HTTP."""

import pytest

from cards.uc1.challenge import challenge_text, read_challenge
from cards.uc1.keys import bytes_of_base64url, key_from_jwk
from cards.uc1.trust import TrustList, verify_trust_list
from kernel.actors import SYSTEM
from kernel.clock import unix
from merchants.services import issue_pairing_code
from tests.cards.web import code_of
from tests.make.cards import Phone


@pytest.mark.parametrize("path", ["/api/v1/trust-list", "/api/v1/status/0"])
def test_public_lists_are_kept_until_they_change(client, card, path):
    first = client.get(path)
    again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})

    assert first.status_code == 200
    assert not first.headers["ETag"].startswith("W/")
    assert first.headers["Cache-Control"] == "public, max-age=300"
    assert (again.status_code, again.data) == (304, b"")


def test_public_lists_have_their_own_types(client, card):
    assert client.get("/api/v1/trust-list").content_type == "application/uc-trust+cwt"
    assert client.get("/api/v1/status/0").content_type == "application/statuslist+cwt"


def test_there_is_no_such_status_list(client, card):
    assert code_of(client.get("/api/v1/status/65535"), 404) == "status_list_not_found"
    assert code_of(client.get("/api/v1/status/99999999999999"), 404) == "status_list_not_found"


def test_a_till_is_paired_and_can_verify_the_trust_list(client, session, make, card, now):
    code = issue_pairing_code(session, site_id=make.site().id, actor=SYSTEM, now=now)
    body = {"pairing_code": code, "name": "收银台1", "public_key": Phone().jwk}

    answer = client.post("/api/v1/terminals/pair", json=body)

    assert answer.status_code == 201
    root_key = key_from_jwk(answer.json["root_key"])
    token = client.get("/api/v1/trust-list").data
    assert isinstance(verify_trust_list(token, root_key=root_key, now=unix(now)), TrustList)
    headers = {"Authorization": f"Bearer {answer.json['token']}"}
    assert client.post("/api/v1/terminals/me/challenges", headers=headers).status_code == 201


def test_a_wrong_pairing_code_is_refused_and_counted(client, card):
    body = {"pairing_code": "AAAAA-AAAAA", "name": "收银台1", "public_key": Phone().jwk}

    answers = [client.post("/api/v1/terminals/pair", json=body) for _ in range(6)]

    assert [answer.status_code for answer in answers] == [409] * 5 + [429]


def test_a_pairing_code_is_not_used_up_while_the_keys_are_missing(client, session, make, now):
    code = issue_pairing_code(session, site_id=make.site().id, actor=SYSTEM, now=now)
    body = {"pairing_code": code, "name": "收银台1", "public_key": Phone().jwk}

    assert code_of(client.post("/api/v1/terminals/pair", json=body), 503) == "issuer_keys_missing"
    make.issuer_keys(now=now)
    assert client.post("/api/v1/terminals/pair", json=body).status_code == 201


def test_a_tills_question_names_the_till_and_fits_its_code(client, till):
    terminal, headers = till

    answer = client.post("/api/v1/terminals/me/challenges", headers=headers)

    assert answer.status_code == 201
    assert answer.json["aud"] == terminal.code
    text = challenge_text(answer.json["aud"], bytes_of_base64url(answer.json["nonce"]))
    assert len(text) <= 38  # what QR version 2-M holds in alphanumeric mode
    assert read_challenge(text).audience == terminal.code


def test_a_tills_endpoint_is_closed_to_nobody_and_to_members(client, member):
    path = "/api/v1/terminals/me/challenges"

    assert code_of(client.post(path), 401) == "not_signed_in"
    assert code_of(client.post(path, headers=member), 401) == "not_signed_in"
