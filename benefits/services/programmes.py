"""Programmes and their limits: what the federation pays for, and how much of it there is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.services import record
from benefits.errors import (
    FundPaysNoDiscounts,
    LimitNotFound,
    ProgrammeCodeTaken,
    ProgrammeNotFound,
    StripedLimitOnlyGrows,
)
from benefits.models import (
    PROGRAMME_MOVES,
    LimitRule,
    LimitScope,
    LimitUnit,
    LimitWindow,
    Programme,
    ProgrammeState,
)
from benefits.queries import discount_funds
from kernel.actors import Actor
from kernel.refusals import refuse_stale, refused_by
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


@dataclass(frozen=True)
class ProgrammeFacts:
    """What a programme is. `eligibility` is read by benefits.rules.evaluate()."""

    code: str
    name_zh: str
    name_en: str
    family: Family
    fund_source: FundSource
    starts_on: date
    ends_on: date | None
    eligibility: Sequence[Mapping[str, Any]]


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
    facts = ProgrammeFacts(
        code, name_zh, name_en, family, fund_source, starts_on, ends_on, eligibility
    )
    return _add(session, actor=actor, facts=facts, state=ProgrammeState.RUNNING, now=now)


def draft_discount_programme(
    session: Session, *, actor: Actor, facts: ProgrammeFacts, now: datetime
) -> Programme:
    """Write a discount programme down; nothing is offered until it runs.

    Raises FundPaysNoDiscounts where the ledger could not post a redemption, ProgrammeCodeTaken.
    """
    if facts.fund_source not in discount_funds(session):
        raise FundPaysNoDiscounts(fund_source=facts.fund_source)
    with refused_by({"uq_programmes_code": ProgrammeCodeTaken}):
        return _add(session, actor=actor, facts=facts, state=ProgrammeState.DRAFT, now=now)


def _add(
    session: Session, *, actor: Actor, facts: ProgrammeFacts, state: ProgrammeState, now: datetime
) -> Programme:
    programme = Programme(
        code=facts.code,
        name_zh=facts.name_zh,
        name_en=facts.name_en,
        family=facts.family,
        fund_source=facts.fund_source,
        state=state,
        starts_on=facts.starts_on,
        ends_on=facts.ends_on,
        eligibility=[dict(rule) for rule in facts.eligibility],
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
        programme=facts.code,
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
    """Set a new maximum; it counts at the next take.

    A striped budget is shared out anew with its maximum, so a smaller one would still let the
    emptier stripes fill up on top of what the fuller ones took: it may only grow. Raises
    LimitNotFound, EditConflict, StripedLimitOnlyGrows.
    """
    rule = session.get(LimitRule, rule_id, with_for_update=True, populate_existing=True)
    if rule is None:
        raise LimitNotFound
    refuse_stale(rule.version, version)
    if rule.stripes > 1 and maximum < rule.maximum:
        raise StripedLimitOnlyGrows
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
