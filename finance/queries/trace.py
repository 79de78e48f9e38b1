"""The chain of an amount, from any object on it: scan ⇄ journal ⇄ statement ⇄ payment ⇄ bank line.

From a scan the chain is walked to the bank, from a bank line to the scans. Set-wise: a statement of
100,000 lines costs what one of ten does, since only a stretch of lines is read at a time.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from aid.models import AidClaim
from discounts.models import Redemption, RedemptionReversal
from finance.errors import TraceNotFound
from finance.models import (
    Dispute,
    Invoice,
    Match,
    Payment,
    PaymentBatch,
    Statement,
    StatementFund,
    StatementLine,
    Trade,
)
from finance.queries.trace_kinds import Node, Ref, TraceKind
from finance.queries.trace_nodes import nodes_of
from finance.queries.trace_walk import (
    SOURCES,
    Fund,
    Page,
    Trail,
    add_disputes,
    add_journals,
    add_lines,
    add_match,
    add_papers,
    add_payments,
    link_carried,
    payments_of,
    to_the_bank,
    to_the_scans,
)
from kernel.actors import Actor, Role
from kernel.money import Fen
from ledger.models import Journal, Payable
from training.models import Enrolment

# How many lines of a statement, or payments of a batch, one answer shows.
TRACE_ROWS = 50
TRACE_READERS = (
    Role.FINANCE_MAKER,
    Role.FINANCE_CHECKER,
    Role.FINANCE_APPROVER,
    Role.AUDITOR,
)


@dataclass(frozen=True)
class Edge:
    """What passed from one thing to the next, in the direction from the scan to the bank."""

    source: Ref
    target: Ref
    amount_fen: Fen


@dataclass(frozen=True)
class Chain:
    """A chain as seen from `at`.

    `rows` counts the lines of its statement, or the payments of its batch, of which this is a
    stretch; `next_after` is where the next one begins (None: this is the last). Where no stretch
    was taken, `rows` is 0.
    """

    at: Ref
    nodes: Sequence[Node]
    edges: Sequence[Edge]
    rows: int
    next_after: UUID | None


def may_trace(actor: Actor) -> bool:
    """Say whether the actor reads the books of the whole city: a chain passes every union."""
    return any("/" not in path for path in actor.paths(*TRACE_READERS))


def chain(
    session: Session,
    *,
    kind: TraceKind,
    id: UUID,  # noqa: A002 (what the address calls it)
    after: UUID | None = None,
    rows: int = TRACE_ROWS,
) -> Chain:
    """Return the chain that the thing `id` of `kind` is on; of many lines, those after `after`.

    `after` is the journal of a line, or the payment of a batch, that was shown last.

    Raises TraceNotFound if there is no such thing.
    """
    trail = Trail()
    page = Page(after, rows)
    at = _START[kind](session, trail, id, page)
    add_disputes(session, trail)
    add_papers(session, trail)
    nodes = nodes_of(session, trail.refs)
    edges = [Edge(source, target, fen) for (source, target), fen in trail.edges.items()]
    return Chain(at, nodes, edges, trail.rows, trail.next_after)


# --- Where a chain is entered


def _from_verification(session: Session, trail: Trail, scan_id: UUID, page: Page) -> Ref:
    query = select(Redemption.id).where(Redemption.verification_id == scan_id)
    sales = session.scalars(query.order_by(Redemption.id)).all()
    if not sales:
        raise TraceNotFound
    for sale_id in sales:
        _from_redemption(session, trail, sale_id, page)
    return Ref(TraceKind.REDEMPTION, sales[0])


def _from_redemption(session: Session, trail: Trail, sale_id: UUID, _page: Page) -> Ref:
    _insist(session, Redemption.id, sale_id)
    query = select(RedemptionReversal.id).where(RedemptionReversal.redemption_id == sale_id)
    reversals = session.scalars(query).all()
    trail.add(TraceKind.REDEMPTION, sale_id)
    trail.add(TraceKind.REVERSAL, *reversals)
    to_the_bank(session, trail, _journals_for(session, [sale_id, *reversals]))
    return Ref(TraceKind.REDEMPTION, sale_id)


def _from_reversal(session: Session, trail: Trail, reversal_id: UUID, page: Page) -> Ref:
    reversal = session.get(RedemptionReversal, reversal_id)
    if reversal is None:
        raise TraceNotFound
    _from_redemption(session, trail, reversal.redemption_id, page)
    return Ref(TraceKind.REVERSAL, reversal_id)


def _from_trade(session: Session, trail: Trail, trade_id: UUID, page: Page) -> Ref:
    trade = _existing(session, Trade, trade_id)
    trail.add(TraceKind.TRADE, trade_id)
    if trade.redemption_id is not None:
        _from_redemption(session, trail, trade.redemption_id, page)
    return Ref(TraceKind.TRADE, trade_id)


def _from_claim(session: Session, trail: Trail, claim_id: UUID, _page: Page) -> Ref:
    _insist(session, AidClaim.id, claim_id)
    trail.add(TraceKind.CLAIM, claim_id)
    to_the_bank(session, trail, _journals_for(session, [claim_id]))
    return Ref(TraceKind.CLAIM, claim_id)


def _from_enrolment(session: Session, trail: Trail, enrolment_id: UUID, _page: Page) -> Ref:
    _insist(session, Enrolment.id, enrolment_id)
    trail.add(TraceKind.ENROLMENT, enrolment_id)
    to_the_bank(session, trail, _journals_for(session, [enrolment_id]))
    return Ref(TraceKind.ENROLMENT, enrolment_id)


def _from_journal(session: Session, trail: Trail, journal_id: UUID, page: Page) -> Ref:
    journal = session.get(Journal, journal_id)
    if journal is None:
        raise TraceNotFound
    if SOURCES.get(journal.source_type) is TraceKind.MATCH:
        _from_match(session, trail, journal.source_id, page)
        add_journals(session, trail, {journal_id})
    else:
        to_the_bank(session, trail, [journal_id])
    return Ref(TraceKind.JOURNAL, journal_id)


def _from_line(session: Session, trail: Trail, journal_id: UUID, page: Page) -> Ref:
    _insist(session, StatementLine.journal_id, journal_id)
    return _from_journal(session, trail, journal_id, page)


def _from_payable(session: Session, trail: Trail, payable_id: UUID, page: Page) -> Ref:
    payable = _existing(session, Payable, payable_id)
    return _from_journal(session, trail, payable.journal_id, page)


def _from_dispute(session: Session, trail: Trail, dispute_id: UUID, _page: Page) -> Ref:
    dispute = session.get(Dispute, dispute_id)
    if dispute is None:
        raise TraceNotFound
    to_the_bank(session, trail, [dispute.line_journal_id])
    return Ref(TraceKind.DISPUTE, dispute_id)


def _from_statement(session: Session, trail: Trail, statement_id: UUID, page: Page) -> Ref:
    _insist(session, Statement.id, statement_id)
    trail.add(TraceKind.STATEMENT, statement_id)
    query = select(StatementFund).where(StatementFund.statement_id == statement_id)
    funds = [Fund(each.statement_id, each.fund_source) for each in session.scalars(query)]
    link_carried(session, trail, funds)
    add_lines(session, trail, StatementLine.statement_id == statement_id, page)
    add_payments(session, trail, payments_of(session, funds))
    return Ref(TraceKind.STATEMENT, statement_id)


def _from_invoice(session: Session, trail: Trail, invoice_id: UUID, page: Page) -> Ref:
    invoice = _existing(session, Invoice, invoice_id)
    _from_statement(session, trail, invoice.statement_id, page)
    return Ref(TraceKind.INVOICE, invoice_id)


def _from_payment(session: Session, trail: Trail, payment_id: UUID, page: Page) -> Ref:
    to_the_scans(session, trail, [_existing(session, Payment, payment_id)], page)
    return Ref(TraceKind.PAYMENT, payment_id)


def _from_batch(session: Session, trail: Trail, batch_id: UUID, page: Page) -> Ref:
    _insist(session, PaymentBatch.id, batch_id)
    trail.add(TraceKind.BATCH, batch_id)
    query = select(Payment).where(Payment.batch_id == batch_id).order_by(Payment.id)
    if page.after is not None:
        query = query.where(Payment.id > page.after)
    payments = session.scalars(query.limit(page.rows + 1)).all()
    counted = select(func.count()).where(Payment.batch_id == batch_id)
    # The statements are named; their lines are theirs to page.
    to_the_scans(session, trail, payments[: page.rows], None)
    trail.rows = session.scalars(counted).one()
    trail.next_after = payments[page.rows - 1].id if len(payments) > page.rows else None
    return Ref(TraceKind.BATCH, batch_id)


def _from_match(session: Session, trail: Trail, match_id: UUID, page: Page) -> Ref:
    match = _existing(session, Match, match_id)
    add_match(trail, match)
    to_the_scans(session, trail, [_existing(session, Payment, match.payment_id)], page)
    return Ref(TraceKind.MATCH, match_id)


def _from_bank_line(session: Session, trail: Trail, line_id: UUID, page: Page) -> Ref:
    trail.add(TraceKind.BANK_LINE, line_id)
    if not nodes_of(session, trail.refs):
        raise TraceNotFound
    query = (
        select(Payment)
        .join(Match, Match.payment_id == Payment.id)
        .where(Match.bank_line_id == line_id, Match.undone_at.is_(None))
        .distinct()
    )
    to_the_scans(session, trail, session.scalars(query).all(), page)
    return Ref(TraceKind.BANK_LINE, line_id)


_START: dict[TraceKind, Callable[[Session, Trail, UUID, Page], Ref]] = {
    TraceKind.VERIFICATION: _from_verification,
    TraceKind.REDEMPTION: _from_redemption,
    TraceKind.REVERSAL: _from_reversal,
    TraceKind.TRADE: _from_trade,
    TraceKind.CLAIM: _from_claim,
    TraceKind.ENROLMENT: _from_enrolment,
    TraceKind.JOURNAL: _from_journal,
    TraceKind.STATEMENT_LINE: _from_line,
    TraceKind.PAYABLE: _from_payable,
    TraceKind.STATEMENT: _from_statement,
    TraceKind.INVOICE: _from_invoice,
    TraceKind.DISPUTE: _from_dispute,
    TraceKind.PAYMENT: _from_payment,
    TraceKind.BATCH: _from_batch,
    TraceKind.MATCH: _from_match,
    TraceKind.BANK_LINE: _from_bank_line,
}


def _insist(session: Session, column: InstrumentedAttribute[UUID], value: UUID) -> None:
    if session.scalar(select(column).where(column == value)) is None:
        raise TraceNotFound


def _existing(session: Session, table: Any, row_id: UUID) -> Any:
    row = session.get(table, row_id)
    if row is None:
        raise TraceNotFound
    return row


def _journals_for(session: Session, source_ids: Iterable[UUID]) -> Sequence[UUID]:
    query = select(Journal.id).where(
        Journal.source_type.in_(SOURCES), Journal.source_id.in_(source_ids)
    )
    return session.scalars(query).all()
