"""Coming and leaving by card scan, at the session's own site, by the service's clock."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from cards.errors import CardNotUsable
from cards.models import CardRecord, CardState
from kernel.ids import new_id
from kernel.refusals import RequestKeyReused
from merchants.models import Merchant, MerchantState
from tests.make import NOW
from training.errors import (
    NoMeetingNow,
    NotEnrolled,
    NotScannedIn,
    NotThisSite,
    SessionNotFound,
    SessionNotOpen,
    SiteSuspended,
    WithdrawalTooLate,
)
from training.models import Attendance, Direction, SessionState
from training.services import withdraw

MINUTE = timedelta(minutes=1)
IN, OUT = Direction.IN, Direction.OUT


@pytest.fixture
def site(make):
    return make.service_site()


@pytest.fixture
def terminal(make, site):
    return make.terminal(site=site)


@pytest.fixture
def held(make, site):
    """A session whose one meeting runs from half an hour ago for an hour and a half."""
    return make.course_session(site=site, seats=1)


@pytest.fixture
def pupil(learner, held, enrolled):
    who = learner()
    enrolled(who, held)
    return who


def count(session):
    return session.scalar(select(func.count()).select_from(Attendance))


def test_who_comes_and_leaves_is_written_down_twice(session, pupil, held, terminal, scanned):
    came = scanned(pupil, held, terminal, IN)
    left = scanned(pupil, held, terminal, OUT, now=NOW + 10 * MINUTE)

    assert came.attendance.received_at == NOW
    assert left.attendance.received_at == NOW + 10 * MINUTE
    assert came.meeting is left.meeting
    assert came.card.name_masked == "张*明"
    events = session.scalars(select(CardRecord.event).where(CardRecord.card_id == pupil.card.id))
    assert {"enrolled", "attended_in", "attended"} <= set(events)


@pytest.mark.parametrize("direction", [IN, OUT])
def test_a_second_scan_the_same_way_hears_the_first(
    *, session, pupil, held, terminal, scanned, direction
):
    scanned(pupil, held, terminal, IN)
    first = scanned(pupil, held, terminal, direction, now=NOW + MINUTE)
    again = scanned(pupil, held, terminal, direction, now=NOW + 2 * MINUTE)

    assert again.replayed
    assert again.attendance is first.attendance
    assert count(session) == (1 if direction is IN else 2)


def test_the_same_scan_sent_again_hears_the_same_though_the_card_froze(
    session, pupil, held, terminal, scanned
):
    key, text = new_id(), pupil.phone.code()
    first = scanned(pupil, held, terminal, IN, scan_id=key, text=text)
    pupil.card.state = CardState.FROZEN
    session.flush()

    again = scanned(pupil, held, terminal, IN, scan_id=key, text=text, now=NOW + MINUTE)

    assert again.replayed
    assert again.attendance is first.attendance
    assert again.card == first.card


def test_an_id_means_one_scan(pupil, held, terminal, scanned):
    key, text = new_id(), pupil.phone.code()
    scanned(pupil, held, terminal, IN, scan_id=key, text=text)

    with pytest.raises(RequestKeyReused):
        scanned(pupil, held, terminal, OUT, scan_id=key, text=text)


def test_nobody_leaves_who_did_not_come(session, pupil, held, terminal, scanned):
    with pytest.raises(NotScannedIn):
        scanned(pupil, held, terminal, OUT)
    assert count(session) == 0


def test_a_till_of_another_site_takes_no_attendance(pupil, held, make, scanned):
    with pytest.raises(NotThisSite):
        scanned(pupil, held, make.terminal(site=make.service_site()), IN)


def test_a_suspended_site_takes_none_either(*, session, pupil, held, site, terminal, scanned):
    session.get(Merchant, site.merchant_id).state = MerchantState.SUSPENDED
    session.flush()

    with pytest.raises(SiteSuspended):
        scanned(pupil, held, terminal, IN)


def test_a_card_that_is_refused_at_the_till_attends_nothing(
    session, pupil, held, terminal, scanned
):
    pupil.card.state = CardState.LOST
    session.flush()

    with pytest.raises(CardNotUsable) as refused:
        scanned(pupil, held, terminal, IN)

    assert refused.value.facts == {"reason": "lost"}
    assert count(session) == 0


def test_a_code_shown_twice_is_refused(pupil, held, terminal, scanned, learner):
    text = pupil.phone.code()
    scanned(pupil, held, terminal, IN, text=text)

    with pytest.raises(CardNotUsable) as refused:
        scanned(pupil, held, terminal, OUT, text=text)

    assert refused.value.facts == {"reason": "replayed"}


def test_who_has_no_seat_does_not_attend(*, pupil, held, terminal, scanned, learner, enrolled):
    stranger, waiting = learner(), learner()
    enrolled(waiting, held)

    with pytest.raises(NotEnrolled) as unknown:
        scanned(stranger, held, terminal, IN)
    with pytest.raises(NotEnrolled) as queued:
        scanned(waiting, held, terminal, IN)

    assert unknown.value.facts == {"reason": "not_enrolled"}
    assert queued.value.facts == {"reason": "waiting"}


def test_outside_the_meetings_a_scan_counts_for_none(
    *, make, site, terminal, learner, enrolled, scanned
):
    held = make.course_session(site=site, meetings=[(NOW + 60 * MINUTE, NOW + 90 * MINUTE)])
    who = learner()
    enrolled(who, held)

    # The till may say what it likes: the moment is ours.
    with pytest.raises(NoMeetingNow) as early:
        scanned(who, held, terminal, IN)
    with pytest.raises(NoMeetingNow) as late:
        scanned(who, held, terminal, OUT, now=NOW + 120 * MINUTE)

    assert early.value.facts == {"next_at": (NOW + 30 * MINUTE).isoformat()}
    assert late.value.facts == {"next_at": None}


def test_between_two_meetings_the_way_out_is_of_the_one_they_were_in(
    *, make, site, terminal, learner, enrolled, scanned
):
    held = make.course_session(
        site=site, meetings=[(NOW, NOW + 60 * MINUTE), (NOW + 80 * MINUTE, NOW + 120 * MINUTE)]
    )
    who = learner()
    enrolled(who, held)
    came = scanned(who, held, terminal, IN)

    left = scanned(who, held, terminal, OUT, now=NOW + 65 * MINUTE)
    next_one = scanned(who, held, terminal, IN, now=NOW + 70 * MINUTE)

    assert left.meeting is came.meeting
    assert next_one.meeting is not came.meeting


@pytest.mark.parametrize(
    ("state", "refusal"),
    [(SessionState.DRAFT, SessionNotFound), (SessionState.CANCELLED, SessionNotOpen)],
)
def test_only_an_open_session_is_attended(
    *, session, pupil, held, terminal, scanned, state, refusal
):
    held.state = state
    session.flush()

    with pytest.raises(refusal):
        scanned(pupil, held, terminal, IN)


def test_who_has_been_there_does_not_withdraw(session, pupil, held, terminal, scanned):
    scanned(pupil, held, terminal, IN)
    enrolment = session.scalars(select(Attendance.enrolment_id)).one()

    with pytest.raises(WithdrawalTooLate) as refused:
        withdraw(session, member_id=pupil.member.id, enrolment_id=enrolment, now=NOW)

    assert refused.value.facts == {"reason": "already_attended"}
