import io
from datetime import UTC, date, datetime

import pytest
from flask import Flask, g, request
from werkzeug.exceptions import BadRequest

from kernel.actors import Actor, ActorKind
from kernel.ids import new_id
from kernel.pages import (
    NOTICE_COOKIE,
    FormNotOurs,
    NoticeKind,
    accepts_upload,
    attachment,
    csrf_token,
    cursor_place,
    here,
    keep_page_cookies,
    page_of,
    progress_json,
    refuse_forged_forms,
    safe_next,
    see_other,
    shown_day,
    shown_moment,
    taken_notice,
    use_pages,
    wants_json,
    way_back,
)
from kernel.web import encode_cursor

STAFF = Actor(ActorKind.STAFF, id=new_id(), session_id=new_id())


def notice_cookie(answer):
    header = answer.headers["Set-Cookie"]
    return header.split(";")[0].partition("=")[2]


def test_a_notice_is_said_once_in_the_readers_language(app):
    with app.test_request_context("/desk/"):
        answer = see_other("/desk/", "Hello, %(name)s.", kind=NoticeKind.WAIT, name="甲")
    cookie = f"{NOTICE_COOKIE}={notice_cookie(answer)}"

    with app.test_request_context("/desk/", headers={"Cookie": cookie, "Accept-Language": "en"}):
        said = taken_notice()
        forgotten = keep_page_cookies(app.response_class())
    with app.test_request_context("/desk/", headers={"Cookie": cookie, "Accept-Language": "zh"}):
        in_chinese = taken_notice()

    assert (said.kind, said.sentence) == (NoticeKind.WAIT, "Hello, 甲.")
    assert in_chinese.sentence == "甲，您好。"
    assert "Max-Age=0" in forgotten.headers["Set-Cookie"]
    assert answer.status_code == 303


@pytest.mark.parametrize("change", [lambda c: c[:-1] + "0", lambda c: "x" + c, lambda _: "?"])
def test_a_notice_that_we_did_not_sign_is_not_said(app, change):
    with app.test_request_context("/desk/"):
        cookie = notice_cookie(see_other("/desk/", "Done"))
    while change(cookie) == cookie:
        cookie += "1"

    headers = {"Cookie": f"{NOTICE_COOKIE}={change(cookie)}"}
    with app.test_request_context("/desk/", headers=headers):
        assert taken_notice() is None


def test_a_token_belongs_to_one_session(app):
    def token_of(actor):
        with app.test_request_context("/desk/"):
            g.actor = actor
            return csrf_token()

    other = Actor(ActorKind.STAFF, id=STAFF.id, session_id=new_id())
    assert token_of(STAFF) == token_of(STAFF)
    assert token_of(STAFF) != token_of(other)


@pytest.mark.parametrize("cookie", ["", "x" * 101])
def test_a_visitor_without_a_good_cookie_gets_a_new_one(app, cookie):
    with app.test_request_context("/desk/", headers={"Cookie": f"uc_form={cookie}"}):
        csrf_token()
        answer = keep_page_cookies(app.response_class())

    assert "uc_form=" in answer.headers["Set-Cookie"]


def test_a_form_token_that_is_no_ascii_is_refused_not_a_fault(app):
    with (
        app.test_request_context("/desk/sign-in", method="POST", data={"csrf_token": "令牌"}),
        pytest.raises(FormNotOurs),
    ):
        refuse_forged_forms()


def test_the_desks_cookie_moves_nothing_in_the_api_from_another_site(app):
    headers = {"Sec-Fetch-Site": "same-site"}
    path = "/api/v1/members/sign-in/code"
    with app.test_request_context(path, method="POST", headers=headers):
        g.actor = STAFF
        with pytest.raises(FormNotOurs):
            refuse_forged_forms()


def test_whoever_brings_no_cookie_needs_no_token(app):
    headers = {"Sec-Fetch-Site": "cross-site"}
    path = "/api/v1/members/sign-in/code"
    with app.test_request_context(path, method="POST", headers=headers):
        refuse_forged_forms()


