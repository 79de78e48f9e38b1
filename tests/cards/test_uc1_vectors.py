"""The shared vectors, each by its name, and everything else that the file fixes byte by byte."""

import json
from copy import deepcopy
from pathlib import Path

import pytest

from cards.uc1 import base45
from cards.uc1.answers import Refused, Verified
from cards.uc1.cache import CredentialCache
from cards.uc1.cose import read_sign1
from cards.uc1.credential import issue_credential, issue_static, read_credential
from cards.uc1.keys import (
    Signer,
    compressed,
    key_from_jwk,
    key_from_point,
    kid_of,
    private_key_bytes,
    private_key_from_bytes,
    public_jwk,
    thumbprint,
)
from cards.uc1.policy import POLICY
from cards.uc1.presentation import present, present_reference, read_full
from cards.uc1.status import Status, build_status_list, verify_status_list
from cards.uc1.terms import KeyUse, Profile
from cards.uc1.trust import TrustKey, build_trust_list
from cards.uc1.vectors import Vectors, VectorsUnusable, check_vectors, policy_of
from cards.uc1.verify import verify_text

FILE = Path(__file__).parent.parent / "data" / "vectors.json"
CONTENT = json.loads(FILE.read_text(encoding="utf-8"))
VECTORS = {vector["name"]: vector for vector in CONTENT["vectors"]}
RUNNER = Vectors(CONTENT)
WORKED = CONTENT["worked"]
NOW = 1_795_000_000
BASE = "https://card.example.org.cn/status/"


def private_key(name):
    return private_key_from_bytes(bytes.fromhex(CONTENT["keys"][name]["d"]))


def signer(name):
    return Signer.of(private_key(name))


def worked_credential():
    return issue_credential(
        signer("issuer-card-2026Q4"),
        device_key=private_key("holder-1").public_key(),
        cti=bytes.fromhex("0123456789abcdef"),
        exp=1_796_209_600,
        tier=2,
        status_list=4660,
        status_index=703_710,
    )


@pytest.mark.parametrize("name", VECTORS)
def test_a_vector_is_answered_as_it_says(name):
    vector = VECTORS[name]
    expected = vector["expect"]

    answer = RUNNER.answer(vector)

    assert RUNNER.passes(vector)
    if isinstance(answer, Refused):
        assert (answer.code, answer.detail) == (expected["error"], expected["detail"])


def test_a_vector_of_every_reason_but_replay_is_there():
    refused = {vector["expect"].get("error") for vector in VECTORS.values()}

    assert len(VECTORS) == 56
    assert sum(vector["expect"]["ok"] for vector in VECTORS.values()) == 10
    assert refused == {
        None, "malformed", "unsupported", "unknown_key", "bad_signature", "expired", "stale",
        "wrong_audience", "status_unknown", "revoked", "suspended", "unknown_card",
    }  # fmt: skip


@pytest.mark.parametrize("sequence", CONTENT["sequences"], ids=lambda sequence: sequence["name"])
def test_a_sequence_is_answered_step_by_step(sequence):
    assert RUNNER.sequence_passes(sequence["steps"])


def test_the_whole_file_passes_by_path_and_by_content():
    assert check_vectors(FILE) == {"passed": 57, "failed": []}
    assert check_vectors(CONTENT) == {"passed": 57, "failed": []}


def test_a_vector_that_should_not_pass_is_named():
    content = deepcopy(CONTENT)
    content["vectors"][0]["expect"]["tier"] = 3
    content["vectors"][9]["expect"]["error"] = "unsupported"
    content["vectors"][11]["expect"] = {"ok": True}
    content["sequences"][0]["steps"][2]["expect"] = {"ok": True, "cti": "0123456789abcdef"}

    checked = check_vectors(content)

    assert checked["failed"] == [
        "UC1 rotating, no nonce", "prefix unknown", "base45 bad char", "replay memory",
    ]  # fmt: skip
    assert checked["passed"] == 53


def test_a_vector_that_names_an_unknown_fact_does_not_pass():
    content = deepcopy(CONTENT)
    content["vectors"][0]["expect"]["colour"] = "red"

    assert check_vectors(content)["failed"] == ["UC1 rotating, no nonce"]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"params": 1}', "\ud800", "not json"], ids=repr)
def test_a_file_of_something_else_is_refused_in_words(tmp_path, text):
    file = tmp_path / "vectors.json"
    file.write_bytes(text.encode("utf-8", "surrogatepass"))

    with pytest.raises(VectorsUnusable):
        check_vectors(file)


