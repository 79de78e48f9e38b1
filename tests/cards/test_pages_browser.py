"""The desk's pages for cards in a real browser: each state seen, fit for everybody."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from cards.services import freeze_card
from kernel.actors import SYSTEM, Role
from kernel.clock import utc_now
from tests.browser import Window
from tests.make.maker import Maker
from tests.make.staff import PASSWORD, code_at
from tests.service import Service

pytestmark = pytest.mark.browser

SIZES = {"wide": (1280, 860), "narrow": (320, 700)}


@pytest.fixture(scope="module")
def served(databases, settings_for, app):
    """A service with cards in several states, and an officer for each sign-in."""
    settings = settings_for(databases.copy())
    engine = create_engine(settings.database_url)
    with Session(engine) as session, session.begin():
        make = Maker(session)
        now = utc_now()
        make.issuer_keys(now=now)
        baoan = make.union(code="SZ-BA", name="宝安区总工会(演示)")
        for number in range(8):
            make.staff(Role.REGISTER_OFFICER, union=baoan, username=f"officer{number}")
        cards = []
        for _ in range(60):
            member = make.member(union=baoan)
            make.consent(member)
            cards.append(make.card(member=member))
        for card in cards[:3]:
            make.phone(card, now=now)
        until = now + timedelta(days=7)
        freeze_card(
            session, card_id=cards[1].id, reason="核查中", until=until, actor=SYSTEM, now=now
        )
        for _ in range(30):
            make.member(union=baoan)
        shown = {"in-use": cards[0].id, "frozen": cards[1].id}
    engine.dispose()
    with Service(settings) as service:
        # A code works once, so no two tests sign in as the same person.
        service.officers = (f"officer{number}" for number in range(8))
        service.cards = shown
        yield service
    databases.drop(settings.database_url.rpartition("/")[2])


def sign_in(window, served, *, labels=("Username", "Password", "One-time code")):
    username, password, code = map(window.page.get_by_label, labels)
    window.page.goto("/desk/")
    username.fill(next(served.officers))
    password.fill(PASSWORD)
    password.press("Enter")
    code.fill(code_at(utc_now()))
    code.press("Enter")
    window.page.wait_for_url("**/desk/")


@pytest.mark.parametrize("size", SIZES)
def test_every_state_of_the_pages_is_fit_for_everybody(chromium, served, size):
    scheme = "dark" if size == "narrow" else "light"
    with Window(chromium, served.base_url, size=SIZES[size], color_scheme=scheme) as window:
        page = window.page
        seen = {}

        def look(name):
            window.shoot(f"cards-{name}-{size}")
            seen[name] = window.faults()

        sign_in(window, served)
        for name, path in (
            ("list", ""),
            ("list-empty", "?state=expired"),
            ("list-refused", "?number=123"),
            ("in-use", f"/{served.cards['in-use']}"),
            ("frozen", f"/{served.cards['frozen']}"),
            ("batches-empty", "/batches"),
        ):
            page.goto(f"/desk/cards{path}")
            look(name)
        page.goto(f"/desk/cards/{served.cards['in-use']}")
        page.get_by_label("Reason").first.fill("核查中")
        page.get_by_label("Until").fill("2099-01-01T12:00")
        window.follow(page.get_by_role("button", name="Freeze: every code is refused"))
        look("freeze-refused")

        assert {name: faults for name, faults in seen.items() if faults} == {}
        assert window.complaints == []


def test_a_batch_shows_the_jobs_count_and_ends_by_itself(chromium, served):
    with Window(chromium, served.base_url) as window:
        page = window.page
        sign_in(window, served)
        page.goto("/desk/cards/batches")
        page.get_by_label("Union code").fill("SZ-BA")
        page.get_by_role("button", name="Issue the cards").click()
        bar = page.get_by_role("progressbar")
        expect(bar).to_have_attribute("max", "90")
        window.shoot("cards-batch-in-progress")
        assert window.faults() == []

        served.flask("worker", "--until-idle")

        expect(bar).to_have_count(0)
        expect(page.get_by_text("New cards").locator("..")).to_contain_text("30")
        expect(page.get_by_text("Had a card already").locator("..")).to_contain_text("60")
        window.shoot("cards-batch-done")


def test_the_pages_speak_chinese(chromium, served):
    with Window(chromium, served.base_url, language="zh-CN") as window:
        sign_in(window, served, labels=("用户名", "密码", "动态口令"))
        for name, path in (("list", ""), ("frozen", f"/{served.cards['frozen']}")):
            window.page.goto(f"/desk/cards{path}")
            window.shoot(f"cards-{name}-chinese")
            assert window.faults() == []