@pytest.fixture
def two_forms(app):
    """A small service with a form for a file and one for words; `app` lent it the keys."""
    small = Flask("small")
    small.config["MAX_CONTENT_LENGTH"] = 10_000
    use_pages(small, over_tls=False)

    @small.get("/desk/")
    def token():
        return csrf_token()

    @small.post("/desk/file")
    @accepts_upload(bytes_max=100_000)
    def file():
        return str(len(request.files["file"].read()))

    @small.post("/desk/words")
    def words():
        return str(len(request.files["file"].read()))

    return small.test_client()


def send_file(client, path, size):
    fields = {"csrf_token": client.get("/desk/").text, "file": (io.BytesIO(b"x" * size), "a.csv")}
    return client.post(path, data=fields)


def test_only_the_view_that_says_so_takes_a_large_request(two_forms):
    assert send_file(two_forms, "/desk/file", 50_000).text == "50000"
    assert send_file(two_forms, "/desk/file", 100_000).status_code == 413
    assert send_file(two_forms, "/desk/words", 20_000).status_code == 413
    assert send_file(two_forms, "/desk/words", 5_000).text == "5000"


def test_a_page_names_the_place_where_the_next_one_begins(app):
    page = page_of([1, 2, 3], place=lambda row: (str(row),), size=2)

    assert page.rows == [1, 2]
    with app.test_request_context(f"/desk/?cursor={page.next_cursor}"):
        assert cursor_place(parts=1) == ["2"]
    assert page_of([1, 2], place=lambda row: (str(row),), size=2).next_cursor is None


@pytest.mark.parametrize("cursor", ["!", "%00", encode_cursor("a", "b"), "YQ==", "é"])
def test_a_cursor_that_is_none_of_ours_is_a_bad_request(app, cursor):
    with (
        app.test_request_context("/desk/", query_string={"cursor": cursor}),
        pytest.raises(BadRequest),
    ):
        cursor_place(parts=1)


def test_the_beginning_needs_no_cursor(app):
    with app.test_request_context("/desk/"):
        assert cursor_place(parts=1) is None


def test_an_address_changes_in_one_part_only(app):
    with app.test_request_context("/desk/staff?role=auditor&cursor=x"):
        assert here(cursor=None) == "/desk/staff?role=auditor"
        assert here(cursor=None, sort="-name") == "/desk/staff?role=auditor&sort=-name"
    with app.test_request_context("/nowhere"):
        assert here(cursor=None) == "/nowhere"


@pytest.mark.parametrize(
    ("referrer", "back"),
    [
        ("http://localhost/desk/staff?role=auditor", "/desk/staff?role=auditor"),
        ("http://localhost/desk/staff", "/desk/staff"),
        ("http://localhost//evil.example", "/desk/"),
        ("http://evil.example/desk/", "/desk/"),
        ("", "/desk/"),
    ],
)
def test_the_way_back_is_a_page_of_ours(app, referrer, back):
    with app.test_request_context("/desk/x", headers={"Referer": referrer}):
        assert way_back() == back


@pytest.mark.parametrize(
    ("asked", "next_page"),
    [
        ("/desk/staff?x=1", "/desk/staff?x=1"),
        ("/desk/", "/desk/"),
        ("https://evil.example", "/desk/"),
        ("/desk//evil", "/desk/"),
        ("/desk/\\evil", "/desk/"),
        ("/desk/\nx", "/desk/"),
        ("", "/desk/"),
    ],
)
def test_after_signing_in_only_pages_of_the_desk_follow(asked, next_page):
    assert safe_next(asked) == next_page


def test_times_are_shown_in_shanghai(app):
    moment = datetime(2026, 11, 23, 16, 5, tzinfo=UTC)

    assert shown_moment(moment) == "2026-11-24 00:05"
    assert shown_day(date(2026, 11, 23)) == "2026-11-23"
    assert shown_moment(None) == shown_day(None) == ""


def test_a_file_is_saved_and_never_runs(app):
    with app.test_request_context("/desk/"):
        answer = attachment(b"<script>", filename="名单.csv", mimetype="text/csv")

    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    answer.close()


def test_long_work_tells_its_own_count(app):
    with app.test_request_context("/desk/x", headers={"Accept": "application/json"}):
        assert wants_json()
        answer = progress_json(done=3, total=9, finished=False)
    with app.test_request_context("/desk/x", headers={"Accept": "text/html"}):
        assert not wants_json()

    assert answer.json == {"done": 3, "total": 9, "finished": False}
