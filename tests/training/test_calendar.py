"""The calendar file of an enrolment: read back by the library that reads calendars."""

from datetime import timedelta

import pytest
from icalendar import Calendar

from kernel.clock import utc_now
from kernel.ids import new_id

ENROLMENTS = "/api/v1/training/enrolments"
HOUR = timedelta(hours=1)


@pytest.fixture
def meetings():
    tomorrow = (utc_now() + 24 * HOUR).replace(microsecond=0)
    return [(tomorrow, tomorrow + 2 * HOUR), (tomorrow + 24 * HOUR, tomorrow + 27 * HOUR)]


@pytest.fixture
def held(make, meetings):
    return make.course_session(seats=1, meetings=meetings)


def enrol(client, who, held):
    body = {"id": str(new_id()), "session_id": str(held.id)}
    return client.post(ENROLMENTS, json=body, headers=who.headers).json["id"]


def fetch(client, who, enrolment, **headers):
    address = f"{ENROLMENTS}/{enrolment}/calendar.ics"
    return client.get(address, headers=who.headers | headers)


def events(answer):
    return Calendar.from_ical(answer.data).walk("VEVENT")


def test_each_meeting_is_an_event_in_shanghais_time(client, held, meetings, reader):
    who = reader()

    answer = fetch(client, who, enrol(client, who, held))

    assert (answer.status_code, answer.mimetype) == (200, "text/calendar")
    assert "attachment" in answer.headers["Content-Disposition"]
    found = events(answer)
    assert [(each.start, each.end) for each in found] == meetings
    assert {each["DTSTART"].params["TZID"] for each in found} == {"Asia/Shanghai"}
    assert {each["STATUS"] for each in found} == {"CONFIRMED"}
    assert {each["SUMMARY"] for each in found} == {"Team leader training (demo)"}
    assert len(Calendar.from_ical(answer.data).walk("VTIMEZONE")) == 1


def test_a_file_fetched_again_replaces_the_first_and_takes_back_what_is_off(client, held, reader):
    who = reader()
    enrolment = enrol(client, who, held)
    before = events(fetch(client, who, enrolment))
    client.delete(f"{ENROLMENTS}/{enrolment}", headers=who.headers)

    after = events(fetch(client, who, enrolment))

    assert [each["UID"] for each in after] == [each["UID"] for each in before]
    assert len({each["UID"] for each in after}) == 2
    assert {each["STATUS"] for each in after} == {"CANCELLED"}
    assert after[0]["SEQUENCE"] >= before[0]["SEQUENCE"]


def test_a_place_in_the_queue_is_tentative(client, held, reader):
    enrol(client, reader(), held)
    who = reader()

    answer = fetch(client, who, enrol(client, who, held), **{"Accept-Language": "zh-CN"})

    found = events(answer)
    assert {each["STATUS"] for each in found} == {"TENTATIVE"}
    assert {each["SUMMARY"] for each in found} == {"班组长培训(演示)"}


def test_a_foreign_enrolment_has_no_calendar(client, held, reader):
    enrolment = enrol(client, reader(), held)

    answer = fetch(client, reader(), enrolment)

    assert (answer.status_code, answer.json["code"]) == (404, "enrolment_not_found")
