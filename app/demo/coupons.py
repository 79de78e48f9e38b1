"""The demo's coupons: a grab that opens in a few minutes, and a draw that one can enter now."""

import json
from datetime import date, datetime, timedelta
from importlib import resources
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from benefits.models import CouponRelease, Offer, Programme, ReleaseMode
from benefits.rules import Terms
from benefits.services import (
    ReleaseFacts,
    SeedSource,
    add_offer,
    add_programme,
    plan_release,
    publish_release,
)
from kernel.actors import SYSTEM
from kernel.money import BasisPoints, Fen
from ledger.models import Family, FundSource
from merchants.models import Merchant, MerchantKind

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
    programme = _programme(session, data["programme"], now=now)
    made = 0
    for mode in ReleaseMode:
        facts = data[mode]
        offer = _offer(session, programme, facts, now=now)
        running = select(CouponRelease.id).where(
            CouponRelease.offer_id == offer.id, CouponRelease.closes_at > now
        )
        if session.scalars(running).first() is None:
            _release(session, offer, facts, mode, now=now)
            made += 1
    return made


def _programme(session: Session, facts: dict[str, str], *, now: datetime) -> Programme:
    known = session.scalars(select(Programme).where(Programme.code == facts["code"])).one_or_none()
    return known or add_programme(
        session,
        actor=SYSTEM,
        code=facts["code"],
        name_zh=facts["name_zh"],
        name_en=facts["name_en"],
        family=Family.DISCOUNT,
        fund_source=FundSource(facts["fund_source"]),
        starts_on=date.fromisoformat(facts["starts_on"]),
        ends_on=None,
        eligibility=[],
        now=now,
    )


def _offer(
    session: Session, programme: Programme, facts: dict[str, Any], *, now: datetime
) -> Offer:
    """Return the offer of the demo's last merchant by name: most tills stay as they were."""
    known = session.scalars(
        select(Offer).where(Offer.programme_id == programme.id, Offer.title_zh == facts["title_zh"])
    ).one_or_none()
    if known is not None:
        return known
    shops = select(Merchant.id).where(Merchant.kind == MerchantKind.MERCHANT)
    return add_offer(
        session,
        actor=SYSTEM,
        programme_id=programme.id,
        merchant_id=session.scalars(shops.order_by(Merchant.name.desc())).first(),
        title_zh=facts["title_zh"],
        title_en=facts["title_en"],
        terms=Terms(
            kind="full_reduction",
            member_rate_bp=None,
            threshold_fen=Fen(facts["threshold_fen"]),
            reduction_fen=Fen(facts["reduction_fen"]),
            list_fen=None,
            member_fen=None,
            union_share_bp=BasisPoints(10_000),
            union_max_fen=None,
        ),
        assurances=["possession", "session"],
        valid_from=now - timedelta(minutes=1),
        now=now,
    )


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
