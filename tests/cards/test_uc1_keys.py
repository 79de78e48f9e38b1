"""Keys as devices send them, the proof that a phone holds its key, and the till's challenge."""

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards.uc1 import base45
from cards.uc1.answers import Refused
from cards.uc1.challenge import Challenge, challenge_text, read_challenge
from cards.uc1.cose import write_sign1
from cards.uc1.enrolment import Proven, enrolment_proof, verify_enrolment
from cards.uc1.keys import (
    KeyRejected,
    base64url,
    bytes_of_base64url,
    compressed,
    key_from_jwk,
    new_private_key,
    private_key_bytes,
    private_key_from_bytes,
    public_jwk,
)
from cards.uc1.presentation import present
from cards.uc1.terms import Reason
from tests.cards.uc1_world import NOW, credential, phone, shown

NONCE = bytes(range(16))
JWK = public_jwk(phone.public_key())
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def verify(proof, **facts):
    facts = {"device_key": phone.public_key(), "nonce": NONCE, "now": NOW} | facts
    return verify_enrolment(proof, **facts)


def proof_of(claims, *, protected=b"\xa1\x01\x26", aad=b"UE1:", key=phone):
    payload = claims if isinstance(claims, bytes) else cbor2.dumps(claims)
    return base64url(write_sign1(key, protected=protected, payload=payload, external_aad=aad))


def test_a_jwk_of_webcrypto_is_a_key():
    jwk = JWK | {"ext": True, "key_ops": ["verify"]}

    assert key_from_jwk(jwk) == phone.public_key()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"d": "AAAA"}, "private key"),
        ({"kty": "OKP"}, "P-256"),
        ({"kty": None}, "P-256"),
        ({"crv": "P-384"}, "P-256"),
        ({"crv": ["P-256"]}, "P-256"),
        ({"x": JWK["x"] + "="}, "base64url"),
        ({"x": JWK["x"][:-1] + "é"}, "base64url"),
        ({"x": JWK["x"].replace(JWK["x"][5], "+", 1)}, "base64url"),
        ({"x": 7}, "base64url"),
        ({"y": None}, "base64url"),
        ({"x": "AAAA"}, "32 bytes"),
        ({"y": JWK["y"] + "AAAA"}, "base64url|32 bytes"),
        ({"y": JWK["x"]}, "not on the curve"),
        ({"x": base64url(bytes(32)), "y": base64url(bytes(32))}, "not on the curve"),
    ],
)
def test_a_jwk_that_is_no_public_p256_key_is_refused_in_words(changes, says):
    with pytest.raises(KeyRejected, match=says):
        key_from_jwk(JWK | changes)


def test_a_jwk_without_coordinates_is_refused():
    with pytest.raises(KeyRejected):
        key_from_jwk({"kty": "EC", "crv": "P-256"})


@given(st.binary(max_size=80))
def test_base64url_gives_back_what_it_took(data):
    assert bytes_of_base64url(base64url(data)) == data


@given(st.text(max_size=40))
def test_base64url_has_one_text_for_one_message(text):
    try:
        data = bytes_of_base64url(text)
    except ValueError:
        return
    assert base64url(data) == text


@pytest.mark.parametrize("scalar", [bytes(32), bytes(31), bytes(33), ORDER.to_bytes(32)])
def test_a_scalar_outside_the_group_is_no_key(scalar):
    with pytest.raises(ValueError, match=r"scalar|value|range|private"):
        private_key_from_bytes(scalar)


def test_a_private_key_comes_back_from_its_bytes():
    key = new_private_key()

    again = private_key_from_bytes(private_key_bytes(key))

    assert compressed(again.public_key()) == compressed(key.public_key())


def test_an_enrolment_proof_is_accepted_within_a_minute_on_either_side():
    for iat in (NOW - 60, NOW, NOW + 60):
        assert verify(enrolment_proof(phone, nonce=NONCE, iat=iat)) == Proven(iat)


