"""My account, and the administration of accounts, as pages."""

import csv
import io

import openpyxl
import pytest

from kernel.actors import Role
from kernel.clock import utc_now
from kernel.ids import new_id
from staff.models import AccountState
from tests.make.staff import PASSWORD

CHINESE = {"Accept-Language": "zh-CN"}
ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def admin_desk(make, signed_in, baoan):
    account = make.staff(
        Role.ADMINISTRATOR, union=baoan, username="admin.ba", display_name="管理员 甲"
    )
    return signed_in(account)


def notice(desk, answer):
    """Follow a redirect and return the sentence said on the page."""
    return desk.open(answer.location, headers=ENGLISH).text


def test_my_account_shows_my_roles_and_sessions(make, signed_in, baoan):
    account = make.staff(Role.CLAIMS_ASSESSOR, union=baoan)
    make.staff_session(account, at=utc_now(), browser="Safari, iPhone")

    page = signed_in(account).open("/desk/account", headers=ENGLISH).text

    assert "Claims assessor" in page
    assert "宝安区总工会" in page
    assert "Safari, iPhone" in page


def test_another_session_is_ended_from_my_account(make, signed_in, baoan):
    account = make.staff(union=baoan)
    other = make.staff_session(account, at=utc_now(), browser="Safari, iPhone")
    desk = signed_in(account)

    answer = desk.send(f"/desk/account/sessions/{other.id}/end", page="/desk/account")

    page = notice(desk, answer)
    assert "That session has ended." in page
    assert "Safari, iPhone" not in page


def test_a_session_of_somebody_else_is_not_there(make, signed_in):
    foreign = make.staff_session(make.staff(), at=utc_now())
    desk = signed_in(make.staff())

    answer = desk.send(f"/desk/account/sessions/{foreign.id}/end", page="/desk/account")

    assert answer.status_code == 404


def test_all_other_sessions_are_ended_at_once(make, signed_in):
    account = make.staff()
    desk = signed_in(account)
    make.staff_session(account, at=utc_now())

    answer = desk.send("/desk/account/sessions/end-others", page="/desk/account")

    assert "Your other sessions have ended." in notice(desk, answer)


@pytest.mark.parametrize(
    ("fields", "status", "sentence"),
    [
        ({"repeated": "Different-Horse-9"}, 422, "The two new passwords differ."),
        ({"current_password": "Wrong-Horse-77"}, 409, "The present password is not right."),
        ({"new_password": "short", "repeated": "short"}, 422, "Use at least 12 characters."),
        ({"new_password": "", "repeated": ""}, 422, "Fill this in."),
    ],
)
def test_a_refused_password_says_why_beside_the_field(make, signed_in, fields, status, sentence):
    desk = signed_in(make.staff())
    desk.client.set_cookie("uc_language", "en")
    new = "Another-Horse-8"
    typed = {"current_password": PASSWORD, "new_password": new, "repeated": new}

    answer = desk.send("/desk/account/password", **typed | fields)

    assert answer.status_code == status
    assert sentence in answer.text
    assert "Horse" not in answer.text


def test_a_wrong_code_does_not_confirm_a_second_factor(make, signed_in):
    desk = signed_in(make.staff())
    desk.send("/desk/account/second-factor", page="/desk/account")

    answer = desk.send(
        "/desk/account/second-factor/confirm", page="/desk/account/second-factor", code="000000"
    )
    assert answer.status_code == 401
    answer = desk.send(
        "/desk/account/second-factor/confirm", page="/desk/account/second-factor", code=""
    )
    assert answer.status_code == 422


def test_a_second_factor_that_was_not_begun_leads_back(make, signed_in):
    assert signed_in(make.staff()).open("/desk/account/second-factor").status_code == 302


def test_an_account_is_opened_and_its_credentials_are_shown_once(admin_desk, app):
    answer = admin_desk.send(
        "/desk/staff",
        page="/desk/staff/new",
        username="wang.wu",
        display_name="登记员 丁",
        union_code="sz-ba",
    )

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    password, secret = (part.split("<")[0] for part in answer.text.split('class="secret">')[2:4])
    first = type(admin_desk)(app.test_client())
    assert first.give_password("wang.wu", password).status_code == 303
    assert secret not in admin_desk.open("/desk/staff").text


