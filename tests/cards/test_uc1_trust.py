"""The trust list and the status lists: what a verifier rests on, itself verified."""

import zlib
from dataclasses import replace

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cards.uc1.answers import Refused
from cards.uc1.cose import write_sign1, write_typed
from cards.uc1.keys import Signer, compressed, new_private_key
from cards.uc1.status import (
    ENTRIES,
    Status,
    StatusList,
    build_status_list,
    check_status,
    pack,
    verify_status_list,
)
from cards.uc1.terms import KeyUse, Reason
from cards.uc1.trust import KEYS_MAX, TrustKey, TrustList, build_trust_list, verify_trust_list
from tests.cards.uc1_world import (
    BASE,
    DAY,
    LIST,
    NOW,
    card,
    paper,
    root,
    shown,
    signers,
    stranger,
    trust,
    trust_key,
    trust_list,
    trust_message,
    verify,
)

URI = f"{BASE}{LIST}"
KEY = trust_key(card, KeyUse.CARD)
POINT = compressed(card.key.public_key())
COSE_KEY = {
    1: 2, 2: card.kid, 3: -7, 4: [2], -1: 1, -2: POINT[1:], -3: POINT[0] == 3,
    -70001: [1, NOW, NOW + DAY, BASE],
}  # fmt: skip
LISTED = {2: "urn:example:uc:trust", 6: NOW, 4: NOW + DAY, -65540: [7, [COSE_KEY]]}
TRUST_TYP = "application/uc-trust+cwt"
STATUS_TYP = "application/statuslist+cwt"
LST = zlib.compress(pack({5: Status.INVALID}), 9)
TOKEN = {2: URI, 4: NOW + DAY, 6: NOW, 65533: {"lst": LST, "bits": 2}, 65534: 43_200}
status = signers[KeyUse.STATUS]


def read_trust(message, **facts):
    return verify_trust_list(message, **{"root_key": root.key.public_key(), "now": NOW} | facts)


def read_status(message, **facts):
    return verify_status_list(message, **{"uri": URI, "trust": trust, "now": NOW} | facts)


def token(**facts):
    facts = {"uri": URI, "iat": NOW, "entries": {5: Status.INVALID, 6: Status.SUSPENDED}} | facts
    return build_status_list(facts.pop("signer", status), **facts)


# The trust list.


def test_a_trust_list_is_read_as_it_was_built():
    read = read_trust(build_trust_list(root, sub="s", seq=9, iat=NOW, exp=NOW + DAY, keys=[KEY]))

    assert read == TrustList(sub="s", seq=9, iat=NOW, exp=NOW + DAY, keys={card.kid: KEY})
    with pytest.raises(TypeError):
        read.keys[paper.kid] = KEY


def test_an_older_trust_list_than_one_seen_is_refused():
    assert read_trust(trust_message(seq=7), newest_seq=7).seq == 7
    answer = read_trust(trust_message(seq=6), newest_seq=7)
    assert answer == Refused(Reason.STALE, "older than a list already seen")


def test_a_trust_list_lives_until_it_expires():
    message = trust_message(exp=NOW + 100)

    assert read_trust(message, now=NOW + 99).exp == NOW + 100
    assert read_trust(message, now=NOW + 100) == Refused(Reason.EXPIRED)


def test_only_the_root_signs_a_trust_list():
    assert read_trust(trust_message(signer=card)) == Refused(Reason.UNKNOWN_KEY, "another root")
    pretender = Signer(stranger.key, root.kid)
    answer = read_trust(trust_message(signer=pretender))
    assert answer == Refused(Reason.BAD_SIGNATURE, "root")


def test_an_expired_or_old_trust_list_asks_to_be_refreshed():
    old = trust_list(iat=NOW - 8 * DAY, keys=[trust_key(paper, KeyUse.PAPER)])
    expired = replace(trust, exp=NOW)
    stale = Refused(Reason.UNKNOWN_KEY, "trust list stale")

    assert verify(shown(), trust=old) == stale
    assert verify(shown(), trust=expired) == stale
    week_old = replace(old, iat=NOW - 7 * DAY)
    assert verify(shown(), trust=week_old) == Refused(Reason.UNKNOWN_KEY)


def test_a_trust_list_of_two_keys_with_one_name_is_neither_built_nor_read():
    with pytest.raises(ValueError, match="kid"):
        trust_message(keys=[KEY, KEY])
    twice = write_typed(
        root, typ=TRUST_TYP, payload=cbor2.dumps(LISTED | {-65540: [7, [COSE_KEY, COSE_KEY]]})
    )
    assert read_trust(twice) == Refused(Reason.MALFORMED, "kid twice")


