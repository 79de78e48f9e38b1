"""Fifty members at once for ten seats, and two who leave at once, over real HTTP.

The service runs two gunicorn workers, so nothing that a process keeps for itself can help.
"""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from benefits.queries import limit_residuals
from kernel.clock import utc_now
from kernel.db import transaction
from kernel.ids import new_id
from merchants.models import Merchant, MerchantKind, Site
from tests.drive import Caller, Phone, answered
from tests.make.maker import Maker
from tests.town import at_once
from training.models import Enrolment, EnrolmentState

MEMBERS = 50
SEATS = 10
HOUR = timedelta(hours=1)


@pytest.fixture
def people(town):
    """Fifty members' phones, signed in."""

    def sign_in(number):
        person = town.demo["members"][number]
        return Phone(town.base_url, person, sign_in_code=town.demo["sign_in_code"]).sign_in()

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(sign_in, range(MEMBERS)))


def held_tomorrow(seats):
    """Plan a session of tomorrow at the demo's first service site; return its id."""
    now = utc_now()
    with transaction() as session:
        make = Maker(session)
        site = session.scalars(
            select(Site)
            .join(Merchant, Merchant.id == Site.merchant_id)
            .where(Merchant.kind == MerchantKind.SERVICE_SITE)
            .limit(1)
        ).one()
        held = make.course_session(
            site=site,
            seats=seats,
            meetings=[(now + 24 * HOUR, now + 26 * HOUR)],
            enrol_from=now - HOUR,
        )
        return str(held.id)


def anew(phone):
    """Return the phone on a connection of its own: one kept from before may just be closing."""
    caller = Caller(phone.base_url)
    caller.http.headers["Authorization"] = phone.http.headers["Authorization"]
    return caller


def enrol_all(people, session_id):
    keys = [str(new_id()) for _ in people]
    answers = at_once(
        [
            lambda phone=phone, key=key: anew(phone).post(
                "/training/enrolments", id=key, session_id=session_id
            )
            for phone, key in zip(people, keys, strict=True)
        ]
    )
    return keys, [answered(answer, 201) for answer in answers]


def states(session_id):
    with transaction() as session:
        assert limit_residuals(session) == []
        rows = session.scalars(select(Enrolment.state).where(Enrolment.session_id == session_id))
        return Counter(rows)


@pytest.mark.service
def test_fifty_at_once_for_ten_seats(town, people):
    session_id = held_tomorrow(SEATS)

    _, enrolments = enrol_all(people, session_id)

    # Each answer was true when it was given: the places were counted one after another.
    assert Counter(each["state"] for each in enrolments) == {"enrolled": 10, "waiting": 40}
    places = sorted(each["place"] for each in enrolments if each["state"] == "waiting")
    assert places == list(range(1, MEMBERS - SEATS + 1))
    assert states(session_id) == {EnrolmentState.ENROLLED: 10, EnrolmentState.WAITING: 40}


@pytest.mark.service
def test_two_who_leave_at_once_make_room_for_two(town, people):
    session_id = held_tomorrow(2)
    crowd = people[:8]
    keys, enrolments = enrol_all(crowd, session_id)
    seated = [n for n, each in enumerate(enrolments) if each["state"] == "enrolled"]
    place_of = {each["place"]: n for n, each in enumerate(enrolments)}

    gone = at_once(
        [
            lambda n=n: anew(crowd[n]).call("DELETE", f"/training/enrolments/{keys[n]}")
            for n in seated
        ]
    )

    assert [answer.status_code for answer in gone] == [200, 200]
    now_seated = {
        n
        for n, phone in enumerate(crowd)
        if answered(anew(phone).get("/training/enrolments"), 200)["items"][0]["state"] == "enrolled"
    }
    assert now_seated == {place_of[1], place_of[2]}
    assert states(session_id) == {
        EnrolmentState.ENROLLED: 2,
        EnrolmentState.WAITING: 4,
        EnrolmentState.WITHDRAWN: 2,
    }


@pytest.mark.service
def test_whoever_comes_while_others_leave_stands_behind_the_queue(town, people):
    session_id = held_tomorrow(5)
    early, late = people[:15], people[15:40]
    keys, enrolments = enrol_all(early, session_id)
    seated = [n for n, each in enumerate(enrolments) if each["state"] == "enrolled"]
    leaving = [
        lambda n=n: anew(early[n]).call("DELETE", f"/training/enrolments/{keys[n]}") for n in seated
    ]
    coming = [
        lambda phone=phone: anew(phone).post(
            "/training/enrolments", id=str(new_id()), session_id=session_id
        )
        for phone in late
    ]

    answers = at_once([*coming, *leaving])

    assert Counter(answer.status_code for answer in answers) == {201: 25, 200: 5}
    # Five seats came free and five had been waiting longest: no newcomer slipped in between.
    assert {answer.json()["state"] for answer in answers[:25]} == {"waiting"}
    assert states(session_id) == {
        EnrolmentState.ENROLLED: 5,
        EnrolmentState.WAITING: 30,
        EnrolmentState.WITHDRAWN: 5,
    }


@pytest.mark.service
def test_a_double_tap_is_one_enrolment(town, people):
    session_id = held_tomorrow(SEATS)
    phone, key = people[0], str(new_id())

    answers = at_once(
        [
            lambda: anew(phone).post("/training/enrolments", id=key, session_id=session_id)
            for _ in range(8)
        ]
    )

    assert {answered(answer, 201)["id"] for answer in answers} == {key}
    assert states(session_id) == {EnrolmentState.ENROLLED: 1}
