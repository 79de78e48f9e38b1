"""The pages of coupons at the desk in a real browser, and the public page of a draw."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from benefits.services import publish_entrants, type_seed
from cards.models import CardState
from kernel.actors import SYSTEM, Role
from kernel.clock import utc_now
from kernel.db import transaction
from kernel.secrets import new_token
from tests.benefits.conftest import Plans
from tests.benefits.releases import draw_facts, enter, facts, grab, release_of
from tests.benefits.test_coupon_pages import known_from
from tests.browser import Window
from tests.make.maker import Maker
from tests.merchants.conftest import CITY, plant_unions

pytestmark = pytest.mark.browser

HOUR = timedelta(hours=1)
WINDOWS = {
    "wide-zh": {"size": (1280, 860), "language": "zh-CN"},
    "phone-en-dark": {"size": (360, 780), "language": "en-US", "color_scheme": "dark"},
}


class Released:
    """A served town with a release in each state, and the cookie of who does all with them."""

    def __init__(self, service):
        self.service = service
        self.token = new_token()
        with transaction() as session:
            self.session, self.make = session, Maker(session)
            self.make.chart()
            union = plant_unions(session)[CITY]
            worker = self.make.staff(Role.PROGRAMME_DESIGNER, Role.SITE_WORKER, union=union)
            self.now = now = utc_now()
            self.make.staff_session(worker, token=self.token, at=now)
            plans = Plans(session)
            self.offer = plans.offer(title_zh="满50减40抢券", title_en="40 off, to grab").id
            self.holder = self.make.card(
                member=self.make.member(union=union), state=CardState.ACTIVE
            ).number
            running = {"opens_at": now - HOUR, "closes_at": now + HOUR}
            self.grabbed = release_of(
                session,
                plans.offer(),
                facts(reserve_pieces=2, **running),
                now=now - 2 * HOUR,
            )
            grab(session, self.grabbed, self.make.card(state=CardState.ACTIVE).member_id, now=now)
            self.closed = self.release(plans, facts, seed=None).id
            self.listed = self.drawing(plans).id
            self.drawn = self.drawing(plans, seeds=2).id
            self.grabbed = self.grabbed.id

    def release(self, plans, plan, **changes):
        now = self.now
        times = {"opens_at": now - 3 * HOUR, "closes_at": now - 2 * HOUR}
        offer = plans.offer(title_zh="影票抽签", title_en="Film tickets by lot")
        return release_of(self.session, offer, plan(**times | changes), now=now - 4 * HOUR)

    def drawing(self, plans, *, seeds=0):
        now = self.now
        release = self.release(plans, draw_facts, seed=known_from(now - HOUR))
        for _ in range(4):
            member_id = self.make.card(state=CardState.ACTIVE).member_id
            enter(self.session, release, member_id, now=now - 2.5 * HOUR)
        publish_entrants(self.session, actor=SYSTEM, release_id=release.id, now=now - 2 * HOUR)
        for _ in range(seeds):
            type_seed(
                self.session,
                actor=self.make.staff_actor(Role.PROGRAMME_DESIGNER),
                release_id=release.id,
                version=release.version,
                seed="3405.12",
                now=now,
            )
        return release

    def window(self, chromium, **options):
        window = Window(chromium, self.service.base_url, **options)
        window.sign_in_at_desk(self.token)
        return window


@pytest.fixture
def released(service):
    return Released(service)


@pytest.mark.parametrize("kind", WINDOWS)
def test_the_pages_of_coupons_are_fit_for_everybody(chromium, released, kind):
    pages = {
        "coupons": "/desk/coupons",
        "coupons-grab": f"/desk/coupons/{released.grabbed}",
        "coupons-listed": f"/desk/coupons/{released.listed}",
        "coupons-drawn": f"/desk/coupons/{released.drawn}",
        "coupons-new": f"/desk/offers/{released.offer}/coupons/new",
        "coupons-again": f"/desk/coupons/{released.closed}/again",
        "draw-public": f"/draws/{released.drawn}",
    }
    with released.window(chromium, **WINDOWS[kind]) as window:
        page, seen = window.page, {}
        for name, path in pages.items():
            assert page.goto(path).ok, path
            window.shoot(f"{name}-{kind}")
            seen[name] = window.faults()
        # Somebody without a phone stands at the desk: a piece of the reserve, by the card's number.
        page.goto(pages["coupons-grab"])
        page.locator("input[name=card_number]").fill("nobody's")
        window.follow(page.locator("form[action$='/hand'] button"))
        expect(page.locator(".summary")).to_be_visible()
        seen["coupons-refused"] = window.faults()
        page.locator("input[name=card_number]").fill(released.holder)
        window.follow(page.locator("form[action$='/hand'] button"))
        expect(page.get_by_role("status").first).to_be_visible()
        window.shoot(f"coupons-handed-{kind}")

        assert {name: faults for name, faults in seen.items() if faults} == {}
        assert window.complaints == []
