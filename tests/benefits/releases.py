"""Releases of coupons for tests, planned and announced as a designer does it."""

from dataclasses import replace
from datetime import timedelta

from benefits.models import ReleaseMode
from benefits.services import (
    ReleaseFacts,
    SeedSource,
    enter_draw,
    grab_coupon,
    plan_release,
    publish_release,
)
from kernel.actors import SYSTEM
from kernel.ids import new_id
from tests.make import NOW

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
EARLIER = NOW - DAY


def facts(**changes):
    """Ten pieces to grab since an hour ago, for a day."""
    plain = ReleaseFacts(
        pieces=10,
        reserve_pieces=0,
        opens_at=NOW - HOUR,
        closes_at=NOW + DAY,
        use_within_days=7,
        mode=ReleaseMode.GRAB,
    )
    return replace(plain, **changes)


def draw_facts(**changes):
    """Two pieces to draw for: entries from an hour ago on, closed at NOW, the seed in an hour."""
    seed = SeedSource("演示指数收盘点位", "Closing number of a demo index", NOW + HOUR)
    plain = {"pieces": 2, "mode": ReleaseMode.DRAW, "closes_at": NOW, "seed": seed}
    return facts(**plain | changes)


def release_of(session, offer, given=None, *, now=EARLIER):
    release = plan_release(
        session, actor=SYSTEM, offer_id=offer.id, facts=given or facts(), now=now
    )
    return publish_release(
        session, actor=SYSTEM, release_id=release.id, version=release.version, now=now
    )


def grab(session, release, member_id, *, now=NOW, grab_id=None):
    return grab_coupon(
        session,
        member_id=member_id,
        release_id=release.id,
        grab_id=grab_id or new_id(),
        now=now,
    )


def enter(session, release, member_id, *, now=NOW - timedelta(minutes=1)):
    return enter_draw(
        session, member_id=member_id, release_id=release.id, entry_id=new_id(), now=now
    ).entry
