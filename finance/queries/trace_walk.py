"""Walking a chain: from journals to the bank, from payments to the scans."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select, tuple_
from sqlalchemy.orm import Session

from finance.models import (
    Dispute,
    Invoice,
    Match,
    Payment,
    StatementFund,
    StatementLine,
    Trade,
    TradeKind,
)
from finance.queries.trace_kinds import Ref, TraceKind
from kernel.money import Fen
from ledger.models import FundSource, Journal, Payable, Posting

# What journals are booked for, and what stands on the chain for it.
SOURCES = {
    "redemption": TraceKind.REDEMPTION,
    "redemption_reversal": TraceKind.REVERSAL,
    "aid_claim": TraceKind.CLAIM,
    "enrolment": TraceKind.ENROLMENT,
    "adjustment": TraceKind.DISPUTE,
    "match": TraceKind.MATCH,
}


class Fund(NamedTuple):
    """What is paid of a statement: the part of one fund."""

    statement_id: UUID
    fund_source: FundSource


@dataclass
class Trail:
    """What was found so far. A chain is drawn from it at the end."""

    refs: set[Ref] = field(default_factory=set)
    edges: dict[tuple[Ref, Ref], Fen] = field(default_factory=dict)
    rows: int = 0
    next_after: UUID | None = None

    def add(self, kind: TraceKind, *ids: UUID) -> None:
        self.refs |= {Ref(kind, each) for each in ids}

    def link(self, source: Ref, target: Ref, amount_fen: Fen) -> None:
        self.refs |= {source, target}
        self.edges[source, target] = amount_fen


class Page(NamedTuple):
    after: UUID | None
    rows: int


# --- From the scans to the bank


def to_the_bank(session: Session, trail: Trail, journal_ids: Iterable[UUID]) -> None:
    """Follow journals, and what disputes about their lines have adjusted, to bank lines."""
    ids = set(journal_ids)
    about = or_(Dispute.line_journal_id.in_(ids), Dispute.journal_id.in_(ids))
    for dispute in session.scalars(select(Dispute).where(about)):
        ref = Ref(TraceKind.DISPUTE, dispute.id)
        ids |= {dispute.line_journal_id}
        adjusted = dispute.adjustment_fen or Fen(0)
        trail.link(Ref(TraceKind.STATEMENT, dispute.statement_id), ref, adjusted)
        if dispute.journal_id is not None:
            ids.add(dispute.journal_id)
    add_journals(session, trail, ids)
    lines = session.scalars(select(StatementLine).where(StatementLine.journal_id.in_(ids))).all()
    for line in lines:
        _line(trail, line)
    funds = sorted({Fund(line.statement_id, line.fund_source) for line in lines})
    link_carried(session, trail, funds)
    add_payments(session, trail, [*payments_of(session, funds), *_of_journals(session, ids)])


def payments_of(session: Session, funds: Sequence[Fund]) -> Sequence[Payment]:
    wanted = tuple_(Payment.statement_id, Payment.fund_source).in_(funds)
    return session.scalars(select(Payment).where(wanted)).all() if funds else []


def _of_journals(session: Session, journal_ids: set[UUID]) -> Sequence[Payment]:
    owed = select(Payable.id).where(Payable.journal_id.in_(journal_ids))
    return session.scalars(select(Payment).where(Payment.payable_id.in_(owed))).all()


def link_carried(session: Session, trail: Trail, funds: Sequence[Fund]) -> None:
    """Link a statement to those between which it stands where more was taken back than sold."""
    into = tuple_(StatementFund.carried_from_id, StatementFund.fund_source)
    out_of = tuple_(StatementFund.statement_id, StatementFund.fund_source)
    carried = and_(
        StatementFund.carried_from_id.is_not(None), or_(into.in_(funds), out_of.in_(funds))
    )
    for each in session.scalars(select(StatementFund).where(carried)) if funds else ():
        assert each.carried_from_id is not None
        trail.link(
            Ref(TraceKind.STATEMENT, each.carried_from_id),
            Ref(TraceKind.STATEMENT, each.statement_id),
            each.carried_in_fen,
        )


def add_payments(session: Session, trail: Trail, payments: Sequence[Payment]) -> None:
    """Add payments with what they are for, their batches, and the bank lines that prove them."""
    payables = {
        each.id: each
        for each in session.scalars(
            select(Payable).where(Payable.id.in_([p.payable_id for p in payments if p.payable_id]))
        )
    }
    for payment in payments:
        ref = Ref(TraceKind.PAYMENT, payment.id)
        if payment.payable_id is not None:
            owed = Ref(TraceKind.JOURNAL, payables[payment.payable_id].journal_id)
        else:
            assert payment.statement_id is not None
            owed = Ref(TraceKind.STATEMENT, payment.statement_id)
        trail.link(owed, ref, payment.amount_fen)
        trail.link(Ref(TraceKind.BATCH, payment.batch_id), ref, payment.amount_fen)
    matches = session.scalars(
        select(Match).where(
            Match.payment_id.in_([payment.id for payment in payments]), Match.undone_at.is_(None)
        )
    ).all()
    for match in matches:
        add_match(trail, match)
    booked = select(Journal.id, Journal.source_id, _debit_fen()).where(
        Journal.source_type == TraceKind.MATCH.value,
        Journal.source_id.in_([match.id for match in matches]),
    )
    for journal_id, match_id, fen in session.execute(booked) if matches else ():
        trail.link(
            Ref(TraceKind.MATCH, match_id), Ref(TraceKind.JOURNAL, journal_id), Fen(int(fen))
        )


def add_match(trail: Trail, match: Match) -> None:
    ref = Ref(TraceKind.MATCH, match.id)
    trail.link(Ref(TraceKind.PAYMENT, match.payment_id), ref, match.amount_fen)
    trail.link(ref, Ref(TraceKind.BANK_LINE, match.bank_line_id), match.amount_fen)


# --- From the bank to the scans


def to_the_scans(
    session: Session, trail: Trail, payments: Sequence[Payment], page: Page | None
) -> None:
    """Follow payments to what they are for: claims and courses whole, statements by their lines.

    The lines are those of a fund, if all is about one; of several statements, each names its own.
    """
    add_payments(session, trail, payments)
    payables = select(Payable.journal_id).where(
        Payable.id.in_([payment.payable_id for payment in payments if payment.payable_id])
    )
    add_journals(session, trail, set(session.scalars(payables)))
    funds = sorted({Fund(p.statement_id, p.fund_source) for p in payments if p.statement_id})
    link_carried(session, trail, funds)
    if page is not None and len(funds) == 1:
        statement_id, fund = funds[0]
        of_fund = and_(
            StatementLine.statement_id == statement_id, StatementLine.fund_source == fund
        )
        add_lines(session, trail, of_fund, page)


def add_lines(session: Session, trail: Trail, wanted: ColumnElement[bool], page: Page) -> None:
    """Add a stretch of a statement's lines with what they were booked for, and count them all."""
    query = select(StatementLine).where(wanted).order_by(StatementLine.line_no)
    if page.after is not None:
        last = select(StatementLine.line_no).where(StatementLine.journal_id == page.after)
        query = query.where(StatementLine.line_no > last.scalar_subquery())
    lines = session.scalars(query.limit(page.rows + 1)).all()
    shown = lines[: page.rows]
    for line in shown:
        _line(trail, line)
    add_journals(session, trail, {line.journal_id for line in shown})
    trail.rows = session.scalars(
        select(func.count()).select_from(StatementLine).where(wanted)
    ).one()
    trail.next_after = shown[-1].journal_id if len(lines) > page.rows else None


