"""Members hear when a seat becomes theirs, and when a session is called off."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from kernel.actors import Role
from members.models import Notice, NoticeKind
from tests.make import NOW
from training.services import cancel_session, withdraw

HOUR = timedelta(hours=1)


@pytest.fixture
def held(make):
    return make.course_session(seats=1, meetings=[(NOW + 24 * HOUR, NOW + 26 * HOUR)])


def told(session, learner):
    return session.scalars(select(Notice).where(Notice.member_id == learner.member.id)).all()


def test_who_waited_hears_that_the_seat_is_theirs_and_nobody_else_does(
    session, held, reader, enrolled
):
    first, second, third = reader(), reader(), reader()
    seat = enrolled(first, held).enrolment
    enrolled(second, held)
    enrolled(third, held)
    assert [told(session, who) for who in (first, second, third)] == [[], [], []]

    withdraw(session, member_id=first.member.id, enrolment_id=seat.id, now=NOW)

    (notice,) = told(session, second)
    assert (notice.kind, notice.place) == (NoticeKind.SEAT, "training")
    assert notice.title_zh.startswith("候补成功，您已有座位：")
    assert notice.title_en.startswith("A seat came free and is yours: ")
    assert told(session, first) == told(session, third) == []


def test_everybody_who_had_a_seat_or_waited_hears_that_it_was_called_off(
    session, make, held, reader, enrolled
):
    seated, waiting, gone = reader(), reader(), reader()
    enrolled(seated, held)
    enrolled(waiting, held)
    left = enrolled(gone, held).enrolment
    withdraw(session, member_id=gone.member.id, enrolment_id=left.id, now=NOW)

    cancel_session(
        session,
        actor=make.staff_actor(Role.TRAINING_OFFICER),
        session_id=held.id,
        version=held.version,
        now=NOW,
    )

    titles = [[each.title_zh[:7] for each in told(session, who)] for who in (seated, waiting, gone)]
    assert titles == [["培训班已取消："], ["培训班已取消："], []]
