"""The verifier: what it accepts, in which order it refuses, and that nothing brings it down."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cards.uc1.answers import Refused, Verified
from cards.uc1.credential import new_cti, read_credential
from cards.uc1.keys import compressed
from cards.uc1.presentation import present, present_reference
from cards.uc1.status import Status, StatusCheck
from cards.uc1.terms import Assurance, Form, KeyUse, Profile, Reason
from tests.cards.uc1_world import (
    CLAIMS,
    CNF,
    CTI,
    DAY,
    INDEX,
    LATER_KEY_OPENS,
    LIST,
    NONCE,
    NOW,
    OFF_CURVE,
    accepted,
    card,
    credential,
    held,
    later_card,
    message_of,
    paper,
    phone,
    shown,
    signed_credential,
    signed_presentation,
    signers,
    static,
    status_list,
    statuses,
    stranger,
    trust_key,
    trust_list,
    verify,
)

# What is accepted, and what the answer says.


def test_a_code_just_shown_is_proof_of_possession():
    answer = accepted(verify(shown()))

    assert answer == Verified(
        form=Form.FULL, profile=Profile.CARD, assurance=Assurance.POSSESSION, challenged=False,
        cti=CTI, iat=NOW - 4, exp=NOW + 14 * DAY, tier=0, status_list=LIST, status_index=INDEX,
        kid=card.kid, hint=None, device_key=answer.device_key,
    )  # fmt: skip
    assert compressed(answer.device_key) == compressed(phone.public_key())


def test_a_slice_is_of_a_session_and_paper_is_static():
    session = accepted(verify(static(Profile.SLICE)))
    printed = accepted(verify(static(Profile.PAPER, exp=NOW + 700 * DAY, hint="张*")))

    assert (session.assurance, session.profile) == (Assurance.SESSION, Profile.SLICE)
    assert (session.iat, session.device_key, session.hint) == (None, None, None)
    assert (printed.assurance, printed.hint) == (Assurance.STATIC, "张*")
    assert printed.kid == paper.kid


@given(
    tier=st.integers(0, 23), number=st.integers(0, 65_535), index=st.integers(0, 1_048_575),
    exp=st.integers(NOW, NOW + 35 * DAY), age=st.integers(-10, 30),
)  # fmt: skip
def test_whatever_is_issued_is_shown_and_verified(tier, number, index, exp, age):
    cti = new_cti()
    raw = credential(cti=cti, tier=tier, status_list=number, status_index=index, exp=exp)

    text = shown(raw, iat=NOW - age)
    answer = accepted(verify(text, statuses=StatusCheck.CALLER))

    assert (answer.cti, answer.exp, answer.iat) == (cti, exp, NOW - age)
    assert (answer.tier, answer.status_list, answer.status_index) == (tier, number, index)
    assert 235 <= len(message_of(text)) == len(raw) + 83 <= 241
    assert len(text) <= 366
    assert shown(raw, iat=NOW - age) == text


def test_the_smallest_and_the_largest_message():
    smallest = shown(credential(status_list=0, status_index=0))
    largest = shown(credential(status_list=65_535, status_index=1_048_575))

    assert (len(message_of(smallest)), len(message_of(largest))) == (235, 241)


def test_a_paper_card_never_outgrows_its_symbol():
    assert len(message_of(static(status_list=65_535, status_index=1_048_575))) == 114
    assert len(static(status_list=65_535, status_index=1_048_575, hint="欧阳*")) <= 221  # V8-M


def test_a_later_verifier_s_claim_in_a_credential_is_ignored():
    claims = {4: NOW + DAY, 7: CTI, 8: CNF, 99: [True, {1: "a"}], -65537: [1, 0, LIST, INDEX]}

    assert accepted(verify(shown(signed_credential(claims)))).cti == CTI


def test_a_small_code_is_looked_up_by_its_cti():
    facts = read_credential(credential()).facts
    text = present_reference(CTI, phone, iat=NOW)

    answer = accepted(verify(text, references={CTI: facts}.get))

    assert (answer.form, answer.cti, answer.kid) == (Form.REFERENCE, CTI, card.kid)
    assert verify(text, references={}.get) == Refused(Reason.UNKNOWN_CARD)
    assert verify(text).code is Reason.UNSUPPORTED
    expired = replace(facts, exp=NOW - 301)
    assert verify(text, references={CTI: expired}.get) == Refused(Reason.EXPIRED)
    gone = replace(facts, kid=bytes(4))
    assert verify(text, references={CTI: gone}.get) == Refused(Reason.STATUS_UNKNOWN)
    of_another_phone = replace(facts, device_point=compressed(stranger.key.public_key()))
    assert verify(text, references={CTI: of_another_phone}.get).code is Reason.BAD_SIGNATURE


# Freshness, audience, expiry: the edges.


def test_a_code_lives_half_a_minute():
    assert accepted(verify(shown(iat=NOW - 30)))
    assert accepted(verify(shown(iat=NOW + 10)))
    assert verify(shown(iat=NOW - 31)) == Refused(Reason.STALE, "too old")
    assert verify(shown(iat=NOW + 11)) == Refused(Reason.STALE, "clock ahead")


def test_a_challenge_is_answered_within_two_minutes():
    asked = {"audience": "M8X2Q4ZT", "nonce": NONCE}

    assert accepted(verify(shown(iat=NOW - 120, **asked), **asked)).challenged
    assert verify(shown(iat=NOW - 121, **asked), **asked) == Refused(Reason.STALE, "too old")


@pytest.mark.parametrize(
    ("said", "asked", "detail"),
    [
        ({"audience": "M8X2Q4ZT"}, {"audience": "K7W3P9RX"}, ""),
        ({"audience": "M8X2Q4ZT"}, {}, ""),
        ({"nonce": NONCE}, {"audience": "M8X2Q4ZT"}, "unexpected nonce"),
        ({"nonce": NONCE}, {}, "unexpected nonce"),
        ({}, {"audience": "M8X2Q4ZT", "nonce": NONCE}, "nonce"),
        ({"audience": "M8X2Q4ZT"}, {"audience": "M8X2Q4ZT", "nonce": NONCE}, "nonce"),
        (
            {"audience": "M8X2Q4ZT", "nonce": bytes(9)},
            {"audience": "M8X2Q4ZT", "nonce": NONCE},
            "nonce",
        ),
        ({"nonce": NONCE}, {"audience": "M8X2Q4ZT", "nonce": NONCE}, ""),
        (
            {"audience": "K7W3P9RX", "nonce": NONCE},
            {"audience": "M8X2Q4ZT", "nonce": NONCE},
            "",
        ),
    ],
)
def test_a_code_made_for_another_question_is_refused(said, asked, detail):
    assert verify(shown(**said), **asked) == Refused(Reason.WRONG_AUDIENCE, detail)


def test_a_plain_code_is_good_at_any_terminal_that_asked_nothing():
    assert not accepted(verify(shown(), audience="M8X2Q4ZT")).challenged
    assert not accepted(verify(shown(audience="M8X2Q4ZT"), audience="M8X2Q4ZT")).challenged


@pytest.mark.parametrize("profile", [Profile.PAPER, Profile.SLICE])
def test_paper_and_slices_do_not_answer_a_challenge(profile):
    answer = verify(static(profile), audience="M8X2Q4ZT", nonce=NONCE)

    assert answer == Refused(Reason.WRONG_AUDIENCE, "nonce")


def test_a_credential_lives_a_little_longer_than_it_says():
    assert accepted(verify(shown(credential(exp=NOW - 300))))
    assert verify(shown(credential(exp=NOW - 301))) == Refused(Reason.EXPIRED)
    assert accepted(verify(static(Profile.SLICE, exp=NOW - 10)))
    assert verify(static(Profile.SLICE, exp=NOW - 11)) == Refused(Reason.EXPIRED)


@pytest.mark.parametrize(
    ("make", "life"),
    [
        (lambda exp: shown(credential(exp=exp)), 35 * DAY),
        (lambda exp: static(Profile.PAPER, exp=exp), 800 * DAY),
        (lambda exp: static(Profile.SLICE, exp=exp), 90),
    ],
)
def test_a_credential_for_longer_than_policy_allows_is_refused(make, life):
    always = trust_list(keys=[trust_key(signers[use], use, exp=NOW + 2000 * DAY) for use in KeyUse])

    assert accepted(verify(make(NOW + life), trust=always))
    refused = Refused(Reason.MALFORMED, "lifetime over policy")
    assert verify(make(NOW + life + 1), trust=always) == refused


def test_a_key_signs_from_its_first_second_until_before_its_last():
    raw = credential(issuer=later_card, exp=LATER_KEY_OPENS + DAY)
    closing = trust_list(keys=[trust_key(card, KeyUse.CARD, exp=NOW + 100)])

    def at(now, **facts):
        text = shown(facts.pop("raw", raw), iat=now)
        return verify(text, now=now, statuses=StatusCheck.CALLER, **facts)

    outside = Refused(Reason.UNKNOWN_KEY, "key outside its window")
    opened = trust_list(
        keys=[trust_key(later_card, KeyUse.CARD, nbf=LATER_KEY_OPENS)], exp=NOW + 40 * DAY
    )
    assert at(LATER_KEY_OPENS - 1, trust=opened) == outside
    assert accepted(at(LATER_KEY_OPENS, trust=opened))
    assert accepted(at(NOW + 99, raw=credential(), trust=closing))
    assert at(NOW + 100, raw=credential(), trust=closing) == outside


# The order: of several faults, the first in the format's order is the answer.

FAULTS = [
    "unknown_key", "issuer", "window", "expired", "cnf-point", "holder", "stale", "audience",
    "status",
]  # fmt: skip


def with_faults(faults):
    """Return the answer to a code with all of `faults` at once, and nothing else wrong."""
    issuer = stranger if "unknown_key" in faults else card
    cnf = {1: CNF[1] | {-2: OFF_CURVE}} if "cnf-point" in faults else CNF
    claims = CLAIMS | {8: cnf} | ({4: NOW - 301} if "expired" in faults else {})
    raw = bytearray(signed_credential(claims, issuer=issuer))
    if "issuer" in faults:
        raw[-1] ^= 1
    text = present(
        bytes(raw),
        stranger.key if "holder" in faults else phone,
        iat=NOW - 31 if "stale" in faults else NOW,
        audience="K7W3P9RX",
    )
    keys = [trust_key(card, KeyUse.CARD, exp=NOW if "window" in faults else NOW + DAY)]
    return verify(
        text,
        audience="M8X2Q4ZT" if "audience" in faults else "K7W3P9RX",
        trust=trust_list(keys=keys),
        statuses={} if "status" in faults else statuses,
    )


def answer_to(fault):
    return {
        "unknown_key": Refused(Reason.UNKNOWN_KEY),
        "issuer": Refused(Reason.BAD_SIGNATURE, "issuer"),
        "window": Refused(Reason.UNKNOWN_KEY, "key outside its window"),
        "expired": Refused(Reason.EXPIRED),
        "cnf-point": Refused(Reason.MALFORMED, "cnf-point"),
        "holder": Refused(Reason.BAD_SIGNATURE, "holder"),
        "stale": Refused(Reason.STALE, "too old"),
        "audience": Refused(Reason.WRONG_AUDIENCE),
        "status": Refused(Reason.STATUS_UNKNOWN),
    }[fault]


@given(st.sets(st.sampled_from(FAULTS), min_size=1))
@settings(deadline=None)
def test_the_first_fault_in_the_format_s_order_is_the_answer(faults):
    assert with_faults(faults) == answer_to(min(faults, key=FAULTS.index))


def test_without_a_fault_there_is_none():
    assert accepted(with_faults(set()))


def test_what_the_phone_says_is_not_read_before_the_credential_is_good():
    unknown = signed_presentation({99: 1}, raw=credential(issuer=stranger))
    expired = signed_presentation({99: 1}, raw=credential(exp=NOW - 301))

    assert verify(unknown).code is Reason.UNKNOWN_KEY
    assert verify(expired).code is Reason.EXPIRED


# Status.


def test_the_status_of_a_credential_decides_last():
    entries = {INDEX: Status.INVALID, INDEX + 1: Status.SUSPENDED}
    lists = held(status_list(entries))

    assert verify(shown(), statuses=lists) == Refused(Reason.REVOKED)
    suspended = shown(credential(status_index=INDEX + 1))
    assert verify(suspended, statuses=lists) == Refused(Reason.SUSPENDED)
    assert accepted(verify(shown(credential(status_index=INDEX + 2)), statuses=lists))
    assert accepted(verify(shown(), statuses=StatusCheck.CALLER))


def test_a_status_that_nobody_knows_is_a_refusal_of_its_own():
    unknown = Refused(Reason.STATUS_UNKNOWN)
    outside = CLAIMS | {-65537: [1, 0, LIST, 1_048_576]}

    assert verify(shown(), statuses={}) == unknown
    assert verify(shown(credential(status_list=LIST + 1))) == unknown
    assert verify(shown(signed_credential(outside))) == unknown
    older = held(status_list({}, now=NOW - 8 * DAY, iat=NOW - 8 * DAY))
    assert verify(shown(), statuses=older) == unknown
