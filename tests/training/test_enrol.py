"""A seat where there is one, else a place in the queue; and back."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from benefits.models import Limit
from benefits.queries import limit_residuals
from cards.models import CardRecord, CardState
from kernel.ids import new_id
from kernel.refusals import RequestKeyReused
from kernel.states import MoveNotAllowed
from members.models import MembershipStatus
from tests.make import NOW
from training.errors import (
    AlreadyEnrolled,
    EnrolmentNotFound,
    EnrolmentRefused,
    SessionNotFound,
    WithdrawalTooLate,
)
from training.models import Enrolment, EnrolmentState, SessionState
from training.queries import place_of
from training.services import withdraw

HOUR = timedelta(hours=1)
LATER = [(NOW + 24 * HOUR, NOW + 26 * HOUR)]


@pytest.fixture
def held(make):
    """A session of tomorrow with two seats."""
    return make.course_session(seats=2, meetings=LATER)


@pytest.fixture
def leave(session):
    def go(learner, enrolment, *, now=NOW):
        return withdraw(session, member_id=learner.member.id, enrolment_id=enrolment.id, now=now)

    return go


def taken(session, held):
    return session.scalar(select(Limit.used).where(Limit.rule_id == held.seats_rule_id))


def events(session, learner):
    query = select(CardRecord.event).where(CardRecord.card_id == learner.card.id)
    return list(session.scalars(query.order_by(CardRecord.recorded_at, CardRecord.id)))


def test_seats_are_given_and_then_places(session, held, reader, enrolled):
    answers = [enrolled(reader(), held) for _ in range(4)]

    assert [a.enrolment.state for a in answers] == ["enrolled", "enrolled", "waiting", "waiting"]
    assert [a.place for a in answers] == [None, None, 1, 2]
    assert taken(session, held) == 2
    assert limit_residuals(session) == []


def test_the_same_id_hears_the_same_and_takes_one_seat(session, held, reader, enrolled):
    who, key = reader(), new_id()

    first = enrolled(who, held, enrolment_id=key)
    again = enrolled(who, held, enrolment_id=key)

    assert (first.replayed, again.replayed) == (False, True)
    assert again.enrolment is first.enrolment
    assert taken(session, held) == 1


def test_a_retry_is_answered_even_when_enrolment_is_over(held, reader, enrolled):
    who, key = reader(), new_id()
    enrolled(who, held, enrolment_id=key)

    assert enrolled(who, held, enrolment_id=key, now=held.enrol_until).replayed


def test_an_id_means_one_member_and_one_session(held, make, reader, enrolled):
    who, key = reader(), new_id()
    enrolled(who, held, enrolment_id=key)

    with pytest.raises(RequestKeyReused):
        enrolled(reader(), held, enrolment_id=key)
    with pytest.raises(RequestKeyReused):
        enrolled(who, make.course_session(meetings=LATER), enrolment_id=key)


def test_nobody_is_in_one_session_twice(held, reader, enrolled):
    who = reader()
    first = enrolled(who, held).enrolment

    with pytest.raises(AlreadyEnrolled) as refused:
        enrolled(who, held)

    assert refused.value.facts == {"enrolment_id": first.id}


def test_a_card_that_cannot_be_used_enrols_nobody(held, session, reader, enrolled):
    who = reader()
    who.card.state = CardState.FROZEN
    session.flush()

    with pytest.raises(EnrolmentRefused) as refused:
        enrolled(who, held)

    assert refused.value.facts == {"reason": "card_not_usable", "state": "frozen"}
    assert session.scalar(select(func.count()).select_from(Enrolment)) == 0


def test_a_course_of_another_union_says_so(make, reader, enrolled):
    course = make.course(eligibility=[{"rule": "union_within", "paths": ["SZ/SZ-XX"]}])

    with pytest.raises(EnrolmentRefused) as refused:
        enrolled(reader(), make.course_session(course=course, meetings=LATER))

    assert refused.value.facts["reason"] == "not_for_this_union"


def test_a_draft_does_not_exist_for_members(make, reader, enrolled):
    with pytest.raises(SessionNotFound):
        enrolled(reader(), make.course_session(meetings=LATER, state=SessionState.DRAFT))


def test_a_seat_given_back_goes_to_the_first_who_waits(session, held, reader, enrolled, leave):
    people = [reader() for _ in range(4)]
    first, _, third, fourth = (enrolled(who, held).enrolment for who in people)

    answer = leave(people[0], first)

    assert answer.enrolment.state is EnrolmentState.WITHDRAWN
    assert third.state is EnrolmentState.ENROLLED
    assert third.seated_at == NOW
    assert place_of(session, enrolment=fourth) == 1
    assert taken(session, held) == 2
    assert limit_residuals(session) == []
    assert events(session, people[0]) == ["enrolled", "withdrawn"]
    assert events(session, people[2]) == ["waiting", "enrolled"]


def test_leaving_the_queue_moves_who_stands_behind(session, held, reader, enrolled, leave):
    people = [reader() for _ in range(5)]
    rows = [enrolled(who, held).enrolment for who in people]

    leave(people[2], rows[2])

    assert [place_of(session, enrolment=row) for row in rows] == [None, None, None, 1, 2]
    assert taken(session, held) == 2


def test_a_seat_that_nobody_waits_for_is_free_again(session, held, reader, enrolled, leave):
    who = reader()
    leave(who, enrolled(who, held).enrolment)

    assert taken(session, held) == 0
    again = enrolled(who, held)
    assert again.enrolment.state is EnrolmentState.ENROLLED


def test_who_is_no_member_any_more_is_passed_over(session, held, reader, enrolled, leave):
    people = [reader() for _ in range(4)]
    rows = [enrolled(who, held).enrolment for who in people]
    people[2].member.status = MembershipStatus.EXPELLED
    session.flush()

    leave(people[0], rows[0])

    assert rows[2].state is EnrolmentState.WAITING
    assert rows[3].state is EnrolmentState.ENROLLED


def test_withdrawing_twice_gives_one_seat_back(session, held, reader, enrolled, leave):
    people = [reader() for _ in range(4)]
    rows = [enrolled(who, held).enrolment for who in people]

    leave(people[0], rows[0])
    again = leave(people[0], rows[0])

    assert again.replayed
    assert rows[3].state is EnrolmentState.WAITING


def test_another_member_s_enrolment_does_not_exist(held, reader, enrolled, leave):
    enrolment = enrolled(reader(), held).enrolment

    with pytest.raises(EnrolmentNotFound):
        leave(reader(), enrolment)


def test_it_is_too_late_once_the_session_has_begun(held, reader, enrolled, leave):
    who = reader()
    enrolment = enrolled(who, held).enrolment

    with pytest.raises(WithdrawalTooLate) as refused:
        leave(who, enrolment, now=held.enrol_until)

    assert refused.value.facts == {"reason": "session_begun"}


def test_what_has_ended_is_not_withdrawn(session, held, reader, enrolled, leave):
    who = reader()
    enrolment = enrolled(who, held).enrolment
    enrolment.state, enrolment.ended_at = EnrolmentState.LAPSED, NOW
    session.flush()

    with pytest.raises(MoveNotAllowed):
        leave(who, enrolment)
