"""Credentials proven before: answered the same, faster, and never for longer."""

from dataclasses import replace
from threading import Barrier, Thread
from types import MappingProxyType

from cards.uc1.answers import Refused, Verified
from cards.uc1.cache import CredentialCache
from cards.uc1.credential import new_cti, read_credential
from cards.uc1.terms import KeyUse, Reason
from tests.cards.uc1_world import (
    CLAIMS,
    CNF,
    DAY,
    NOW,
    OFF_CURVE,
    accepted,
    card,
    credential,
    paper,
    shown,
    signed_credential,
    static,
    stranger,
    trust,
    trust_key,
    trust_list,
    verify,
)


def test_a_credential_seen_before_is_answered_the_same():
    cache = CredentialCache()
    raw = credential()
    first, second = (shown(raw, iat=NOW - age) for age in (9, 4))

    cold, warm = verify(first, cache=cache), verify(second, cache=cache)

    assert len(cache) == 1
    assert accepted(warm) == replace(accepted(cold), iat=NOW - 4)


def test_the_moment_counts_for_a_cached_credential_too():
    cache = CredentialCache()
    raw = credential(exp=NOW + DAY)
    later = NOW + DAY + 301
    accepted(verify(shown(raw), cache=cache))

    expired = verify(shown(raw, iat=later), now=later, cache=cache)
    closed = trust_list(keys=[trust_key(card, KeyUse.CARD, exp=NOW)])

    assert expired == Refused(Reason.EXPIRED)
    assert verify(shown(raw), trust=closed, cache=cache).detail == "key outside its window"
    assert verify(shown(raw), statuses={}, cache=cache) == Refused(Reason.STATUS_UNKNOWN)
    assert verify(shown(raw, key=stranger.key), cache=cache).code is Reason.BAD_SIGNATURE


def test_a_cached_credential_whose_key_left_the_trust_list_is_refused():
    cache = CredentialCache()
    accepted(verify(shown(), cache=cache))
    dropped = trust_list(keys=[trust_key(paper, KeyUse.PAPER)])
    # No honest list can do this: the kid of one key over another key.
    usurped = trust_key(stranger, KeyUse.CARD)
    renamed = replace(trust, keys=MappingProxyType({card.kid: usurped}))

    assert verify(shown(), trust=dropped, cache=cache) == Refused(Reason.UNKNOWN_KEY)
    assert verify(shown(), trust=renamed, cache=cache).code is Reason.BAD_SIGNATURE


def test_only_what_an_issuer_signed_enters_the_cache():
    cache = CredentialCache()
    forged = bytearray(credential())
    forged[-1] ^= 1

    verify(shown(bytes(forged)), cache=cache)
    verify(shown(credential(issuer=stranger)), cache=cache)
    verify(shown(signed_credential(CLAIMS | {8: {1: CNF[1] | {-2: OFF_CURVE}}})), cache=cache)
    verify(static(), cache=cache)

    assert len(cache) == 0


def test_the_cache_forgets_what_was_used_longest_ago():
    cache = CredentialCache(size_max=2)
    first, second, third = (credential(cti=new_cti()) for _ in range(3))

    for raw in (first, second, first, third):
        accepted(verify(shown(raw), cache=cache))

    assert len(cache) == 2
    assert cache.get(second) is None
    assert cache.get(first).facts.cti == read_credential(first).facts.cti


def test_eight_workers_share_one_cache():
    cache = CredentialCache(size_max=3)
    raws = [credential(cti=new_cti()) for _ in range(6)]
    barrier, answers = Barrier(8), []

    def worker():
        barrier.wait()
        answers.extend(verify(shown(raw), cache=cache) for raw in raws * 5)

    threads = [Thread(target=worker) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(answers) == 240
    assert all(isinstance(answer, Verified) for answer in answers)
    assert len(cache) == 3
