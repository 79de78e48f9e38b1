"""A flag to look into: a merchant whose list price went up just before its offer begins."""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from benefits.models import Offer, Programme
from benefits.rules import Terms
from benefits.services import VersionFacts, add_offer, add_version
from kernel.actors import SYSTEM
from kernel.db import transaction
from kernel.money import BasisPoints, Fen
from merchants.models import Merchant, MerchantKind, MerchantState
from risk.jobs import look_at_sales

_PROGRAMME = "IMPORT"
_TITLE = "新春观影(演示)"
_TERMS = Terms(
    kind="fixed_price",
    member_rate_bp=None,
    threshold_fen=None,
    reduction_fen=None,
    list_fen=Fen(40_00),
    member_fen=Fen(9_90),
    union_share_bp=BasisPoints(10_000),
    union_max_fen=None,
)
_RAISED_FEN = Fen(52_00)
# Behind the merchants whose tills the demo day and the demo file use.
_MERCHANTS_BEFORE = 12


def seed_risk(*, now: datetime) -> None:
    """Plant the raised price and let the watch find it; safe to run again."""
    with transaction() as session:
        if session.scalar(select(Offer.id).where(Offer.title_zh == _TITLE)) is None:
            _raise_price(session, now=now)
    look_at_sales(now=now)


def _raise_price(session: Session, *, now: datetime) -> None:
    merchant_id = session.scalar(
        select(Merchant.id)
        .where(Merchant.kind == MerchantKind.MERCHANT, Merchant.state == MerchantState.ACTIVE)
        .order_by(Merchant.created_at, Merchant.id)
        .offset(_MERCHANTS_BEFORE)
        .limit(1)
    )
    programme_id = session.scalar(select(Programme.id).where(Programme.code == _PROGRAMME))
    if merchant_id is None or programme_id is None:
        return
    begins_at = now + timedelta(days=30)
    offer = add_offer(
        session,
        actor=SYSTEM,
        programme_id=programme_id,
        merchant_id=merchant_id,
        title_zh=_TITLE,
        title_en="New Year film (demo)",
        terms=_TERMS,
        assurances=["possession"],
        valid_from=begins_at,
        now=now - timedelta(minutes=2),
    )
    facts = VersionFacts(
        terms=replace(_TERMS, list_fen=_RAISED_FEN),
        assurances=["possession"],
        valid_from=begins_at + timedelta(days=1),
        valid_to=None,
    )
    add_version(
        session,
        actor=SYSTEM,
        offer_id=offer.id,
        version=offer.version,
        facts=facts,
        now=now - timedelta(minutes=1),
    )
