"""Paper cards at the desk in a real browser, in both languages: from the choice to the file."""

import pytest
from playwright.sync_api import expect
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from kernel.actors import Role
from kernel.clock import utc_now
from tests.browser import Window
from tests.cards.paper import pages_of, unseen_card
from tests.cards.test_pages_browser import sign_in
from tests.make.maker import Maker
from tests.service import Service

pytestmark = pytest.mark.browser

LANGUAGES = {
    "en": {
        "labels": ("Username", "Password", "One-time code"),
        "size": (1280, 860),
        "scheme": "light",
        "seen": "I saw each of them",
        "signed": "I hold each one's",
        "print": "Print for those ticked",
        "save": "Save file 1: 1 cards (PDF)",
        "refused": "Cannot print 𠮷.",
    },
    "zh-CN": {
        "labels": ("用户名", "密码", "动态口令"),
        "size": (320, 700),
        "scheme": "dark",
        "seen": "我已当面见到每个人",
        "signed": "我持有每个人签字的",
        "print": "为勾选的人员制作",
        "save": "保存第 1 个文件：1 张卡（PDF）",
        "refused": "无法打印“𠮷”。",
    },
}


@pytest.fixture(scope="module")
def served(databases, settings_for, app):
    """A service with two people for each language, one of whose names cannot be printed."""
    settings = settings_for(databases.copy())
    engine = create_engine(settings.database_url)
    with Session(engine) as session, session.begin():
        make = Maker(session)
        make.issuer_keys(now=utc_now())
        baoan = make.union(code="SZ-BA", name="宝安区总工会(演示)")
        for number in range(len(LANGUAGES)):
            make.staff(Role.REGISTER_OFFICER, union=baoan, username=f"officer{number}")
        cards = {
            language: [
                str(unseen_card(make, union=baoan, name=name).id) for name in ("张小明", "李𠮷")
            ]
            for language in LANGUAGES
        }
    engine.dispose()
    with Service(settings) as service:
        service.officers = (f"officer{number}" for number in range(len(LANGUAGES)))
        service.cards = cards
        yield service
    databases.drop(settings.database_url.rpartition("/")[2])


@pytest.mark.parametrize("language", LANGUAGES)
def test_from_the_choice_to_the_file(chromium, served, language):
    words = LANGUAGES[language]
    look = {"size": words["size"], "color_scheme": words["scheme"], "language": language}
    with Window(chromium, served.base_url, **look) as window:
        page = window.page
        seen = {}

        def look_at(name):
            window.shoot(f"paper-{name}-{language}")
            seen[name] = window.faults()

        sign_in(window, served, labels=words["labels"])
        page.goto("/desk/cards/paper")
        look_at("list")
        page.goto("/desk/cards/paper/choose?union_code=SZ-BA")
        for card_id in served.cards[language]:
            page.locator(f'input[value="{card_id}"]').check()
        page.get_by_label(words["seen"]).check()
        look_at("choose")
        window.follow(page.get_by_role("button", name=words["print"]))
        look_at("choose-refused")
        page.get_by_label(words["signed"]).check()
        window.follow(page.get_by_role("button", name=words["print"]))
        expect(page.get_by_role("progressbar")).to_have_count(1)
        look_at("in-progress")

        served.flask("worker", "--until-idle")

        save = page.get_by_role("link", name=words["save"])
        expect(save).to_be_visible()
        expect(page.get_by_text(words["refused"])).to_be_visible()
        look_at("done")
        with page.expect_download() as saved:
            save.click()
        [(_, text, codes)] = pages_of(saved.value.path().read_bytes())
        assert "张小明" in text
        assert len(codes) == 1
        page.goto(f"/desk/cards/paper/card/{served.cards[language][0]}")
        look_at("card")

        assert {name: faults for name, faults in seen.items() if faults} == {}
        assert window.complaints == []
