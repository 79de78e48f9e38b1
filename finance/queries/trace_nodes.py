"""The things on a chain: one statement reads all of a kind. No personal data is among their facts.

A payee is the masked name of the payment's snapshot; what a bank line says of its counterparty is
left out.
"""

from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from aid.models import AidClaim
from cards.models import Verification
from discounts.models import Redemption, RedemptionReversal
from discounts.rules import receipt_number
from finance.models import (
    BankLine,
    Dispute,
    Invoice,
    Match,
    Payment,
    PaymentBatch,
    Statement,
    Trade,
    TradeKind,
)
from finance.queries.trace_kinds import Node, Ref, Stage, TraceKind
from kernel.clock import SHANGHAI
from kernel.money import Fen
from ledger.models import Journal, Posting
from merchants.models import Merchant, Site, Terminal
from training.models import Course, CourseSession, Enrolment

_ONE_DAY = timedelta(days=1)


def nodes_of(session: Session, refs: Collection[Ref]) -> list[Node]:
    """Return the things that `refs` name, stage by stage; within a kind in the order of ids."""
    found: list[Node] = []
    for kind, load in _LOADERS.items():
        ids = {ref.id for ref in refs if ref.kind is kind}
        if ids:
            found += sorted(load(session, ids), key=lambda node: node.id)
    return found


def _redemptions(session: Session, ids: set[UUID]) -> list[Node]:
    rows = session.execute(
        select(Redemption, Terminal.code, Terminal.name, Site.name, Merchant.name, Verification)
        .join(Terminal, Terminal.id == Redemption.terminal_id)
        .join(Site, Site.id == Redemption.site_id)
        .join(Merchant, Merchant.id == Redemption.merchant_id)
        .join(Verification, Verification.id == Redemption.verification_id)
        .where(Redemption.id.in_(ids))
    )
    return [
        Node(
            kind=TraceKind.REDEMPTION,
            id=sale.id,
            stage=Stage.SCAN,
            amount_fen=sale.union_pays_fen,
            state=sale.state.value,
            at=sale.captured_at or sale.received_at,
            facts={
                "receipt_no": _receipt(code, sale),
                "merchant": merchant,
                "site": site,
                "terminal": f"{terminal} · {code}",
                "gross_fen": sale.gross_fen,
                "scanned_with": scan.assurance,
            },
        )
        for sale, code, terminal, site, merchant, scan in rows
    ]


def _receipt(code: str, sale: Redemption) -> str | None:
    if sale.receipt_on is None or sale.receipt_seq is None:
        return None
    return receipt_number(code, sale.receipt_on, sale.receipt_seq)


def _reversals(session: Session, ids: set[UUID]) -> list[Node]:
    rows = session.execute(
        select(RedemptionReversal, Redemption, Terminal.code)
        .join(Redemption, Redemption.id == RedemptionReversal.redemption_id)
        .join(Terminal, Terminal.id == Redemption.terminal_id)
        .where(RedemptionReversal.id.in_(ids))
    )
    return [
        Node(
            kind=TraceKind.REVERSAL,
            id=reversal.id,
            stage=Stage.SCAN,
            amount_fen=Fen(-reversal.union_fen),
            state=reversal.kind.value,
            at=reversal.created_at,
            facts={"receipt_no": _receipt(code, sale)},
        )
        for reversal, sale, code in rows
    ]


def _trades(session: Session, ids: set[UUID]) -> list[Node]:
    return [
        Node(
            kind=TraceKind.TRADE,
            id=trade.id,
            stage=Stage.SCAN,
            amount_fen=(
                trade.order_fen if trade.kind is TradeKind.SALE else Fen(-trade.refund_fen)
            ),
            state=f"{trade.kind.value}_{'agrees' if trade.matched_at else 'open'}",
            at=trade.traded_at,
            facts={"trade_no": trade.trade_no, "order_no": trade.order_no},
        )
        for trade in session.scalars(select(Trade).where(Trade.id.in_(ids)))
    ]


def _claims(session: Session, ids: set[UUID]) -> list[Node]:
    return [
        Node(
            kind=TraceKind.CLAIM,
            id=claim.id,
            stage=Stage.SCAN,
            amount_fen=claim.benefit_fen,
            state=claim.state.value,
            at=claim.submitted_at,
        )
        for claim in session.scalars(select(AidClaim).where(AidClaim.id.in_(ids)))
    ]


def _enrolments(session: Session, ids: set[UUID]) -> list[Node]:
    rows = session.execute(
        select(Enrolment, Course)
        .join(CourseSession, CourseSession.id == Enrolment.session_id)
        .join(Course, Course.id == CourseSession.course_id)
        .where(Enrolment.id.in_(ids))
    )
    return [
        Node(
            kind=TraceKind.ENROLMENT,
            id=enrolment.id,
            stage=Stage.SCAN,
            amount_fen=course.subsidy_fen,
            state=enrolment.state.value,
            at=enrolment.ended_at or enrolment.created_at,
            facts={"course_zh": course.title_zh, "course_en": course.title_en},
        )
        for enrolment, course in rows
    ]


def _journals(session: Session, ids: set[UUID]) -> list[Node]:
    rows = session.execute(
        select(Journal, func.sum(Posting.debit_fen))
        .join(Posting, Posting.journal_id == Journal.id)
        .where(Journal.id.in_(ids))
        .group_by(Journal.id)
    )
    return [
        Node(
            kind=TraceKind.JOURNAL,
            id=journal.id,
            stage=Stage.BANK if journal.source_type == "match" else Stage.VOUCHER,
            amount_fen=Fen(int(debit_fen) * (-1 if journal.reverses_id else 1)),
            state="reversal" if journal.reverses_id else "booked",
            at=journal.received_at,
            facts={
                "fund_source": journal.fund_source.value,
                "book_date": journal.book_date.isoformat(),
                "reverses_id": str(journal.reverses_id) if journal.reverses_id else None,
            },
        )
        for journal, debit_fen in rows
    ]


