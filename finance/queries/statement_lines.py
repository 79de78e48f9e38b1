"""Reads of what stands on a statement: its sums, its lines, what is disputed."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session, aliased, defer

from discounts.models import Redemption, RedemptionReversal
from discounts.rules import receipt_number
from finance.models import (
    Dispute,
    DisputeEvidence,
    DisputeState,
    Statement,
    StatementFund,
    StatementLine,
)
from finance.queries.statements import (
    StatementRow,
    statement_reach,
    statement_row,
    statement_rows,
)
from kernel.actors import Actor, Role
from kernel.money import Fen
from ledger.models import FundSource, Journal
from merchants.models import Site, Terminal
from merchants.queries import MerchantReach, merchant_ids_within


class LineKind(StrEnum):
    """What a line of a statement tells of."""

    SALE = "sale"
    TAKEN_BACK = "taken_back"
    ADJUSTMENT = "adjustment"


_SOURCES = {
    "redemption": LineKind.SALE,
    "redemption_reversal": LineKind.TAKEN_BACK,
    "adjustment": LineKind.ADJUSTMENT,
}


@dataclass(frozen=True)
class StatementSums:
    """What a statement prints; amounts of sales are before anything was taken back.

    `union_fen + taken_back_fen + adjusted_fen` is the sum of the lines; the latter two are signed.
    """

    sales: int
    gross_fen: Fen
    member_fen: Fen
    merchant_fen: Fen
    union_fen: Fen
    takings_back: int
    taken_back_fen: Fen
    adjustments: int
    adjusted_fen: Fen
    carried_in_fen: Fen
    payable_fen: Fen
    carried_out_fen: Fen


def sums_of(session: Session, *, statement_id: UUID) -> StatementSums:
    def of(kind: LineKind, amount: Any) -> ColumnElement[int]:
        source = next(name for name, each in _SOURCES.items() if each is kind)
        return func.coalesce(func.sum(case((Journal.source_type == source, amount), else_=0)), 0)

    lines = session.execute(
        select(
            of(LineKind.SALE, 1),
            of(LineKind.SALE, Redemption.gross_fen),
            of(LineKind.SALE, Redemption.member_pays_fen),
            of(LineKind.SALE, Redemption.merchant_bears_fen),
            of(LineKind.SALE, StatementLine.amount_fen),
            of(LineKind.TAKEN_BACK, 1),
            of(LineKind.TAKEN_BACK, StatementLine.amount_fen),
            of(LineKind.ADJUSTMENT, 1),
            of(LineKind.ADJUSTMENT, StatementLine.amount_fen),
        )
        .join_from(StatementLine, Journal, Journal.id == StatementLine.journal_id)
        .outerjoin(Redemption, Redemption.id == Journal.source_id)
        .where(StatementLine.statement_id == statement_id)
    ).one()
    funds = session.execute(
        select(
            func.sum(StatementFund.carried_in_fen),
            func.sum(StatementFund.payable_fen),
            func.sum(StatementFund.carried_out_fen),
        ).where(StatementFund.statement_id == statement_id)
    ).one()
    return StatementSums(*(int(each or 0) for each in (*lines, *funds)))  # type: ignore[arg-type]


# --- Its lines


@dataclass(frozen=True)
class LineRow:
    """One line as its merchant may read it: no card, no member.

    `amount_fen` is what the union owes for it, signed. The three parts are of the sale, or of what
    was taken back of it; an adjustment has none. `receipt_no` is the sale's.
    """

    journal_id: UUID
    line_no: int
    kind: LineKind
    fund_source: FundSource
    book_date: date
    amount_fen: Fen
    receipt_no: str | None
    site: str | None
    gross_fen: Fen | None
    member_fen: Fen | None
    merchant_fen: Fen | None
    redemption_id: UUID | None
    dispute: Dispute | None


def lines_of(session: Session, *, statement_id: UUID, after: int = 0, rows: int) -> list[LineRow]:
    """Return the lines of a statement in their order, from behind line `after`."""
    query = _line_rows().where(
        StatementLine.statement_id == statement_id, StatementLine.line_no > after
    )
    found = session.execute(query.order_by(StatementLine.line_no).limit(rows))
    return [_line_row(row) for row in found]


def line_on(session: Session, *, statement_id: UUID, journal_id: UUID) -> LineRow | None:
    """Return a line of this statement; None where the journal is not on it."""
    query = _line_rows().where(
        StatementLine.journal_id == journal_id, StatementLine.statement_id == statement_id
    )
    row = session.execute(query).one_or_none()
    return _line_row(row) if row is not None else None


def line_of(session: Session, *, journal_id: UUID) -> LineRow:
    """Return the line of a journal that is on a statement."""
    query = _line_rows().where(StatementLine.journal_id == journal_id)
    return _line_row(session.execute(query).one())


def disputed_lines(
    session: Session, *, reach: MerchantReach, statement_id: UUID | None = None, rows: int
) -> list[tuple[LineRow, StatementRow]]:
    """Return disputed lines with their statements: of one statement, or all that wait.

    Those of a statement come in the order of its lines, undecided ones first; all that wait, the
    oldest dispute first.
    """
    query = _line_rows().join(Statement, Statement.id == StatementLine.statement_id)
    query = query.where(
        Dispute.id.is_not(None), Statement.merchant_id.in_(merchant_ids_within(reach))
    )
    if statement_id is None:
        query = query.where(Dispute.decided_at.is_(None)).order_by(Dispute.raised_at, Dispute.id)
    else:
        query = query.where(Statement.id == statement_id).order_by(
            Dispute.decided_at.is_not(None), StatementLine.line_no
        )
    lines = [_line_row(row) for row in session.execute(query.limit(rows))]
    ids = {line.dispute.statement_id for line in lines if line.dispute is not None}
    found = session.execute(statement_rows().where(Statement.id.in_(ids)))
    statements = {row.id: row for row in map(statement_row, found)}
    return [(line, statements[line.dispute.statement_id]) for line in lines if line.dispute]


def _line_rows() -> Any:
    taken_back_of = aliased(RedemptionReversal)
    disputed = aliased(Dispute)
    earlier = aliased(Journal)
    # The sale that a line tells of: directly, through what was taken back, or through the dispute
    # whose line it was.
    sale_id = func.coalesce(
        case((Journal.source_type == "redemption", Journal.source_id)),
        taken_back_of.redemption_id,
        case((earlier.source_type == "redemption", earlier.source_id)),
    )
    return (
        select(
            StatementLine,
            Journal.source_type,
            Journal.book_date,
            taken_back_of,
            Redemption,
            Terminal.code,
            Site.name,
            Dispute,
        )
        .join_from(StatementLine, Journal, Journal.id == StatementLine.journal_id)
        .outerjoin(
            taken_back_of,
            and_(
                Journal.source_type == "redemption_reversal",
                taken_back_of.id == Journal.source_id,
            ),
        )
        .outerjoin(
            disputed,
            and_(Journal.source_type == "adjustment", disputed.id == Journal.source_id),
        )
        .outerjoin(earlier, earlier.id == disputed.line_journal_id)
        .outerjoin(Redemption, Redemption.id == sale_id)
        .outerjoin(Terminal, Terminal.id == Redemption.terminal_id)
        .outerjoin(Site, Site.id == Redemption.site_id)
        .outerjoin(Dispute, Dispute.line_journal_id == StatementLine.journal_id)
    )


def _line_row(row: Any) -> LineRow:
    line, source, book_date, reversal, sale, terminal_code, site, dispute = row
    kind = _SOURCES[source]
    gross, member, merchant = _parts(kind, sale, reversal)
    receipt_no = None
    if sale is not None and sale.receipt_on is not None:
        receipt_no = receipt_number(terminal_code, sale.receipt_on, sale.receipt_seq)
    return LineRow(
        journal_id=line.journal_id,
        line_no=line.line_no,
        kind=kind,
        fund_source=line.fund_source,
        book_date=book_date,
        amount_fen=line.amount_fen,
        receipt_no=receipt_no,
        site=site,
        gross_fen=gross,
        member_fen=member,
        merchant_fen=merchant,
        redemption_id=sale.id if sale is not None else None,
        dispute=dispute,
    )


def _parts(
    kind: LineKind, sale: Redemption | None, reversal: RedemptionReversal | None
) -> tuple[Fen | None, Fen | None, Fen | None]:
    if kind is LineKind.SALE and sale is not None:
        return sale.gross_fen, sale.member_pays_fen, sale.merchant_bears_fen
    if reversal is not None:
        parts = (reversal.amount_fen, reversal.member_fen, reversal.merchant_fen)
        gross, member, merchant = (Fen(-part) for part in parts)
        return gross, member, merchant
    return None, None, None


def disputes_waiting(session: Session, actor: Actor) -> int:
    """Return how many disputes wait for the actor: to be answered, or to be confirmed."""
    turns = (
        (DisputeState.OPEN, Role.FINANCE_MAKER),
        (DisputeState.ANSWERED, Role.FINANCE_APPROVER),
    )
    of_the_actor = [
        and_(
            Dispute.state == state,
            Statement.merchant_id.in_(merchant_ids_within(statement_reach(actor, role))),
        )
        for state, role in turns
    ]
    query = (
        select(func.count(Dispute.id))
        .join_from(Dispute, Statement, Statement.id == Dispute.statement_id)
        .where(or_(*of_the_actor))
    )
    return session.scalars(query).one()


def dispute_within(session: Session, *, dispute_id: UUID, reach: MerchantReach) -> Dispute | None:
    query = (
        select(Dispute)
        .join(Statement, Statement.id == Dispute.statement_id)
        .where(Dispute.id == dispute_id, Statement.merchant_id.in_(merchant_ids_within(reach)))
    )
    return session.scalars(query).one_or_none()


def evidence_of(
    session: Session, *, dispute_ids: Collection[UUID]
) -> dict[UUID, list[DisputeEvidence]]:
    """Return the files beside these disputes, the first first; their content stays sealed."""
    query = (
        select(DisputeEvidence)
        .options(defer(DisputeEvidence.content_sealed))
        .where(DisputeEvidence.dispute_id.in_(dispute_ids))
        .order_by(DisputeEvidence.added_at, DisputeEvidence.id)
    )
    found: dict[UUID, list[DisputeEvidence]] = {}
    for evidence in session.scalars(query):
        found.setdefault(evidence.dispute_id, []).append(evidence)
    return found
