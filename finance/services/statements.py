"""The steps of an open statement: issued, agreed, approved, by one or many at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session, aliased

from audit.services import About, record, record_each
from finance.errors import (
    DisputesUndecided,
    InvoicesMissing,
    PreparedByYou,
    StatementNotAnswered,
    StatementNotFound,
)
from finance.models import STATEMENT_MOVES, Dispute, Statement, StatementFund, StatementState
from finance.queries.invoices import is_invoiced
from finance.queries.statements import statement_reach
from kernel.actors import SYSTEM, Actor, ActorKind, Role
from kernel.clock import shanghai_date
from kernel.money import Fen
from kernel.refusals import refuse_stale, refused_by
from kernel.states import move
from kernel.workdays import add_workdays
from merchants.models import Merchant
from merchants.queries import (
    MerchantReach,
    MerchantTerms,
    merchant_ids_within,
    settlement_terms,
    union_path_of,
    union_paths_of,
)

OBJECT = "statement"
# How often a merchant answers itself before its silence counts.
SILENCE_AFTER = 2
_ONE_DAY = timedelta(days=1)
_NOT_YET = {
    "ck_statements_two_people": PreparedByYou,
    "ck_statements_disputes_answered": DisputesUndecided,
    "ck_statements_invoiced": InvoicesMissing,
}


def issue_statement(
    session: Session, *, actor: Actor, statement_id: UUID, version: int, now: datetime
) -> Statement:
    """Show a statement to its merchant. From now on nothing on it is voided or edited.

    Raises StatementNotFound, EditConflict, MoveNotAllowed.
    """
    statement = lock_statement(
        session, actor=actor, statement_id=statement_id, role=Role.FINANCE_MAKER
    )
    refuse_stale(statement.version, version)
    _issue(session, [statement], actor=actor, now=now)
    return statement


def issue_statements(session: Session, *, actor: Actor, now: datetime) -> int:
    """Show all open statements in the actor's reach to their merchants; return how many."""
    reach = statement_reach(actor, Role.FINANCE_MAKER)
    statements = _lock_many(session, Statement.state == StatementState.OPEN, reach=reach)
    _issue(session, statements, actor=actor, now=now)
    return len(statements)


def _issue(
    session: Session, statements: Sequence[Statement], *, actor: Actor, now: datetime
) -> None:
    """Issue locked statements; each merchant's days for an answer are those of its agreement."""
    days = {statement.ends_on - _ONE_DAY for statement in statements}
    terms = {
        day: settlement_terms(
            session,
            merchant_ids=[
                each.merchant_id for each in statements if each.ends_on == day + _ONE_DAY
            ],
            day=day,
        )
        for day in days
    }
    today = shanghai_date(now)
    for statement in statements:
        agreed = terms[statement.ends_on - _ONE_DAY].get(statement.merchant_id, MerchantTerms())
        statement.state = move(STATEMENT_MOVES, statement.state, StatementState.ISSUED)
        statement.issued_at = now
        statement.confirm_by = add_workdays(today, agreed.terms.confirm_workdays)
        statement.version += 1
    session.flush()
    note_each(session, statements, actor=actor, did="issued", now=now)


@dataclass(frozen=True)
class Voice:
    """Who speaks for a merchant about a statement: one of its tills, or one of its managers."""

    merchant_id: UUID
    terminal_id: UUID | None = None
    manager_id: UUID | None = None

    @property
    def actor(self) -> Actor:
        kind = ActorKind.MANAGER if self.terminal_id is None else ActorKind.TERMINAL
        return Actor(kind, id=self.terminal_id or self.manager_id, merchant_id=self.merchant_id)


def agree_statement(
    session: Session, *, voice: Voice, statement_id: UUID, now: datetime
) -> Statement:
    """Let the merchant agree: a till or a manager. Agreed before: the same answer.

    Raises StatementNotFound, DisputesUndecided.
    """
    statement = lock_shown_statement(
        session, merchant_id=voice.merchant_id, statement_id=statement_id
    )
    if statement.agreed_at is not None:
        return statement
    if statement.state is StatementState.DISPUTED:
        raise DisputesUndecided
    agree(statement, now=now)
    statement.agreed_by_terminal_id = voice.terminal_id
    statement.agreed_by_manager_id = voice.manager_id
    session.flush()
    note(session, statement, actor=voice.actor, did="agreed", now=now)
    return statement


def approve_statement(
    session: Session, *, actor: Actor, statement_id: UUID, version: int, now: datetime
) -> Statement:
    """Let a second person approve what the merchant agreed to: it may be paid.

    Where every fund comes to nothing, there is nothing to pay, and it is paid at once.

    Raises StatementNotFound, EditConflict, PreparedByYou, DisputesUndecided, StatementNotAnswered,
    InvoicesMissing, MoveNotAllowed.
    """
    statement = lock_statement(
        session, actor=actor, statement_id=statement_id, role=Role.FINANCE_APPROVER
    )
    refuse_stale(statement.version, version)
    if statement.state is StatementState.DISPUTED:
        raise DisputesUndecided
    if statement.state is StatementState.ISSUED:
        raise StatementNotAnswered
    state = move(STATEMENT_MOVES, statement.state, StatementState.APPROVED)
    if statement.maker_id == actor.staff_id:
        raise PreparedByYou
    statement.approver_id = actor.staff_id
    statement.approved_at = now
    statement.state = state
    statement.version += 1
    with refused_by(_NOT_YET):
        session.flush()
    _close_empty(session, [statement])
    note(session, statement, actor=actor, did="approved", now=now)
    return statement


