"""Signing in through the pages, as a browser does it."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from kernel.actors import Role
from kernel.clock import utc_now
from kernel.pages import FORM_COOKIE
from staff.models import AccountState, StaffAccount
from staff.pages import DESK_COOKIE
from tests.make.staff import PASSWORD, code_at


def cookie(answer, name):
    return next(c for c in answer.headers.getlist("Set-Cookie") if c.startswith(f"{name}="))


def test_a_signed_out_page_leads_to_sign_in_and_back(make, desk, baoan):
    account = make.staff(Role.ADMINISTRATOR, union=baoan)

    answer = desk.open("/desk/staff?role=auditor")
    assert answer.location == "/desk/sign-in?next=/desk/staff"

    answer = desk.give_password(account.username, next="/desk/staff")
    assert answer.status_code == 303
    answer = desk.give_code(next="/desk/staff")
    assert answer.location == "/desk/staff"
    assert account.username in desk.open(answer.location).text


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(make, desk):
    desk.give_password(make.staff().username)

    flags = cookie(desk.give_code(), DESK_COOKIE)

    assert "HttpOnly" in flags
    assert "SameSite=Strict" in flags
    assert "Secure" not in flags  # the test client speaks plain http


def test_behind_tls_every_cookie_is_secure(client):
    answer = client.get("/desk/sign-in", base_url="https://card.example")

    assert "Secure" in cookie(answer, FORM_COOKIE)


@pytest.mark.parametrize("next_page", ["https://evil.example/", "//evil.example", "/desk/\\evil"])
def test_sign_in_never_leads_elsewhere(make, desk, next_page):
    desk.give_password(make.staff().username, next=next_page)

    assert desk.give_code(next=next_page).location == "/desk/"


def test_a_wrong_password_an_unknown_name_and_a_disabled_account_look_alike(make, desk):
    known, disabled = make.staff().username, make.staff(state=AccountState.DISABLED).username

    answers = [
        desk.give_password(known, "Wrong-Horse-77"),
        desk.give_password("nobody.here", "Wrong-Horse-77"),
        desk.give_password(disabled),
    ]

    assert [answer.status_code for answer in answers] == [401, 401, 401]
    pages = [
        answer.text.replace(name, "NAME")
        for answer, name in zip(answers, (known, "nobody.here", disabled), strict=True)
    ]
    assert pages[0] == pages[1] == pages[2]


def test_what_was_typed_is_kept_except_the_password(make, desk):
    answer = desk.give_password("nobody.here", "Wrong-Horse-77")

    assert 'value="nobody.here"' in answer.text
    assert "Wrong-Horse-77" not in answer.text


@pytest.mark.parametrize("exists", [True, False])
def test_five_failures_lock_an_existing_and_an_unknown_name_alike(make, desk, exists):
    username = make.staff().username if exists else "nobody.here"
    for _ in range(5):
        assert desk.give_password(username, "Wrong-Horse-77").status_code == 401

    answer = desk.give_password(username)

    assert answer.status_code == 429
    assert "15" in answer.text


def test_a_failed_try_is_counted_although_it_was_refused(make, desk, session):
    """The refusal must not roll back its own count."""
    account = make.staff()
    for _ in range(5):
        desk.give_password(account.username, "Wrong-Horse-77")

    session.expire_all()
    assert desk.give_password(account.username).status_code == 429


def test_a_wrong_code_is_refused_and_asked_again(make, desk):
    desk.give_password(make.staff().username)

    assert desk.give_code("000000").status_code == 401
    assert desk.give_code().status_code == 303


def test_a_used_code_is_refused(make, desk, app):
    account = make.staff()
    code = code_at(utc_now())
    desk.give_password(account.username)
    assert desk.give_code(code).status_code == 303

    again = type(desk)(app.test_client())
    again.give_password(account.username)

    assert again.give_code(code).status_code == 401


def test_the_second_step_without_the_first_begins_again(desk, make):
    assert desk.open("/desk/sign-in/code").location == "/desk/sign-in"

    desk.give_password(make.staff().username)
    desk.client.set_cookie("uc_desk_step", "somebody-else", path="/desk/sign-in")
    answer = desk.give_code(next="/desk/staff")

    assert answer.location == "/desk/sign-in?next=/desk/staff"


def test_an_empty_form_says_what_is_missing(desk):
    answer = desk.send("/desk/sign-in", username="", password="")

    assert answer.status_code == 422
    assert answer.text.count('aria-invalid="true"') == 2


def test_a_form_without_its_token_is_refused_before_sign_in(make, desk):
    account = make.staff()
    fields = {"username": account.username, "password": PASSWORD}

    assert desk.client.post("/desk/sign-in", data=fields).status_code == 403


def test_the_token_of_another_visitor_is_refused(make, desk, app):
    foreign = type(desk)(app.test_client()).token("/desk/sign-in")
    desk.open("/desk/sign-in")
    fields = {"username": make.staff().username, "password": PASSWORD, "csrf_token": foreign}

    answer = desk.client.post("/desk/sign-in", data=fields)

    assert answer.status_code == 403
    assert "form_not_ours" in answer.text


def test_the_token_of_another_session_is_refused(make, signed_in):
    mine, theirs = signed_in(make.staff()), signed_in(make.staff())
    foreign = theirs.token("/desk/account")

    answer = mine.client.post("/desk/sign-out", data={"csrf_token": foreign})

    assert answer.status_code == 403
    assert mine.open("/desk/account").status_code == 200


def test_a_form_sent_from_another_site_is_refused_even_with_its_token(make, signed_in):
    desk = signed_in(make.staff())
    fields = {"csrf_token": desk.token("/desk/account")}

    answer = desk.client.post(
        "/desk/sign-out", data=fields, headers={"Sec-Fetch-Site": "cross-site"}
    )

    assert answer.status_code == 403


def test_signing_out_ends_the_session_on_the_server_too(make, signed_in):
    desk = signed_in(make.staff())
    token = desk.client.get_cookie(DESK_COOKIE).value

    answer = desk.send("/desk/sign-out", page="/desk/account")
    assert answer.location == "/desk/sign-in"

    desk.client.set_cookie(DESK_COOKIE, token)
    assert desk.open("/desk/account").status_code == 302


def test_an_idle_session_leads_to_sign_in(make, app, desk):
    make.staff_session(make.staff(), token="t" * 43, at=utc_now() - timedelta(minutes=31))
    desk.client.set_cookie(DESK_COOKIE, "t" * 43)

    assert desk.open("/desk/").location == "/desk/sign-in?next=/desk/"


def test_a_form_sent_after_the_session_ended_is_told_to_sign_in(make, signed_in, session):
    account = make.staff()
    desk = signed_in(account)
    token = desk.token("/desk/account")
    account.state = AccountState.DISABLED
    session.flush()

    answer = desk.client.post("/desk/account/second-factor", data={"csrf_token": token})

    assert answer.status_code == 401
    assert "/desk/sign-in" in answer.text


def test_a_role_taken_away_counts_with_the_next_click(make, signed_in, session, baoan):
    account = make.staff(union=baoan)
    grant = make.grant(account, Role.ADMINISTRATOR, baoan)
    desk = signed_in(account)
    assert desk.open("/desk/staff").status_code == 200

    session.delete(grant)
    session.flush()

    assert desk.open("/desk/staff").status_code == 403


def test_the_staff_of_the_api_is_told_in_json_to_sign_in(desk):
    answer = desk.open("/api/v1/members")

    assert answer.status_code in {401, 404}
    assert answer.content_type == "application/problem+json"


def test_a_token_of_absurd_length_is_nobody(desk):
    desk.client.set_cookie(DESK_COOKIE, "t" * 3000)

    assert desk.open("/desk/").status_code == 302


def test_the_first_sign_in_asks_for_credentials_of_ones_own(make, signed_in, session, baoan):
    account = make.staff(
        Role.ADMINISTRATOR, union=baoan, password_is_temporary=True, totp_is_temporary=True
    )
    desk = signed_in(account)
    assert "/desk/account/password" in desk.open("/desk/").text
    assert desk.open("/desk/staff").status_code == 403

    new = "Another-Horse-8"
    answer = desk.send(
        "/desk/account/password", current_password=PASSWORD, new_password=new, repeated=new
    )
    assert answer.location == "/desk/"
    desk.send("/desk/account/second-factor", page="/desk/account")
    secret = desk.open("/desk/account/second-factor").text.split('class="secret">')[1][:32]
    answer = desk.send(
        "/desk/account/second-factor/confirm",
        page="/desk/account/second-factor",
        code=code_at(utc_now(), secret=secret),
    )

    assert answer.location == "/desk/account"
    assert desk.open("/desk/staff").status_code == 200
    session.expire_all()
    found = session.scalars(select(StaffAccount).where(StaffAccount.id == account.id)).one()
    assert not found.is_provisional
