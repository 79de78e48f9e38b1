"""Training over JSON: what a member and a till hear, and what a foreign one does not."""

from datetime import timedelta

import pytest

from kernel.clock import utc_now
from kernel.ids import new_id
from kernel.web import REPLAYED_HEADER
from tests.training.conftest import Learner
from training.models import SessionState

ENROLMENTS = "/api/v1/training/enrolments"
SESSIONS = "/api/v1/training/sessions"
AT_MY_SITE = "/api/v1/training/sessions/at-my-site"
ATTENDANCES = "/api/v1/attendances"
HOUR = timedelta(hours=1)
TILL = {"Authorization": "Bearer uct_mine", "Accept-Language": "en"}


@pytest.fixture
def site(make):
    return make.service_site()


@pytest.fixture
def held(make, site):
    """A session with one seat that meets now, by the real clock: requests read it themselves."""
    now = utc_now()
    return make.course_session(
        site=site,
        seats=1,
        meetings=[(now - HOUR / 2, now + HOUR)],
        enrol_from=now - HOUR,
        enrol_until=now + HOUR,
    )


@pytest.fixture
def till(make, site):
    return make.terminal(site=site, token="uct_mine")


@pytest.fixture
def pupil(make):
    """A member whose phone shows codes by the real clock."""
    now = utc_now()
    make.issuer_keys(now=now)
    member = make.member()
    make.consent(member)
    card = make.card(member=member)
    phone = make.phone(card, now=now)
    make.member_session(member, token="ucm_pupil")
    return Learner(member, card, phone, "ucm_pupil")


def enrol(client, who, held, **facts):
    body = {"id": str(new_id()), "session_id": str(held.id)} | facts
    return client.post(ENROLMENTS, json=body, headers=who.headers)


def scan(client, who, held, direction="in", headers=TILL, **facts):
    body = {
        "id": str(new_id()),
        "presentation": who.phone.code(now=utc_now()),
        "session_id": str(held.id),
        "direction": direction,
        "occurred_at": "1999-12-31T23:59:59+08:00",
    }
    return client.post(ATTENDANCES, json=body | facts, headers=headers)


def test_enrolling_answers_state_and_place(client, held, reader):
    seated, waiting = enrol(client, reader(), held), enrol(client, reader(), held)

    assert (seated.status_code, waiting.status_code) == (201, 201)
    assert (seated.json["state"], seated.json["place"]) == ("enrolled", None)
    assert (waiting.json["state"], waiting.json["place"]) == ("waiting", 1)


def test_the_same_request_again_is_marked_as_a_replay(client, held, reader):
    who, key = reader(), str(new_id())

    first, again = (enrol(client, who, held, id=key) for _ in range(2))

    assert REPLAYED_HEADER not in first.headers
    assert again.headers[REPLAYED_HEADER] == "true"
    assert again.json == first.json
    foreign = enrol(client, reader(), held, id=key)
    assert (foreign.status_code, foreign.json["code"]) == (409, "request_key_reused")


@pytest.mark.parametrize(
    "changes", [{"id": "x"}, {"session_id": None}, {"surplus": 1}, {"id": None}]
)
def test_a_malformed_enrolment_names_its_fields(client, held, reader, changes):
    answer = enrol(client, reader(), held, **changes)

    assert answer.status_code == 422
    assert set(answer.json["errors"]) == set(changes)


def test_a_session_that_is_not_there_is_not_found(client, held, reader):
    assert enrol(client, reader(), held, session_id=str(new_id())).status_code == 404


def test_withdrawing_hands_the_seat_on(client, held, reader):
    first, second = reader(), reader()
    seat = enrol(client, first, held).json["id"]
    queued = enrol(client, second, held).json["id"]

    gone = client.delete(f"{ENROLMENTS}/{seat}", headers=first.headers)
    mine = client.get(ENROLMENTS, headers=second.headers).json["items"]

    assert (gone.status_code, gone.json["state"]) == (200, "withdrawn")
    assert [(each["id"], each["state"], each["place"]) for each in mine] == [
        (queued, "enrolled", None)
    ]


def test_a_foreign_member_neither_sees_nor_ends_an_enrolment(client, held, reader):
    owner, stranger = reader(), reader()
    enrolment = enrol(client, owner, held).json["id"]

    taken = client.delete(f"{ENROLMENTS}/{enrolment}", headers=stranger.headers)

    assert (taken.status_code, taken.json["code"]) == (404, "enrolment_not_found")
    assert client.get(ENROLMENTS, headers=stranger.headers).json["items"] == []
    own = client.get(ENROLMENTS, headers=owner.headers).json["items"]
    assert own[0]["state"] == "enrolled"


