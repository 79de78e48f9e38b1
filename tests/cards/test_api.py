"""The endpoints of cards through HTTP: one happy path, the refusals, and foreign objects."""

import re
from datetime import datetime, timedelta
from uuid import UUID

import pytest
import zxingcpp
from PIL import Image

from cards.models import CardState
from cards.services import add_record, current_trust, freeze_card, root_public_key
from cards.uc1.answers import Refused, Verified
from cards.uc1.credential import read_credential
from cards.uc1.keys import bytes_of_base64url
from cards.uc1.status import StatusCheck, verify_status_list
from cards.uc1.terms import Reason
from cards.uc1.trust import verify_trust_list
from cards.uc1.verify import verify_text
from kernel.actors import SYSTEM
from kernel.clock import unix, utc_now
from tests.cards.test_records import facts
from tests.cards.web import code_of, signed_in_member
from tests.make.cards import Phone

ENGLISH = {"Accept-Language": "en"}


def enrol(client, headers, phone=None):
    """Put the card on a phone as an app does; return the phone and the last answer."""
    phone = phone or Phone()
    nonce = client.post("/api/v1/cards/me/devices/challenge", headers=headers).json["nonce"]
    body = {
        "name": "演示手机",
        "public_key": phone.jwk,
        "enrolment": phone.proof(bytes_of_base64url(nonce), now=utc_now()),
    }
    answer = client.post("/api/v1/cards/me/devices", json=body, headers=headers)
    if answer.status_code == 201:
        phone.device_id = answer.json["device_id"]
        phone.credential = bytes_of_base64url(answer.json["credential"])
    return phone, answer


def test_a_member_sees_the_whole_card(client, member, card):
    answer = client.get("/api/v1/cards/me", headers=member)

    assert answer.status_code == 200
    assert answer.json["number"] == card.number
    assert answer.json["tail"] == card.number[-4:]
    assert (answer.json["state"], answer.json["standing"]) == ("issued", "active")
    assert answer.json["name"] == "张小明"
    assert answer.json["union_name"].startswith("演示工会")
    assert (answer.json["devices"], answer.json["devices_max"]) == ([], 3)
    assert answer.headers["Cache-Control"] == "no-store"


def test_without_a_card_there_is_none_until_one_applies(client, session, make):
    headers = signed_in_member(make, session, make.member().id)

    assert code_of(client.get("/api/v1/cards/me", headers=headers), 404) == "card_not_found"
    first = client.post("/api/v1/cards/me", headers=headers)
    second = client.post("/api/v1/cards/me", headers=headers)

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json["number"] == second.json["number"]


def test_a_frozen_card_says_why_and_until_when(client, session, member, card, now):
    freeze_card(
        session,
        card_id=card.id,
        reason="核查中",
        until=now + timedelta(days=2),
        actor=SYSTEM,
        now=now,
    )

    answer = client.get("/api/v1/cards/me", headers=member)

    assert answer.json["state"] == "frozen"
    assert answer.json["state_reason"] == "核查中"
    assert answer.json["frozen_until"].endswith("+08:00")
    assert code_of(client.get("/api/v1/cards/me/slice", headers=member), 409) == "card_not_usable"


def lists_of(client, session, credential):
    """Fetch the public lists as a verifier does: verified, by their address."""
    now = unix(utc_now())
    root_key = root_public_key(session, now=utc_now())
    trust = verify_trust_list(client.get("/api/v1/trust-list").data, root_key=root_key, now=now)
    number = read_credential(credential).facts.status_list
    uri = f"http://127.0.0.1:8000/api/v1/status/{number}"
    token = client.get(f"/api/v1/status/{number}").data
    return trust, {uri: verify_status_list(token, uri=uri, trust=trust, now=now)}


def judged(phone, trust, statuses):
    return verify_text(
        phone.code(now=utc_now()), now=unix(utc_now()), trust=trust, statuses=statuses
    )


def test_a_phone_is_enrolled_and_its_code_verifies_with_the_public_lists_alone(
    client, session, member
):
    phone, answer = enrol(client, member)

    assert answer.status_code == 201
    assert set(answer.json) == {"device_id", "credential", "expires_at", "root_key"}
    shown = client.get("/api/v1/cards/me", headers=member).json
    assert shown["state"] == "active"
    assert [device["device_id"] for device in shown["devices"]] == [phone.device_id]
    assert isinstance(judged(phone, *lists_of(client, session, phone.credential)), Verified)


