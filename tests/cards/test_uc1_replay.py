"""The same code twice."""

from dataclasses import replace
from threading import Barrier, Thread

from hypothesis import given
from hypothesis import strategies as st

from cards.uc1.answers import Refused, Verified
from cards.uc1.credential import new_cti
from cards.uc1.replay import Accepted, ReplayMemory, is_replay
from cards.uc1.terms import Profile, Reason
from tests.cards.uc1_world import NOW, accepted, credential, shown, static, verify

REPLAYED = Refused(Reason.REPLAYED)


def code(*, iat=NOW - 4, **facts):
    return accepted(verify(shown(credential(**facts), iat=iat)))


@given(
    newest=st.integers(0, 50), moment=st.integers(0, 50),
    scan=st.sampled_from(["a", "b", None]), again=st.sampled_from(["a", "b", None]),
)  # fmt: skip
def test_only_a_newer_code_or_the_same_scan_of_the_same_code_passes(newest, moment, scan, again):
    refused = is_replay(Accepted(newest, scan), moment=moment, scan_id=again)

    retry = moment == newest and scan == again and scan is not None
    assert refused == (moment <= newest and not retry)


def test_the_first_code_of_a_credential_is_no_replay():
    assert not is_replay(None, moment=0, scan_id=None)


def test_a_code_passes_once_and_its_own_retry_again():
    memory = ReplayMemory()
    shown_now = code()

    assert memory.admit(shown_now, scan_id="s1", now=NOW) is shown_now
    assert memory.admit(shown_now, scan_id="s1", now=NOW) is shown_now
    assert memory.admit(shown_now, scan_id="s2", now=NOW) == REPLAYED
    assert memory.admit(shown_now, scan_id=None, now=NOW) == REPLAYED
    assert memory.admit(code(iat=NOW - 5), scan_id="s1", now=NOW) == REPLAYED
    assert isinstance(memory.admit(code(iat=NOW), scan_id="s2", now=NOW), Verified)
    assert memory.admit(shown_now, scan_id="s1", now=NOW) == REPLAYED


def test_the_codes_of_two_credentials_do_not_meet():
    memory = ReplayMemory()

    assert isinstance(memory.admit(code(cti=new_cti()), scan_id=None, now=NOW), Verified)
    assert isinstance(memory.admit(code(cti=new_cti()), scan_id=None, now=NOW), Verified)


def test_a_slice_works_once_and_paper_whenever_it_is_shown():
    memory = ReplayMemory()
    session = accepted(verify(static(Profile.SLICE)))
    paper = accepted(verify(static(Profile.PAPER)))

    assert memory.admit(session, scan_id="s1", now=NOW) is session
    assert memory.admit(session, scan_id="s2", now=NOW) == REPLAYED
    assert memory.admit(paper, scan_id="s3", now=NOW) is paper
    assert memory.admit(paper, scan_id="s4", now=NOW) is paper
    assert len(memory) == 1


def test_what_no_verifier_would_accept_any_more_is_forgotten():
    memory = ReplayMemory()
    first, second = code(cti=new_cti()), code(cti=new_cti())
    memory.admit(first, scan_id="s1", now=NOW)
    memory.admit(second, scan_id="s2", now=NOW + 1)

    # A code accepted at NOW was signed before NOW + 10, and answers a challenge for two minutes.
    assert memory.admit(first, scan_id="s3", now=NOW + 129) == REPLAYED
    assert memory.admit(first, scan_id="s4", now=NOW + 130) is first
    assert len(memory) == 2
    memory.admit(code(cti=new_cti()), scan_id="s5", now=NOW + 131)
    assert len(memory) == 2


def test_a_card_shown_again_and_again_does_not_keep_the_others_remembered():
    memory = ReplayMemory()
    regular, once = new_cti(), new_cti()
    memory.admit(code(cti=regular), scan_id="s1", now=NOW)
    memory.admit(code(cti=once), scan_id="s2", now=NOW + 1)

    memory.admit(code(cti=regular, iat=NOW), scan_id="s3", now=NOW + 100)
    memory.admit(code(cti=regular, iat=NOW + 1), scan_id="s4", now=NOW + 131)

    assert len(memory) == 1


def test_eight_tills_at_once_accept_one_code_once():
    memory = ReplayMemory()
    one, barrier, answers = code(), Barrier(8), []

    def till(number):
        barrier.wait()
        answers.extend(
            memory.admit(replace(one, iat=NOW - 50 + age), scan_id=number, now=NOW)
            for age in range(50)
        )

    threads = [Thread(target=till, args=(str(number),)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    accepted_moments = [answer.iat for answer in answers if isinstance(answer, Verified)]
    assert len(answers) == 400
    assert sorted(set(accepted_moments)) == sorted(accepted_moments)
    assert max(accepted_moments) == NOW - 1
