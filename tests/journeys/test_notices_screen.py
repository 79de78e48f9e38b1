"""The member's inbox on the phone: read, opened, kept for where there is no network."""

import re

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from kernel.clock import utc_now
from kernel.db import transaction
from kernel.phones import parse_phone
from kernel.secrets import blind_index
from members.models import Notice, NoticeKind
from members.queries import member_by_phone_index
from members.rules import PHONE_FIELD
from members.services import notify
from tests.journeys.phones import PHONE, CardWindow
from tests.journeys.test_phone_screens import Gallery

pytestmark = pytest.mark.browser

LOOKS = {
    "english": {"language": "en", "size": PHONE},
    "chinese-dark": {"language": "zh-CN", "size": PHONE, "color_scheme": "dark"},
    "narrow": {"language": "en", "size": (320, 568)},
}
TOLD = [
    (NoticeKind.MEMBERSHIP, None, "会籍已转入龙岗区总工会", "Your membership is now in Longgang"),
    (NoticeKind.SEAT, "training", "候补成功，您已有座位", "A seat came free and is yours"),
    (NoticeKind.CLAIM, "aid", "您的互助申领已核准", "Your mutual-aid claim was approved"),
]


def tell(person):
    with transaction() as session:
        index = blind_index(PHONE_FIELD, parse_phone(person["phone"]))
        member = member_by_phone_index(session, phone_index=index)
        for kind, place, zh, en in TOLD:
            notify(
                session,
                member_id=member.id,
                kind=kind,
                title_zh=zh,
                title_en=en,
                place=place,
                now=utc_now(),
            )
        return member.id


class Inbox(CardWindow):
    """A member's phone at its notices."""

    def enter(self):
        self.ask_for_code()
        self.give_code()
        self.give_name()
        expect(self.tabs).to_be_visible()
        return self.open()

    def open(self):
        self.page.goto("/card/#notices")
        expect(self.heading("notices_title")).to_be_visible()
        return self

    @property
    def tabs(self):
        return self.page.get_by_role("navigation", name=self.say("card_tabs"))

    @property
    def new(self):
        return self.page.locator(".inbox li").filter(has_text=self.say("notices_new"))

    def badge(self, count):
        """Return the tab as it is read out while so many notices are unread."""
        said = self.say("notices_unread", count=count)
        name = re.compile(f"{re.escape(self.say('tab_me'))}.*{re.escape(said)}")
        return self.tabs.get_by_role("link", name=name)

    def unread(self, count):
        return self.page.get_by_role("status").filter(
            has_text=self.say("notices_unread", count=count)
        )

    def entry(self, number):
        """Return an entry by its place in TOLD."""
        titles = "|".join(TOLD[number][2:])
        return self.page.locator(".inbox li").filter(has_text=re.compile(titles))


@pytest.mark.parametrize("look", LOOKS)
def test_the_inbox_is_read_opened_and_kept(chromium, phone_town, person, look):
    with Inbox(chromium, phone_town, person, **LOOKS[look]) as window:
        page = window.enter().page
        gallery = Gallery(window, f"notices-{look}")

        expect(page.get_by_text(window.say("notices_none"))).to_be_visible()
        gallery.look("empty")
        member_id = tell(person)
        page.goto("/card/#card")
        window.open()
        expect(window.unread(3)).to_be_visible()
        expect(window.badge(3)).to_be_visible()
        expect(window.new).to_have_count(3)
        expect(page.locator(".inbox li").first).to_contain_text(re.compile("|".join(TOLD[2][2:])))
        gallery.look("unread")

        window.entry(0).get_by_role("button", name=window.say("notices_read_one")).click()
        expect(window.unread(2)).to_be_visible()
        page.route("**/api/**", lambda route: route.abort())
        page.reload()
        expect(page.get_by_role("alert")).to_contain_text(window.say("no_answer"))
        expect(window.new).to_have_count(2)
        gallery.look("kept")
        page.unroute("**/api/**")

        window.button("try_again").click()
        expect(page.get_by_role("alert")).to_have_count(0)
        window.entry(2).get_by_role("link", name=window.say("notices_open")).click()
        expect(page).to_have_url(re.compile("#aid$"))
        page.go_back()
        expect(window.unread(1)).to_be_visible()
        window.button("notices_read_all").click()
        expect(window.new).to_have_count(0)
        expect(window.button("notices_read_all")).to_have_count(0)
        expect(window.tabs.locator(".badge")).to_have_count(0)

        assert gallery.faults == {}
        assert window.complaints == []
    with transaction() as session:
        read = session.scalars(select(Notice.read_at).where(Notice.member_id == member_id)).all()
    assert len(read) == 3
    assert None not in read