def test_a_lost_card_is_dead_on_the_next_list_and_gets_nothing_more(
    client, session, member, stranger
):
    phone, _ = enrol(client, member)

    answer = client.post("/api/v1/cards/me/lost", json={"what": "all"}, headers=member)

    assert (answer.status_code, answer.json["state"]) == (200, "lost")
    refused = judged(phone, *lists_of(client, session, phone.credential))
    assert refused == Refused(Reason.SUSPENDED)
    path = f"/api/v1/cards/me/devices/{phone.device_id}/credential"
    assert code_of(client.post(path, headers=member), 409) == "card_not_usable"
    assert code_of(enrol(client, member)[1], 409) == "card_not_usable"
    assert client.get("/api/v1/cards/me", headers=stranger).json["state"] == "issued"


def test_only_known_things_are_lost(client, member, card):
    answer = client.post("/api/v1/cards/me/lost", json={"what": "mind"}, headers=member)

    assert code_of(answer, 422) == "invalid_request"
    assert list(answer.json["errors"]) == ["what"]
    assert card.state is CardState.ISSUED


def test_a_phone_gets_a_fresh_credential(client, member):
    phone, first = enrol(client, member)

    answer = client.post(f"/api/v1/cards/me/devices/{phone.device_id}/credential", headers=member)

    assert answer.status_code == 201
    assert answer.json["device_id"] == phone.device_id
    assert answer.json["credential"] != first.json["credential"]


def test_a_phone_is_taken_off_the_card(client, member):
    phone, _ = enrol(client, member)
    path = f"/api/v1/cards/me/devices/{phone.device_id}"

    assert client.delete(path, headers=member).status_code == 204
    assert client.get("/api/v1/cards/me", headers=member).json["devices"] == []
    assert code_of(client.delete(path, headers=member), 404) == "device_not_found"


def test_another_members_phone_is_not_found(client, member, stranger):
    phone, _ = enrol(client, member)
    path = f"/api/v1/cards/me/devices/{phone.device_id}"

    for method, address in (("POST", f"{path}/credential"), ("DELETE", path)):
        answer = client.open(address, method=method, headers=stranger)
        assert code_of(answer, 404) == "device_not_found"
    assert client.get("/api/v1/cards/me", headers=member).json["devices"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 61}, "name"),
        ({"enrolment": "not base64url"}, "enrolment"),
        ({"enrolment": "A" * 257}, "enrolment"),
        ({"public_key": {"kty": "RSA"}}, "public_key"),
        ({"extra": 1}, "extra"),
    ],
)
def test_a_malformed_enrolment_names_its_field(client, member, change, field):
    body = {"name": "手机", "public_key": Phone().jwk, "enrolment": "AAAA"} | change

    answer = client.post("/api/v1/cards/me/devices", json=body, headers=member)

    assert code_of(answer, 422) == "invalid_request"
    assert list(answer.json["errors"]) == [field]


def test_a_private_key_is_refused(client, member):
    body = {"name": "手机", "public_key": Phone().jwk | {"d": "A" * 43}, "enrolment": "AAAA"}

    answer = client.post("/api/v1/cards/me/devices", json=body, headers=member)

    assert code_of(answer, 422) == "invalid_request"


def test_a_proof_for_another_key_is_refused_in_words(client, member):
    nonce = client.post("/api/v1/cards/me/devices/challenge", headers=member).json["nonce"]
    body = {
        "name": "手机",
        "public_key": Phone().jwk,
        "enrolment": Phone().proof(bytes_of_base64url(nonce), now=utc_now()),
    }

    answer = client.post("/api/v1/cards/me/devices", json=body, headers=member | ENGLISH)

    assert code_of(answer, 409) == "enrolment_refused"
    assert answer.json["facts"]["reason"] == "bad_signature"
    assert "did not prove" in answer.json["title"]


def test_without_issuer_keys_the_refusal_says_what_to_run(client, session, make):
    headers = signed_in_member(make, session, make.card().member_id)

    answer = client.get("/api/v1/cards/me/slice", headers=headers | ENGLISH)

    assert code_of(answer, 503) == "issuer_keys_missing"
    assert "flask cards keys init" in answer.json["title"]
    assert code_of(client.get("/api/v1/trust-list"), 503) == "issuer_keys_missing"


