"""The layers below: Base45, the strict CBOR reader, the text layer. One message, one spelling."""

import struct

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards.uc1 import base45
from cards.uc1.answers import Refused, Rejected
from cards.uc1.cbor import DEPTH_MAX, decode
from cards.uc1.terms import Form, Reason
from cards.uc1.text import open_text

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"

keys = st.integers(-(2**64), 2**64 - 1) | st.text(max_size=6)
scalars = (
    st.integers(-(2**64), 2**64 - 1) | st.booleans() | st.binary(max_size=40) | st.text(max_size=12)
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)


def refusal(decoder, given_value):
    with pytest.raises(Rejected) as caught:
        decoder(given_value)
    assert caught.value.refused.code is Reason.MALFORMED
    return caught.value.refused.detail


def depth(value):
    if isinstance(value, list):
        return 1 + max(map(depth, value), default=0)
    if isinstance(value, dict):
        return 1 + max(map(depth, value.values()), default=0)
    return 1


def in_wire_order(value):
    """Return `value` with map keys in the order of their bytes: what cbor2 then writes."""
    if isinstance(value, list):
        return [in_wire_order(item) for item in value]
    if isinstance(value, dict):
        return {key: in_wire_order(value[key]) for key in sorted(value, key=cbor2.dumps)}
    return value


@given(st.binary(max_size=300))
def test_base45_gives_back_what_it_took(data):
    text = base45.encode(data)

    assert base45.decode(text) == data
    assert len(text) == len(data) // 2 * 3 + len(data) % 2 * 2


@given(st.text(ALPHABET, max_size=40))
def test_base45_has_one_text_for_one_message(text):
    try:
        data = base45.decode(text)
    except Rejected:
        return
    assert base45.encode(data) == text


@given(st.text(max_size=40))
def test_base45_refuses_or_gives_back_any_text(text):
    try:
        data = base45.decode(text)
    except Rejected as rejected:
        answer = rejected.refused
    else:
        answer = base45.encode(data)
    assert answer in {Refused(Reason.MALFORMED, "base45"), text}


@pytest.mark.parametrize(
    "text",
    [
        "A", "BB8A", "GGW", ":::", "::", "V5", "bb8", "BB8\n", " BB8\u00a0", "ＢＢ８", "\ud800AB",
        "BB,",
    ],
)  # fmt: skip
def test_base45_refuses_a_second_spelling(text):
    assert refusal(base45.decode, text) == "base45"


@given(values)
def test_what_cbor2_writes_in_order_is_read_as_it_was(value):
    ordered = in_wire_order(value)
    spelled = cbor2.dumps(ordered)

    if depth(value) > DEPTH_MAX:
        assert refusal(decode, spelled) == "depth"
    else:
        assert decode(spelled) == ordered


@given(st.binary(max_size=60))
def test_any_bytes_are_refused_or_are_the_one_spelling(data):
    try:
        value = decode(data)
    except Rejected as rejected:
        answer = rejected.refused.code
    else:
        answer = cbor2.dumps(in_wire_order(value))
    assert answer in {Reason.MALFORMED, data}


@pytest.mark.parametrize(
    ("spelled", "detail"),
    [
        ("", "truncated"),
        ("18", "truncated"),
        ("1817", "cbor-head"),  # 23 fits into the head
        ("1900ff", "cbor-head"),
        ("1a0000ffff", "cbor-head"),
        ("1b00000000ffffffff", "cbor-head"),
        ("3817", "cbor-head"),
        ("580101", "cbor-head"),
        ("1c", "cbor-head"),  # reserved
        ("5f4101ff", "cbor-head"),  # of indefinite length
        ("9f01ff", "cbor-head"),
        ("bf0102ff", "cbor-head"),
        ("4201", "bstr"),
        ("61ff", "tstr"),
        ("63eda080", "tstr"),  # a surrogate
        ("8201", "truncated"),
        ("9b7fffffffffffffff", "truncated"),
        ("bb7fffffffffffffff", "truncated"),
        ("a10102ff", "trailing"),
        ("a201010100", "map-order"),  # twice
        ("a202000100", "map-order"),
        ("a2200001f4", "map-order"),
        ("a1f400", "map-key"),
        ("a1410100", "map-key"),
        ("a1800000", "map-key"),
        ("c101", "cbor-type"),  # a tag
        ("d81cf6", "cbor-type"),  # a shared value
        ("f6", "cbor-type"),
        ("f7", "cbor-type"),
        ("f814", "cbor-head"),  # false, spelled longer
        ("f8ff", "cbor-type"),
        ("f90000", "cbor-head"),
        ("fb3ff0000000000000", "cbor-type"),
        ("81" * 6 + "00", "depth"),
        ("81" * 600, "depth"),
        ("a100" * 600, "depth"),
    ],
)
def test_cbor_of_another_spelling_or_kind_is_refused(spelled, detail):
    assert refusal(decode, bytes.fromhex(spelled)) == detail


def test_a_list_whose_keys_may_come_in_any_order_still_refuses_a_key_twice():
    assert decode(bytes.fromhex("a202000100"), ordered=False) == {2: 0, 1: 0}
    with pytest.raises(Rejected):
        decode(bytes.fromhex("a202000200"), ordered=False)


def test_a_list_inside_a_list_counts_against_the_depth():
    deepest = 0
    for _ in range(DEPTH_MAX - 1):
        deepest = [deepest]

    assert decode(cbor2.dumps(deepest)) == deepest
    assert refusal(decode, cbor2.dumps([deepest])) == "depth"


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("", Refused(Reason.MALFORMED, "prefix")),
        ("UC1", Refused(Reason.MALFORMED, "prefix")),
        ("HC1:BB8", Refused(Reason.MALFORMED, "prefix")),
        ("UX1:BB8", Refused(Reason.MALFORMED, "prefix")),
        ("UM1:BB8", Refused(Reason.MALFORMED, "prefix")),
        ("uc1:BB8", Refused(Reason.MALFORMED, "prefix")),
        (" UC1:BB8", Refused(Reason.MALFORMED, "prefix")),
        (
            "UC1：BB8",
            Refused(Reason.MALFORMED, "prefix"),
        ),  # full-width, as an input method types it
        ("UC：:BB8", Refused(Reason.MALFORMED, "prefix")),
        ("UC2:BB8", Refused(Reason.UNSUPPORTED, "prefix")),
        ("UR9:BB8", Refused(Reason.UNSUPPORTED, "prefix")),
        ("US0:", Refused(Reason.UNSUPPORTED, "prefix")),
        ("UCA:", Refused(Reason.UNSUPPORTED, "prefix")),
        ("https://card.example.org.cn/", Refused(Reason.MALFORMED, "prefix")),
        ("UC1:" + "0" * 597, Refused(Reason.MALFORMED, "length")),
        ("UC2:" + "0" * 597, Refused(Reason.MALFORMED, "length")),
        ("UC1:" + "0" * 595, Refused(Reason.MALFORMED, "base45")),
    ],
    ids=lambda value: value[:16] if isinstance(value, str) else None,
)
def test_a_text_that_is_no_card_is_refused_by_its_first_fault(text, refused):
    with pytest.raises(Rejected) as caught:
        open_text(text, length_max=600)

    assert caught.value.refused == refused


def test_a_text_of_the_longest_length_is_opened():
    form, message = open_text("UC1:" + "000" * 198 + "00", length_max=600)

    assert form is Form.FULL
    assert message == struct.pack(">198H", *[0] * 198) + b"\0"
