"""Python and the phone apps answer alike: to random codes, to spoiled ones, and to each other's.

Small by default; the sizes for a release, which take some minutes:

    UC1_CASES=10000 UC1_MUTATIONS=100000 ./dev test tests/cards/test_uc1_cross_check.py

`UC1_SEED` makes others than the usual ones.
"""

import itertools
import os
import zlib

import cbor2
import pytest

from cards.uc1 import base45
from cards.uc1.answers import Refused
from cards.uc1.challenge import challenge_text, read_challenge
from cards.uc1.cose import read_sign1, write_sign1, write_typed
from cards.uc1.enrolment import Proven, enrolment_proof, verify_enrolment
from cards.uc1.keys import bytes_of_base64url
from cards.uc1.presentation import present, present_reference
from cards.uc1.status import TYP as STATUS_TYP
from cards.uc1.status import build_status_list, verify_status_list
from cards.uc1.terms import KeyUse
from cards.uc1.trust import TYP as TRUST_TYP
from cards.uc1.trust import verify_trust_list
from tests.cards.uc1_cases import (
    AUDIENCE,
    CTI,
    NONCE,
    NOW,
    REFERENCES,
    TOKEN,
    URI,
    WHOLES,
    WORLD,
    Case,
    Cases,
    closing,
    message_of,
    phone,
    private_jwk,
    signers,
    told,
    trust,
)
from tests.cards.uc1_world import (
    CLAIMS,
    LIST,
    card,
    credential,
    paper,
    root,
    shown,
    signed_credential,
    signed_presentation,
    stranger,
    trust_message,
)
from tools import phone_codec

CASES = int(os.environ.get("UC1_CASES", "300"))
MUTATIONS = int(os.environ.get("UC1_MUTATIONS", "2000"))
SEED = int(os.environ.get("UC1_SEED", "4"))
AT_ONCE = 5_000
SIGNATURE_BYTES = 64


@pytest.fixture
def cases():
    return Cases(SEED)


def assert_alike(phones, cases):
    """Assert that all answer each case with the same facts, or code and detail."""
    remaining = iter(cases)
    while batch := list(itertools.islice(remaining, AT_ONCE)):
        job = {"do": "verify", "world": WORLD, "shown": [case.asked for case in batch]}
        answers = zip(batch, phones(job), strict=True)
        different = [
            (case, answer, case.answer()) for case, answer in answers if answer != case.answer()
        ]
        assert different == []


def test_random_codes_are_answered_alike(phones, cases):
    assert_alike(phones, (cases.case() for _ in range(CASES)))


def test_spoiled_codes_are_answered_alike(phones, cases):
    assert_alike(phones, (cases.mutation() for _ in range(MUTATIONS)))


def edges():
    """Yield texts with good signatures and one number, or one length, at or beyond its limit."""
    whole = [*WHOLES, 2, 3, 4, 2**53 - 1, -(2**53)]
    for place, value in itertools.product(range(4), whole):
        facts = [1, 0, LIST, 7]
        facts[place] = value
        for issuer in (card, paper):
            yield shown(signed_credential(CLAIMS | {-65537: facts}, issuer=issuer))
        facts[0] = value if place == 0 else 2
        yield static_text({4: NOW + 30, 7: CTI, -65537: facts})
    for exp in whole:
        yield static_text({4: exp, 7: CTI, -65537: [2, 0, LIST, 7]})
        yield shown(signed_credential(CLAIMS | {4: exp}))
    yield from (reference_text(b"\xa2\x01\x26\x04\x48" + cti) for cti in REFERENCES)
    for length in (0, 1, 7, 8, 9, 15, 16, 17):
        yield signed_presentation({3: "a" * length, 6: NOW})
        yield signed_presentation({3: "商" * length, 6: NOW})
        yield signed_presentation({6: NOW, 39: bytes(length)})
        yield shown(signed_credential(CLAIMS | {7: bytes(length)}))
        yield reference_text(bytes([0xA2, 1, 0x26, 4, 0x40 + length]) + CTI[:length])
        yield reference_text(bytes([0xA2, 1, 0x26, 4, 0x48]) + CTI + bytes(length))
    for name in [*range(60), 2**32, 2**53, 2**64 - 1, "", "a"]:
        yield signed_presentation(dict(sorted({6: NOW, name: 0}.items(), key=in_bytes)))
        claims = CLAIMS | {name: CLAIMS.get(name, 0)}
        yield shown(signed_credential(dict(sorted(claims.items(), key=in_bytes))))


def in_bytes(item):
    return cbor2.dumps(item[0])


def static_text(claims):
    return "US1:" + base45.encode(signed_credential(claims, issuer=paper, tagged=True))