def test_a_slice_comes_as_text_and_as_a_drawing(client, member):
    text = client.get("/api/v1/cards/me/slice", headers=member)
    drawing = client.get("/api/v1/cards/me/slice.svg", headers=member)

    assert text.json["text"].startswith("US1:")
    assert text.json["expires_at"].endswith("+08:00")
    assert drawing.content_type == "image/svg+xml"
    assert drawing.headers["Cache-Control"] == "no-store"
    assert datetime.fromisoformat(drawing.headers["X-Expires-At"]) > utc_now()


def test_the_drawing_is_read_by_a_scanner_and_verifies(client, session, member, now):
    svg = client.get("/api/v1/cards/me/slice.svg", headers=member).text

    text = scanned(svg)

    answer = verify_text(
        text,
        now=unix(utc_now()),
        trust=current_trust(session, now=now),
        statuses=StatusCheck.CALLER,
    )
    assert isinstance(answer, Verified)
    assert answer.assurance == "session"


def scanned(svg):
    """Read the QR code of an SVG with zxing, from the dark rectangles of its path."""
    size = int(re.search(r'viewBox="0 0 (\d+)', svg)[1])
    scale = 4
    image = Image.new("L", (size * scale, size * scale), 255)
    for x, y, width in re.findall(r"M(\d+) (\d+)h(\d+)v1", svg):
        left, top = int(x) * scale, int(y) * scale
        right, bottom = left + int(width) * scale, top + scale
        image.paste(0, (left, top, right, bottom))
    [found] = zxingcpp.read_barcodes(image)
    return found.text


def test_the_timeline_says_who_paid_what_in_the_callers_language(
    client, session, member, card, now
):
    add_record(session, **facts(card, occurred_at=now, now=now))

    chinese = client.get("/api/v1/members/me/records", headers=member)
    english = client.get("/api/v1/members/me/records", headers=member | ENGLISH)

    [line] = chinese.json["items"]
    assert line["title"] == "演示面馆 满50减40"
    assert english.json["items"][0]["title"] == "Demo noodles, 40 off 50"
    assert (line["gross_fen"], line["member_pays_fen"]) == (50_00, 10_00)
    assert (line["merchant_bears_fen"], line["union_pays_fen"]) == (15_00, 25_00)
    assert chinese.json["totals"]["union_pays_fen"] == 25_00
    assert chinese.json["next_cursor"] is None


def test_the_timeline_is_read_page_by_page(client, session, member, card, now):
    for _ in range(3):
        add_record(session, **facts(card, occurred_at=now, now=now))

    first = client.get("/api/v1/members/me/records?rows=2", headers=member).json
    path = f"/api/v1/members/me/records?rows=2&cursor={first['next_cursor']}"
    second = client.get(path, headers=member).json

    ids = [line["id"] for line in first["items"] + second["items"]]
    assert len(set(ids)) == 3
    assert second["next_cursor"] is None


@pytest.mark.parametrize("query", ["cursor=rubbish", "rows=0", "rows=101", "kind=x", "year=1900"])
def test_a_wrong_question_about_the_timeline_is_refused(client, member, query):
    answer = client.get(f"/api/v1/members/me/records?{query}", headers=member)

    assert code_of(answer, 422) == "invalid_request"


def test_a_stranger_sees_nothing_of_the_timeline(client, session, stranger, card, now):
    add_record(session, **facts(card, occurred_at=now, now=now))

    answer = client.get("/api/v1/members/me/records", headers=stranger)

    assert answer.json["items"] == []
    assert answer.json["totals"]["gross_fen"] == 0


MEMBER_ENDPOINTS = [
    ("GET", "/api/v1/cards/me"),
    ("POST", "/api/v1/cards/me"),
    ("GET", "/api/v1/cards/me/slice"),
    ("GET", "/api/v1/cards/me/slice.svg"),
    ("POST", "/api/v1/cards/me/devices/challenge"),
    ("POST", "/api/v1/cards/me/devices"),
    ("POST", f"/api/v1/cards/me/devices/{UUID(int=7)}/credential"),
    ("DELETE", f"/api/v1/cards/me/devices/{UUID(int=7)}"),
    ("POST", "/api/v1/cards/me/lost"),
    ("GET", "/api/v1/members/me/records"),
]


@pytest.mark.parametrize(("method", "path"), MEMBER_ENDPOINTS)
def test_a_members_endpoint_is_closed_to_nobody_and_to_tills(client, till, method, path):
    assert code_of(client.open(path, method=method), 401) == "not_signed_in"
    assert code_of(client.open(path, method=method, headers=till[1]), 401) == "not_signed_in"
