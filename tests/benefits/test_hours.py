"""When an offer counts: weekdays, hours, blackout days, and from when it counts again."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from benefits.rules import (
    EVERY_WEEKDAY,
    Conditions,
    MemberFacts,
    clock_time,
    condition_reasons,
    condition_sentences,
    counts_at,
    limit_reason,
    next_at,
)
from kernel.clock import SHANGHAI

MONDAY = date(2026, 11, 23)
MINUTE = timedelta(minutes=1)
EVENING = Conditions(from_minute=17 * 60, to_minute=20 * 60)
NIGHT = Conditions(weekday_mask=0b0010000, from_minute=22 * 60, to_minute=2 * 60)  # of Fridays
SPRING = Conditions(blackouts=((date(2027, 2, 5), date(2027, 2, 11)),))
WORKDAYS = Conditions(weekday_mask=0b0011111)
MEMBER = MemberFacts(
    union_path="sz.",
    status="active",
    joined_on=date(2026, 11, 1),
    born_on=None,
    employment=None,
    is_migrant=False,
    hardship_level=None,
)


def at(day, hour, minute=0):
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=SHANGHAI)


@st.composite
def conditions(draw):
    """Any conditions that the database takes; blackouts within a year of MONDAY."""
    minutes = draw(st.none() | st.tuples(st.integers(0, 1439), st.integers(1, 1440)))
    if minutes is not None:
        assume(minutes[0] != minutes[1] % 1440)
    days = st.tuples(st.integers(-30, 365), st.integers(0, 40))
    return Conditions(
        weekday_mask=draw(st.integers(1, EVERY_WEEKDAY)),
        from_minute=minutes[0] if minutes else None,
        to_minute=minutes[1] if minutes else None,
        blackouts=tuple(
            (MONDAY + timedelta(days=first), MONDAY + timedelta(days=first + length))
            for first, length in draw(st.lists(days, max_size=3))
        ),
    )


moments = st.integers(0, 30 * 24 * 60).map(lambda minutes: at(MONDAY, 0) + minutes * MINUTE)


@pytest.mark.parametrize(
    ("said", "moment", "counts"),
    [
        (Conditions(), at(MONDAY, 3), True),
        (EVENING, at(MONDAY, 16, 59), False),
        (EVENING, at(MONDAY, 17), True),
        (EVENING, at(MONDAY, 19, 59), True),
        (EVENING, at(MONDAY, 20), False),
        (NIGHT, at(date(2026, 11, 27), 21, 59), False),
        (NIGHT, at(date(2026, 11, 27), 22), True),
        (NIGHT, at(date(2026, 11, 28), 1, 59), True),
        (NIGHT, at(date(2026, 11, 28), 2), False),
        (NIGHT, at(date(2026, 11, 27), 1), False),
        (NIGHT, at(date(2026, 11, 28), 22), False),
        (WORKDAYS, at(date(2026, 11, 28), 12), False),
        (SPRING, at(date(2027, 2, 4), 23, 59), True),
        (SPRING, at(date(2027, 2, 5), 0), False),
        (SPRING, at(date(2027, 2, 11), 23, 59), False),
        (SPRING, at(date(2027, 2, 12), 0), True),
    ],
)
def test_an_offer_counts_on_its_days_and_hours(said, moment, counts):
    assert counts_at(said, moment) is counts


@given(conditions(), moments)
def test_the_next_moment_counts_and_none_between_does(said, moment):
    found = next_at(said, moment)
    if found is None:
        assert not counts_at(said, moment)
        return
    assert found >= moment
    assert counts_at(said, found)
    between = [moment + n * 7 * MINUTE for n in range(300)]
    assert [each for each in between if each < found and counts_at(said, each)] == []
    assert found == moment or not counts_at(said, found - MINUTE)


@given(conditions(), moments, st.integers(0, 40))
def test_nothing_is_promised_for_after_the_programme(said, moment, length):
    until = MONDAY + timedelta(days=length)
    found = next_at(said, moment, until=until)
    assert found is None or found.astimezone(SHANGHAI).date() < until


@pytest.mark.parametrize(
    ("said", "moment", "code", "facts"),
    [
        (
            EVENING,
            at(MONDAY, 9),
            "not_at_this_hour",
            {"next_on": "2026-11-23", "next_time": "17:00"},
        ),
        (
            EVENING,
            at(MONDAY, 21),
            "not_at_this_hour",
            {"next_on": "2026-11-24", "next_time": "17:00"},
        ),
        (
            WORKDAYS,
            at(date(2026, 11, 28), 9),
            "not_on_this_day",
            {"next_on": "2026-11-30", "next_time": "00:00"},
        ),
        (
            SPRING,
            at(date(2027, 2, 6), 9),
            "not_on_this_day",
            {"next_on": "2027-02-12", "next_time": "00:00"},
        ),
    ],
)
def test_who_comes_at_another_time_is_told_when(said, moment, code, facts):
    [found] = condition_reasons(said, MEMBER, now=moment)
    assert (found.code, found.facts) == (code, facts)


def test_who_comes_after_the_last_time_is_told_that():
    [found] = condition_reasons(EVENING, MEMBER, now=at(MONDAY, 21), until=date(2026, 11, 24))
    assert found.code == "not_at_this_time"


def test_an_offer_for_new_members_counts_the_days_since_joining():
    new = Conditions(joined_within_days=30)

    assert condition_reasons(new, MEMBER, now=at(date(2026, 12, 1), 12)) == []
    [found] = condition_reasons(new, MEMBER, now=at(date(2026, 12, 2), 12))
    assert found.code == "joined_too_long_ago"


def test_a_full_limit_frees_on_a_day_on_which_the_offer_counts():
    full = {"window": "day", "rule_id": "r", "scope": "member", "conditions": WORKDAYS}
    friday = date(2026, 11, 27)

    assert limit_reason(day=friday, **full).facts["next_on"] == "2026-11-30"
    assert limit_reason(day=friday, until=date(2026, 11, 30), **full).code == "limit_reached"


def test_conditions_are_said_in_sentences():
    said = Conditions(
        weekday_mask=0b0100001,
        from_minute=570,
        to_minute=1440,
        blackouts=((date(2027, 2, 5), date(2027, 2, 11)), (date(2027, 5, 1), date(2027, 5, 1))),
        joined_within_days=30,
        stack_group="lunch",
    )

    assert condition_sentences(said, lambda text, **facts: text % facts if facts else text) == [
        "Only on Monday, Saturday.",
        "Only from 09:30 to 24:00.",
        "Not on 2027-02-05 – 2027-02-11, 2027-05-01.",
        "Only for who joined at most 30 days ago.",
        "Excludes the other offers of the group lunch.",
    ]
    assert condition_sentences(Conditions(), str) == []
    assert clock_time(0) == "00:00"
