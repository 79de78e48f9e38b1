"""Real commits, real threads: what rollback-per-test cannot show."""

import threading

from sqlalchemy import func, select

from kernel.actors import SYSTEM
from kernel.db import transaction
from kernel.errors import Refusal
from merchants.errors import AgreementsOverlap, PairingCodeInvalid, TooManyTries
from merchants.models import Agreement, AgreementState, PairingFailure, Terminal
from merchants.services import issue_pairing_code, pair_terminal, sign_agreement
from tests.make import NOW
from tests.make.maker import Maker
from tests.make.merchants import new_jwk


def at_once(count, work):
    """Run `work(number)` in `count` threads that start together; return what each returned."""
    together, answers = threading.Barrier(count), []

    def run(number):
        together.wait()
        answers.append(work(number))

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_eight_devices_with_one_code_make_one_till(committed):
    with transaction() as session:
        site = Maker(session).site()
        code = issue_pairing_code(session, site_id=site.id, actor=SYSTEM, now=NOW)
    keys = [new_jwk() for _ in range(8)]

    def pair(number):
        with transaction() as session:
            # Each from an address of its own: the count of wrong codes must not be what decides.
            return pair_terminal(
                session,
                pairing_code=code,
                name=f"收银台{number}",
                public_key=keys[number],
                address=f"192.0.2.{number}",
                now=NOW,
            )

    answers = at_once(8, pair)

    refused = [answer for answer in answers if isinstance(answer, Refusal)]
    assert len(refused) == 7
    assert all(isinstance(refusal, PairingCodeInvalid) for refusal in refused)
    with transaction() as session:
        assert session.scalar(select(func.count()).select_from(Terminal)) == 1


def test_twelve_guesses_at_once_have_five_tries(committed):
    keys = [new_jwk() for _ in range(12)]

    def guess(number):
        with transaction() as session:
            return pair_terminal(
                session,
                pairing_code=f"AAAAA-AAAA{number:X}",
                name="收银台",
                public_key=keys[number],
                address="192.0.2.1",
                now=NOW,
            )

    answers = at_once(12, guess)

    assert sum(isinstance(answer, PairingCodeInvalid) for answer in answers) == 5
    assert sum(isinstance(answer, TooManyTries) for answer in answers) == 7
    with transaction() as session:
        assert session.scalars(select(PairingFailure.tries)).one() == 5


def test_of_two_agreements_signed_at_once_one_is_in_force(committed):
    with transaction() as session:
        make = Maker(session)
        merchant = make.merchant()
        drafts = [
            make.agreement(merchant_id=merchant.id, state=AgreementState.DRAFT, signed_at=None)
            for _ in range(2)
        ]

    def sign(number):
        try:
            with transaction() as session:
                sign_agreement(session, agreement_id=drafts[number].id, actor=SYSTEM, now=NOW)
        except AgreementsOverlap as refusal:
            return refusal
        return None

    answers = at_once(2, sign)

    assert sorted(answer is None for answer in answers) == [False, True]
    with transaction() as session:
        active = select(func.count()).where(Agreement.state == AgreementState.ACTIVE)
        assert session.scalar(active) == 1
