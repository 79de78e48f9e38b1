"""Programmes and their limits: what the federation pays for, and how much of it there is."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
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
    EVERYDAY,
    PROGRAMME_MOVES,
    Instrument,
    LimitRule,
    LimitScope,
    LimitUnit,
    LimitWindow,
    Programme,
    ProgrammeState,
)
from benefits.queries import discount_funds
from benefits.services.approvals import check_programme, mark_proposed
from benefits.spending_errors import CeilingStays, ProgrammeAwaitsApproval, ProgrammeNotADraft
from kernel.actors import Actor
from kernel.clock import shanghai_date
from kernel.money import Fen
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
    """What a programme is. `eligibility` is read by benefits.rules.evaluate().

    `member_year_fen` is the most that one member may get of it in a calendar year.
    """

    code: str
    name_zh: str
    name_en: str
    family: Family
    fund_source: FundSource
    starts_on: date
    ends_on: date | None
    eligibility: Sequence[Mapping[str, Any]]
    occasion: str = EVERYDAY
    instrument: Instrument = Instrument.DISCOUNT
    member_year_fen: Fen | None = None


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
    occasion: str = EVERYDAY,
    instrument: Instrument = Instrument.DISCOUNT,
    member_year_fen: Fen | None = None,
    now: datetime,
) -> Programme:
    """Propose a programme that a file describes; one with this code is returned as it is."""
    known = session.scalars(select(Programme).where(Programme.code == code)).one_or_none()
    if known is not None:
        return known
    facts = ProgrammeFacts(
        *(code, name_zh, name_en, family, fund_source, starts_on, ends_on, eligibility),
        *(occasion, instrument, member_year_fen),
    )
    return _add(session, actor=actor, facts=facts, state=ProgrammeState.PROPOSED, now=now)


def draft_discount_programme(
    session: Session, *, actor: Actor, facts: ProgrammeFacts, now: datetime
) -> Programme:
    """Write a discount programme down; nothing is offered until somebody else approves it.

    Raises FundPaysNoDiscounts where the ledger could not post a redemption, ProgrammeCodeTaken,
    and what check_spending() does.
    """
    _refuse_fund(session, facts)
    with refused_by({"uq_programmes_code": ProgrammeCodeTaken}):
        programme = _add(session, actor=actor, facts=facts, state=ProgrammeState.DRAFT, now=now)
    check_programme(session, programme)
    return programme


def edit_draft(
    session: Session,
    *,
    actor: Actor,
    programme_id: UUID,
    facts: ProgrammeFacts,
    version: int,
    now: datetime,
) -> Programme:
    """Write a draft down anew: all of it, but its family.

    Raises ProgrammeNotFound, EditConflict, ProgrammeNotADraft, and what drafting one does.
    """
    programme = session.get(Programme, programme_id, with_for_update=True, populate_existing=True)
    if programme is None:
        raise ProgrammeNotFound
    refuse_stale(programme.version, version)
    if programme.state is not ProgrammeState.DRAFT:
        raise ProgrammeNotADraft(state=programme.state)
    _refuse_fund(session, facts)
    for name, value in _stored(facts).items():
        setattr(programme, name, value)
    programme.version += 1
    with refused_by({"uq_programmes_code": ProgrammeCodeTaken}):
        session.flush()
    check_programme(session, programme)
    record(
        session,
        actor=actor,
        action="programme.edited",
        object_type="programme",
        object_id=programme_id,
        now=now,
        programme=programme.code,
    )
    return programme


def _refuse_fund(session: Session, facts: ProgrammeFacts) -> None:
    if facts.fund_source not in discount_funds(session):
        raise FundPaysNoDiscounts(fund_source=facts.fund_source)


def _stored(facts: ProgrammeFacts) -> dict[str, Any]:
    return {
        **asdict(facts),
        "eligibility": [dict(rule) for rule in facts.eligibility],
    }


def _add(
    session: Session, *, actor: Actor, facts: ProgrammeFacts, state: ProgrammeState, now: datetime
) -> Programme:
    programme = Programme(**_stored(facts), state=state, created_at=now)
    if state is ProgrammeState.PROPOSED:
        mark_proposed(programme, actor=actor, now=now)
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
    """Pause, resume or end a programme.

    Raises ProgrammeNotFound, EditConflict, MoveNotAllowed, and ProgrammeAwaitsApproval where it is
    to run before somebody approved it.
    """
    programme = session.get(Programme, programme_id, with_for_update=True, populate_existing=True)
    if programme is None:
        raise ProgrammeNotFound
    refuse_stale(programme.version, version)
    if target is ProgrammeState.RUNNING and programme.approved_at is None:
        raise ProgrammeAwaitsApproval(programme=programme.code)
    programme.state = move(PROGRAMME_MOVES, programme.state, target)
    if target is ProgrammeState.ENDED:
        programme.ended_on = shanghai_date(now)
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
    LimitNotFound, EditConflict, CeilingStays, StripedLimitOnlyGrows.
    """
    rule = session.get(LimitRule, rule_id, with_for_update=True, populate_existing=True)
    if rule is None:
        raise LimitNotFound
    refuse_stale(rule.version, version)
    if rule.is_ceiling:
        raise CeilingStays
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