def test_a_trust_list_has_a_limit():
    keys = [
        TrustKey.of(
            new_private_key().public_key(), use=KeyUse.CARD, nbf=0, exp=NOW, status_base=BASE
        )
        for _ in range(KEYS_MAX + 1)
    ]

    assert len(read_trust(trust_message(keys=keys[:-1])).keys) == KEYS_MAX
    with pytest.raises(ValueError, match="at most"):
        trust_message(keys=keys)
    assert read_trust(bytes(70_000)) == Refused(Reason.MALFORMED, "length")


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        ({1: 1}, "trust key"),
        ({1: True}, "trust key"),
        ({2: paper.kid}, "kid"),
        ({3: -8}, "trust key"),
        ({4: [1]}, "trust key"),
        ({4: 2}, "trust key"),
        ({-1: 2}, "trust key"),
        ({-1: True}, "trust key"),
        ({-2: POINT}, "trust key"),
        ({-2: bytes(31) + b"\x01"}, "trust key"),
        ({-3: 1}, "trust key"),
        ({-3: POINT[0] != 3}, "kid"),
        ({5: 0}, "trust key"),
        ({-70001: [0, NOW, NOW + DAY, BASE]}, "trust key"),
        ({-70001: [5, NOW, NOW + DAY, BASE]}, "trust key"),
        ({-70001: [True, NOW, NOW + DAY, BASE]}, "trust key"),
        ({-70001: [1, NOW, NOW + DAY]}, "trust key"),
        ({-70001: [1, -1, NOW + DAY, BASE]}, "trust key"),
        ({-70001: [1, NOW, 2**32, BASE]}, "trust key"),
        ({-70001: [1, NOW, NOW + DAY, ""]}, "trust key"),
        ({-70001: [1, NOW, NOW + DAY, "h" * 201]}, "trust key"),
    ],
)
def test_a_key_of_another_shape_spoils_the_list(change, detail):
    payload = cbor2.dumps(LISTED | {-65540: [7, [COSE_KEY | change]]})

    answer = read_trust(write_typed(root, typ=TRUST_TYP, payload=payload))

    assert answer == Refused(Reason.MALFORMED, detail)


@pytest.mark.parametrize(
    "claims",
    [
        LISTED | {2: 5}, LISTED | {6: "now"}, LISTED | {4: -1}, LISTED | {7: 1}, {2: "s"}, [1],
        LISTED | {-65540: [7, {}]}, LISTED | {-65540: [True, []]}, LISTED | {-65540: [7]},
    ],
)  # fmt: skip
def test_a_trust_list_of_another_shape_is_malformed(claims):
    message = write_typed(root, typ=TRUST_TYP, payload=cbor2.dumps(claims))

    assert read_trust(message) == Refused(Reason.MALFORMED, "trust list")


def test_a_status_list_is_no_trust_list():
    message = write_typed(root, typ=STATUS_TYP, payload=cbor2.dumps(LISTED))

    assert read_trust(message) == Refused(Reason.MALFORMED, "protected")


@pytest.mark.parametrize(
    "protected",
    [
        {1: -7, 4: root.kid},
        {1: -7, 4: root.kid, 16: TRUST_TYP, 17: 0},
        {1: -8, 4: root.kid, 16: TRUST_TYP},
        {1: -7, 4: root.kid + b"0", 16: TRUST_TYP},
        {1: -7, 4: "root", 16: TRUST_TYP},
        [1, -7],
    ],
)
def test_a_header_of_another_shape_is_malformed(protected):
    message = write_sign1(root.key, protected=cbor2.dumps(protected), payload=cbor2.dumps(LISTED))

    assert read_trust(message) == Refused(Reason.MALFORMED, "protected")


def test_a_status_list_that_says_more_or_less_is_malformed():
    for claims in (TOKEN | {65535: 1}, {key: TOKEN[key] for key in (2, 4, 6, 65533)}):
        message = write_typed(status, typ=STATUS_TYP, payload=cbor2.dumps(claims))
        assert read_status(message) == Refused(Reason.MALFORMED, "status list")


@given(st.binary(max_size=200))
def test_any_bytes_read_as_a_trust_list_or_a_status_list_are_answered(data):
    assert isinstance(read_trust(data), Refused)
    assert isinstance(read_status(data), Refused)


# Status lists.


