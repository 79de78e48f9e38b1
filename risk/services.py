"""The watch over sales, and what a person decides about what it flags."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from audit.services import record
from kernel.actors import Actor
from kernel.clock import shanghai_date
from kernel.ids import new_id
from kernel.refusals import refuse_stale
from kernel.states import move
from merchants.models import Merchant, SanctionKind
from merchants.queries import MerchantReach, union_path_of
from merchants.services import impose_sanction
from risk.errors import FlagDecided, RiskRuleNotFound
from risk.models import FLAG_MOVES, SHARES, FlagState, RiskFlag, RiskRule, RiskWatch, Signal
from risk.queries import busy_tills, flag_within, risk_rules
from risk.rules import RAISED, peaks_sql

TILLS_A_BATCH = 200
# A sale is received at the start of its request and visible at its end: what was written a little
# before the last round is looked at again. A subject is flagged once a day, so twice is harmless.
OVERLAP = timedelta(minutes=5)
FIRST_LOOK = timedelta(days=7)
_ANY_ID = UUID(int=0)


@dataclass(frozen=True)
class Round:
    """One round of the watch, over what was written in [since, until)."""

    since: datetime
    until: datetime


def next_round(session: Session, *, now: datetime) -> Round:
    """Return what the watch has not looked at yet; at most a week, the first time."""
    looked_until = session.scalar(select(RiskWatch.looked_until))
    since = looked_until - OVERLAP if looked_until else now - FIRST_LOOK
    return Round(since, now)


def end_round(session: Session, *, done: Round) -> None:
    """Note that a round is done. One that died is simply done again: it flags nothing twice."""
    noted = insert(RiskWatch).values(id=1, looked_until=done.until)
    session.execute(
        noted.on_conflict_do_update(
            index_elements=["id"],
            set_={"looked_until": done.until},
            where=RiskWatch.looked_until < done.until,
        )
    )


def flag_raised_prices(session: Session, *, look: Round, now: datetime) -> int:
    """Flag offers whose list price was raised with new terms; return how many are new."""
    rule = _rule_of(session, Signal.PRICE_RAISED)
    if not rule.active:
        return 0
    found = session.execute(
        text(RAISED), _numbers(rule) | {"since": look.since, "until": look.until}
    )
    return _flag(session, rule, found.mappings().all(), now=now)


def flag_tills(
    session: Session, *, look: Round, after: UUID | None, now: datetime
) -> tuple[int, UUID | None]:
    """Look at the next tills behind `after`; return how many flags are new, and where to go on."""
    tills = busy_tills(
        session, since=look.since, until=look.until, after=after or _ANY_ID, rows=TILLS_A_BATCH
    )
    if not tills:
        return 0, None
    flagged = 0
    for rule in _rules_of_tills(session):
        # Trailing windows of the first sales reach back behind the round.
        begin = look.since - timedelta(minutes=rule.window_minutes)
        facts = {"tills": tills, "begin": begin, "since": look.since, "until": look.until}
        sql = text(peaks_sql(rule.signal, is_share=rule.signal in SHARES))
        found = session.execute(sql, _numbers(rule) | facts)
        flagged += _flag(session, rule, found.mappings().all(), now=now)
    return flagged, tills[-1]


def _rules_of_tills(session: Session) -> Iterator[RiskRule]:
    for rule in risk_rules(session):
        if rule.active and rule.signal is not Signal.PRICE_RAISED:
            yield rule


def _rule_of(session: Session, signal: Signal) -> RiskRule:
    return session.scalars(select(RiskRule).where(RiskRule.signal == signal)).one()


def _numbers(rule: RiskRule) -> dict[str, object]:
    return {
        "threshold": rule.threshold,
        "sales_min": rule.sales_min,
        "window": rule.window_minutes,
        "opens_hour": rule.opens_hour,
        "closes_hour": rule.closes_hour,
    }


def _flag(session: Session, rule: RiskRule, peaks: Sequence[Any], *, now: datetime) -> int:
    """Write a flag for each peak whose subject has none of this signal and Shanghai day."""
    if not peaks:
        return 0
    rows = [
        {
            **peak,
            "id": new_id(),
            "signal": rule.signal,
            "seen_on": shanghai_date(peak["peak_at"]),
            "threshold": rule.threshold,
            "window_minutes": rule.window_minutes,
            "weight": rule.weight,
            "flagged_at": now,
            "state": FlagState.OPEN,
        }
        for peak in peaks
    ]
    written = (
        insert(RiskFlag)
        .values(rows)
        .on_conflict_do_nothing(index_elements=["signal", "subject_id", "seen_on"])
        .returning(RiskFlag.id)
    )
    return len(session.execute(written).all())


def decide_flag(
    session: Session,
    *,
    actor: Actor,
    flag_id: UUID,
    reach: MerchantReach,
    confirmed: bool,
    reason: str,
    measure: SanctionKind | None,
    now: datetime,
) -> RiskFlag:
    """Say, once, what a person found; a confirmed flag may lead to a measure in the same act.

    `reason` is for the desk and the auditors; with a measure, the merchant reads it too. Locks the
    flag. Raises FlagNotFound, FlagDecided, and what impose_sanction raises.
    """
    flag_within(session, flag_id=flag_id, reach=reach)
    flag = session.get_one(RiskFlag, flag_id, with_for_update=True, populate_existing=True)
    if flag.state is not FlagState.OPEN:
        raise FlagDecided
    target = FlagState.CONFIRMED if confirmed else FlagState.CLEARED
    flag.state = move(FLAG_MOVES, flag.state, target)
    flag.decided_by = actor.staff_id
    flag.decided_at = now
    flag.decision_reason = reason
    if confirmed and measure is not None:
        sanction = impose_sanction(
            session,
            actor=actor,
            merchant_id=flag.merchant_id,
            kind=measure,
            reason=reason,
            now=now,
        )
        flag.sanction_id = sanction.id
    session.flush()
    merchant = session.get_one(Merchant, flag.merchant_id)
    record(
        session,
        actor=actor,
        action=f"risk_flag.{target}",
        object_type="risk_flag",
        object_id=flag.id,
        union_path=union_path_of(session, union_id=merchant.union_id),
        now=now,
        signal=flag.signal.value,
        merchant_id=merchant.id,
    )
    return flag


def _as_facts(before: dict[str, Any], changed: dict[str, Any]) -> dict[str, Any]:
    """Return what was changed as the trail keeps facts: flat, each a code."""
    old = {f"{name}_before": str(before[name]) for name in changed}
    return old | {f"{name}_after": str(value) for name, value in changed.items()}


@dataclass(frozen=True)
class RuleNumbers:
    """What the desk may set of a rule; what it means stands on RiskRule."""

    threshold: int
    sales_min: int
    window_minutes: int
    opens_hour: int | None
    closes_hour: int | None
    weight: int
    active: bool


def change_rule(
    session: Session,
    *,
    actor: Actor,
    rule_id: UUID,
    version: int,
    numbers: RuleNumbers,
    now: datetime,
) -> RiskRule:
    """Set the numbers of a rule, if nobody did meanwhile; flags from before keep theirs.

    Locks the rule. Raises RiskRuleNotFound, EditConflict.
    """
    rule = session.get(RiskRule, rule_id, with_for_update=True, populate_existing=True)
    if rule is None:
        raise RiskRuleNotFound
    refuse_stale(rule.version, version)
    before = {name: getattr(rule, name) for name in vars(numbers)}
    changed = {name: value for name, value in vars(numbers).items() if before[name] != value}
    if not changed:
        return rule
    for name, value in changed.items():
        setattr(rule, name, value)
    rule.version += 1
    rule.changed_by = actor.staff_id
    rule.changed_at = now
    session.flush()
    record(
        session,
        actor=actor,
        action="risk_rule.changed",
        object_type="risk_rule",
        object_id=rule.id,
        now=now,
        signal=rule.signal.value,
        **_as_facts(before, changed),
    )
    return rule