@pytest.mark.parametrize(
    ("fields", "status", "name"),
    [
        ({"username": "admin.ba"}, 409, "username"),
        ({"username": "no blanks"}, 422, "username"),
        ({"union_code": "SZ-LG"}, 404, "union_code"),
        ({"display_name": ""}, 422, "display_name"),
        ({"display_name": "a" * 61}, 422, "display_name"),
    ],
)
def test_a_refused_account_keeps_what_was_typed(admin_desk, longgang, fields, status, name):
    typed = {"username": "wang.wu", "display_name": "登记员 丁", "union_code": "SZ-BA"} | fields

    answer = admin_desk.send("/desk/staff", page="/desk/staff/new", **typed)

    assert answer.status_code == status
    assert f'id="{name}-fault"' in answer.text
    for value in typed.values():
        assert f'value="{value}"' in answer.text


def test_a_role_is_granted_and_taken_back(make, admin_desk, baoan):
    account = make.staff(union=baoan)
    page = f"/desk/staff/{account.id}"

    answer = admin_desk.send(f"{page}/grants", page=page, role="auditor", union_code="SZ-BA")
    shown = notice(admin_desk, answer)
    assert "The role is granted." in shown
    action = shown.split(f'action="{page}/grants/')[1].split('"')[0]

    answer = admin_desk.send(f"{page}/grants/{action}", page=page)
    assert "This account holds no role." in notice(admin_desk, answer)


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"role": "king", "union_code": "SZ-BA"}, 422),
        ({"role": "administrator", "union_code": "SZ-BA"}, 409),
        ({"role": "site_worker", "union_code": "SZ-LG"}, 404),
    ],
)
@pytest.mark.usefixtures("longgang")
def test_a_role_that_cannot_be_granted_says_why(make, admin_desk, baoan, fields, status):
    account = make.staff(Role.REGISTER_OFFICER, union=baoan)
    page = f"/desk/staff/{account.id}"

    answer = admin_desk.send(f"{page}/grants", page=page, **fields)

    assert answer.status_code == status
    assert "grant-" in answer.text
    assert 'class="summary"' in answer.text


def test_an_account_is_corrected_but_not_over_a_newer_change(make, admin_desk, baoan):
    account = make.staff(union=baoan)
    page = f"/desk/staff/{account.id}"
    fields = {"display_name": "改名", "union_code": "SZ-BA", "version": "1"}

    answer = admin_desk.send(page, **fields)
    assert "The account is changed." in notice(admin_desk, answer)
    assert admin_desk.send(page, **fields).status_code == 412


def test_an_account_is_disabled_enabled_and_reset(make, admin_desk, baoan, session):
    account = make.staff(union=baoan)
    page = f"/desk/staff/{account.id}"

    answer = admin_desk.send(f"{page}/disable", page=page, version="1")
    assert "The account is disabled." in notice(admin_desk, answer)
    answer = admin_desk.send(f"{page}/enable", page=page, version="2")
    assert "The account is in use again." in notice(admin_desk, answer)
    answer = admin_desk.send(f"{page}/reset", page=page, version="3")
    assert 'class="secret"' in answer.text
    session.refresh(account)
    assert (account.state, account.version) == (AccountState.ACTIVE, 4)


@pytest.mark.parametrize("version", [{}, {"version": "two"}])
def test_a_button_without_its_version_is_refused(make, admin_desk, baoan, version):
    account = make.staff(union=baoan)
    page = f"/desk/staff/{account.id}"

    assert admin_desk.send(f"{page}/disable", page=page, **version).status_code == 400


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("", {"display_name": "改名", "union_code": "SZ-BA", "version": "1"}),
        ("/grants", {"role": "auditor", "union_code": "SZ-BA"}),
        ("/grants/0190b000-0000-7000-8000-000000000000/revoke", {}),
        ("/disable", {"version": "1"}),
        ("/enable", {"version": "1"}),
        ("/reset", {"version": "1"}),
    ],
)
def test_an_account_of_another_union_is_not_there(make, admin_desk, longgang, action, fields):
    foreign = make.staff(union=longgang)
    page = f"/desk/staff/{foreign.id}"

    assert admin_desk.open(page).status_code == 404
    assert admin_desk.send(f"{page}{action}", page="/desk/account", **fields).status_code == 404
    assert foreign.display_name not in admin_desk.open("/desk/staff").text


