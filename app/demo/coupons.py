"""The demo's coupons: a grab that opens in a few minutes, and a draw that one can enter now."""

import json
from datetime import datetime, timedelta
from importlib import resources
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.demo.offers import demo_offer, demo_programme, last_merchant
from benefits.models import CouponRelease, Offer, ReleaseMode
from benefits.services import (
    ReleaseFacts,
    SeedSource,
    plan_release,
    publish_release,
)
from kernel.actors import SYSTEM

_OPENS_IN = timedelta(minutes=10)
_LASTS = timedelta(days=1)
_DAYS = 18


def seed_coupons(session: Session, *, now: datetime) -> int:
    """Make the demo's two offers with coupons, and a release of each; return how many are new.

    Safe to run again: a release comes on top where the last one of its offer is closed.
    """
    data: dict[str, Any] = json.loads(
        (resources.files("app.demo") / "data" / "coupons.json").read_bytes()
    )
    programme = demo_programme(session, data["programme"], now=now)
    merchant_id = last_merchant(session)
    made = 0
    for mode in ReleaseMode:
        facts = data[mode]
        offer = demo_offer(session, programme, facts, merchant_id=merchant_id, now=now)
        running = select(CouponRelease.id).where(
            CouponRelease.offer_id == offer.id, CouponRelease.closes_at > now
        )
        if session.scalars(running).first() is None:
            _release(session, offer, facts, mode, now=now)
            made += 1
    return made


def _release(
    session: Session, offer: Offer, facts: dict[str, Any], mode: ReleaseMode, *, now: datetime
) -> None:
    # What opens now was announced before: nothing opens unannounced.
    is_draw = mode is ReleaseMode.DRAW
    minute = now.replace(second=0, microsecond=0)
    opens_at = now if is_draw else minute + _OPENS_IN
    seed = None
    if is_draw:
        seed = SeedSource(facts["seed_source_zh"], facts["seed_source_en"], now + 2 * _LASTS)
    before = now - timedelta(minutes=1)
    release = plan_release(
        session,
        actor=SYSTEM,
        offer_id=offer.id,
        facts=ReleaseFacts(
            pieces=facts["pieces"],
            reserve_pieces=facts["reserve_pieces"],
            opens_at=opens_at,
            closes_at=opens_at + _LASTS,
            use_within_days=_DAYS,
            mode=mode,
            claim_within_hours=facts.get("claim_within_hours"),
            seed=seed,
        ),
        now=before,
    )
    publish_release(
        session, actor=SYSTEM, release_id=release.id, version=release.version, now=before
    )