def test_a_file_whose_trust_list_does_not_verify_is_refused():
    content = deepcopy(CONTENT)
    content["trust_list"]["root"] = "holder-1"

    with pytest.raises(VectorsUnusable, match="the trust list is refused"):
        check_vectors(content)


def test_a_file_whose_status_list_does_not_verify_is_refused():
    content = deepcopy(CONTENT)
    content["status_lists"]["18"] = content["status_lists"]["17"]

    with pytest.raises(VectorsUnusable, match="status list 18 is refused"):
        check_vectors(content)


def test_a_file_beyond_any_size_is_refused(tmp_path):
    file = tmp_path / "vectors.json"
    file.write_bytes(bytes(5_000_000))

    with pytest.raises(VectorsUnusable, match="bytes"):
        check_vectors(file)


def test_a_sequence_without_steps_does_not_pass():
    content = deepcopy(CONTENT)
    content["sequences"][0]["steps"] = []

    assert check_vectors(content)["failed"] == ["replay memory"]


def test_a_refusal_where_acceptance_was_due_does_not_pass():
    content = deepcopy(CONTENT)
    content["vectors"][9]["expect"] = {"ok": True, "cti": "0123456789abcdef"}
    content["vectors"][0]["expect"] = {"ok": False, "error": "malformed"}

    assert check_vectors(content)["failed"] == ["UC1 rotating, no nonce", "prefix unknown"]


def test_the_policy_is_the_file_s():
    assert policy_of(CONTENT["params"]) == POLICY


@pytest.mark.parametrize("name", VECTORS)
def test_answers_do_not_depend_on_the_cache(name):
    vector, cache = VECTORS[name], CredentialCache()
    trust = RUNNER.trust(NOW)
    nonce = vector.get("nonce")
    facts = {
        "now": vector["now"],
        "trust": trust,
        "statuses": RUNNER.statuses(trust, NOW),
        "audience": vector.get("audience"),
        "nonce": None if nonce is None else bytes.fromhex(nonce),
    }

    plain = verify_text(vector["text"], **facts)
    cold = verify_text(vector["text"], cache=cache, **facts)
    warm = verify_text(vector["text"], cache=cache, **facts)

    assert plain == cold == warm


@pytest.mark.parametrize("case", CONTENT["base45"], ids=lambda case: case["text"])
def test_base45_is_that_of_the_file(case):
    assert base45.encode(bytes.fromhex(case["hex"])) == case["text"]
    assert base45.decode(case["text"]).hex() == case["hex"]


@pytest.mark.parametrize("name", VECTORS)
def test_the_length_of_a_text_is_as_the_file_says(name):
    assert len(VECTORS[name]["text"]) == VECTORS[name]["chars"]


@pytest.mark.parametrize("name", CONTENT["keys"])
def test_a_key_has_the_file_s_name_in_every_form(name):
    key, facts = private_key(name), CONTENT["keys"][name]
    public = key.public_key()

    assert compressed(public).hex() == facts["pub_compressed"]
    assert thumbprint(public).hex() == facts["cose_key_thumbprint_sha256"]
    assert kid_of(public).hex() == facts["kid"]
    assert public_jwk(public) == {name: facts["jwk"][name] for name in ("kty", "crv", "x", "y")}
    assert key_from_jwk(public_jwk(public)) == public
    assert key_from_point(bytes.fromhex(facts["pub_uncompressed"])) == public
    assert private_key_bytes(key).hex() == facts["d"]


def test_the_worked_credential_is_issued_byte_by_byte():
    raw = worked_credential()

    signed = read_credential(raw).sign1
    assert raw.hex() == WORKED["credential_hex"]
    assert len(raw) == WORKED["credential_len"] == 158
    assert signed.signed_bytes(b"").hex() == WORKED["credential_tbs_hex"]


def test_the_worked_presentation_is_signed_byte_by_byte():
    text = present(worked_credential(), private_key("holder-1"), iat=1_794_999_996)

    message = base45.decode(text.removeprefix("UC1:"))
    raw, holder = read_full(message)
    assert text == WORKED["qr_text"]
    assert message.hex() == WORKED["presentation_hex"]
    assert len(message) == WORKED["presentation_len"] == 241
    assert holder.signed_bytes(b"UC1:").hex() == WORKED["presentation_tbs_hex"]
    assert raw.hex() == WORKED["credential_hex"]


