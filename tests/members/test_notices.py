"""A member's inbox: in their language, newest first, read once, nobody else's."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from kernel.db import violated_constraint
from kernel.ids import new_id
from members.models import Notice, NoticeKind
from members.queries import unread_count
from members.queries.notices import UNREAD_MAX
from members.services import notify
from tests.make import NOW

NOTICES = "/api/v1/members/me/notices"


@pytest.fixture
def member(make):
    member = make.member()
    make.member_session(member, token="ucm_mine")
    return member


@pytest.fixture
def call(client, member):
    def request(method, path=NOTICES, language="en", **options):
        headers = {"Authorization": "Bearer ucm_mine", "Accept-Language": language}
        return client.open(path, method=method, headers=headers, **options)

    return request


@pytest.fixture
def tell(session):
    def write(member, *, kind=NoticeKind.CLAIM, number=1, place="aid", now=NOW):
        return notify(
            session,
            member_id=member.id,
            kind=kind,
            title_zh=f"您的申领已核准：第{number}号",
            title_en=f"Your claim was approved: no. {number}",
            place=place,
            now=now,
        )

    return write


def read(call, **body):
    return call("POST", f"{NOTICES}/read", json=body)


def test_an_empty_inbox(call):
    assert call("GET").json == {"items": [], "next_cursor": None, "unread": 0}


def test_newest_first_in_the_language_that_is_asked_for(call, member, tell):
    first, second = tell(member, number=1), tell(member, number=2, place=None)

    english, chinese = call("GET").json, call("GET", language="zh-CN").json

    assert [each["id"] for each in english["items"]] == [str(second), str(first)]
    assert english["items"][1] == {
        "id": str(first),
        "kind": "claim",
        "title": "Your claim was approved: no. 1",
        "place": "aid",
        "created_at": "2026-11-23T12:00:00+08:00",
        "read_at": None,
    }
    assert english["items"][0]["place"] is None
    assert chinese["items"][0]["title"] == "您的申领已核准：第2号"
    assert english["unread"] == 2


def test_a_long_inbox_is_read_page_by_page(call, member, tell):
    written = [str(tell(member, number=number)) for number in range(5)]

    found, cursor = [], ""
    for _ in range(3):
        page = call("GET", f"{NOTICES}?rows=2{cursor}").json
        found += [each["id"] for each in page["items"]]
        cursor = f"&cursor={page['next_cursor']}"

    assert found == written[::-1]
    assert page["next_cursor"] is None


def test_what_was_read_stays_read_since_then(call, member, tell, session):
    first, second = tell(member), tell(member)

    assert read(call, ids=[str(first)]).json == {"unread": 1}
    since = session.get(Notice, first, populate_existing=True).read_at
    assert read(call, ids=[str(first), str(second)]).json == {"unread": 0}

    assert session.get(Notice, first, populate_existing=True).read_at == since
    assert all(each["read_at"] for each in call("GET").json["items"])


def test_all_that_was_shown_is_read_and_what_came_since_is_not(call, member, tell):
    tell(member)
    shown = tell(member)
    came_since = tell(member)

    assert read(call, up_to=str(shown)).json == {"unread": 1}
    unread = [each["id"] for each in call("GET").json["items"] if each["read_at"] is None]
    assert unread == [str(came_since)]


def test_nobody_reads_or_marks_the_notices_of_another(call, make, tell, session):
    other = make.member()
    theirs = tell(other)

    assert call("GET").json["items"] == []
    assert read(call, ids=[str(theirs)]).json == {"unread": 0}
    assert read(call, up_to=str(new_id())).json == {"unread": 0}
    assert unread_count(session, member_id=other.id) == 1


def test_the_count_of_the_unread_ends_where_a_badge_does(member, tell, session, call):
    for number in range(UNREAD_MAX + 2):
        tell(member, kind=NoticeKind.BENEFIT, number=number)
    assert call("GET").json["unread"] == UNREAD_MAX


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"ids": []},
        {"ids": ["x"]},
        {"ids": [str(new_id())] * 101},
        {"up_to": "x"},
        {"ids": [str(new_id())], "up_to": str(new_id())},
        {"all": True},
    ],
)
def test_what_does_not_say_which_is_refused(call, body):
    assert read(call, **body).status_code == 422


@pytest.mark.parametrize("query", ["cursor=x", "rows=0", "rows=101", "rows=x"])
def test_a_wrong_question_is_refused(call, query):
    assert call("GET", f"{NOTICES}?{query}").status_code == 422


def test_the_database_tells_a_member_of_a_subject_once(session, member):
    def row():
        return Notice(
            member_id=member.id,
            kind=NoticeKind.BENEFIT,
            title_zh="优惠即将结束",
            title_en="A benefit ends soon",
            place="benefits",
            subject="offer:1",
            created_at=NOW + timedelta(days=1),
        )

    session.add(row())
    session.flush()
    with pytest.raises(IntegrityError) as refused, session.begin_nested():
        session.add(row())

    assert violated_constraint(refused.value) == "uq_notices_subject"
    assert len(session.scalars(select(Notice)).all()) == 1
