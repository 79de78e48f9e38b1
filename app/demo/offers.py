"""The demo's programmes and offers, as its data files describe them; what is there stays."""

import json
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from importlib import resources
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.demo.approvals import approve_imported
from benefits.models import Instrument, LimitScope, LimitUnit, LimitWindow, Offer, Programme
from benefits.rules import Conditions, Terms, read_blackouts
from benefits.services import LimitFacts, add_limit, add_offer, add_programme
from kernel.actors import SYSTEM
from kernel.money import Fen
from ledger.models import Family, FundSource
from merchants.models import Merchant, MerchantKind

_NO_AMOUNTS = dict.fromkeys(
    ("member_rate_bp", "threshold_fen", "reduction_fen", "list_fen", "member_fen", "union_max_fen")
)
_CODES = ("possession", "session")


def seed_kinds(session: Session, *, now: datetime) -> None:
    """Offer one thing of each kind, and under each condition, at one merchant."""
    data: dict[str, Any] = json.loads(
        (resources.files("app.demo") / "data" / "kinds.json").read_bytes()
    )
    programme = demo_programme(session, data["programme"], now=now)
    merchant_id = last_merchant(session)
    for facts in data["offers"]:
        demo_offer(session, programme, facts, merchant_id=merchant_id, now=now)


def last_merchant(session: Session) -> UUID | None:
    """Return the last merchant by name: all other tills show what the merchants' file says."""
    shops = select(Merchant.id).where(Merchant.kind == MerchantKind.MERCHANT)
    return session.scalars(shops.order_by(Merchant.name.desc())).first()


def demo_programme(session: Session, facts: dict[str, Any], *, now: datetime) -> Programme:
    known = session.scalars(select(Programme).where(Programme.code == facts["code"])).one_or_none()
    if known is not None:
        return known
    programme = add_programme(
        session,
        actor=SYSTEM,
        code=facts["code"],
        name_zh=facts["name_zh"],
        name_en=facts["name_en"],
        family=Family.DISCOUNT,
        fund_source=FundSource(facts["fund_source"]),
        starts_on=date.fromisoformat(facts["starts_on"]),
        ends_on=None,
        eligibility=facts.get("eligibility", []),
        **_spending(facts),
        now=now,
    )
    approve_imported(session, now=now)
    _limit(session, programme, facts.get("limits", ()), offer_id=None, now=now)
    return programme


def _spending(facts: dict[str, Any]) -> dict[str, Any]:
    """Return what the file says of occasion, instrument and amount; by default an everyday one."""
    said = facts.get("spending")
    if said is None:
        return {}
    return {
        "occasion": said["occasion"],
        "instrument": Instrument(said["instrument"]),
        "member_year_fen": Fen(said["member_year_fen"]),
    }


def demo_offer(
    session: Session,
    programme: Programme,
    facts: dict[str, Any],
    *,
    merchant_id: UUID | None,
    now: datetime,
) -> Offer:
    """Return the programme's offer of this name, made with its limits if it was not there."""
    known = session.scalars(
        select(Offer).where(Offer.programme_id == programme.id, Offer.title_zh == facts["title_zh"])
    ).one_or_none()
    if known is not None:
        return known
    offer = add_offer(
        session,
        actor=SYSTEM,
        programme_id=programme.id,
        merchant_id=merchant_id,
        title_zh=facts["title_zh"],
        title_en=facts["title_en"],
        terms=Terms(**_NO_AMOUNTS | facts["terms"]),
        assurances=_CODES,
        conditions=_conditions(facts.get("conditions", {})),
        valid_from=now - timedelta(minutes=1),
        now=now,
    )
    _limit(session, programme, facts.get("limits", ()), offer_id=offer.id, now=now)
    return offer


def _conditions(said: dict[str, Any]) -> Conditions:
    return Conditions(**said | {"blackouts": read_blackouts(said.get("blackouts", ()))})


def _limit(
    session: Session,
    programme: Programme,
    limits: Iterable[dict[str, Any]],
    *,
    offer_id: UUID | None,
    now: datetime,
) -> None:
    for limit in limits:
        facts = LimitFacts(
            scope=LimitScope(limit["scope"]),
            window=LimitWindow(limit["window"]),
            unit=LimitUnit(limit["unit"]),
            maximum=limit["maximum"],
            stripes=limit.get("stripes", 1),
            offer_id=offer_id,
        )
        add_limit(session, actor=SYSTEM, programme_id=programme.id, facts=facts, now=now)
