"""Budgets: a year's lines, changes of them by two people, and the programmes that draw on one.

What a line holds is never stored: it is the sum of its entries in approved changes. Approvals of
one year take turns (the trigger of `budget_changes`).
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from audit.services import record
from benefits.errors import ProgrammeNotFound
from benefits.models import Programme
from finance.errors import PreparedByYou
from finance.queries.budgets import has_costs, left_of_line
from kernel.actors import Actor
from kernel.money import Fen
from kernel.refusals import refused_by
from kernel.states import move
from ledger.errors import (
    BudgetChangeNotFound,
    BudgetCodeTaken,
    BudgetLineNotFound,
    BudgetLineTooSmall,
    FundsDiffer,
    LinesDoNotPair,
    NotAnExpense,
    ProgrammeHasCosts,
)
from ledger.models import (
    BUDGET_CHANGE_MOVES,
    Account,
    AccountKind,
    Book,
    BudgetChange,
    BudgetChangeKind,
    BudgetChangeState,
    BudgetEntry,
    BudgetLine,
    FundSource,
    ProgrammeBudget,
)


@dataclass(frozen=True)
class LineFacts:
    year: int
    code: str
    name_zh: str
    name_en: str
    fund_source: FundSource
    account_id: UUID


def add_line(session: Session, *, actor: Actor, facts: LineFacts, now: datetime) -> BudgetLine:
    """Open a line in a year's budget; it holds nothing until an allocation is approved.

    Raises NotAnExpense, BudgetCodeTaken.
    """
    book = Book.MUTUAL_AID if facts.fund_source is FundSource.MUTUAL_AID else Book.UNION
    # Shared, so that nobody retires it meanwhile.
    account = session.get(Account, facts.account_id, with_for_update={"read": True})
    if (
        account is None
        or account.kind is not AccountKind.EXPENSE
        or account.book is not book
        or not account.is_active
    ):
        raise NotAnExpense
    line = BudgetLine(
        year=facts.year,
        code=facts.code,
        name_zh=facts.name_zh,
        name_en=facts.name_en,
        fund_source=facts.fund_source,
        book=book,
        account_id=facts.account_id,
        maker_id=actor.staff_id,
        created_at=now,
    )
    with refused_by({"uq_budget_lines_year_code": BudgetCodeTaken}):
        session.add(line)
        session.flush()
    record(
        session,
        actor=actor,
        action="budget_line.added",
        object_type="budget_line",
        object_id=line.id,
        now=now,
        year=facts.year,
    )
    return line


def propose_change(
    session: Session,
    *,
    actor: Actor,
    kind: BudgetChangeKind,
    line_id: UUID,
    to_line_id: UUID | None = None,
    amount_fen: Fen,
    reason: str,
    now: datetime,
) -> BudgetChange:
    """Propose more for a line, less of it, or a virement from it to another of its fund and year.

    Raises BudgetLineNotFound, LinesDoNotPair, BudgetLineTooSmall.
    """
    assert amount_fen > 0
    line = _line(session, line_id)
    if (kind is BudgetChangeKind.VIREMENT) != (to_line_id is not None):
        raise LinesDoNotPair
    amounts = {line.id: amount_fen if kind is BudgetChangeKind.ALLOCATION else Fen(-amount_fen)}
    if to_line_id is not None:
        other = _line(session, to_line_id)
        is_pair = (other.year, other.fund_source) == (line.year, line.fund_source)
        if other.id == line.id or not is_pair:
            raise LinesDoNotPair
        amounts[other.id] = amount_fen
    if kind is not BudgetChangeKind.ALLOCATION:
        _refuse_too_small(session, line, amount_fen)
    change = BudgetChange(
        kind=kind,
        year=line.year,
        fund_source=line.fund_source,
        reason=reason,
        maker_id=actor.staff_id,
        proposed_at=now,
    )
    session.add(change)
    session.flush()
    session.add_all(
        BudgetEntry(change_id=change.id, line_no=number, budget_line_id=key, amount_fen=fen)
        for number, (key, fen) in enumerate(amounts.items(), start=1)
    )
    session.flush()
    _note(session, actor, "budget_change.proposed", change, now)
    return change


def approve_change(
    session: Session, *, actor: Actor, change_id: UUID, now: datetime
) -> BudgetChange:
    """Let a change count. Locks the change, then the year's budget against other approvals.

    Raises BudgetChangeNotFound, MoveNotAllowed, PreparedByYou, BudgetLineTooSmall.
    """
    change = _decide(session, actor, change_id, BudgetChangeState.APPROVED, now)
    # The year is locked since the flush: what others approved before us is seen from here on.
    given = session.execute(
        select(BudgetLine, BudgetEntry.amount_fen)
        .join(BudgetEntry, BudgetEntry.budget_line_id == BudgetLine.id)
        .where(BudgetEntry.change_id == change_id, BudgetEntry.amount_fen < 0)
    ).all()
    for line, _ in given:
        # Ours counts already, so nothing more is taken.
        _refuse_too_small(session, line, Fen(0))
    _note(session, actor, "budget_change.approved", change, now)
    return change


def refuse_change(
    session: Session, *, actor: Actor, change_id: UUID, now: datetime
) -> BudgetChange:
    """Say no to a change. Raises BudgetChangeNotFound, MoveNotAllowed, PreparedByYou."""
    change = _decide(session, actor, change_id, BudgetChangeState.REFUSED, now)
    _note(session, actor, "budget_change.refused", change, now)
    return change


def assign_programme(
    session: Session, *, actor: Actor, line_id: UUID, programme_id: UUID, now: datetime
) -> None:
    """Let a line bear a programme's costs of the line's year, and its account take them.

    Raises BudgetLineNotFound, ProgrammeNotFound, FundsDiffer; ProgrammeHasCosts where costs of the
    year went elsewhere already.
    """
    line = _line(session, line_id)
    programme = session.get(Programme, programme_id)
    if programme is None:
        raise ProgrammeNotFound
    if programme.fund_source is not line.fund_source:
        raise FundsDiffer
    if has_costs(session, programme_id=programme_id, year=line.year):
        raise ProgrammeHasCosts
    key = {"programme_id": programme_id, "year": line.year}
    assign = insert(ProgrammeBudget).values(**key, budget_line_id=line.id)
    session.execute(
        assign.on_conflict_do_update(
            index_elements=["programme_id", "year"], set_={"budget_line_id": line.id}
        )
    )
    record(
        session,
        actor=actor,
        action="budget_line.assigned",
        object_type="budget_line",
        object_id=line_id,
        now=now,
        programme_id=programme_id,
    )


def _line(session: Session, line_id: UUID) -> BudgetLine:
    line = session.get(BudgetLine, line_id)
    if line is None:
        raise BudgetLineNotFound
    return line


def _refuse_too_small(session: Session, line: BudgetLine, amount_fen: Fen) -> None:
    if left_of_line(session, line_id=line.id) < amount_fen:
        raise BudgetLineTooSmall


def _decide(
    session: Session, actor: Actor, change_id: UUID, target: BudgetChangeState, now: datetime
) -> BudgetChange:
    change = session.get(BudgetChange, change_id, with_for_update=True, populate_existing=True)
    if change is None:
        raise BudgetChangeNotFound
    state = move(BUDGET_CHANGE_MOVES, change.state, target)
    if change.maker_id == actor.staff_id:
        raise PreparedByYou
    change.state = state
    change.approver_id = actor.staff_id
    change.decided_at = now
    session.flush()
    return change


def _note(session: Session, actor: Actor, action: str, change: BudgetChange, now: datetime) -> None:
    record(
        session,
        actor=actor,
        action=action,
        object_type="budget_change",
        object_id=change.id,
        now=now,
        kind=change.kind.value,
    )
