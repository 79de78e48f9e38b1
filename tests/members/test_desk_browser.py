"""Corrections and transfers at the desk in a real browser: each state seen, fit for everybody."""

import pytest
from playwright.sync_api import expect
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from cards.services.transfers import ask_for_transfer
from kernel.actors import Role
from kernel.clock import utc_now
from members.models import CorrectionField
from members.services.corrections import ask_correction
from tests.browser import Window
from tests.cards.test_pages_browser import sign_in
from tests.make.maker import Maker
from tests.service import Service

pytestmark = pytest.mark.browser

SIZES = {"wide": (1280, 860), "narrow": (320, 700)}


@pytest.fixture(scope="module")
def served(databases, settings_for, app):
    """A service with a correction and a transfer to decide for each officer."""
    settings = settings_for(databases.copy())
    engine = create_engine(settings.database_url)
    with Session(engine) as session, session.begin():
        make = Maker(session)
        now = utc_now()
        baoan = make.union(code="SZ-BA", name="宝安区总工会(演示)")
        elsewhere = make.union(code="SZ-LG", name="龙岗区总工会(演示)")
        for number in range(2):
            make.staff(Role.REGISTER_OFFICER, union=baoan, username=f"officer{number}")
            wronged, mover = make.member(union=baoan), make.member(union=elsewhere)
            ask_correction(
                session,
                member_id=wronged.id,
                field=CorrectionField.NAME,
                text="名字少一个字",
                now=now,
            )
            ask_for_transfer(
                session, member_id=mover.id, union_code="SZ-BA", reason="换了单位", now=now
            )
    engine.dispose()
    with Service(settings) as service:
        service.officers = (f"officer{number}" for number in range(2))
        yield service
    databases.drop(settings.database_url.rpartition("/")[2])


@pytest.mark.parametrize("size", SIZES)
def test_an_officer_corrects_and_takes_over(chromium, served, size):
    faults = {}
    with Window(chromium, served.base_url, size=SIZES[size]) as window:
        page = window.page

        def look(name):
            faults[name] = window.faults()
            window.shoot(f"register-{size}-{name}")

        sign_in(window, served)
        page.goto("/desk/register/corrections?state=open")
        look("corrections")
        window.follow(page.locator("tbody th a").first)
        look("correction")
        window.follow(page.get_by_role("link", name="Correct the register"))
        look("correct")
        page.get_by_label("Member name").fill("7")
        window.follow(page.get_by_role("button", name="Write it into the register"))
        expect(page.get_by_role("alert")).to_be_visible()
        look("refused")
        page.get_by_label("Member name").fill("欧阳小明")
        window.follow(page.get_by_role("button", name="Write it into the register"))
        expect(page.get_by_text("The register was corrected.")).to_be_visible()

        page.goto("/desk/register/transfers/?state=requested")
        look("transfers")
        window.follow(page.locator("tbody th a").first)
        expect(page.get_by_text("换了单位")).to_be_visible()
        look("transfer")
        window.follow(page.get_by_role("button", name="Take the member over"))
        expect(page.get_by_text("The member was taken over.")).to_be_visible()
        assert window.complaints == []
    assert {name: found for name, found in faults.items() if found} == {}
