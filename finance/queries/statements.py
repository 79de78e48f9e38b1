"""Reads of statements: the lists, and one statement with whose it is."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from finance.models import (
    Dispute,
    Payment,
    Statement,
    StatementFund,
    StatementLine,
    StatementState,
)
from kernel.actors import Actor, Role
from kernel.money import Fen
from ledger.models import Journal, PartyType, Posting
from merchants.models import Agreement, Merchant, Terminal
from merchants.queries import MerchantReach, agreement_in_force, merchant_ids_within

STATEMENT_READERS = (
    Role.FINANCE_MAKER,
    Role.FINANCE_CHECKER,
    Role.FINANCE_APPROVER,
    Role.AUDITOR,
)
# The sources of the journals that statements are made of; nothing else stands on one.
STATED_SOURCES = ("redemption", "redemption_reversal", "adjustment")
_ONE_DAY = timedelta(days=1)


def statement_reach(actor: Actor, *roles: Role) -> MerchantReach:
    """Return the merchants whose statements the actor reaches with `roles`."""
    return MerchantReach(paths=actor.paths(*roles))


# --- Lists of statements


@dataclass(frozen=True)
class StatementFilter:
    """What a list of statements is narrowed to; `day` is one that the statement covers."""

    state: StatementState | None = None
    merchant: str | None = None
    day: date | None = None


@dataclass(frozen=True)
class StatementRow:
    """One statement as a list shows it."""

    id: UUID
    number: int
    merchant_id: UUID
    merchant: str
    starts_on: date
    ends_on: date
    state: StatementState
    confirm_by: date | None
    lines: int
    lines_fen: Fen
    payable_fen: Fen
    carried_out_fen: Fen
    open_disputes: int

    @property
    def last_on(self) -> date:
        """Return the last day it covers, which is how people say it."""
        return self.ends_on - _ONE_DAY


def _sum_of_funds(column: Any) -> ColumnElement[Any]:
    query = select(func.sum(column)).where(StatementFund.statement_id == Statement.id)
    return query.correlate(Statement).scalar_subquery()


def statement_rows() -> Any:
    undecided = (
        select(func.count())
        .where(Dispute.statement_id == Statement.id, Dispute.decided_at.is_(None))
        .correlate(Statement)
        .scalar_subquery()
    )
    return select(
        Statement.id,
        Statement.number,
        Statement.merchant_id,
        Merchant.name,
        Statement.starts_on,
        Statement.ends_on,
        Statement.state,
        Statement.confirm_by,
        Statement.lines,
        Statement.lines_fen,
        _sum_of_funds(StatementFund.payable_fen),
        _sum_of_funds(StatementFund.carried_out_fen),
        undecided,
    ).join(Merchant, Merchant.id == Statement.merchant_id)


def statement_row(row: Any) -> StatementRow:
    *facts, lines_fen, payable_fen, carried_out_fen, open_disputes = row
    sums = (Fen(int(each or 0)) for each in (lines_fen, payable_fen, carried_out_fen))
    return StatementRow(*facts, *sums, open_disputes)  # type: ignore[call-arg]


def statements_within(
    session: Session,
    *,
    reach: MerchantReach,
    wanted: StatementFilter = StatementFilter(),
    before: int | None = None,
    rows: int,
) -> list[StatementRow]:
    """Return statements of the merchants in reach, the newest first, below number `before`."""
    query = statement_rows().where(
        Statement.merchant_id.in_(merchant_ids_within(reach)), *_narrow(wanted)
    )
    if before is not None:
        query = query.where(Statement.number < before)
    found = session.execute(query.order_by(Statement.number.desc()).limit(rows))
    return [statement_row(row) for row in found]


def _narrow(wanted: StatementFilter) -> Iterable[ColumnElement[bool]]:
    if wanted.state is not None:
        yield Statement.state == wanted.state
    if wanted.merchant:
        yield Merchant.name.icontains(wanted.merchant, autoescape=True)
    if wanted.day is not None:
        yield and_(Statement.starts_on <= wanted.day, Statement.ends_on > wanted.day)


def statements_of_merchant(
    session: Session, *, merchant_id: UUID, before: int | None = None, rows: int
) -> list[StatementRow]:
    """Return what a merchant may see: its statements once they are issued, the newest first."""
    query = statement_rows().where(
        Statement.merchant_id == merchant_id, Statement.state != StatementState.OPEN
    )
    if before is not None:
        query = query.where(Statement.number < before)
    found = session.execute(query.order_by(Statement.number.desc()).limit(rows))
    return [statement_row(row) for row in found]


def merchants_waiting(session: Session, *, reach: MerchantReach, ends_on: date) -> int:
    """Return how many merchants in reach are owed what was booked before a day and not stated."""
    is_stated = exists().where(StatementLine.journal_id == Journal.id)
    query = (
        select(func.count(Posting.party_id.distinct()))
        .join_from(Journal, Posting, Posting.journal_id == Journal.id)
        .where(
            Posting.party_type == PartyType.MERCHANT,
            Posting.party_id.in_(merchant_ids_within(reach)),
            Journal.source_type.in_(STATED_SOURCES),
            Journal.book_date < ends_on,
            ~is_stated,
        )
    )
    return session.scalars(query).one()


# --- One statement


@dataclass(frozen=True)
class StatementFacts:
    """One statement with whose it is; `row` is what a list says of it."""

    statement: Statement
    merchant: Merchant
    agreement: Agreement | None
    agreed_at_till: str | None
    row: StatementRow


def statement_within(
    session: Session, *, statement_id: UUID, reach: MerchantReach
) -> StatementFacts | None:
    return _facts(session, statement_id, Statement.merchant_id.in_(merchant_ids_within(reach)))


def statement_of_merchant(
    session: Session, *, statement_id: UUID, merchant_id: UUID
) -> StatementFacts | None:
    """Return a statement that a merchant may see: its own, and issued."""
    return _facts(
        session,
        statement_id,
        and_(Statement.merchant_id == merchant_id, Statement.state != StatementState.OPEN),
    )


def _facts(
    session: Session, statement_id: UUID, condition: ColumnElement[bool]
) -> StatementFacts | None:
    found = session.execute(
        statement_rows().where(Statement.id == statement_id, condition)
    ).one_or_none()
    if found is None:
        return None
    row = statement_row(found)
    statement = session.get_one(Statement, statement_id, populate_existing=True)
    till = session.get(Terminal, statement.agreed_by_terminal_id or UUID(int=0))
    return StatementFacts(
        statement=statement,
        merchant=session.get_one(Merchant, statement.merchant_id),
        agreement=agreement_in_force(
            session, merchant_id=statement.merchant_id, day=statement.ends_on - _ONE_DAY
        ),
        agreed_at_till=till.code if till else None,
        row=row,
    )


def funds_of(session: Session, *, statement_id: UUID) -> list[StatementFund]:
    query = select(StatementFund).where(StatementFund.statement_id == statement_id)
    return list(session.scalars(query.order_by(StatementFund.fund_source)))


def payments_of(session: Session, *, statement_id: UUID) -> list[Payment]:
    """Return the payments of a statement, its returned and cancelled ones too, the first first."""
    query = select(Payment).where(Payment.statement_id == statement_id)
    return list(session.scalars(query.order_by(Payment.fund_source, Payment.attempt)))


def statements_waiting(session: Session, actor: Actor) -> int:
    """Return how many statements wait for the actor: to be issued, or to be approved."""
    turns = (
        (StatementState.OPEN, Role.FINANCE_MAKER),
        (StatementState.AGREED, Role.FINANCE_APPROVER),
    )
    of_the_actor = [
        and_(
            Statement.state == state,
            Statement.merchant_id.in_(merchant_ids_within(statement_reach(actor, role))),
        )
        for state, role in turns
    ]
    return session.scalars(select(func.count(Statement.id)).where(or_(*of_the_actor))).one()
