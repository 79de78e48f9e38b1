"""Programmes, their offers and their limits: setting up what is offered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from audit.services import record
from benefits.errors import (
    OfferNotFound,
    OfferTermsWrong,
    OfferVersionsOverlap,
    ProgrammeNotFound,
)
from benefits.models import (
    OFFER_MOVES,
    PROGRAMME_MOVES,
    LimitRule,
    LimitScope,
    LimitUnit,
    LimitWindow,
    Offer,
    OfferKind,
    OfferState,
    OfferVersion,
    Programme,
    ProgrammeState,
)
from benefits.rules import Terms
from kernel.actors import Actor
from kernel.db import violated_constraint
from kernel.money import WHOLE_BP
from kernel.refusals import refuse_stale
from kernel.states import move
from ledger.models import Family, FundSource


@dataclass(frozen=True)
class LimitFacts:
    """One rule of how much there is; `offer_id` None binds the whole programme."""

    scope: LimitScope
    window: LimitWindow
    unit: LimitUnit
    maximum: int
    stripes: int = 1
    offer_id: UUID | None = None


def add_programme(
    session: Session,
    *,
    actor: Actor,
    code: str,
    name_zh: str,
    name_en: str,
    family: Family,
    fund_source: FundSource,
    starts_on: date,
    ends_on: date | None,
    eligibility: Sequence[Mapping[str, Any]],
    now: datetime,
) -> Programme:
    """Start a programme; one with this code already there is returned as it is."""
    known = session.scalars(select(Programme).where(Programme.code == code)).one_or_none()
    if known is not None:
        return known
    programme = Programme(
        code=code,
        name_zh=name_zh,
        name_en=name_en,
        family=family,
        fund_source=fund_source,
        starts_on=starts_on,
        ends_on=ends_on,
        eligibility=[dict(rule) for rule in eligibility],
        created_at=now,
    )
    session.add(programme)
    session.flush()
    record(
        session,
        actor=actor,
        action="programme.added",
        object_type="programme",
        object_id=programme.id,
        now=now,
        programme=code,
    )
    return programme


def move_programme(
    session: Session,
    *,
    actor: Actor,
    programme_id: UUID,
    target: ProgrammeState,
    version: int,
    now: datetime,
) -> Programme:
    """Pause, resume or end a programme. Raises ProgrammeNotFound, EditConflict, MoveNotAllowed."""
    programme = session.get(Programme, programme_id, with_for_update=True, populate_existing=True)
    if programme is None:
        raise ProgrammeNotFound
    refuse_stale(programme.version, version)
    programme.state = move(PROGRAMME_MOVES, programme.state, target)
    programme.version += 1
    session.flush()
    record(
        session,
        actor=actor,
        action="programme.moved",
        object_type="programme",
        object_id=programme_id,
        now=now,
        state=target.value,
    )
    return programme


def add_limit(
    session: Session, *, actor: Actor, programme_id: UUID, facts: LimitFacts, now: datetime
) -> LimitRule:
    """Limit a programme or one of its offers from now on."""
    rule = LimitRule(
        programme_id=programme_id,
        offer_id=facts.offer_id,
        scope=facts.scope,
        window=facts.window,
        unit=facts.unit,
        maximum=facts.maximum,
        stripes=facts.stripes,
    )
    session.add(rule)
    session.flush()
    record(
        session,
        actor=actor,
        action="limit.added",
        object_type="limit_rule",
        object_id=rule.id,
        now=now,
        programme_id=programme_id,
        maximum=facts.maximum,
    )
    return rule


def change_limit(
    session: Session, *, actor: Actor, rule_id: UUID, maximum: int, version: int, now: datetime
) -> LimitRule:
    """Set a new maximum; it counts at the next take. Raises EditConflict."""
    rule = session.get(LimitRule, rule_id, with_for_update=True, populate_existing=True)
    if rule is None:
        raise OfferNotFound
    refuse_stale(rule.version, version)
    rule.maximum = maximum
    rule.version += 1
    session.flush()
    record(
        session,
        actor=actor,
        action="limit.changed",
        object_type="limit_rule",
        object_id=rule_id,
        now=now,
        maximum=maximum,
    )
    return rule


def add_offer(
    session: Session,
    *,
    actor: Actor,
    programme_id: UUID,
    merchant_id: UUID | None,
    title_zh: str,
    title_en: str,
    terms: Terms,
    assurances: Sequence[str],
    needs_challenge: bool = False,
    valid_from: datetime,
    valid_to: datetime | None = None,
    now: datetime,
) -> Offer:
    """Offer `terms` at one merchant, or with no merchant at every one. Raises OfferTermsWrong."""
    offer = Offer(
        programme_id=programme_id,
        merchant_id=merchant_id,
        title_zh=title_zh,
        title_en=title_en,
        created_at=now,
    )
    session.add(offer)
    session.flush()
    add_version(
        session,
        actor=actor,
        offer_id=offer.id,
        terms=terms,
        assurances=assurances,
        needs_challenge=needs_challenge,
        valid_from=valid_from,
        valid_to=valid_to,
        now=now,
    )
    return offer


def add_version(
    session: Session,
    *,
    actor: Actor,
    offer_id: UUID,
    terms: Terms,
    assurances: Sequence[str],
    needs_challenge: bool = False,
    valid_from: datetime,
    valid_to: datetime | None = None,
    now: datetime,
) -> OfferVersion:
    """Put new terms in force from `valid_from`; the version before ends there.

    Locks the offer. What was redeemed keeps the version it was redeemed under. Raises
    OfferTermsWrong, OfferVersionsOverlap, OfferNotFound.
    """
    offer = session.get(Offer, offer_id, with_for_update=True, populate_existing=True)
    if offer is None:
        raise OfferNotFound
    check_terms(terms)
    before = session.scalars(
        select(OfferVersion).where(
            OfferVersion.offer_id == offer_id,
            OfferVersion.valid_from < valid_from,
            OfferVersion.valid_to.is_(None) | (OfferVersion.valid_to > valid_from),
        )
    ).one_or_none()
    if before is not None:
        before.valid_to = valid_from
        session.flush()
    newest = session.scalar(
        select(func.coalesce(func.max(OfferVersion.number), 0)).where(
            OfferVersion.offer_id == offer_id
        )
    )
    version = OfferVersion(
        offer_id=offer_id,
        number=(newest or 0) + 1,
        kind=OfferKind(terms.kind),
        member_rate_bp=terms.member_rate_bp,
        threshold_fen=terms.threshold_fen,
        reduction_fen=terms.reduction_fen,
        list_fen=terms.list_fen,
        member_fen=terms.member_fen,
        union_share_bp=terms.union_share_bp,
        union_max_fen=terms.union_max_fen,
        assurances=list(assurances),
        needs_challenge=needs_challenge,
        valid_from=valid_from,
        valid_to=valid_to,
        created_at=now,
    )
    session.add(version)
    try:
        session.flush()
    except IntegrityError as error:
        if violated_constraint(error) == "ex_offer_versions_in_force":
            raise OfferVersionsOverlap from error
        raise
    offer.version += 1
    record(
        session,
        actor=actor,
        action="offer.version_added",
        object_type="offer",
        object_id=offer_id,
        now=now,
        number=version.number,
    )
    return version


def end_offer(
    session: Session, *, actor: Actor, offer_id: UUID, version: int, now: datetime
) -> Offer:
    """Stop an offer at once; what was redeemed stays. Raises EditConflict, MoveNotAllowed."""
    offer = session.get(Offer, offer_id, with_for_update=True, populate_existing=True)
    if offer is None:
        raise OfferNotFound
    refuse_stale(offer.version, version)
    offer.state = move(OFFER_MOVES, offer.state, OfferState.ENDED)
    offer.version += 1
    session.flush()
    record(
        session, actor=actor, action="offer.ended", object_type="offer", object_id=offer_id, now=now
    )
    return offer


def check_terms(terms: Terms) -> None:
    """Raise OfferTermsWrong naming the first field that makes no offer of these terms."""
    if not 0 <= terms.union_share_bp <= WHOLE_BP:
        raise OfferTermsWrong(field="union_share_bp", reason="share_out_of_range")
    if terms.union_max_fen is not None and terms.union_max_fen < 0:
        raise OfferTermsWrong(field="union_max_fen", reason="negative")
    checks = {"percent": _percent, "full_reduction": _full_reduction, "fixed_price": _fixed_price}
    wrong = checks[terms.kind](terms)
    if wrong is not None:
        raise OfferTermsWrong(field=wrong, reason="amounts_make_no_offer")


def _percent(terms: Terms) -> str | None:
    rate = terms.member_rate_bp
    return None if rate is not None and 0 <= rate < WHOLE_BP else "member_rate_bp"


def _full_reduction(terms: Terms) -> str | None:
    if terms.reduction_fen is None or terms.reduction_fen <= 0:
        return "reduction_fen"
    if terms.threshold_fen is None or terms.threshold_fen < terms.reduction_fen:
        return "threshold_fen"
    return None


def _fixed_price(terms: Terms) -> str | None:
    if terms.member_fen is None or terms.member_fen < 0:
        return "member_fen"
    if terms.list_fen is None or terms.list_fen <= terms.member_fen:
        return "list_fen"
    return None