def test_a_status_list_is_read_as_it_was_built():
    read = read_status(token())

    assert (read.uri, read.iat, read.exp, read.ttl_seconds) == (URI, NOW, NOW + 7 * DAY, 43_200)
    assert [read.entry(index) for index in (4, 5, 6, 7)] == [
        Status.VALID, Status.INVALID, Status.SUSPENDED, Status.VALID,
    ]  # fmt: skip
    assert read.entry(ENTRIES - 1) is Status.VALID
    assert read.entry(ENTRIES) is None


@given(st.dictionaries(st.integers(0, ENTRIES - 1), st.sampled_from(Status), max_size=30))
@settings(max_examples=25)
def test_each_entry_keeps_its_own_two_bits(entries):
    packed = StatusList(uri=URI, iat=NOW, exp=NOW, ttl_seconds=0, packed=pack(entries))

    assert {index: packed.entry(index) for index in entries} == entries
    neighbours = {index + 1 for index in entries if index + 1 < ENTRIES} - entries.keys()
    assert all(packed.entry(index) is Status.VALID for index in neighbours)


@pytest.mark.parametrize("index", [-1, ENTRIES])
def test_an_entry_outside_a_list_is_not_packed(index):
    with pytest.raises(ValueError, match="index"):
        pack({index: Status.INVALID})


def test_a_list_of_a_hundred_thousand_revocations_stays_small():
    entries = dict.fromkeys(range(0, ENTRIES, ENTRIES // 1000), Status.INVALID)

    assert len(token(entries=entries)) < 8_000
    assert len(token(entries={})) < 1_000


def test_a_status_list_of_another_address_is_refused():
    other = token(uri=f"{BASE}{LIST + 1}")

    assert read_status(other) == Refused(Reason.MALFORMED, "another list")


def test_only_an_open_status_key_of_the_trust_list_signs_status_lists():
    closed = trust_list(keys=[trust_key(status, KeyUse.STATUS, exp=NOW)])

    assert read_status(token(signer=stranger)) == Refused(Reason.UNKNOWN_KEY)
    assert read_status(token(signer=card)).detail == "key not for status lists"
    assert read_status(token(), trust=closed).detail == "key outside its window"
    pretender = Signer(stranger.key, status.kid)
    assert read_status(token(signer=pretender)) == Refused(Reason.BAD_SIGNATURE, "status")


def test_a_status_list_lives_until_it_expires():
    read = read_status(token())

    assert read_status(token(), now=NOW + 7 * DAY - 1).uri == URI
    assert read_status(token(), now=NOW + 7 * DAY) == Refused(Reason.EXPIRED)
    facts = {"uri": URI, "index": 1, "held": {URI: read}}
    assert check_status(now=NOW + 7 * DAY - 1, **facts) is None
    assert check_status(now=NOW + 7 * DAY, **facts) == Refused(Reason.STATUS_UNKNOWN)


def test_an_entry_without_a_meaning_is_unknown():
    packed = bytearray(pack({}))
    packed[0] = 0b11
    odd = StatusList(uri=URI, iat=NOW, exp=NOW + 1, ttl_seconds=0, packed=bytes(packed))

    answer = check_status(uri=URI, index=0, held={URI: odd}, now=NOW)

    assert answer == Refused(Reason.STATUS_UNKNOWN)


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        ({4: "tomorrow"}, "status list"),
        ({6: -1}, "status list"),
        ({2: 5}, "status list"),
        ({65534: True}, "status list"),
        ({65533: {"lst": LST, "bits": 1}}, "status list"),
        ({65533: {"lst": LST}}, "status list"),
        ({65533: {"lst": b"", "bits": 2}}, "status list"),
        ({65533: [LST]}, "status list"),
        ({65533: {"lst": b"not zlib", "bits": 2}}, "zlib"),
        ({65533: {"lst": LST[:-1], "bits": 2}}, "zlib"),
        ({65533: {"lst": LST + b"\0", "bits": 2}}, "zlib"),
        ({65533: {"lst": zlib.compress(bytes(ENTRIES // 4 + 1)), "bits": 2}}, "zlib"),
        ({65533: {"lst": zlib.compress(bytes(20_000_000), 9), "bits": 2}}, "zlib"),
    ],
    ids=repr,
)
def test_a_status_list_of_another_shape_is_malformed(change, detail):
    message = write_typed(status, typ=STATUS_TYP, payload=cbor2.dumps(TOKEN | change))

    assert read_status(message) == Refused(Reason.MALFORMED, detail)


def test_a_status_list_beyond_any_size_is_refused():
    assert read_status(bytes(600_000)) == Refused(Reason.MALFORMED, "length")