def test_the_list_says_what_i_can_enrol_in_and_why_not(client, make, held, reader):
    now = utc_now()
    closed = make.course_session(
        course=make.course(eligibility=[{"rule": "union_within", "paths": ["SZ/SZ-XX"]}]),
        meetings=[(now + HOUR, now + 2 * HOUR)],
    )
    ahead = make.course_session(
        meetings=[(now + 48 * HOUR, now + 50 * HOUR)], enrol_from=now + 24 * HOUR
    )
    draft = make.course_session(state=SessionState.DRAFT, meetings=[(now, now + HOUR)])
    who = reader()

    items = client.get(SESSIONS, headers=who.headers).json["items"]
    seen = {each["session_id"]: each for each in items}

    assert str(draft.id) not in seen
    assert seen[str(held.id)]["usable"] is True
    assert seen[str(held.id)]["free"] == 1
    assert seen[str(closed.id)]["reason"] == "not_for_this_union"
    assert seen[str(ahead.id)]["reason"] == "enrolment_ahead"
    assert "%(" not in seen[str(ahead.id)]["next_step"]
    enrolment = enrol(client, who, held).json["id"]
    again = client.get(SESSIONS, headers=who.headers).json["items"]
    mine = next(each for each in again if each["session_id"] == str(held.id))
    assert (mine["reason"], mine["enrolment_id"]) == ("already_enrolled", enrolment)
    assert mine["free"] == 0


def test_what_is_listed_as_closed_is_refused_with_the_same_reason(client, make, reader):
    now = utc_now()
    course = make.course(eligibility=[{"rule": "hardship", "levels": ["deep"]}])
    held = make.course_session(course=course, meetings=[(now + HOUR, now + 2 * HOUR)])
    who = reader()

    listed = client.get(SESSIONS, headers=who.headers).json["items"][0]["reason"]
    refused = enrol(client, who, held)

    assert (refused.status_code, refused.json["code"]) == (409, "enrolment_not_possible")
    assert refused.json["facts"]["reason"] == listed == "hardship"


def test_lists_go_on_behind_their_last_line(client, make, reader):
    now = utc_now()
    for _ in range(3):
        make.course_session(meetings=[(now + HOUR, now + 2 * HOUR)])
    who = reader()

    first = client.get(f"{SESSIONS}?rows=2", headers=who.headers).json
    rest = client.get(f"{SESSIONS}?rows=2&cursor={first['next_cursor']}", headers=who.headers).json

    assert (len(first["items"]), len(rest["items"])) == (2, 1)
    assert rest["next_cursor"] is None
    assert client.get(f"{SESSIONS}?cursor=x", headers=who.headers).status_code == 422


def test_attendance_is_taken_by_scan_with_our_moment(client, till, held, pupil):
    enrol(client, pupil, held)

    came = scan(client, pupil, held)

    assert came.status_code == 201
    assert came.json["direction"] == "in"
    assert came.json["received_at"] > "2020"
    assert came.json["occurred_at"].startswith("1999-12-31T23:59:59")
    assert came.json["card"]["masked_name"] == "张*明"
    mine = client.get(ENROLMENTS, headers=pupil.headers).json["items"][0]
    assert mine["attendance"][0]["came_at"] == came.json["received_at"]
    assert mine["attendance"][0]["left_at"] is None


def test_a_refused_card_is_a_conflict_that_says_why(client, till, held, pupil):
    enrol(client, pupil, held)

    answer = scan(client, pupil, held, presentation="UC1:NOTHING")

    assert (answer.status_code, answer.json["code"]) == (409, "card_not_usable")
    assert answer.json["facts"]["reason"] == "malformed"


def test_out_without_in_is_refused_in_words(client, till, held, pupil):
    enrol(client, pupil, held)

    answer = scan(client, pupil, held, "out")

    assert (answer.status_code, answer.json["code"]) == (409, "not_scanned_in")
    assert answer.json["title"].startswith("This member was not scanned in")


def test_a_foreign_till_takes_no_attendance_and_sees_no_session(client, make, till, held, pupil):
    make.terminal(site=make.service_site(), token="uct_foreign")
    foreign = {"Authorization": "Bearer uct_foreign", "Accept-Language": "en"}
    enrol(client, pupil, held)

    answer = scan(client, pupil, held, headers=foreign)

    assert (answer.status_code, answer.json["code"]) == (409, "not_this_site")
    assert client.get(AT_MY_SITE, headers=foreign).json["items"] == []
    mine = client.get(AT_MY_SITE, headers=TILL).json["items"]
    assert [each["session_id"] for each in mine] == [str(held.id)]
    assert mine[0]["enrolled"] == 1


@pytest.mark.parametrize(
    "changes",
    [{"direction": "up"}, {"occurred_at": "2026-11-23T12:00:00"}, {"presentation": ""}, {"id": 7}],
)
def test_a_malformed_scan_names_its_fields(client, till, held, pupil, changes):
    answer = scan(client, pupil, held, **changes)

    assert answer.status_code == 422
    assert set(answer.json["errors"]) == set(changes)


@pytest.mark.parametrize("path", [SESSIONS, ENROLMENTS, AT_MY_SITE])
def test_nobody_and_the_wrong_kind_of_caller_hear_nothing(client, till, reader, path):
    wrong = reader().headers if path == AT_MY_SITE else TILL
    for headers in ({}, wrong):
        assert client.get(path, headers=headers).status_code == 401