def _statements(session: Session, ids: set[UUID]) -> list[Node]:
    rows = session.execute(
        select(Statement, Merchant.name)
        .join(Merchant, Merchant.id == Statement.merchant_id)
        .where(Statement.id.in_(ids))
    )
    return [
        Node(
            kind=TraceKind.STATEMENT,
            id=statement.id,
            stage=Stage.STATEMENT,
            amount_fen=statement.lines_fen,
            state=statement.state.value,
            at=statement.issued_at or statement.opened_at,
            facts={
                "number": statement.number,
                "merchant": merchant,
                "first_on": statement.starts_on.isoformat(),
                "last_on": (statement.ends_on - _ONE_DAY).isoformat(),
                "lines": statement.lines,
            },
        )
        for statement, merchant in rows
    ]


def _invoices(session: Session, ids: set[UUID]) -> list[Node]:
    return [
        Node(
            kind=TraceKind.INVOICE,
            id=invoice.id,
            stage=Stage.STATEMENT,
            amount_fen=invoice.amount_fen,
            state=invoice.state.value,
            at=invoice.entered_at,
            facts={"number": invoice.number, "issued_on": invoice.issued_on.isoformat()},
        )
        for invoice in session.scalars(select(Invoice).where(Invoice.id.in_(ids)))
    ]


def _disputes(session: Session, ids: set[UUID]) -> list[Node]:
    return [
        Node(
            kind=TraceKind.DISPUTE,
            id=dispute.id,
            stage=Stage.STATEMENT,
            amount_fen=dispute.adjustment_fen or Fen(0),
            state=dispute.state.value,
            at=dispute.decided_at or dispute.raised_at,
        )
        for dispute in session.scalars(select(Dispute).where(Dispute.id.in_(ids)))
    ]


def _payments(session: Session, ids: set[UUID]) -> list[Node]:
    rows = session.execute(
        select(Payment, PaymentBatch)
        .join(PaymentBatch, PaymentBatch.id == Payment.batch_id)
        .where(Payment.id.in_(ids))
    )
    return [
        Node(
            kind=TraceKind.PAYMENT,
            id=payment.id,
            stage=Stage.PAYMENT,
            amount_fen=payment.amount_fen,
            state=payment.state.value,
            at=batch.sent_at or batch.prepared_at,
            facts={
                "reference": payment.reference,
                "payee": payment.payee_shown,
                "account": payment.account_masked,
                "attempt": payment.attempt,
                "fund_source": payment.fund_source.value,
            },
        )
        for payment, batch in rows
    ]


def _batches(session: Session, ids: set[UUID]) -> list[Node]:
    return [
        Node(
            kind=TraceKind.BATCH,
            id=batch.id,
            stage=Stage.PAYMENT,
            amount_fen=batch.total_fen,
            state=batch.state.value,
            at=batch.sent_at or batch.approved_at or batch.prepared_at,
            facts={"number": batch.number, "payments": batch.payments},
        )
        for batch in session.scalars(select(PaymentBatch).where(PaymentBatch.id.in_(ids)))
    ]


def _matches(session: Session, ids: set[UUID]) -> list[Node]:
    return [
        Node(
            kind=TraceKind.MATCH,
            id=match.id,
            stage=Stage.BANK,
            amount_fen=match.amount_fen,
            state="undone" if match.undone_at else "live",
            at=match.undone_at or match.matched_at,
            facts={"score": match.score, "by": "person" if match.matched_by else "rule"},
        )
        for match in session.scalars(select(Match).where(Match.id.in_(ids)))
    ]


def _bank_lines(session: Session, ids: set[UUID]) -> list[Node]:
    return [
        Node(
            kind=TraceKind.BANK_LINE,
            id=line.id,
            stage=Stage.BANK,
            amount_fen=line.amount_fen,
            state=_line_state(line),
            at=_line_moment(line),
            facts={
                "booked_on": line.booked_on.isoformat(),
                "bank_reference": line.bank_reference,
                "reference": line.reference,
                "matched_fen": line.matched_fen,
            },
        )
        for line in session.scalars(select(BankLine).where(BankLine.id.in_(ids)))
    ]


def _line_state(line: BankLine) -> str:
    if line.matched_fen == line.amount_fen:
        return "matched"
    return "partly_matched" if line.matched_fen else "unmatched"


def _line_moment(line: BankLine) -> datetime | None:
    """Return when the bank booked it; some layouts say the day alone."""
    if line.booked_at is None:
        return None
    wall = datetime.combine(line.booked_on, line.booked_at, tzinfo=SHANGHAI)
    return wall.astimezone(UTC)


_LOADERS: dict[TraceKind, Callable[[Session, set[UUID]], list[Node]]] = {
    TraceKind.REDEMPTION: _redemptions,
    TraceKind.REVERSAL: _reversals,
    TraceKind.TRADE: _trades,
    TraceKind.CLAIM: _claims,
    TraceKind.ENROLMENT: _enrolments,
    TraceKind.JOURNAL: _journals,
    TraceKind.STATEMENT: _statements,
    TraceKind.INVOICE: _invoices,
    TraceKind.DISPUTE: _disputes,
    TraceKind.PAYMENT: _payments,
    TraceKind.BATCH: _batches,
    TraceKind.MATCH: _matches,
    TraceKind.BANK_LINE: _bank_lines,
}
