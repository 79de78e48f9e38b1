"""What is not of the format's shape: refused when read, though well signed; never written."""

import cbor2
import pytest

from cards.uc1 import base45
from cards.uc1.answers import Refused
from cards.uc1.cbor import decode
from cards.uc1.credential import read_credential
from cards.uc1.presentation import present_reference
from cards.uc1.terms import KeyUse, Profile, Reason
from tests.cards.uc1_world import (
    CLAIMS,
    CNF,
    CTI,
    DAY,
    INDEX,
    LIST,
    NONCE,
    NOW,
    Y_IS_ODD,
    X,
    card,
    credential,
    message_of,
    paper,
    phone,
    shown,
    signed_credential,
    signed_presentation,
    signers,
    static,
    verify,
)

CARD = [1, 0, LIST, INDEX]
STATIC_CLAIMS = {4: NOW + DAY, 7: CTI, -65537: [2, 0, LIST, INDEX]}


def without(claims, name):
    return {key: value for key, value in claims.items() if key != name}


@pytest.mark.parametrize(
    ("claims", "detail"),
    [
        (without(CLAIMS, 4), "claims"),
        (without(CLAIMS, 7), "claims"),
        (without(CLAIMS, 8), "cnf"),
        (without(CLAIMS, -65537), "claims"),
        (CLAIMS | {4: 2**32}, "claims"),
        (CLAIMS | {4: -1}, "claims"),
        (CLAIMS | {4: True}, "claims"),
        (CLAIMS | {4: "tomorrow"}, "claims"),
        (CLAIMS | {7: CTI[:7]}, "claims"),
        (CLAIMS | {7: CTI + b"0"}, "claims"),
        (CLAIMS | {7: "01234567"}, "claims"),
        (CLAIMS | {-65537: [1, 0, LIST]}, "claims"),
        (CLAIMS | {-65537: [*[1, 0, LIST, INDEX], 0]}, "claims"),
        (CLAIMS | {-65537: {}}, "claims"),
        (CLAIMS | {-65537: [1, 24, LIST, INDEX]}, "claims"),
        (CLAIMS | {-65537: [1, 0, 65_536, INDEX]}, "claims"),
        (CLAIMS | {-65537: [1, 0, LIST, 2**32]}, "claims"),
        (CLAIMS | {-65537: [1, 0, LIST, False]}, "claims"),
        (CLAIMS | {-65537: [2, 0, LIST, INDEX]}, "profile"),
        (CLAIMS | {-65537: [4, 0, LIST, INDEX]}, "profile"),
        (CLAIMS | {-65537: [0, 0, LIST, INDEX]}, "profile"),
        (CLAIMS | {-65537: [True, 0, LIST, INDEX]}, "profile"),
        (CLAIMS | {8: {}}, "cnf"),
        (CLAIMS | {8: {2: CNF[1]}}, "cnf"),
        (CLAIMS | {8: {1: CNF[1], 2: 0}}, "cnf"),
        (CLAIMS | {8: {1: CNF[1] | {1: 3}}}, "cnf"),
        (CLAIMS | {8: {1: CNF[1] | {-1: 2}}}, "cnf"),
        (CLAIMS | {8: {1: CNF[1] | {-1: True}}}, "cnf"),
        (CLAIMS | {8: {1: CNF[1] | {-2: X[:31]}}}, "cnf"),
        (CLAIMS | {8: {1: CNF[1] | {-3: 1}}}, "cnf"),
        (CLAIMS | {8: {1: {1: 2, 3: -7, -1: 1, -2: X, -3: Y_IS_ODD}}}, "cnf"),
        ({4: NOW + DAY, 7: CTI, 8: CNF, -65537: CARD, "name": "张三"}, "claims"),
        ({7: CTI, 4: NOW + DAY, 8: CNF, -65537: CARD}, "map-order"),
        ([1, 2], "claims"),
        (b"", "truncated"),
        (CLAIMS | {4: 1.5}, "cbor-type"),
        (CLAIMS | {4: None}, "cbor-type"),
    ],
)
def test_a_credential_of_another_shape_is_malformed(claims, detail):
    text = shown(signed_credential(claims))

    assert verify(text) == Refused(Reason.MALFORMED, detail)


@pytest.mark.parametrize(
    ("claims", "detail"),
    [
        (STATIC_CLAIMS | {-65537: [1, 0, LIST, INDEX]}, "profile"),
        (without(STATIC_CLAIMS, -65537), "claims"),
        ({4: NOW + DAY, 7: CTI, 9: 1, -65537: [2, 0, LIST, INDEX]}, "claims"),
        (STATIC_CLAIMS | {-65538: 5}, "claims"),
        (STATIC_CLAIMS | {4: 2**64}, "cbor-type"),
        (STATIC_CLAIMS | {4: 2**63}, "lifetime over policy"),
        (CLAIMS, "possession proof missing"),
        ({4: NOW + DAY, 7: CTI, 8: 0, -65537: [2, 0, LIST, INDEX]}, "possession proof missing"),
    ],
)
def test_a_static_code_of_another_shape_is_malformed(claims, detail):
    text = "US1:" + base45.encode(signed_credential(claims, issuer=paper, tagged=True))

    assert verify(text) == Refused(Reason.MALFORMED, detail)


