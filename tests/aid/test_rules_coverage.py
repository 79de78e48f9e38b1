from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aid.rules import CoverDays, EventFacts, cover_end, coverage_reasons
from tests.aid.files import terms

A = terms("gd_inpt_2022.json")
FIRST = date(2026, 6, 1)
COVER = CoverDays(FIRST, date(2027, 6, 1))
TODAY = date(2026, 11, 23)


def reasons(event_date, *, event="illness", covers=(COVER,), today=TODAY, version=A):
    found = coverage_reasons(version, covers, EventFacts(event, event_date, today))
    return [each.code for each in found]


@pytest.mark.parametrize(
    ("day_of_cover", "event", "expected"),
    [
        # The thirtieth day is still waiting (R08), the thirty-first counts.
        (1, "illness", ["waiting"]),
        (30, "illness", ["waiting"]),
        (31, "illness", []),
        (1, "accident", []),
    ],
)
def test_the_waiting_period_counts_calendar_days(day_of_cover, event, expected):
    assert reasons(FIRST + timedelta(days=day_of_cover - 1), event=event) == expected


def test_waiting_says_from_when_events_count():
    found = coverage_reasons(A, [COVER], EventFacts("illness", FIRST, TODAY))

    assert found[0].facts == {"next_on": "2026-07-01"}


@pytest.mark.parametrize(
    ("event_date", "covers", "expected"),
    [
        (TODAY, (), "no_cover"),
        (FIRST - timedelta(days=1), (COVER,), "cover_not_begun"),
        (COVER.ends_on, (COVER,), "cover_ended"),
        (COVER.ends_on - timedelta(days=1), (COVER,), None),
    ],
)
def test_a_cover_holds_its_first_day_and_not_its_end(event_date, covers, expected):
    today = date(2027, 6, 1)

    assert reasons(event_date, covers=covers, today=today) == ([expected] if expected else [])


def test_of_two_covers_the_one_of_the_day_counts():
    later = CoverDays(date(2027, 6, 1), date(2028, 6, 1))

    assert reasons(date(2027, 7, 15), covers=(COVER, later), today=date(2027, 8, 1)) == []


def test_tomorrow_has_not_come_yet():
    assert reasons(TODAY + timedelta(days=1)) == ["event_in_future"]


def test_an_unknown_event_is_not_covered():
    assert reasons(TODAY, event="war") == ["event_not_covered"]


def test_before_the_first_version_there_was_no_scheme():
    assert reasons(TODAY, version=None) == ["no_version"]


def test_a_claim_can_be_too_late():
    assert reasons(FIRST + timedelta(days=40), today=FIRST + timedelta(days=40 + 730)) == []
    assert reasons(FIRST + timedelta(days=40), today=FIRST + timedelta(days=40 + 731)) == [
        "filed_too_late"
    ]


@pytest.mark.parametrize(
    ("starts_on", "months", "ends_on"),
    [
        (date(2026, 6, 1), 12, date(2027, 6, 1)),
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2026, 12, 15), 36, date(2029, 12, 15)),
        (date(2026, 12, 31), 2, date(2027, 2, 28)),
    ],
)
def test_a_period_ends_on_the_same_day_of_a_later_month(starts_on, months, ends_on):
    assert cover_end(starts_on, months=months) == ends_on


@given(st.dates(date(2000, 1, 1), date(2090, 1, 1)), st.integers(1, 60))
def test_a_longer_cover_never_ends_earlier(starts_on, months):
    assert starts_on < cover_end(starts_on, months=months)
    assert cover_end(starts_on, months=months) < cover_end(starts_on, months=months + 1)
