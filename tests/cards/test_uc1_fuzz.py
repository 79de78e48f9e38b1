"""Anything at all may be scanned: it is answered, in time, and accepted only if it was issued."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cards.uc1 import base45
from cards.uc1.answers import Refused, Verified
from cards.uc1.cache import CredentialCache
from cards.uc1.status import StatusCheck
from cards.uc1.terms import Profile, Reason
from tests.cards.uc1_world import (
    CNF,
    CTI,
    DAY,
    INDEX,
    LIST,
    NONCE,
    NOW,
    accepted,
    message_of,
    shown,
    signed_credential,
    signed_presentation,
    static,
    verify,
)

# One answer takes a tenth of a millisecond; this is far beyond a slow machine, and not minutes.
PROMPTLY = timedelta(seconds=1)

cbor_values = st.recursive(
    st.integers(-(2**32), 2**33) | st.booleans() | st.binary(max_size=40) | st.text(max_size=10)
    | st.none() | st.floats(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.integers(-9, 50), inner),
    max_leaves=8,
)  # fmt: skip


@given(st.text(max_size=700))
@settings(deadline=PROMPTLY)
def test_any_text_is_refused_in_time(text):
    assert isinstance(verify(text, references={}.get, cache=CredentialCache()), Refused)


@given(st.sampled_from(["UC1:", "UR1:", "US1:"]), st.binary(max_size=396))
@settings(deadline=PROMPTLY)
def test_any_bytes_behind_a_prefix_are_refused_in_time(prefix, data):
    assert verify(prefix + base45.encode(data)).code is Reason.MALFORMED


@given(st.data())
@settings(deadline=PROMPTLY)
def test_a_good_message_cut_and_spliced_is_refused_in_time(data):
    message = message_of(shown())
    start = data.draw(st.integers(0, len(message)))
    end = data.draw(st.integers(start, len(message)))
    spliced = message[:start] + data.draw(st.binary(max_size=60)) + message[end:]

    answer = verify("UC1:" + base45.encode(spliced))

    assert isinstance(answer, Refused) or spliced == message


@given(cbor_values)
@settings(deadline=PROMPTLY)
def test_any_claims_of_a_real_issuer_are_answered(claims):
    raw = signed_credential(claims)

    for text in (shown(raw), "US1:" + base45.encode(b"\xd2" + raw)):
        assert isinstance(verify(text), Refused)


@given(cbor_values)
@settings(deadline=PROMPTLY)
def test_any_presentation_of_a_real_phone_is_answered(payload):
    assert isinstance(verify(signed_presentation(payload)), Refused)


@given(st.fixed_dictionaries({
    4: st.just(NOW + DAY) | st.integers(0, 2**33),
    7: st.just(CTI) | st.binary(max_size=9),
    8: st.just(CNF),
    -65537: st.just([1, 0, LIST, INDEX]) | st.lists(st.integers(-1, 2**33), max_size=5),
}))  # fmt: skip
@settings(deadline=PROMPTLY)
def test_claims_are_accepted_only_in_their_ranges(claims):
    answer = verify(shown(signed_credential(claims)), statuses=StatusCheck.CALLER)

    if isinstance(answer, Verified):
        profile, tier, number, index = claims[-65537]
        assert (profile, len(claims[7])) == (1, 8)
        assert tier <= 23
        assert number <= 65_535
        assert index < 2**32
        assert NOW - 300 <= claims[4] <= NOW + 35 * DAY


@pytest.mark.parametrize(
    "text", [shown(), shown(audience="M8X2Q4ZT", nonce=NONCE), static(), static(Profile.SLICE)],
    ids=["full", "answer", "paper", "slice"],
)  # fmt: skip
def test_no_bit_of_a_message_can_be_turned(text):
    message = message_of(text)
    asked = {"audience": "M8X2Q4ZT", "nonce": NONCE} if len(message) > 241 else {}
    accepted(verify(text, **asked))
    taken = []

    for position in range(len(message)):
        for bit in range(8):
            turned = bytearray(message)
            turned[position] ^= 1 << bit
            answer = verify(text[:4] + base45.encode(bytes(turned)), **asked)
            if not isinstance(answer, Refused):
                taken.append((position, bit))

    assert taken == []


def test_no_character_of_a_text_can_be_changed():
    text = shown()
    alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:a"

    for position, was in enumerate(text):
        instead = alphabet[(alphabet.index(was) + 1) % len(alphabet)]
        changed = text[:position] + instead + text[position + 1 :]
        assert isinstance(verify(changed), Refused)


def test_the_one_known_malleation_is_the_same_code():
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    text = shown()
    message = message_of(text)
    s = int.from_bytes(message[-32:])

    other = "UC1:" + base45.encode(message[:-32] + (order - s).to_bytes(32))

    assert other != text
    assert accepted(verify(other)) == accepted(verify(text))
