"""Phones enrolled at the same moment, with real commits."""

import threading

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cards.errors import DeviceLimit
from cards.models import Device, LostReportTries
from cards.services import (
    LostWhat,
    report_lost,
    report_lost_elsewhere,
    restore_by_device,
    start_enrolment,
)
from kernel.db import transaction
from kernel.errors import Refusal
from members.models import MemberSession
from tests.cards.test_devices import enrol
from tests.make import NOW
from tests.make.cards import Phone
from tests.make.maker import Maker


def in_threads(work, *arguments):
    """Run `work` once per argument, all at the same moment; return answers or refusals."""
    barrier = threading.Barrier(len(arguments))
    answers = []

    def run(argument):
        barrier.wait()
        try:
            with transaction() as session:
                answers.append(work(session, argument))
        except Refusal as refusal:
            answers.append(refusal)

    threads = [threading.Thread(target=run, args=(argument,)) for argument in arguments]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@pytest.fixture
def stored(committed):
    """A card that is on one phone, and its member's session, really committed.

    Active already: activating would write the card's row, and so hide a lock that is missing.
    """
    with Session(committed, expire_on_commit=False) as session:
        make = Maker(session)
        make.issuer_keys()
        card = make.card()
        member_session = MemberSession(
            member_id=card.member_id, token_hash=b"s", created_at=NOW, expires_at=NOW
        )
        make.save(member_session)
        enrol(session, card, member_session)
        session.commit()
    return committed, card, member_session


def test_two_answers_to_one_question_enrol_one_phone(stored):
    engine, card, member_session = stored
    with transaction() as session:
        question = start_enrolment(session, session_id=member_session.id, now=NOW)
    phones = [Phone(), Phone()]

    answers = in_threads(
        lambda session, phone: enrol(
            session, card, member_session, phone, proof=phone.proof(question.nonce)
        ),
        *phones,
    )

    assert sorted(type(answer).__name__ for answer in answers) == ["EnrolmentExpired", "Phone"]
    with Session(engine) as session:
        assert session.scalar(select(func.count()).select_from(Device)) == 2


def test_five_more_phones_at_once_never_pass_the_limit(stored):
    engine, card, member_session = stored
    with transaction() as session:
        proofs = []
        for _ in range(5):
            phone = Phone()
            question = start_enrolment(session, session_id=member_session.id, now=NOW)
            proofs.append((phone, phone.proof(question.nonce)))

    answers = in_threads(
        lambda session, pair: enrol(session, card, member_session, pair[0], proof=pair[1]),
        *proofs,
    )

    assert sum(isinstance(answer, Phone) for answer in answers) == 2
    assert sum(isinstance(answer, DeviceLimit) for answer in answers) == 3
    with Session(engine) as session:
        assert session.scalar(select(func.count()).select_from(Device)) == 3


def test_one_key_at_two_cards_at_once_is_enrolled_at_one(stored):
    engine, card, member_session = stored
    with Session(engine, expire_on_commit=False) as session:
        make = Maker(session)
        make._count = 500  # beside the rows that are there already
        other = make.card()
        other_session = make.member_session(session.get_one(type(make.member()), other.member_id))
        session.commit()
    phone = Phone()
    with transaction() as session:
        cases = [
            (each, its_session, start_enrolment(session, session_id=its_session.id, now=NOW).nonce)
            for each, its_session in ((card, member_session), (other, other_session))
        ]

    answers = in_threads(
        lambda session, case: enrol(session, *case[:2], phone, proof=phone.proof(case[2])), *cases
    )

    assert sorted(type(answer).__name__ for answer in answers) == ["DeviceKeyTaken", "Phone"]


def test_of_two_phones_that_restore_at_once_one_does(stored):
    engine, card, member_session = stored
    with transaction() as session:
        first = session.scalars(select(Device.id)).one()
        other = enrol(session, card, member_session)
        session.get_one(Device, first).retired_at = NOW
    with transaction() as session:
        third = enrol(session, card, member_session)
        report_lost(
            session,
            member_id=card.member_id,
            session_id=member_session.id,
            what=LostWhat.ALL,
            now=NOW,
        )
        nonces = [
            start_enrolment(session, session_id=member_session.id, now=NOW).nonce for _ in range(2)
        ]
    proofs = [(other, other.proof(nonces[0])), (third, third.proof(nonces[1]))]

    answers = in_threads(
        lambda session, pair: restore_by_device(
            session,
            member_id=card.member_id,
            session_id=member_session.id,
            device_id=pair[0].device_id,
            proof=pair[1],
            replace=False,
            now=NOW,
        ),
        *proofs,
    )

    assert sorted(type(answer).__name__ for answer in answers) == ["Card", "MoveNotAllowed"]
    with Session(engine) as session:
        live = session.scalars(select(Device.id).where(Device.retired_at.is_(None))).all()
        assert len(live) == 1


def test_six_reports_of_one_number_at_once_count_as_six(stored):
    engine, _, _ = stored

    answers = in_threads(
        lambda session, place: report_lost_elsewhere(
            session,
            phone="+8615400009997",
            name="某人",
            document_tail="0000",
            address=f"203.0.113.{place}",
            now=NOW,
        ),
        *range(6),
    )

    assert sum(answer is None for answer in answers) == 5
    with Session(engine) as session:
        assert max(session.scalars(select(LostReportTries.tries))) == 5
