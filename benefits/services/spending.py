"""What a union may spend: the check of a programme against its occasion, and changes of rules."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from audit.services import record
from benefits.models import (
    CASH_LIKE,
    SPEND_RULE_MOVES,
    Instrument,
    SpendRule,
    SpendRuleState,
)
from benefits.queries.spending import Spending, Years, spending_of
from benefits.spending_errors import (
    AboveCeiling,
    CashNotGiven,
    CeilingNeedsAmount,
    InstrumentNotAllowed,
    OccasionUnknown,
    ProgrammesAboveRule,
    ProposedByYou,
    SchemesSayHowMuch,
    SpendRuleNotFound,
    SpendRuleWaits,
)
from kernel.actors import Actor
from kernel.money import Fen
from kernel.refusals import refused_by
from kernel.states import move
from ledger.models import Family

# The class of advisory locks under which approvals and rules of one occasion take turns; the
# triggers of both tables take it as well.
OCCASION_LOCK = 110


def lock_occasion(session: Session, *, occasion: str) -> None:
    """Wait for whoever approves for this occasion; what they wrote is seen from here on."""
    key = func.hashtext(occasion)
    session.execute(select(func.pg_advisory_xact_lock(OCCASION_LOCK, key)))


def check_spending(
    session: Session,
    *,
    family: Family,
    occasion: str,
    instrument: Instrument,
    member_year_fen: Fen | None,
    years: Years,
    besides: UUID | None = None,
) -> Spending:
    """Hold a programme against its occasion's rule and what is approved already.

    Raises CashNotGiven, OccasionUnknown, InstrumentNotAllowed, SchemesSayHowMuch,
    CeilingNeedsAmount, AboveCeiling.
    """
    if instrument in CASH_LIKE:
        raise CashNotGiven
    found = spending_of(session, occasion=occasion, years=years, besides=besides)
    if found is None:
        raise OccasionUnknown
    if instrument.value not in found.rule.instruments:
        raise InstrumentNotAllowed(instruments=list(found.rule.instruments))
    if family is Family.AID and member_year_fen is not None:
        raise SchemesSayHowMuch
    ceiling, left = found.rule.ceiling_fen, found.left_fen
    if ceiling is None or left is None:
        return found
    if member_year_fen is None:
        raise CeilingNeedsAmount(ceiling_fen=ceiling)
    if member_year_fen > left:
        raise AboveCeiling(ceiling_fen=ceiling, committed_fen=found.committed_fen, left_fen=left)
    return found


@dataclass(frozen=True)
class RuleFacts:
    """What may be spent on an occasion; without a ceiling, as much as its programmes say."""

    occasion: str
    name_zh: str
    name_en: str
    ceiling_fen: Fen | None
    instruments: Sequence[Instrument]
    source: str
    reason: str


def propose_rule(session: Session, *, actor: Actor, facts: RuleFacts, now: datetime) -> SpendRule:
    """Propose what is to count for an occasion from its approval on.

    Raises CashNotGiven, SpendRuleWaits.
    """
    if CASH_LIKE.intersection(facts.instruments):
        raise CashNotGiven
    lock_occasion(session, occasion=facts.occasion)
    waiting = select(SpendRule.id).where(
        SpendRule.occasion == facts.occasion, SpendRule.state == SpendRuleState.PROPOSED
    )
    if session.scalars(waiting).first() is not None:
        raise SpendRuleWaits
    rule = SpendRule(
        occasion=facts.occasion,
        name_zh=facts.name_zh,
        name_en=facts.name_en,
        ceiling_fen=facts.ceiling_fen,
        instruments=[each.value for each in facts.instruments],
        source=facts.source,
        reason=facts.reason,
        maker_id=actor.staff_id,
        proposed_at=now,
    )
    session.add(rule)
    session.flush()
    _note(session, actor, "spend_rule.proposed", rule, now)
    return rule


def approve_rule(session: Session, *, actor: Actor, rule_id: UUID, now: datetime) -> SpendRule:
    """Let a rule count instead of the one before.

    Raises SpendRuleNotFound, MoveNotAllowed, ProposedByYou, ProgrammesAboveRule.
    """
    rule = _decided(session, actor, rule_id)
    lock_occasion(session, occasion=rule.occasion)
    before = session.scalars(
        select(SpendRule).where(
            SpendRule.occasion == rule.occasion, SpendRule.state == SpendRuleState.IN_FORCE
        )
    ).one_or_none()
    if before is not None:
        before.state = move(SPEND_RULE_MOVES, before.state, SpendRuleState.REPLACED)
        session.flush()
    _decide(rule, actor, SpendRuleState.IN_FORCE, now)
    with refused_by({"ck_spend_rules_covers_programmes": ProgrammesAboveRule}):
        session.flush()
    _note(session, actor, "spend_rule.approved", rule, now)
    return rule


def refuse_rule(session: Session, *, actor: Actor, rule_id: UUID, now: datetime) -> SpendRule:
    """Say no to a rule. Raises SpendRuleNotFound, MoveNotAllowed, ProposedByYou."""
    rule = _decided(session, actor, rule_id)
    _decide(rule, actor, SpendRuleState.REFUSED, now)
    session.flush()
    _note(session, actor, "spend_rule.refused", rule, now)
    return rule


def _decided(session: Session, actor: Actor, rule_id: UUID) -> SpendRule:
    rule = session.get(SpendRule, rule_id, with_for_update=True, populate_existing=True)
    if rule is None:
        raise SpendRuleNotFound
    if rule.maker_id == actor.staff_id:
        raise ProposedByYou
    return rule


def _decide(rule: SpendRule, actor: Actor, state: SpendRuleState, now: datetime) -> None:
    rule.state = move(SPEND_RULE_MOVES, rule.state, state)
    rule.approver_id, rule.decided_at = actor.staff_id, now


def _note(session: Session, actor: Actor, action: str, rule: SpendRule, now: datetime) -> None:
    record(
        session,
        actor=actor,
        action=action,
        object_type="spend_rule",
        object_id=rule.id,
        now=now,
        occasion=rule.occasion,
        ceiling_fen=rule.ceiling_fen,
    )
