"""Spend rules, and what programmes that are approved leave of their ceilings."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from benefits.models import Programme, ProgrammeState, SpendRule, SpendRuleState
from kernel.actors import Actor, Role
from kernel.money import Fen

# No programme runs longer.
LAST_YEAR = 9999
APPROVERS = (Role.PROGRAMME_DESIGNER, Role.FINANCE_APPROVER)


@dataclass(frozen=True)
class Years:
    """The calendar years that a programme touches, both included."""

    first: int
    last: int

    @classmethod
    def of(cls, starts_on: date, ends_on: date | None) -> "Years":
        """Return the years of the Shanghai days [starts_on, ends_on)."""
        if ends_on is None:
            return cls(starts_on.year, LAST_YEAR)
        return cls(starts_on.year, date.fromordinal(ends_on.toordinal() - 1).year)


@dataclass(frozen=True)
class Spending:
    """A rule in force, and the most that is approved of it for a member in one of some years."""

    rule: SpendRule
    committed_fen: Fen

    @property
    def left_fen(self) -> Fen | None:
        """Return what another programme may give a member in a year; None where nothing limits."""
        if self.rule.ceiling_fen is None:
            return None
        return Fen(max(0, self.rule.ceiling_fen - self.committed_fen))


def spending_of(
    session: Session, *, occasion: str, years: Years, besides: UUID | None = None
) -> Spending | None:
    """Return the rule of an occasion with what others than `besides` may give; None: no rule."""
    rule = session.scalars(
        select(SpendRule)
        .where(SpendRule.occasion == occasion, SpendRule.state == SpendRuleState.IN_FORCE)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if rule is None:
        return None
    return Spending(rule, _committed(session, occasion, years, besides))


def _committed(session: Session, occasion: str, years: Years, besides: UUID | None) -> Fen:
    found = func.spend_committed(occasion, years.first, years.last, besides)
    return Fen(session.scalar(select(found)) or 0)


def rules_in_force(session: Session, *, years: Years) -> list[Spending]:
    """Return every occasion's rule, those without a ceiling first, with what is approved of it."""
    rules = session.scalars(
        select(SpendRule)
        .where(SpendRule.state == SpendRuleState.IN_FORCE)
        .order_by(SpendRule.ceiling_fen.is_not(None), SpendRule.occasion)
    )
    return [Spending(each, _committed(session, each.occasion, years, None)) for each in rules]


def rules_of(session: Session, *, occasion: str) -> list[SpendRule]:
    """Return all that was proposed for an occasion, the newest first."""
    query = select(SpendRule).where(SpendRule.occasion == occasion)
    return list(session.scalars(query.order_by(SpendRule.proposed_at.desc(), SpendRule.id.desc())))


def waiting_rules(session: Session) -> list[SpendRule]:
    query = select(SpendRule).where(SpendRule.state == SpendRuleState.PROPOSED)
    return list(session.scalars(query.order_by(SpendRule.proposed_at, SpendRule.id)))


def programmes_of_occasion(session: Session, *, occasion: str) -> Sequence[Programme]:
    """Return the programmes that were approved for an occasion, by code."""
    query = select(Programme).where(
        Programme.occasion == occasion, Programme.approved_at.is_not(None)
    )
    return session.scalars(query.order_by(Programme.code)).all()


def approvals_waiting(session: Session, actor: Actor) -> int:
    """Return how many programmes and rules the caller could decide about."""
    if not may_approve(actor):
        return 0
    count = 0
    for model, is_waiting in (
        (Programme, Programme.state == ProgrammeState.PROPOSED),
        (SpendRule, SpendRule.state == SpendRuleState.PROPOSED),
    ):
        query = select(func.count()).select_from(model)
        query = query.where(is_waiting, model.maker_id.is_distinct_from(actor.id))
        count += session.scalar(query) or 0
    return count


def may_approve(actor: Actor) -> bool:
    """Say whether somebody may approve for the whole city: for a union without a parent."""
    return any("/" not in path for path in actor.paths(*APPROVERS))