@pytest.mark.parametrize(
    ("payload", "detail"),
    [
        ({}, "presentation"),
        ({3: "M8X2Q"}, "presentation"),
        ({6: -1}, "presentation"),
        ({6: False}, "presentation"),
        ({6: 2**32}, "presentation"),
        ({3: "", 6: NOW}, "presentation"),
        ({3: "M" * 17, 6: NOW}, "presentation"),
        ({3: "张" * 6, 6: NOW}, "presentation"),  # 18 bytes
        ({3: b"M8X2Q", 6: NOW}, "presentation"),
        ({6: NOW, 39: bytes(7)}, "presentation"),
        ({6: NOW, 39: bytes(17)}, "presentation"),
        ({6: NOW, 39: "12345678"}, "presentation"),
        ({6: NOW, 40: 1}, "presentation"),
        ([6, NOW], "presentation"),
        (cbor2.dumps({6: NOW}) + b"\0", "trailing"),
        (cbor2.dumps({39: NONCE, 6: NOW}), "map-order"),
    ],
)
def test_a_presentation_of_another_shape_is_malformed(payload, detail):
    assert verify(signed_presentation(payload)) == Refused(Reason.MALFORMED, detail)


def test_a_header_of_another_shape_is_malformed():
    raw = credential()
    headers = {
        b"": "protected",
        b"\xa1\x01\x26": "protected",
        b"\xa2\x01\x27\x0d" + raw: "protected",  # another algorithm
        b"\xa2\x0d" + raw + b"\x01\x26": "protected",
        b"\xa2\x01\x26\x0d": "shape",
        b"\xa2\x01\x26\x0d\xd2" + raw: "shape",  # tagged
        b"\xa2\x01\x26\x0d" + raw + b"\0": "trailing",
        b"\xa2\x01\x26\x0d" + raw[:-1]: "bstr",
    }

    for protected, detail in headers.items():
        text = signed_presentation({6: NOW}, protected=protected)
        assert verify(text) == Refused(Reason.MALFORMED, detail)


def test_a_credential_s_header_of_another_shape_is_malformed():
    for protected in (
        b"\xa1\x01\x26",
        b"\xa2\x01\x27\x04\x44" + card.kid,
        b"\xa2\x01\x26\x04\x43" + card.kid[:3],
        b"\xa3\x01\x26\x04\x44" + card.kid + b"\x10\x00",
    ):
        text = shown(signed_credential(CLAIMS, protected=protected))
        assert verify(text) == Refused(Reason.MALFORMED, "cred-protected")


def test_a_key_signs_only_its_own_profile():
    wrong = Refused(Reason.UNKNOWN_KEY, "key not for this profile")

    assert verify(shown(credential(issuer=paper))) == wrong
    assert verify(shown(credential(issuer=signers[KeyUse.STATUS]))) == wrong
    assert verify(static(Profile.PAPER, issuer=signers[KeyUse.SLICE])) == wrong
    assert verify(static(Profile.SLICE, issuer=card)) == wrong


def test_a_phone_s_signature_is_for_one_form_only():
    facts = read_credential(credential()).facts
    as_reference = present_reference(CTI, phone, iat=NOW)

    assert verify("UC1:" + as_reference[4:]).code is Reason.MALFORMED
    assert verify("UR1:" + shown()[4:], references={CTI: facts}.get).code is Reason.MALFORMED
    assert verify("US1:" + shown()[4:]).code is Reason.MALFORMED
    assert verify("UC1:" + static()[4:]).code is Reason.MALFORMED


def test_signatures_of_zero_are_refused_like_any_other():
    message = message_of(shown())
    for r, s in ((0, 0), (0, 1), (1, 0), (2**256 - 1, 2**256 - 1)):
        forged = message[:-64] + r.to_bytes(32) + s.to_bytes(32)
        answer = verify("UC1:" + base45.encode(forged))
        assert answer == Refused(Reason.BAD_SIGNATURE, "holder")


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"cti": CTI[:7]}, "cti"),
        ({"exp": 2**32}, "exp"),
        ({"exp": -1}, "exp"),
        ({"tier": 24}, "tier"),
        ({"status_list": 65_536}, "status_list"),
        ({"status_index": 1_048_576}, "status_index"),
    ],
)
def test_nothing_outside_the_format_is_issued(facts, says):
    with pytest.raises(ValueError, match=says):
        credential(**facts)
    with pytest.raises(ValueError, match=says):
        static(**facts)


def test_a_hint_is_for_paper_and_short():
    with pytest.raises(ValueError, match="hint"):
        static(Profile.SLICE, hint="张*")
    with pytest.raises(ValueError, match="hint"):
        static(hint="张三丰是武当派*")
    with pytest.raises(ValueError, match="issue_credential"):
        static(Profile.CARD)


def test_nothing_outside_the_format_is_presented():
    with pytest.raises(ValueError, match="iat"):
        shown(iat=2**32)
    with pytest.raises(ValueError, match="audience"):
        shown(audience="")
    with pytest.raises(ValueError, match="nonce"):
        shown(nonce=b"short")
    with pytest.raises(ValueError, match="cti"):
        present_reference(b"short", phone, iat=NOW)


def test_a_credential_holds_nothing_but_its_facts():
    sign1 = read_credential(credential()).sign1

    assert decode(sign1.payload) == CLAIMS | {4: NOW + 14 * DAY}