def reference_text(protected):
    payload = cbor2.dumps({6: NOW})
    message = write_sign1(phone, protected=protected, payload=payload, external_aad=b"UR1:")
    return "UR1:" + base45.encode(message)


def test_every_limit_is_the_same(phones):
    cases = [Case(text, audience="a" * 16, online=True) for text in edges()]

    assert_alike(phones, cases)

    assert sum(case.answer()["ok"] for case in cases) > 40


def test_any_text_is_answered_alike(phones, cases):
    everything = "".join(map(chr, range(0x300))) + "\ufeff￥：。😀\u2028\U0010ffff"
    texts = (
        cases.mostly("", "UC1:", "UR1:", "US1:", "U", "UC2:")
        + "".join(cases.random.choices(everything, k=cases.random.randint(0, 700)))
        for _ in range(CASES)
    )
    assert_alike(phones, [Case(text, online=True) for text in texts])


def test_the_cases_reach_every_reason(cases):
    """Cases that are all refused at the door would agree about nothing."""
    both = [cases.case().answer() for _ in range(600)]
    both += [cases.mutation().answer() for _ in range(600)]

    reached = {answer.get("code", answer.get("form")) for answer in both}

    assert reached == {
        *("UC1:", "UR1:", "US1:", "malformed", "unsupported", "unknown_card", "unknown_key"),
        *("bad_signature", "expired", "stale", "wrong_audience", "status_unknown", "revoked"),
        "suspended",
    }


def test_what_phones_sign_is_what_python_signs(phones, cases):
    """All but the signature is the same to the byte; theirs is made at random, and holds."""
    said = [(cases.random.choice(["UC1:", "UR1:"]), cases.said()) for _ in range(CASES)]
    raw = credential(status_index=7)
    job = {"do": "present", "key": private_jwk(phone), "said": [
        facts | {
            "form": form,
            "what": (raw if form == "UC1:" else CTI).hex(),
            "nonce": None if facts["nonce"] is None else facts["nonce"].hex(),
        }
        for form, facts in said
    ]}  # fmt: skip

    texts = phones(job)

    for text, (form, facts) in zip(texts, said, strict=True):
        made = present if form == "UC1:" else present_reference
        own = made(raw if form == "UC1:" else CTI, phone, **facts)
        assert text[:4] == own[:4]
        assert message_of(text)[:-SIGNATURE_BYTES] == message_of(own)[:-SIGNATURE_BYTES]
    asked = [{"audience": AUDIENCE, "nonce": facts["nonce"]} for _, facts in said]
    shown = [Case(text, online=True, **each) for text, each in zip(texts, asked, strict=True)]
    assert_alike(phones, shown)
    assert sum(case.answer()["ok"] for case in shown) > CASES / 2


def test_a_phone_proves_its_key(phones, cases):
    nonce = cases.random.randbytes(16)
    said = {"form": "UE1:", "what": "", "iat": NOW, "audience": None, "nonce": nonce.hex()}

    [proof] = phones({"do": "present", "key": private_jwk(phone), "said": [said]})

    proven = verify_enrolment(proof, device_key=phone.public_key(), nonce=nonce, now=NOW)
    assert proven == Proven(NOW)
    own = enrolment_proof(phone, nonce=nonce, iat=NOW)
    unsigned = [bytes_of_base64url(each)[:-SIGNATURE_BYTES] for each in (proof, own)]
    assert unsigned[0] == unsigned[1]


def test_challenges_are_the_same_text(phones):
    for audience, nonce in [(AUDIENCE, NONCE), ("商" * 5, bytes(range(16)))]:
        job = {"do": "challenge", "audience": audience, "nonce": nonce.hex()}
        assert phones(job) == challenge_text(audience, nonce)


def test_spoiled_challenges_are_read_alike(phones, cases):
    good = challenge_text(AUDIENCE, NONCE)
    spoil = [cases.texts, cases.bytes_of, str]
    texts = [cases.random.choice(spoil)(good) for _ in range(CASES)]

    answers = phones({"do": "read challenges", "texts": texts})

    for text, answer in zip(texts, answers, strict=True):
        own = read_challenge(text)
        if isinstance(own, Refused):
            assert answer == told(own), text
        else:
            assert answer == {"audience": own.audience, "nonce": own.nonce.hex()}


WHOLE = zlib.compress(bytes(2**18))


def packed_as(*bodies):
    """Return status lists with what is compressed in them as it is given."""
    claims = [
        {2: URI, 4: NOW + 1, 6: NOW, 65533: {"lst": body, "bits": 2}, 65534: 1} for body in bodies
    ]
    status = signers[KeyUse.STATUS]
    return [write_typed(status, typ=STATUS_TYP, payload=cbor2.dumps(each)) for each in claims]