def test_every_accepted_vector_can_be_made_here():
    raw, phone = worked_credential(), private_key("holder-1")
    paper = {"cti": bytes.fromhex("a1b2c3d4e5f60718"), "exp": 1_855_480_000, "tier": 2,
             "status_list": 17, "status_index": 54_321}  # fmt: skip
    slice_ = {"cti": bytes.fromhex("5100000000000001"), "exp": NOW + 30, "tier": 2,
              "status_list": 4660, "status_index": 703_710}  # fmt: skip
    challenge = {"audience": "M8X2Q", "nonce": bytes.fromhex("00112233445566aa")}
    paper_key, slice_key = signer("issuer-paper-2026"), signer("issuer-slice-2026")

    made = {
        "UC1 rotating, no nonce": present(raw, phone, iat=NOW - 4),
        "UC1 fresh at +30 s limit": present(raw, phone, iat=NOW - 30),
        "UC1 clock ahead 10 s limit": present(raw, phone, iat=NOW + 10),
        "UC1 challenge mode aud+cnonce, 90 s old": present(raw, phone, iat=NOW - 90, **challenge),
        "UC1 aud without nonce": present(raw, phone, iat=NOW - 4, audience="M8X2Q"),
        "UR1 compact reference (online only)": present_reference(
            bytes.fromhex("0123456789abcdef"), phone, iat=NOW - 4
        ),
        "US1 printed static card": issue_static(paper_key, profile=Profile.PAPER, **paper),
        "US1 printed static card with name hint": issue_static(
            paper_key, profile=Profile.PAPER, hint="张*", **paper
        ),
        "US1 server-signed 30 s slice": issue_static(slice_key, profile=Profile.SLICE, **slice_),
    }

    assert made == {name: VECTORS[name]["text"] for name in made}


def test_the_trust_list_is_built_byte_by_byte():
    listed = [
        ("issuer-card-2026Q4", KeyUse.CARD, 1_789_816_000, 1_800_184_000),
        ("issuer-card-2027Q1", KeyUse.CARD, 1_797_592_000, 1_807_960_000),
        ("issuer-paper-2026", KeyUse.PAPER, 1_789_816_000, 1_872_760_000),
        ("issuer-slice-2026", KeyUse.SLICE, 1_789_816_000, 1_829_560_000),
        ("status-2026", KeyUse.STATUS, 1_789_816_000, 1_829_560_000),
    ]
    keys = [
        TrustKey.of(private_key(name).public_key(), use=use, nbf=nbf, exp=exp, status_base=BASE)
        for name, use, nbf, exp in listed
    ]

    built = build_trust_list(
        signer("root"), sub="urn:example:uc:trust", seq=7, iat=1_794_996_400, exp=1_797_592_000,
        keys=keys,
    )  # fmt: skip

    assert built.hex() == CONTENT["trust_list"]["hex"]
    assert len(built) == 688


@pytest.mark.parametrize("number", CONTENT["status_lists"])
def test_a_status_list_says_what_the_file_says(number):
    facts = CONTENT["status_lists"][number]
    entries = {int(index): Status(value) for index, value in facts["nonzero"].items()}
    trust = RUNNER.trust(NOW)

    read = RUNNER.statuses(trust, NOW)[f"{BASE}{number}"]
    token = build_status_list(
        signer("status-2026"),
        uri=f"{BASE}{number}",
        iat=1_794_999_400,
        exp=1_795_604_800,
        entries=entries,
    )
    again = verify_status_list(token, uri=f"{BASE}{number}", trust=trust, now=NOW)

    assert len(read.packed) * 4 == facts["size"]
    assert {index: read.entry(index) for index in entries} == entries
    assert sum(byte != 0 for byte in read.packed) == len({index // 4 for index in entries})
    # The bits, not the bytes of the token: what zlib makes of them differs from build to build.
    assert again == read
    assert read_sign1(token).protected == read_sign1(bytes.fromhex(facts["token_hex"])).protected


def test_the_malleated_signature_of_the_file_verifies_and_is_the_same_code():
    steps = CONTENT["sequences"][0]["steps"]

    first, malleated = RUNNER.answer(steps[0]), RUNNER.answer(steps[3])

    assert steps[0]["text"] != steps[3]["text"]
    assert isinstance(malleated, Verified)
    assert (first.cti, first.single_use_moment) == (malleated.cti, malleated.single_use_moment)
