"""Who may enrol, which meeting a scan is for, and who attended enough."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benefits.rules import MemberFacts
from kernel.clock import shanghai_date
from tests.make import NOW
from training.rules import (
    Applicant,
    Presence,
    SessionTerms,
    enrol_reasons,
    judge_attendance,
    meeting_to_enter,
    meetings_to_leave,
    next_scan_at,
)

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
MARGIN = 30


def meeting(start, end, came=None, left=None):
    """A meeting by hours from NOW, with the scans."""
    return Presence(
        NOW + start * HOUR,
        NOW + end * HOUR,
        None if came is None else NOW + came * HOUR,
        None if left is None else NOW + left * HOUR,
    )


MORNING, AFTERNOON = meeting(0, 3), meeting(3.5, 6)
BOTH = [AFTERNOON, MORNING]


@pytest.mark.parametrize(
    ("hours", "entered"),
    [
        (-0.6, None),
        (-0.5, MORNING),
        (0, MORNING),
        (2.99, MORNING),
        (3, AFTERNOON),  # the first is over, the second is half an hour ahead
        (5.99, AFTERNOON),
        (6, None),
    ],
)
def test_a_scan_in_is_for_the_meeting_that_runs_or_is_ahead(hours, entered):
    assert meeting_to_enter(BOTH, margin_minutes=MARGIN, now=NOW + hours * HOUR) is entered


def test_a_scan_out_may_be_for_either_of_two_meetings_and_the_later_comes_first():
    between = meetings_to_leave(BOTH, margin_minutes=MARGIN, now=NOW + 3.25 * HOUR)

    assert between == [AFTERNOON, MORNING]
    assert meetings_to_leave(BOTH, margin_minutes=MARGIN, now=NOW + 6.5 * HOUR) == []


def test_who_comes_too_early_hears_when_the_next_scan_counts():
    early = NOW - HOUR
    assert next_scan_at(BOTH, margin_minutes=MARGIN, now=early) == NOW - MARGIN * MINUTE
    assert next_scan_at(BOTH, margin_minutes=MARGIN, now=NOW + 7 * HOUR) is None


@pytest.mark.parametrize(
    ("presences", "basis", "rate_bp", "attended", "needed", "complete"),
    [
        ([meeting(0, 3, 0, 3)], "meetings", 8000, 1, 1, True),
        ([meeting(0, 3, 0)], "meetings", 8000, 0, 1, False),  # never left
        ([meeting(0, 3, 0, 3), meeting(4, 5), meeting(6, 7, 6, 7)], "meetings", 8000, 2, 3, False),
        ([meeting(0, 3, 0, 3), meeting(4, 5), meeting(6, 7, 6, 7)], "meetings", 6600, 2, 2, True),
        # Early and late count for nothing beyond the meeting's own times.
        ([meeting(0, 2, -1, 3)], "minutes", 10_000, 120, 120, True),
        ([meeting(0, 2, 0.5, 2)], "minutes", 8000, 90, 96, False),
        ([meeting(0, 2, 0.4, 2)], "minutes", 8000, 96, 96, True),
        # Who came after the end and left later still was not there at all.
        ([meeting(0, 2, 2.1, 2.4)], "minutes", 1, 0, 1, False),
    ],
)
def test_what_was_attended_is_judged_by_the_course_s_own_rule(
    *, presences, basis, rate_bp, attended, needed, complete
):
    judged = judge_attendance(presences, basis=basis, rate_bp=rate_bp)

    assert (judged.attended, judged.needed, judged.is_complete) == (attended, needed, complete)


_hours = st.one_of(st.none(), st.floats(-1, 4, allow_nan=False))
_presences = st.lists(
    st.builds(lambda came, left: meeting(0, 3, came, left), _hours, _hours), min_size=1, max_size=8
)


@given(
    presences=_presences,
    basis=st.sampled_from(["meetings", "minutes"]),
    rate=st.integers(1, 10_000),
)
def test_nobody_attends_more_than_there_was_and_something_is_always_needed(presences, basis, rate):
    judged = judge_attendance(presences, basis=basis, rate_bp=rate)

    assert 0 <= judged.attended <= judged.whole
    assert 1 <= judged.needed <= judged.whole


@given(presences=_presences, rate=st.integers(1, 9_999))
def test_a_stricter_course_completes_nobody_more(presences, rate):
    lax = judge_attendance(presences, basis="minutes", rate_bp=rate)
    strict = judge_attendance(presences, basis="minutes", rate_bp=rate + 1)

    assert lax.is_complete or not strict.is_complete


def applicant(**facts):
    defaults = {
        "facts": MemberFacts("SZ/SZ-BA", "active", None, None, None, None, "none"),
        "has_standing": True,
        "card_state": "active",
        "card_is_usable": True,
    }
    return Applicant(**defaults | facts)


def terms(**facts):
    defaults = {
        "is_open": True,
        "enrol_from": NOW,
        "enrol_until": NOW + HOUR,
        "programme_runs": True,
        "programme_rules": [],
        "course_rules": [],
    }
    return SessionTerms(**defaults | facts)


def codes(the_terms, who, now=NOW):
    day = shanghai_date(now)
    return [reason.code for reason in enrol_reasons(the_terms, who, now=now, day=day)]


ELSEWHERE = [{"rule": "union_within", "paths": ["SZ/SZ-LG"]}]


@pytest.mark.parametrize(
    ("changes", "who", "code"),
    [
        ({"is_open": False}, {}, "session_not_open"),
        ({"enrol_from": NOW + MINUTE}, {}, "enrolment_ahead"),
        ({"enrol_until": NOW}, {}, "enrolment_over"),
        ({"programme_runs": False}, {}, "programme_not_running"),
        ({"programme_rules": ELSEWHERE}, {}, "not_for_this_union"),
        ({"course_rules": ELSEWHERE}, {}, "not_for_this_union"),
        ({"course_rules": [{"rule": "moon"}]}, {}, "unknown_rule"),
        ({}, {"has_standing": False}, "membership_status"),
        ({}, {"card_state": None, "card_is_usable": False}, "card_missing"),
        ({}, {"card_state": "frozen", "card_is_usable": False}, "card_not_usable"),
    ],
)
def test_each_thing_that_stands_against_enrolling_is_named(changes, who, code):
    assert codes(terms(), applicant()) == []
    assert codes(terms(**changes), applicant(**who)) == [code]