def _line(trail: Trail, line: StatementLine) -> None:
    trail.link(
        Ref(TraceKind.JOURNAL, line.journal_id),
        Ref(TraceKind.STATEMENT, line.statement_id),
        line.amount_fen,
    )


def add_journals(session: Session, trail: Trail, journal_ids: set[UUID]) -> None:
    """Add journals with what they were booked for."""
    trail.add(TraceKind.JOURNAL, *journal_ids)
    query = select(Journal, _debit_fen()).where(Journal.id.in_(journal_ids))
    for journal, fen in session.execute(query):
        kind = SOURCES.get(journal.source_type)
        if kind is not None:
            source = Ref(kind, journal.source_id)
            sign = -1 if journal.reverses_id else 1
            trail.link(source, Ref(TraceKind.JOURNAL, journal.id), Fen(int(fen) * sign))


def _debit_fen() -> ColumnElement[Any]:
    query = select(func.sum(Posting.debit_fen)).where(Posting.journal_id == Journal.id)
    return query.correlate(Journal).scalar_subquery()


# --- What others say about it


def add_disputes(session: Session, trail: Trail) -> None:
    """Add what merchants dispute of the statements, and the lines that adjustments are about."""
    adjusting = _ids(trail, TraceKind.DISPUTE)
    raised = Dispute.statement_id.in_(_ids(trail, TraceKind.STATEMENT))
    disputes = session.scalars(select(Dispute).where(or_(raised, Dispute.id.in_(adjusting)))).all()
    for dispute in disputes:
        ref, adjusted = Ref(TraceKind.DISPUTE, dispute.id), dispute.adjustment_fen or Fen(0)
        trail.link(Ref(TraceKind.STATEMENT, dispute.statement_id), ref, adjusted)
        if dispute.journal_id is not None:
            trail.link(ref, Ref(TraceKind.JOURNAL, dispute.journal_id), adjusted)
    about = {each.line_journal_id for each in disputes if each.id in set(adjusting)}
    for line in session.scalars(select(StatementLine).where(StatementLine.journal_id.in_(about))):
        _line(trail, line)
    add_journals(session, trail, about)


def add_papers(session: Session, trail: Trail) -> None:
    """Add the invoices of the statements, and how a payment channel says the sales."""
    invoices = select(Invoice).where(Invoice.statement_id.in_(_ids(trail, TraceKind.STATEMENT)))
    for invoice in session.scalars(invoices):
        statement = Ref(TraceKind.STATEMENT, invoice.statement_id)
        trail.link(statement, Ref(TraceKind.INVOICE, invoice.id), invoice.amount_fen)
    trades = select(Trade).where(Trade.redemption_id.in_(_ids(trail, TraceKind.REDEMPTION)))
    for trade in session.scalars(trades):
        assert trade.redemption_id is not None
        is_sale = trade.kind is TradeKind.SALE
        trail.link(
            Ref(TraceKind.TRADE, trade.id),
            Ref(TraceKind.REDEMPTION, trade.redemption_id),
            trade.order_fen if is_sale else Fen(-trade.refund_fen),
        )


def _ids(trail: Trail, kind: TraceKind) -> list[UUID]:
    return [ref.id for ref in trail.refs if ref.kind is kind]