def test_my_own_account_offers_no_decision(make, signed_in, baoan, session):
    account = make.staff(Role.ADMINISTRATOR, union=baoan)
    desk = signed_in(account)
    page = f"/desk/staff/{account.id}"

    assert "/disable" not in desk.open(page).text
    answer = desk.send(f"{page}/disable", page=page, version="1")
    assert answer.status_code == 409
    assert desk.open(f"/desk/staff/{new_id()}").status_code == 404


def test_an_administrator_of_one_union_only_is_nobody_elsewhere(make, signed_in, longgang, baoan):
    desk = signed_in(make.staff(Role.AUDITOR, union=baoan))

    assert desk.open("/desk/staff").status_code == 403


def test_the_list_filters_pages_and_says_when_it_is_empty(make, admin_desk, baoan):
    for _ in range(55):
        make.staff(union=baoan)

    first = admin_desk.open("/desk/staff").text
    assert first.count('<th scope="row">') == 50
    onward = first.split('data-in-place href="')[1].split('"')[0].replace("&amp;", "&")
    second = admin_desk.open(onward).text
    assert second.count('<th scope="row">') == 6
    found = admin_desk.open("/desk/staff?search=ADMIN").text
    assert found.count('<th scope="row">') == 1
    empty = admin_desk.open("/desk/staff?search=nobodyhere", headers=ENGLISH).text
    assert "No account fits this filter." in empty


@pytest.mark.parametrize(
    ("query", "status"),
    [("cursor=%21", 400), ("cursor=YR8x", 400), ("format=pdf", 400), ("role=king", 422)],
)
def test_an_address_typed_wrong_is_answered_in_words(admin_desk, query, status):
    answer = admin_desk.open(f"/desk/staff?{query}")

    assert answer.status_code == status
    assert answer.content_type.startswith("text/html")


def test_the_list_is_saved_as_csv_with_harmless_cells(make, admin_desk, baoan):
    make.staff(union=baoan, display_name="=HYPERLINK(1)")

    answer = admin_desk.open("/desk/staff?format=csv", headers=ENGLISH)

    assert answer.data.startswith(b"\xef\xbb\xbf")
    assert "attachment" in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert rows[0]["Roles"] == "Administrator"
    assert rows[1]["Displayed name"] == "'=HYPERLINK(1)"


def test_the_list_is_saved_as_a_workbook(make, admin_desk, baoan):
    make.staff(union=baoan, display_name="=HYPERLINK(1)")

    answer = admin_desk.open("/desk/staff?format=xlsx", headers=CHINESE)

    sheet = openpyxl.load_workbook(io.BytesIO(answer.data)).active
    cells = list(sheet.iter_rows(values_only=True))
    assert cells[0][0] == "用户名"
    assert cells[2][1] == "'=HYPERLINK(1)"


def test_pages_speak_chinese_first_and_english_on_request(client):
    assert "登录工作台" in client.get("/desk/sign-in").text
    assert "Sign in to the desk" in client.get("/desk/sign-in", headers=ENGLISH).text


def test_the_rail_shows_what_the_roles_open(make, signed_in, baoan):
    admin = signed_in(make.staff(Role.ADMINISTRATOR, union=baoan)).open("/desk/").text
    auditor = signed_in(make.staff(Role.AUDITOR, union=baoan)).open("/desk/").text

    assert 'href="/desk/staff"' in admin
    assert 'href="/desk/staff"' not in auditor


def test_no_page_needs_an_inline_script_or_style(admin_desk):
    for path in ("/desk/", "/desk/staff", "/desk/account", "/desk/staff/new", "/"):
        answer = admin_desk.open(path)
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
        assert " style=" not in answer.text
        assert " onclick=" not in answer.text
        assert "<style" not in answer.text
