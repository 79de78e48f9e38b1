"""The demo's budget: two lines of the union's fund, a virement between them, what they bear."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from benefits.models import Programme
from finance.queries.budgets import has_costs, held_lines
from finance.services.budgets import (
    LineFacts,
    add_line,
    approve_change,
    assign_programme,
    propose_change,
)
from kernel.actors import Actor
from kernel.money import Fen
from ledger.models import Account, BudgetChangeKind, BudgetLine, Family, FundSource
from staff.queries import actor_of

_FUND = FundSource.UNION_FUND
# family: (code, names, account, what the year's line is given), as large as a demo's days are.
_LINES = {
    Family.DISCOUNT: ("W01", "普惠消费(演示)", "Member offers (demo)", "50301", Fen(6_000_00)),
    Family.TRAINING: ("T01", "职工培训(演示)", "Training (demo)", "50201", Fen(3_000_00)),
}
_MOVED_FEN = Fen(800_00)
_REASON = "演示会议纪要第1号"
_A_WEEK = timedelta(days=7)


def seed_budgets(session: Session, *, years: Iterable[int], now: datetime) -> int:
    """Give each of `years` without a budget one, approved at `now`; return how many lines.

    Called before the first sales of what it bears: a programme keeps its line for the year.
    """
    maker, approver = (actor_of(session, username=name) for name in ("maker", "finapprover"))
    assert maker is not None, "write_demo_file() makes the demo's staff"
    assert approver is not None, "write_demo_file() makes the demo's staff"
    made = 0
    for year in years:
        if not held_lines(session, year=year):
            made += _budget(session, year, maker=maker, approver=approver, now=now)
    return made


def _budget(session: Session, year: int, *, maker: Actor, approver: Actor, now: datetime) -> int:
    lines = {}
    for family, (code, name_zh, name_en, account, given) in _LINES.items():
        account_id = session.scalars(select(Account.id).where(Account.code == account)).one()
        facts = LineFacts(year, code, name_zh, name_en, _FUND, account_id)
        lines[family] = add_line(session, actor=maker, facts=facts, now=now)
        _bear(session, lines[family], family, actor=maker, now=now)
        change = propose_change(
            session,
            actor=maker,
            kind=BudgetChangeKind.ALLOCATION,
            line_id=lines[family].id,
            amount_fen=given,
            reason=_REASON,
            now=now,
        )
        approve_change(session, actor=approver, change_id=change.id, now=now)
    later = now + _A_WEEK
    change = propose_change(
        session,
        actor=maker,
        kind=BudgetChangeKind.VIREMENT,
        line_id=lines[Family.TRAINING].id,
        to_line_id=lines[Family.DISCOUNT].id,
        amount_fen=_MOVED_FEN,
        reason=_REASON,
        now=later,
    )
    approve_change(session, actor=approver, change_id=change.id, now=later)
    return len(lines)


def _bear(
    session: Session, line: BudgetLine, family: Family, *, actor: Actor, now: datetime
) -> None:
    """Let the line bear the family's programmes; what was sold under one already stays as it is."""
    query = select(Programme.id).where(Programme.fund_source == _FUND, Programme.family == family)
    free: list[UUID] = [
        each
        for each in session.scalars(query)
        if not has_costs(session, programme_id=each, year=line.year)
    ]
    for programme_id in free:
        assign_programme(session, actor=actor, line_id=line.id, programme_id=programme_id, now=now)
