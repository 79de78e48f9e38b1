"""The desk in a real browser: by keyboard and finger, narrow and wide, with scripts and without."""

from threading import Thread

import pytest
from flask import Flask, render_template_string
from flask_babel import Babel
from playwright.sync_api import expect
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from kernel.actors import Role
from kernel.clock import utc_now
from kernel.money import yuan
from kernel.pages import progress_json
from tests.browser import ROOT, Window
from tests.make.maker import Maker
from tests.make.staff import PASSWORD, code_at
from tests.service import Service

pytestmark = pytest.mark.browser

SIZES = {"wide": (1280, 860), "phone": (390, 844), "narrow": (320, 700)}


@pytest.fixture(scope="module")
def served(databases, settings_for, app):
    """One service for all tests here: a few colleagues, and an administrator for each sign-in."""
    name = databases.copy()
    settings = settings_for(name)
    engine = create_engine(settings.database_url)
    with Session(engine) as session, session.begin():
        make = Maker(session)
        city = make.union(code="SZ", name="深圳市总工会")
        for number in range(20):
            make.staff(Role.ADMINISTRATOR, union=city, username=f"admin{number:02d}")
        for number in range(52):
            make.staff(Role.AUDITOR, union=city, username=f"reader{number:02d}")
    engine.dispose()
    with Service(settings) as service:
        # A code works once, so no two tests sign in as the same person.
        service.administrators = (f"admin{number:02d}" for number in range(20))
        yield service
    databases.drop(name)


def sign_in(window, served, *, labels=("Username", "Password", "One-time code")):
    username, password, code = map(window.page.get_by_label, labels)
    window.page.goto("/desk/")
    username.fill(next(served.administrators))
    password.fill(PASSWORD)
    password.press("Enter")
    code.fill(code_at(utc_now()))
    code.press("Enter")
    window.page.wait_for_url("**/desk/")


@pytest.mark.parametrize("size", SIZES)
def test_every_page_of_an_administrator_is_fit_for_everybody(chromium, served, size):
    with Window(chromium, served.base_url, size=SIZES[size], color_scheme="dark") as window:
        page = window.page
        seen = {}

        def look(name):
            window.shoot(f"desk-{name}-{size}")
            seen[name] = window.faults()

        page.goto("/")
        look("front-door")
        page.goto("/desk/sign-in")
        page.get_by_label("Username").fill("nobody.here")
        page.get_by_label("Password").fill("Wrong-Horse-77")
        window.follow(page.get_by_role("button", name="Go on to the code"))
        look("sign-in-refused")
        sign_in(window, served)
        look("home")
        for path in ("staff", "staff?search=nobodyhere", "staff/new", "account", "nowhere"):
            page.goto(f"/desk/{path}")
            look(path.replace("/", "-").replace("?", "-"))

        assert {name: faults for name, faults in seen.items() if faults} == {}
        assert window.complaints == []


def test_the_desk_speaks_chinese(chromium, served):
    with Window(chromium, served.base_url, language="zh-CN") as window:
        sign_in(window, served, labels=("用户名", "密码", "动态口令"))
        window.page.get_by_role("link", name="工作人员账号").first.click()
        expect(window.page.get_by_role("heading", level=1)).to_have_text("工作人员账号")
        window.shoot("desk-accounts-chinese")

        window.page.get_by_role("button", name="English").click()

        expect(window.page.get_by_role("heading", level=1)).to_have_text("Staff accounts")
        assert window.page.url.endswith("/desk/staff")


def test_a_double_tap_opens_one_account(chromium, served):
    with Window(chromium, served.base_url) as window:
        page = window.page
        sign_in(window, served)
        page.goto("/desk/staff/new")
        page.get_by_label("Username").fill("li.si")
        page.get_by_label("Displayed name").fill("登记员 丙")
        page.get_by_label("Union").fill("SZ")

        page.get_by_role("button", name="Open the account").dblclick()

        expect(page.get_by_role("heading", level=1)).to_have_text("Credentials for 登记员 丙")