def test_a_status_list_is_unpacked_no_further_than_it_may_be(phones):
    """A list may be shorter than 2^20 entries, and be unpacked to a thousand times its size."""
    messages = packed_as(
        *(zlib.compress(bytes(size)) for size in (1, 2**18, 2**18 + 1, 2**26)),
        *(WHOLE[:-1], WHOLE[:-4] + bytes(4), b"", b"x"),
    )

    answers = phones(lists_job(statuses=messages))

    own = [verify_status_list(each, uri=URI, trust=trust, now=NOW) for each in messages]
    assert answers == [told(each) if isinstance(each, Refused) else None for each in own]
    assert [answer is None for answer in answers] == [True, True] + 6 * [False]


@pytest.mark.browser
def test_nothing_stands_behind_what_a_status_list_holds(uc1_bundle, chromium):
    """In browsers. Node's DecompressionStream does not mind."""
    with phone_codec.in_chromium(uc1_bundle, chromium) as ask:
        [answer] = ask(lists_job(statuses=packed_as(WHOLE + b"x")))

    assert answer == {"ok": False, "code": "malformed", "detail": "zlib"}


def lists_job(*, trusts=(), statuses=()):
    return {
        "do": "read lists",
        "world": WORLD,
        "uri": URI,
        "trust": [message.hex() for message in trusts],
        "statuses": [message.hex() for message in statuses],
    }


def with_a_key_twice(message):
    claims = cbor2.loads(cbor2.loads(message).value[2])
    keys = claims[-65540][1]
    return write_typed(root, typ=TRUST_TYP, payload=cbor2.dumps(claims | {-65540: [9, keys * 2]}))


def with_a_header(message, signer, **changed):
    """Return the list under another header: `alg` and `kid` are RFC 9052's 1 and 4."""
    header = {1: changed.get("alg", -7), 4: changed.get("kid", signer.kid)}
    sign1 = read_sign1(message)
    protected = cbor2.dumps(cbor2.loads(sign1.protected) | header)
    return write_sign1(signer.key, protected=protected, payload=sign1.payload)


def wrong_headers(message, signer):
    yield with_a_header(message, signer)
    yield with_a_header(message, signer, alg=-8)
    yield with_a_header(message, signer, kid=signer.kid + b"0")
    yield with_a_header(message, signer, kid=stranger.kid)
    yield with_a_header(message, stranger, kid=signer.kid)


def wrong_status_lists():
    """Yield lists that were made with care, and are those of another time, place or signer."""
    status = signers[KeyUse.STATUS]
    for exp in (NOW - 1, NOW, NOW + 1):
        yield build_status_list(status, uri=URI, iat=NOW, entries={}, exp=exp)
    yield build_status_list(status, uri=f"{URI}0", iat=NOW, entries={})
    for signer in (signers[KeyUse.CARD], stranger, closing):
        yield build_status_list(signer, uri=URI, iat=NOW, entries={})


def spoiled_lists(cases, message, *, typ, signer):
    """Yield lists of which something was changed, most of them signed by whom it should be."""
    payload = cbor2.loads(message).value[2]
    for _ in range(CASES // 3):
        changed = cases.changed(payload)
        by = cases.mostly(signer, stranger)
        yield write_typed(by, typ=cases.mostly(typ, "application/cwt"), payload=changed)
        yield cases.changed(message)


def test_spoiled_lists_are_read_alike(phones, cases):
    status = signers[KeyUse.STATUS]
    good = trust_message()
    moments = [{"iat": 2**32}, {"exp": NOW}, {"exp": NOW - 1}, {"seq": 2**64 - 1}, {"keys": []}]
    trusts = [good, with_a_key_twice(good), *(trust_message(**facts) for facts in moments)]
    trusts += wrong_headers(good, root)
    trusts += spoiled_lists(cases, good, typ=TRUST_TYP, signer=root)
    statuses = [TOKEN, *wrong_status_lists(), *wrong_headers(TOKEN, status)]
    statuses += spoiled_lists(cases, TOKEN, typ=STATUS_TYP, signer=status)

    answers = phones(lists_job(trusts=trusts, statuses=statuses))

    own = [verify_trust_list(each, root_key=root.key.public_key(), now=NOW) for each in trusts]
    own += [verify_status_list(each, uri=URI, trust=trust, now=NOW) for each in statuses]
    said = [told(each) if isinstance(each, Refused) else None for each in own]
    assert said.count(None) >= 3
    assert answers == said
