"""Planning a session, judging it, and what it makes owed."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from benefits.models import LimitRule
from benefits.queries import limit_residuals
from cards.models import CardRecord
from kernel.actors import Role
from kernel.money import Fen
from kernel.refusals import EditConflict
from kernel.states import MoveNotAllowed
from ledger.errors import PostingRuleMissing
from ledger.models import FundSource, Journal, PartyType, Payable, PayableState
from ledger.queries import debits_minus_credits, postings_of
from merchants.models import Site
from tests.make import NOW
from training.errors import (
    CourseTermsWrong,
    SeatsTooMany,
    SessionNotOpen,
    SessionNotOver,
    SessionTimesWrong,
)
from training.models import (
    Completion,
    CourseMeeting,
    Direction,
    EnrolmentState,
    Payer,
    SessionState,
)
from training.queries import meetings_of
from training.services import (
    CourseFacts,
    MeetingTimes,
    SessionFacts,
    add_course,
    add_meeting,
    add_session,
    cancel_session,
    change_course,
    change_seats,
    complete_session,
    drop_meeting,
    open_session,
)

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
IN, OUT = Direction.IN, Direction.OUT


@pytest.fixture
def officer(make):
    return make.staff_actor(Role.TRAINING_OFFICER)


@pytest.fixture
def terminal(make):
    return make.terminal(site=make.service_site())


@pytest.fixture
def site(session, terminal):
    return session.get(Site, terminal.site_id)


@pytest.fixture
def finish(session, officer):
    def complete(held, *, now=NOW + 2 * HOUR, version=None):
        return complete_session(
            session, actor=officer, session_id=held.id, version=version or held.version, now=now
        )

    return complete


@pytest.fixture
def attended(scanned, terminal):
    def through(learner, held):
        scanned(learner, held, terminal, IN)
        scanned(learner, held, terminal, OUT, now=NOW + HOUR / 2)

    return through


def test_who_attended_is_owed_the_subsidy_and_who_did_not_is_not(
    *, session, make, site, learner, reader, enrolled, attended, finish
):
    make.chart()
    held = make.course_session(site=site, seats=2)
    diligent, absent, queued = learner(), reader(), reader()
    rows = [enrolled(who, held).enrolment for who in (diligent, absent, queued)]
    attended(diligent, held)

    outcome = finish(held)

    assert (outcome.completed, outcome.not_completed, outcome.subsidies_fen) == (1, 1, 300_00)
    assert [row.state for row in rows] == ["completed", "not_completed", "lapsed"]
    payable = session.scalars(select(Payable)).one()
    assert (payable.payee_type, payable.payee_id) == (PartyType.MEMBER, diligent.member.id)
    assert (payable.amount_fen, payable.state) == (300_00, PayableState.OWED)
    journal = session.scalars(select(Journal)).one()
    assert (journal.fund_source, journal.kind) == (FundSource.UNION_FUND, "completed")
    assert sum(line.debit_fen for line in postings_of(session, journal_id=journal.id)) == 300_00
    assert debits_minus_credits(session) == 0
    line = session.scalars(select(CardRecord).where(CardRecord.event == "completed")).one()
    assert (line.card_id, line.union_pays_fen, line.gross_fen) == (diligent.card.id, 300_00, 300_00)
    judged = session.get(Completion, rows[1].id)
    assert (judged.attended, judged.whole, judged.needed, judged.subsidy_fen) == (0, 1, 1, 0)
    assert limit_residuals(session) == []


def test_a_course_without_a_subsidy_books_nothing(
    *, session, make, site, learner, enrolled, attended, finish
):
    course = make.course(payer=Payer.EMPLOYER, subsidy_fen=Fen(0))
    held = make.course_session(course=course, site=site)
    who = learner()
    enrolled(who, held)
    attended(who, held)

    assert finish(held).completed == 1
    assert session.scalars(select(Journal)).all() == []


def test_a_session_is_judged_once(make, finish):
    held = make.course_session()
    finish(held)

    with pytest.raises(MoveNotAllowed):
        finish(held)


def test_a_fund_that_pays_for_no_training_stops_it_all(
    *, session, make, site, learner, enrolled, attended, finish
):
    make.chart()
    programme = make.training_programme(fund_source=FundSource.MUTUAL_AID)
    held = make.course_session(course=make.course(programme=programme), site=site)
    who = learner()
    enrolled(who, held)
    attended(who, held)

    with pytest.raises(PostingRuleMissing):
        finish(held)


def test_it_waits_for_the_last_meeting_and_for_who_is_inside(
    *, make, site, terminal, learner, enrolled, scanned, finish
):
    held = make.course_session(site=site)
    ahead = make.course_session(meetings=[(NOW, NOW + HOUR), (NOW + DAY, NOW + DAY + HOUR)])
    who = learner()
    enrolled(who, held)
    scanned(who, held, terminal, IN)

    with pytest.raises(SessionNotOver) as inside:
        finish(held, now=NOW)
    with pytest.raises(SessionNotOver) as coming:
        finish(ahead, now=NOW)

    assert inside.value.facts == {"reason": "still_inside", "count": 1}
    assert coming.value.facts["reason"] == "meeting_ahead"
    assert finish(held, now=held.ends_at).not_completed == 1


def test_nobody_inside_it_may_end_early(make, finish):
    assert finish(make.course_session(), now=NOW).completed == 0


def test_an_officer_who_saw_an_older_session_decides_again(make, finish):
    held = make.course_session()
    with pytest.raises(EditConflict):
        finish(held, version=held.version + 1)


def test_a_session_called_off_gives_every_seat_back(session, make, officer, reader, enrolled):
    held = make.course_session(seats=1)
    rows = [enrolled(reader(), held).enrolment for _ in range(2)]

    cancel_session(session, actor=officer, session_id=held.id, version=held.version, now=NOW)

    assert {row.state for row in rows} == {EnrolmentState.LAPSED}
    assert limit_residuals(session) == []


def test_new_seats_go_to_who_waits(session, make, officer, reader, enrolled):
    held = make.course_session(seats=1)
    rows = [enrolled(reader(), held).enrolment for _ in range(4)]

    change_seats(session, actor=officer, session_id=held.id, seats=3, version=held.version, now=NOW)

    assert [row.state for row in rows] == ["enrolled", "enrolled", "enrolled", "waiting"]


def test_fewer_seats_than_are_taken_put_nobody_out(session, make, officer, reader, enrolled):
    held = make.course_session(seats=2)
    rows = [enrolled(reader(), held).enrolment for _ in range(2)]

    change_seats(session, actor=officer, session_id=held.id, seats=1, version=held.version, now=NOW)

    assert {row.state for row in rows} == {EnrolmentState.ENROLLED}
    assert enrolled(reader(), held).place == 1


# --- Planning


def facts(site, **changes):
    defaults = {
        "site_id": site.id,
        "seats": 20,
        "enrol_from": NOW,
        "enrol_until": NOW + DAY,
        "meetings": [MeetingTimes(NOW + DAY, NOW + DAY + HOUR)],
    }
    return SessionFacts(**defaults | changes)


def test_a_session_begins_as_a_draft_whose_seats_are_a_limit(session, make, officer, site):
    course = make.course()

    held = add_session(session, actor=officer, course_id=course.id, facts=facts(site), now=NOW)

    assert held.state is SessionState.DRAFT
    assert (held.starts_at, held.ends_at) == (NOW + DAY, NOW + DAY + HOUR)
    rule = session.get(LimitRule, held.seats_rule_id)
    assert (rule.scope, rule.window, rule.maximum) == ("session", "total", 20)
    opened = open_session(session, actor=officer, session_id=held.id, version=held.version, now=NOW)
    assert opened.state is SessionState.OPEN


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"meetings": []}, "no_meeting"),
        ({"meetings": [MeetingTimes(NOW + DAY, NOW + DAY)]}, "ends_before_it_starts"),
        (
            {
                "meetings": [
                    MeetingTimes(NOW + DAY, NOW + DAY + HOUR),
                    MeetingTimes(NOW + DAY + HOUR / 2, NOW + DAY + 2 * HOUR),
                ]
            },
            "overlap",
        ),
        ({"enrol_until": NOW}, "before_it_begins"),
        ({"enrol_until": NOW + 2 * DAY}, "after_the_end"),
    ],
)
def test_times_that_make_no_session_are_named(*, session, make, officer, site, changes, reason):
    course = make.course()
    with pytest.raises(SessionTimesWrong) as refused:
        add_session(
            session, actor=officer, course_id=course.id, facts=facts(site, **changes), now=NOW
        )
    assert refused.value.facts["reason"] == reason


@pytest.mark.parametrize("seats", [0, 1001])
def test_seats_are_one_to_a_thousand(session, make, officer, site, seats):
    with pytest.raises(SeatsTooMany):
        add_session(
            session,
            actor=officer,
            course_id=make.course().id,
            facts=facts(site, seats=seats),
            now=NOW,
        )


def test_a_draft_s_meetings_come_and_go_and_its_times_follow(session, make, officer):
    held = make.course_session(
        state=SessionState.DRAFT, meetings=[(NOW, NOW + HOUR)], enrol_until=NOW + HOUR
    )
    second = add_meeting(
        session,
        actor=officer,
        session_id=held.id,
        times=MeetingTimes(NOW + DAY, NOW + DAY + HOUR),
        now=NOW,
    )
    assert held.ends_at == NOW + DAY + HOUR

    drop_meeting(session, actor=officer, session_id=held.id, meeting_id=second.id, now=NOW)

    assert held.ends_at == NOW + HOUR
    last = meetings_of(session, session_id=held.id)[0]
    with pytest.raises(SessionTimesWrong):
        drop_meeting(session, actor=officer, session_id=held.id, meeting_id=last.id, now=NOW)


def test_an_open_session_keeps_its_meetings(session, make, officer):
    held = make.course_session()
    with pytest.raises(SessionNotOpen):
        add_meeting(
            session,
            actor=officer,
            session_id=held.id,
            times=MeetingTimes(NOW + DAY, NOW + DAY + HOUR),
            now=NOW,
        )
    assert len(session.scalars(select(CourseMeeting)).all()) == 1


def test_a_session_that_is_over_is_not_opened(session, make, officer):
    held = make.course_session(state=SessionState.DRAFT)
    with pytest.raises(SessionTimesWrong):
        open_session(
            session, actor=officer, session_id=held.id, version=held.version, now=held.ends_at
        )


# --- Courses


def course_facts(course, **changes):
    names = (
        "category",
        "organiser",
        "payer",
        "title_zh",
        "title_en",
        "programme_id",
        "subsidy_fen",
        "attendance_basis",
        "attendance_rate_bp",
        "scan_margin_minutes",
    )
    return CourseFacts(**{name: getattr(course, name) for name in names} | changes)


def test_a_course_is_changed_by_who_saw_its_newest(session, make, officer):
    course = make.course()
    changed = change_course(
        session,
        actor=officer,
        course_id=course.id,
        version=1,
        facts=course_facts(course, subsidy_fen=Fen(500_00)),
        now=NOW,
    )
    assert (changed.subsidy_fen, changed.version) == (500_00, 2)
    with pytest.raises(EditConflict):
        change_course(
            session,
            actor=officer,
            course_id=course.id,
            version=1,
            facts=course_facts(course),
            now=NOW,
        )


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"payer": Payer.EMPLOYER}, "subsidy_fen"),
        ({"attendance_rate_bp": 0}, "attendance_rate_bp"),
        ({"attendance_rate_bp": 10_001}, "attendance_rate_bp"),
    ],
)
def test_terms_that_make_no_course_are_named(session, make, officer, changes, field):
    course = make.course()
    with pytest.raises(CourseTermsWrong) as refused:
        add_course(
            session,
            actor=officer,
            union_id=course.union_id,
            facts=course_facts(course, **changes),
            now=NOW,
        )
    assert refused.value.facts["field"] == field


def test_a_course_needs_a_training_programme(session, make, officer):
    course = make.course()
    discounts = make.training_programme(family="discount")
    with pytest.raises(CourseTermsWrong):
        add_course(
            session,
            actor=officer,
            union_id=course.union_id,
            facts=course_facts(course, programme_id=discounts.id),
            now=NOW,
        )
