"""Importing merchants together with the offer that each line carries.

`merchants` knows shops and accounts, not offers; so the import of a merchants file stands here,
above it. Which programme imported offers belong to, its limits and the union's maximum are data:
benefits/data/import_programme.json.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from importlib import resources
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from benefits.models import LimitScope, LimitUnit, LimitWindow, Offer, Programme
from benefits.rules import REDUCTIONS, Terms
from benefits.services.offers import add_offer
from benefits.services.programmes import LimitFacts, add_limit, add_programme
from kernel.actors import Actor
from kernel.clock import shanghai_day
from kernel.money import Fen, yuan
from kernel.sheets import Line
from ledger.models import Family, FundSource
from merchants.rules import OfferTerms
from merchants.services import AgreementTerms, JudgedLine, Verdict, import_merchant_lines


@dataclass
class MerchantImport:
    """What an import did. `refused` holds line, reason, detail, in the order of the file."""

    lines: int = 0
    accepted: int = 0
    unchanged: int = 0
    offers: int = 0
    refused: list[dict[str, object]] = field(default_factory=list)


def import_merchants(
    session: Session, *, lines: Iterable[Line], actor: Actor, now: datetime
) -> MerchantImport:
    """Take every merchant that can be taken, each with its site, agreement and offer.

    The same file again adds nothing: a merchant that has an offer of the programme keeps it.
    """
    defaults = import_defaults()
    programme = ensure_import_programme(session, actor=actor, defaults=defaults, now=now)
    agreement = AgreementTerms(
        starts_on=date.fromisoformat(defaults["agreement"]["starts_on"]),
        ends_on=date.fromisoformat(defaults["agreement"]["ends_on"]),
        signed_by=defaults["agreement"]["signed_by"],
    )
    judged = import_merchant_lines(session, lines=lines, agreement=agreement, actor=actor, now=now)
    offered = _merchants_with_offer(session, programme)
    report = MerchantImport(lines=len(judged))
    for each in judged:
        if each.refused is not None or each.line is None or each.merchant_id is None:
            refused = each.refused
            report.refused.append(
                {
                    "line": each.number,
                    "reason": refused.reason if refused else "unreadable",
                    "detail": refused.detail if refused else "unreadable",
                }
            )
            continue
        if each.verdict in (Verdict.NEW_MERCHANT, Verdict.NEW_SITE):
            report.accepted += 1
        else:
            report.unchanged += 1
        if each.merchant_id not in offered:
            _add_imported_offer(
                session,
                actor=actor,
                programme=programme,
                judged=each,
                defaults=defaults,
                now=now,
            )
            offered.add(each.merchant_id)
            report.offers += 1
    return report


def import_defaults() -> dict[str, Any]:
    """Return what imported offers have in common, as shipped."""
    file = resources.files("benefits") / "data" / "import_programme.json"
    defaults: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return defaults


def ensure_import_programme(
    session: Session, *, actor: Actor, defaults: dict[str, Any], now: datetime
) -> Programme:
    """Return the programme of imported offers, started with its own limits if it is new."""
    facts = defaults["programme"]
    known = session.scalars(select(Programme).where(Programme.code == facts["code"])).one_or_none()
    if known is not None:
        return known
    programme = add_programme(
        session,
        actor=actor,
        code=facts["code"],
        name_zh=facts["name_zh"],
        name_en=facts["name_en"],
        family=Family(facts["family"]),
        fund_source=FundSource(facts["fund_source"]),
        starts_on=date.fromisoformat(facts["starts_on"]),
        ends_on=None,
        eligibility=facts["eligibility"],
        now=now,
    )
    for limit in defaults["limits"]:
        if not limit["each_offer"]:
            add_limit(
                session,
                actor=actor,
                programme_id=programme.id,
                facts=_limit_facts(limit),
                now=now,
            )
    return programme


def terms_of(read: OfferTerms, *, union_max_fen: int | None) -> Terms:
    """Return an imported line's terms as an offer version stores them."""
    return Terms(
        kind=read.kind.value,
        member_rate_bp=read.member_pays_bp,
        threshold_fen=read.threshold_fen,
        reduction_fen=read.reduction_fen,
        list_fen=read.list_fen,
        member_fen=read.member_fen,
        union_share_bp=read.union_share_bp,
        union_max_fen=None if union_max_fen is None else Fen(union_max_fen),
    )


def titles_of(terms: Terms) -> tuple[str, str]:
    """Return what members call an offer, in Chinese and English, from its terms alone."""
    if terms.kind == "percent":
        assert terms.member_rate_bp is not None
        tenths = f"{terms.member_rate_bp / 1000:g}"
        return f"{tenths}折", f"{(10_000 - terms.member_rate_bp) / 100:g} % off"
    if terms.kind in REDUCTIONS:
        assert terms.threshold_fen is not None
        assert terms.reduction_fen is not None
        threshold, off = _plain(terms.threshold_fen), _plain(terms.reduction_fen)
        if terms.kind == "daily_coupon":
            return f"每日满{threshold}减{off}", f"¥{off} off from ¥{threshold}, every day"
        return f"满{threshold}减{off}", f"¥{off} off from ¥{threshold}"
    assert terms.list_fen is not None
    if terms.kind == "gift":
        listed = _plain(terms.list_fen)
        return f"免费领取(价值{listed}元)", f"A gift worth ¥{listed}"
    assert terms.member_fen is not None
    price, listed = _plain(terms.member_fen), _plain(terms.list_fen)
    return f"{price}元(原价{listed}元)", f"¥{price} instead of ¥{listed}"


def _plain(amount: Fen) -> str:
    return yuan(amount).removesuffix(".00")


def _merchants_with_offer(session: Session, programme: Programme) -> set[UUID]:
    query = select(Offer.merchant_id).where(
        Offer.programme_id == programme.id, Offer.merchant_id.is_not(None)
    )
    return {merchant for merchant in session.scalars(query) if merchant is not None}


def _add_imported_offer(
    session: Session,
    *,
    actor: Actor,
    programme: Programme,
    judged: JudgedLine,
    defaults: dict[str, Any],
    now: datetime,
) -> None:
    assert judged.line is not None
    terms = terms_of(judged.line.terms, union_max_fen=defaults["offer"]["union_max_fen"])
    title_zh, title_en = titles_of(terms)
    starts_on = date.fromisoformat(defaults["agreement"]["starts_on"])
    offer = add_offer(
        session,
        actor=actor,
        programme_id=programme.id,
        merchant_id=judged.merchant_id,
        title_zh=title_zh,
        title_en=title_en,
        terms=terms,
        assurances=defaults["offer"]["assurances"],
        valid_from=min(now, shanghai_day(starts_on)[0]),
        now=now,
    )
    for limit in defaults["limits"]:
        if limit["each_offer"]:
            add_limit(
                session,
                actor=actor,
                programme_id=programme.id,
                facts=_limit_facts(limit, offer_id=offer.id),
                now=now,
            )


def _limit_facts(limit: dict[str, Any], *, offer_id: UUID | None = None) -> LimitFacts:
    return LimitFacts(
        scope=LimitScope(limit["scope"]),
        window=LimitWindow(limit["window"]),
        unit=LimitUnit(limit["unit"]),
        maximum=limit["maximum"],
        offer_id=offer_id,
    )