def approve_statements(session: Session, *, actor: Actor, now: datetime) -> int:
    """Approve all that merchants agreed to and somebody else opened; return how many.

    One with an undecided dispute, or whose invoices are not accepted yet, is left for later.
    """
    statements = _lock_many(
        session,
        Statement.state == StatementState.AGREED,
        Statement.maker_id != actor.staff_id,
        ~exists().where(Dispute.statement_id == Statement.id, Dispute.decided_at.is_(None)),
        is_invoiced(),
        reach=statement_reach(actor, Role.FINANCE_APPROVER),
    )
    for statement in statements:
        statement.approver_id = actor.staff_id
        statement.approved_at = now
        statement.state = move(STATEMENT_MOVES, statement.state, StatementState.APPROVED)
        statement.version += 1
    session.flush()
    _close_empty(session, statements)
    note_each(session, statements, actor=actor, did="approved", now=now)
    return len(statements)


def _close_empty(session: Session, statements: Sequence[Statement]) -> None:
    """Move approved statements that pay nothing to paid."""
    ids = [statement.id for statement in statements]
    query = (
        select(StatementFund.statement_id)
        .where(StatementFund.statement_id.in_(ids))
        .group_by(StatementFund.statement_id)
        .having(func.sum(StatementFund.payable_fen) == 0)
    )
    empty = set(session.scalars(query))
    for statement in statements:
        if statement.id in empty:
            statement.state = move(STATEMENT_MOVES, statement.state, StatementState.PAID)
    session.flush()


def agree_by_silence(session: Session, *, now: datetime) -> int:
    """Take the silence of merchants as their word, where their days are over; return how many.

    Not for a merchant's first statements: until it has answered SILENCE_AFTER itself, its silence
    says nothing, and finance calls it.
    """
    heard = aliased(Statement)
    own_answers = (
        select(func.count())
        .where(
            heard.merchant_id == Statement.merchant_id,
            heard.agreed_at.is_not(None),
            ~heard.agreed_by_silence,
        )
        .scalar_subquery()
    )
    statements = _lock_many(
        session,
        Statement.state == StatementState.ISSUED,
        Statement.confirm_by < shanghai_date(now),
        own_answers >= SILENCE_AFTER,
    )
    for statement in statements:
        agree(statement, now=now)
        statement.agreed_by_silence = True
    session.flush()
    note_each(session, statements, actor=SYSTEM, did="agreed_by_silence", now=now)
    return len(statements)


def agree(statement: Statement, *, now: datetime) -> None:
    """Move a locked statement to agreed: by the merchant, or since its last dispute is decided."""
    statement.state = move(STATEMENT_MOVES, statement.state, StatementState.AGREED)
    statement.agreed_at = now
    statement.version += 1


def lock_statement(session: Session, *, actor: Actor, statement_id: UUID, role: Role) -> Statement:
    """Return a statement of a merchant that the actor reaches as `role`, locked.

    Raises StatementNotFound.
    """
    reach = statement_reach(actor, role)
    return _locked(
        session, Statement.id == statement_id, Statement.merchant_id.in_(merchant_ids_within(reach))
    )


def lock_shown_statement(session: Session, *, merchant_id: UUID, statement_id: UUID) -> Statement:
    """Return a statement that the merchant may see, locked. Raises StatementNotFound."""
    return _locked(
        session,
        Statement.id == statement_id,
        Statement.merchant_id == merchant_id,
        Statement.state != StatementState.OPEN,
    )


def note(
    session: Session,
    statement: Statement,
    *,
    actor: Actor,
    did: str,
    now: datetime,
    dispute_id: UUID | None = None,
    adjustment_fen: Fen | None = None,
) -> None:
    """Write what was done to a statement into the audit trail, for the merchant's union."""
    merchant = session.get_one(Merchant, statement.merchant_id)
    record(
        session,
        actor=actor,
        action=f"finance.statement_{did}",
        object_type=OBJECT,
        object_id=statement.id,
        union_path=union_path_of(session, union_id=merchant.union_id),
        now=now,
        number=statement.number,
        lines=statement.lines,
        lines_fen=statement.lines_fen,
        dispute_id=dispute_id,
        adjustment_fen=adjustment_fen,
    )


def note_each(
    session: Session, statements: Sequence[Statement], *, actor: Actor, did: str, now: datetime
) -> None:
    """Write what was done to many statements into the audit trail, each for its own union."""
    merchants = {statement.merchant_id for statement in statements}
    paths = union_paths_of(session, merchant_ids=merchants)
    record_each(
        session,
        actor=actor,
        action=f"finance.statement_{did}",
        object_type=OBJECT,
        objects=[
            About(
                statement.id,
                paths[statement.merchant_id],
                {
                    "number": statement.number,
                    "lines": statement.lines,
                    "lines_fen": statement.lines_fen,
                },
            )
            for statement in statements
        ],
        now=now,
    )


def _lock_many(
    session: Session, *conditions: ColumnElement[bool], reach: MerchantReach | None = None
) -> list[Statement]:
    """Lock the statements of which all this is true, of the merchants in reach or of everybody."""
    query = select(Statement).where(*conditions).order_by(Statement.id)
    if reach is not None:
        query = query.where(Statement.merchant_id.in_(merchant_ids_within(reach)))
    query = query.with_for_update(of=Statement).execution_options(populate_existing=True)
    return list(session.scalars(query))


def _locked(session: Session, *conditions: object) -> Statement:
    query = (
        select(Statement)
        .where(*conditions)  # type: ignore[arg-type]
        .with_for_update(of=Statement)
        .execution_options(populate_existing=True)
    )
    statement = session.scalars(query).one_or_none()
    if statement is None:
        raise StatementNotFound
    return statement