def test_a_list_filters_and_pages_in_place_and_back(chromium, served):
    with Window(chromium, served.base_url) as window:
        page = window.page
        sign_in(window, served)
        page.goto("/desk/staff")
        page.evaluate("document.body.dataset.mark = 'the same page'")

        page.get_by_role("link", name="Next page").click()
        expect(page.locator("tbody tr").first).not_to_contain_text("admin")
        page.get_by_label("Role").select_option("Administrator")
        page.get_by_role("button", name="Filter").click()
        expect(page.get_by_role("row")).to_have_count(1 + 20)
        assert "role=administrator" in page.url
        page.go_back()
        expect(page.locator("tbody tr").first).not_to_contain_text("admin")

        assert page.locator("body").get_attribute("data-mark") == "the same page"
        assert window.complaints == []


def test_what_cannot_be_undone_is_asked_twice(chromium, served):
    with Window(chromium, served.base_url) as window:
        page = window.page
        sign_in(window, served)
        page.goto("/desk/staff?search=reader07")
        page.get_by_role("link", name="reader07").click()

        page.once("dialog", lambda dialog: dialog.dismiss())
        page.get_by_role("button", name="Disable this account").click()
        expect(page.get_by_text("In use")).to_be_visible()
        page.once("dialog", lambda dialog: dialog.accept())
        page.get_by_role("button", name="Disable this account").click()

        expect(page.get_by_role("status")).to_contain_text("The account is disabled.")


def test_the_menu_opens_on_a_phone(chromium, served):
    with Window(chromium, served.base_url, size=SIZES["phone"]) as window:
        page = window.page
        sign_in(window, served)
        expect(page.get_by_role("link", name="My desk")).to_be_hidden()

        page.get_by_role("button", name="Menu").click()
        page.get_by_role("navigation").get_by_role("link", name="Staff accounts").click()

        page.wait_for_url("**/desk/staff")


def test_everything_works_without_scripts(chromium, served):
    with Window(chromium, served.base_url, java_script_enabled=False) as window:
        page = window.page
        sign_in(window, served)
        page.goto("/desk/staff")
        page.get_by_label("Name or username").fill("reader07")
        page.get_by_role("button", name="Filter").click()
        page.get_by_role("link", name="reader07").click()
        page.get_by_role("button", name="Take back").click()
        expect(page.get_by_role("status")).to_contain_text("The role is taken back.")

        page.get_by_label("Role").select_option("Site worker")
        page.locator("#grant-union_code").fill("sz")
        page.get_by_role("button", name="Grant this role").click()

        expect(page.get_by_role("status")).to_contain_text("The role is granted.")


@pytest.fixture
def long_work():
    """Work of 3 steps that goes on each time it is asked about, shown by the real block."""
    small = Flask(
        "small", template_folder=ROOT / "app" / "templates", static_folder=ROOT / "app" / "static"
    )
    Babel(small)
    small.jinja_env.filters["yuan"] = yuan
    small.work = {"done": 0}

    @small.get("/")
    def page():
        source = (
            '{% from "parts/marks.html" import progress %}<!doctype html><title>.</title>'
            '<script src="/static/desk.js" defer></script>'
            '{% if done < 3 %}{{ progress("/count", done, 3, "Reading") }}'
            "{% else %}Finished{% endif %}"
        )
        return render_template_string(source, **small.work)

    @small.get("/count")
    def count():
        small.work["done"] += 1
        return progress_json(done=small.work["done"], total=3, finished=small.work["done"] == 3)

    server = make_server("127.0.0.1", 0, small, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_long_work_shows_its_own_count_until_it_is_done(chromium, long_work):
    with Window(chromium, long_work) as window:
        window.page.goto("/")
        expect(window.page.get_by_role("progressbar")).to_have_attribute("value", "2")
        expect(window.page.get_by_text("Finished")).to_be_visible()

        assert window.complaints == []