@pytest.mark.parametrize(
    ("iat", "detail"), [(NOW - 61, "too old"), (NOW + 61, "clock ahead")], ids=["old", "ahead"]
)
def test_an_enrolment_proof_of_another_time_is_stale(iat, detail):
    proof = enrolment_proof(phone, nonce=NONCE, iat=iat)

    assert verify(proof) == Refused(Reason.STALE, detail)


def test_an_enrolment_proof_for_another_nonce_is_refused():
    proof = enrolment_proof(phone, nonce=bytes(16), iat=NOW)

    assert verify(proof) == Refused(Reason.WRONG_AUDIENCE, "nonce")


def test_an_enrolment_proof_of_another_key_is_refused():
    proof = enrolment_proof(new_private_key(), nonce=NONCE, iat=NOW)

    assert verify(proof) == Refused(Reason.BAD_SIGNATURE, "holder")


def test_a_signature_made_for_a_till_does_not_enrol():
    claims = {6: NOW, 39: NONCE}

    for aad in (b"", b"UC1:", b"UR1:", b"US1:"):
        assert verify(proof_of(claims, aad=aad)) == Refused(Reason.BAD_SIGNATURE, "holder")


def test_a_presentation_is_no_enrolment_proof():
    message = base45.decode(present(credential(), phone, iat=NOW, nonce=NONCE)[4:])

    assert verify(base64url(message)).code is Reason.MALFORMED


@pytest.mark.parametrize(
    "proof",
    [
        "",
        "=",
        "0oRD",
        "é",
        "A" * 1000,
        shown(),
        proof_of({6: NOW}),
        proof_of({6: NOW, 39: NONCE, 40: 1}),
        proof_of({6: NOW, 39: NONCE[:15]}),
        proof_of({6: True, 39: NONCE}),
        proof_of({6: -1, 39: NONCE}),
        proof_of({6: NOW, 39: "0123456789abcdef"}),
        proof_of(cbor2.dumps({39: NONCE, 6: NOW})),
        proof_of([6, NOW]),
        proof_of({6: NOW, 39: NONCE}, protected=b"\xa1\x01\x27"),
        enrolment_proof(phone, nonce=NONCE, iat=NOW) + "=",
        enrolment_proof(phone, nonce=NONCE, iat=NOW) + "A",
    ],
    ids=range(17),
)
def test_anything_else_sent_as_proof_is_malformed(proof):
    assert verify(proof).code is Reason.MALFORMED


@given(st.text(max_size=300))
def test_any_text_sent_as_proof_is_answered(proof):
    assert isinstance(verify(proof), Refused)


def test_a_challenge_is_read_as_it_was_written():
    text = challenge_text("M8X2Q4ZT", NONCE[:8])

    assert text.startswith("UM1:")
    assert len(text) == 37  # 25 modules a side at level M hold 38 characters: version 2
    assert read_challenge(text) == Challenge("M8X2Q4ZT", NONCE[:8])


@pytest.mark.parametrize(
    ("audience", "nonce"), [("", NONCE), ("M" * 17, NONCE), ("张" * 6, NONCE), ("M", b"1234567"),
                            ("M", bytes(17))]
)  # fmt: skip
def test_a_challenge_outside_the_format_is_not_written(audience, nonce):
    with pytest.raises(ValueError, match="bytes"):
        challenge_text(audience, nonce)


@given(st.text(max_size=80) | st.binary(max_size=60).map(lambda data: "UM1:" + base45.encode(data)))
def test_any_text_read_as_a_challenge_is_answered(text):
    answer = read_challenge(text)

    if isinstance(answer, Challenge):
        assert challenge_text(answer.audience, answer.nonce) == text
    else:
        assert answer.code is Reason.MALFORMED


def test_a_challenge_that_says_more_or_less_is_malformed():
    for claims in ({3: "M8X2Q"}, {3: "M8X2Q", 6: NOW, 39: NONCE}, {3: 5, 39: NONCE}, [1]):
        text = "UM1:" + base45.encode(cbor2.dumps(claims))
        assert read_challenge(text).code is Reason.MALFORMED
    assert read_challenge("UM1:" + "0" * 597) == Refused(Reason.MALFORMED, "length")
    assert read_challenge("UM2:BB8") == Refused(Reason.MALFORMED, "prefix")
