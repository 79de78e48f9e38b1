"""The queue moves by itself: seats of people who left the unions go to who waits."""

from datetime import timedelta

import pytest

from app.registry import JOBS
from benefits.queries import limit_residuals
from members.models import MembershipStatus
from tests.make import NOW
from training.jobs import move_waiting_lists
from training.models import EnrolmentState
from training.queries import sessions_to_move
from training.services import Moved, move_waiting_list

HOUR = timedelta(hours=1)
LATER = [(NOW + 24 * HOUR, NOW + 26 * HOUR)]


@pytest.fixture
def held(make):
    """A session of tomorrow with one seat."""
    return make.course_session(seats=1, meetings=LATER)


@pytest.fixture
def leaves(session):
    def leave(learner):
        learner.member.status = MembershipStatus.DECEASED
        session.flush()

    return leave


def test_the_worker_knows_the_job():
    assert move_waiting_lists in JOBS


def test_the_seat_of_who_is_no_member_any_more_goes_to_the_first_who_waits(
    session, held, reader, enrolled, leaves
):
    gone, first, second = reader(), reader(), reader()
    seat, place, behind = (enrolled(who, held).enrolment for who in (gone, first, second))
    leaves(gone)

    moved = move_waiting_list(session, session_id=held.id, now=NOW)
    again = move_waiting_list(session, session_id=held.id, now=NOW)

    assert (moved, again) == (Moved(1, 1), Moved(0, 0))
    assert [each.state for each in (seat, place, behind)] == ["lapsed", "enrolled", "waiting"]
    assert limit_residuals(session) == []


def test_who_was_no_member_for_a_while_gets_the_seat_that_stayed_free(
    session, held, reader, enrolled, leaves
):
    gone, away = reader(), reader()
    enrolled(gone, held)
    place = enrolled(away, held).enrolment
    leaves(gone)
    leaves(away)
    move_waiting_list(session, session_id=held.id, now=NOW)
    assert place.state is EnrolmentState.WAITING

    away.member.status = MembershipStatus.ACTIVE
    session.flush()

    assert move_waiting_list(session, session_id=held.id, now=NOW) == Moved(0, 1)
    assert place.state is EnrolmentState.ENROLLED


def test_once_it_has_begun_and_enrolment_is_over_nothing_moves(
    session, held, reader, enrolled, leaves
):
    gone, waiting = reader(), reader()
    seat = enrolled(gone, held).enrolment
    enrolled(waiting, held)
    leaves(gone)
    over = max(held.starts_at, held.enrol_until)

    assert sessions_to_move(session, now=over - HOUR, rows=10) == [held.id]
    assert sessions_to_move(session, now=over, rows=10) == []
    assert move_waiting_list(session, session_id=held.id, now=over) == Moved(0, 0)
    assert seat.state is EnrolmentState.ENROLLED


def test_a_session_in_which_nobody_waits_or_left_is_not_looked_at(session, held, reader, enrolled):
    enrolled(reader(), held)

    assert sessions_to_move(session, now=NOW, rows=10) == []
