"""What may happen once, tried at once by several people: a line matched, a file taken in.

Each was seen to fail with its guard taken away: the CHECKs on both sides of a match, the lock of
the account.
"""

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from finance.errors import MatchExceedsLine, MatchExceedsPayment, PaymentNotSent
from finance.models import BankAccount, BankFile, BankLine, Match, Payment, PaymentState
from finance.services.bank_import import import_bank_file
from finance.services.matching import match
from kernel.db import transaction
from kernel.errors import Refusal
from kernel.money import Fen
from ledger.queries import debits_minus_credits
from tests.make import NOW
from tests.make.bank import bank_file
from tests.make.maker import Maker
from tests.town import at_once

FIRST = NOW.replace(day=1)
PEOPLE = 6


@pytest.fixture
def make(committed):
    with Session(committed, expire_on_commit=False) as session, session.begin():
        yield Maker(session)


def said(call):
    try:
        return call()
    except Refusal as refusal:
        return type(refusal)


def matching(actor, line_id, payment_id):
    def call():
        with transaction() as session:
            return match(
                session,
                actor=actor,
                bank_line_id=line_id,
                payment_id=payment_id,
                amount_fen=Fen(52_50),
                score=None,
                reason="by_hand",
                now=NOW,
            ).id

    return lambda: said(call)


def test_one_line_pays_one_payment_however_many_match_it(make):
    payments = [make.sent_payment(sent_at=FIRST) for _ in range(PEOPLE)]
    make.bank_import(("2026-11-05", -52_50, "转账"))
    line_id = make.session.scalars(select(BankLine.id)).one()
    people = [make.staff_actor("finance_maker") for _ in payments]
    make.session.commit()

    answers = at_once(
        [
            matching(actor, line_id, payment.id)
            for actor, payment in zip(people, payments, strict=True)
        ]
    )

    assert answers.count(MatchExceedsLine) == PEOPLE - 1
    with transaction() as session:
        assert session.scalars(select(Match.amount_fen)).all() == [-52_50]
        paid = select(func.count()).where(Payment.state == PaymentState.PAID)
        assert session.scalars(paid).one() == 1
        assert debits_minus_credits(session) == 0


def test_one_payment_is_paid_by_one_line(make):
    payment = make.sent_payment(sent_at=FIRST)
    make.bank_import(*(("2026-11-05", -52_50, f"转账{each}") for each in range(PEOPLE)))
    line_ids = make.session.scalars(select(BankLine.id)).all()
    people = [make.staff_actor("finance_maker") for _ in line_ids]
    make.session.commit()

    answers = at_once(
        [
            matching(actor, line_id, payment.id)
            for actor, line_id in zip(people, line_ids, strict=True)
        ]
    )

    refused = [each for each in answers if each in {MatchExceedsPayment, PaymentNotSent}]
    assert len(refused) == PEOPLE - 1
    with transaction() as session:
        assert session.scalars(select(Match.amount_fen)).all() == [-52_50]


def test_a_file_taken_in_by_several_at_once_is_taken_in_once(make):
    # The account is known, so that its INSERT makes nobody wait.
    make.bank_import(("2026-11-01", -1_00, "手续费"), opening_fen=200_001_00)
    make.session.commit()
    lines = [("2026-11-05", -1_00 - each, "手续费") for each in range(50)]
    # The same lines, and a file each: nobody is helped by knowing the file.
    contents = [bank_file(*lines) + b"\r\n" * (each // 2) for each in range(PEOPLE)]

    def taking(content):
        def call():
            with transaction() as session:
                return import_bank_file(
                    session, content=content, name="bank.csv", staff_id=None, now=NOW
                ).new

        return lambda: said(call)

    answers = at_once([taking(content) for content in contents])

    assert sorted(answers) == [0] * (PEOPLE - 1) + [50]
    with transaction() as session:
        assert session.scalars(select(func.count()).select_from(BankLine)).one() == 51
        assert session.scalars(select(func.count()).select_from(BankFile)).one() == 1 + PEOPLE // 2
        account = session.scalars(select(BankAccount)).one()
        assert account.opening_fen - 1_00 + sum(fen for _, fen, _ in lines) == account.closing_fen
