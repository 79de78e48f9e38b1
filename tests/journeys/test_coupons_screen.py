"""A member waits for the second, gets a coupon, and finds it again; and enters a draw."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from benefits.models import Coupon, CouponEntry, ReleaseMode
from benefits.services import ReleaseFacts, SeedSource, plan_release, publish_release
from kernel import db
from kernel.actors import SYSTEM
from kernel.clock import utc_now
from tests.benefits.conftest import Plans
from tests.journeys.phones import CardWindow, Held

NARROW = {"width": 320, "height": 640}
HOUR = timedelta(hours=1)

pytestmark = pytest.mark.browser


def released(*, session, programme, title, opens_in, **facts):
    """Announce a release of an offer of its own, planned an hour ago; return its id."""
    now = utc_now()
    offer = Plans(session).offer(
        title_zh=title, title_en=title, programme=programme, valid_from=now - HOUR
    )
    plan = {"pieces": 20, "reserve_pieces": 1, "use_within_days": 7} | facts
    times = {"opens_at": now + opens_in, "closes_at": now + 2 * HOUR}
    release = plan_release(
        session,
        actor=SYSTEM,
        offer_id=offer.id,
        facts=ReleaseFacts(**times, **plan),
        now=now - HOUR,
    )
    publish_release(session, actor=SYSTEM, release_id=release.id, version=1, now=now - HOUR)
    return release.id


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_a_member_gets_a_coupon_and_enters_a_draw(chromium, phone_town, person, language):
    seed = SeedSource("演示指数收盘点位", "Closing number of a demo index", utc_now() + 3 * HOUR)
    # The two languages share one town.
    with db.transaction() as session:
        code = f"COUPONS-{language[:2].upper()}"
        programme = Plans(session).programme(code=code)
        given = {"session": session, "programme": programme}
        grab = given | {"mode": ReleaseMode.GRAB}
        draw = given | {"mode": ReleaseMode.DRAW, "seed": seed}
        grab_id = released(title=f"Grab {language}", opens_in=-HOUR / 2, **grab)
        soon_id = released(title=f"Soon {language}", opens_in=HOUR, **grab)
        draw_id = released(title=f"Draw {language}", opens_in=-HOUR / 2, **draw)
    with CardWindow(chromium, phone_town, person, language=language) as card:
        card.sign_in()
        card.go("tab_benefits")
        card.page.get_by_role("link", name=card.say("coupons_link"), exact=True).click()
        expect(card.heading("coupons_title")).to_be_focused()
        expect(card.page.get_by_text(card.say("coupons_none_mine"))).to_be_visible()
        assert card.faults() == []

        card.page.goto(f"/card/#coupons/{soon_id}")
        expect(card.page.get_by_role("timer")).to_contain_text("00:59")
        expect(card.button("coupons_grab")).to_be_disabled()
        card.shoot(f"coupons-countdown-{language}")
        assert card.faults() == []

        card.page.goto(f"/card/#coupons/{grab_id}")
        with Held(card.page, "**/grabs"):
            card.button("coupons_grab").click()
            expect(card.page.get_by_text(card.say("coupons_asking"))).to_be_visible()
            expect(card.button("coupons_grab")).to_be_disabled()
            card.shoot(f"coupons-waiting-{language}")
        expect(card.page.get_by_text(card.say("coupons_got"))).to_be_visible()
        card.shoot(f"coupons-got-{language}")
        assert card.faults() == []

        # The answer can be opened again, also by somebody who closed the page.
        card.page.reload()
        expect(card.page.get_by_text(card.say("coupons_got"))).to_be_visible()

        card.page.goto(f"/card/#coupons/{draw_id}")
        card.button("coupons_enter").click()
        expect(card.button("coupons_enter")).to_have_count(0)
        card.page.goto("/card/#coupons")
        expect(card.page.get_by_text(card.say("coupons_live")).first).to_be_visible()
        card.shoot(f"coupons-{language}")
        card.page.set_viewport_size(NARROW)
        assert card.faults() == []
        card.page.goto(f"/draws/{draw_id}")
        assert card.faults() == []
        assert card.complaints == []

    with db.transaction() as session:
        coupon = session.scalars(select(Coupon).where(Coupon.release_id == grab_id)).one()
        entry = session.scalars(select(CouponEntry).where(CouponEntry.release_id == draw_id)).one()
    assert coupon.member_id == entry.member_id
