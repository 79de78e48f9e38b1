"""Finding the thing whose chain is wanted, by what people have in hand."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from aid.models import AidClaim
from discounts.models import Redemption, RedemptionReversal
from finance.models import (
    BankLine,
    Dispute,
    Invoice,
    Match,
    Payment,
    PaymentBatch,
    Statement,
    StatementFund,
    Trade,
)
from finance.queries.trace_kinds import Node, Ref, TraceKind
from finance.queries.trace_nodes import nodes_of
from finance.rules.invoices import invoice_number
from finance.rules.references import find_reference
from kernel.clock import shanghai_day
from kernel.money import parse_yuan
from kernel.text import half_width
from ledger.models import Journal
from merchants.models import Terminal
from training.models import Enrolment

HITS_MAX = 20
# A till without a network may send a sale so long after it (domain: T + 72 hours).
_LATE = timedelta(hours=72)
NUMBER_MAX = 2**31 - 1
_RECEIPT = re.compile(r"([0-9A-Z]{8})-(\d{4})(\d{2})(\d{2})-(\d{1,9})", re.IGNORECASE | re.ASCII)
_NUMBER = re.compile(r"\d{1,10}", re.ASCII)

Ids = list[tuple[TraceKind, InstrumentedAttribute[UUID]]]
_BY_ID: Ids = [
    (TraceKind.REDEMPTION, Redemption.id),
    (TraceKind.REVERSAL, RedemptionReversal.id),
    (TraceKind.TRADE, Trade.id),
    (TraceKind.CLAIM, AidClaim.id),
    (TraceKind.ENROLMENT, Enrolment.id),
    (TraceKind.JOURNAL, Journal.id),
    (TraceKind.STATEMENT, Statement.id),
    (TraceKind.INVOICE, Invoice.id),
    (TraceKind.DISPUTE, Dispute.id),
    (TraceKind.PAYMENT, Payment.id),
    (TraceKind.BATCH, PaymentBatch.id),
    (TraceKind.MATCH, Match.id),
    (TraceKind.BANK_LINE, BankLine.id),
]


def found_by(session: Session, *, text: str, day: date | None = None) -> list[Node]:
    """Return what `text` may mean, at most HITS_MAX of each kind.

    A receipt number, a reference of ours, a bank's or a channel's, the number of a statement, an
    invoice or a batch, an id, or an amount in yuan: of statements, invoices, payments and bank
    lines. With a day, an amount finds what was sold, given back and booked on it instead.
    """
    plain = half_width(text).strip()
    if not plain:
        return []
    fen = parse_yuan(plain.removeprefix("-"))
    if day is not None and fen:
        return nodes_of(session, set(_of_a_day(session, fen, day)))
    return nodes_of(session, set(_refs(session, plain)))


def is_amount(text: str) -> bool:
    """Say whether `text` may be an amount: then a day finds the sales of it."""
    return bool(parse_yuan(half_width(text).strip().removeprefix("-")))


def _refs(session: Session, plain: str) -> Iterator[Ref]:
    yield from _by_id(session, plain)
    yield from _by_receipt(session, plain)
    reference = find_reference(plain)
    of_bank: list[ColumnElement[bool]] = [BankLine.bank_reference == plain]
    if reference is not None:
        yield from _some(session, TraceKind.PAYMENT, Payment.id, Payment.reference == reference)
        of_bank.append(BankLine.reference == reference)
    yield from _some(session, TraceKind.BANK_LINE, BankLine.id, or_(*of_bank))
    of_channel = or_(Trade.order_no == plain, Trade.trade_no == plain)
    yield from _some(session, TraceKind.TRADE, Trade.id, of_channel)
    invoice = invoice_number(plain)
    if invoice is not None:
        yield from _some(session, TraceKind.INVOICE, Invoice.id, Invoice.number == invoice)
    if _NUMBER.fullmatch(plain) and int(plain) <= NUMBER_MAX:
        number = int(plain)
        yield from _some(session, TraceKind.STATEMENT, Statement.id, Statement.number == number)
        yield from _some(session, TraceKind.BATCH, PaymentBatch.id, PaymentBatch.number == number)
    yield from _by_amount(session, plain)


def _by_id(session: Session, plain: str) -> Iterator[Ref]:
    try:
        wanted = UUID(plain)
    except ValueError:
        return
    for kind, column in _BY_ID:
        yield from _some(session, kind, column, column == wanted)
    scan = Redemption.verification_id == wanted
    yield from _some(session, TraceKind.REDEMPTION, Redemption.id, scan)


def _by_receipt(session: Session, plain: str) -> Iterator[Ref]:
    found = _RECEIPT.fullmatch(plain)
    if found is None or int(found[5]) > NUMBER_MAX:
        return
    try:
        day = date(int(found[2]), int(found[3]), int(found[4]))
    except ValueError:
        return
    query = (
        select(Redemption.id)
        .join(Terminal, Terminal.id == Redemption.terminal_id)
        .where(
            Terminal.code == found[1].upper(),
            Redemption.receipt_on == day,
            Redemption.receipt_seq == int(found[5]),
        )
    )
    yield from (Ref(TraceKind.REDEMPTION, each) for each in session.scalars(query))


def _by_amount(session: Session, plain: str) -> Iterator[Ref]:
    fen = parse_yuan(plain.removeprefix("-"))
    if not fen:
        return
    amounts = (
        (TraceKind.STATEMENT, Statement.id, or_(Statement.lines_fen == fen, _pays(fen))),
        (TraceKind.INVOICE, Invoice.id, Invoice.amount_fen == fen),
        (TraceKind.PAYMENT, Payment.id, Payment.amount_fen == fen),
        (TraceKind.BATCH, PaymentBatch.id, PaymentBatch.total_fen == fen),
        (TraceKind.BANK_LINE, BankLine.id, func.abs(BankLine.amount_fen) == fen),
    )
    for kind, column, condition in amounts:
        yield from _some(session, kind, column, condition)


def _pays(fen: int) -> ColumnElement[bool]:
    """Say of a Statement that a fund of it is paid this much, whatever was carried into it."""
    return Statement.id.in_(
        select(StatementFund.statement_id).where(StatementFund.payable_fen == fen)
    )


def _of_a_day(session: Session, fen: int, day: date) -> Iterator[Ref]:
    """Yield the sales, takings back and bank lines of an amount on a Shanghai day.

    Of a sale, any of its amounts may be in hand: the bill, what the member paid, what the union
    does. Its day is the receipt's, or that of the till's clock.
    """
    starts_at, ends_at = shanghai_day(day)
    sale = and_(
        or_(
            Redemption.union_pays_fen == fen,
            Redemption.gross_fen == fen,
            Redemption.member_pays_fen == fen,
        ),
        or_(
            Redemption.receipt_on == day,
            and_(Redemption.occurred_at >= starts_at, Redemption.occurred_at < ends_at),
        ),
        # What the index by blocks of time can narrow it down to.
        Redemption.captured_at >= starts_at,
        Redemption.captured_at < ends_at + _LATE,
    )
    back = and_(
        or_(RedemptionReversal.union_fen == fen, RedemptionReversal.amount_fen == fen),
        RedemptionReversal.created_at >= starts_at,
        RedemptionReversal.created_at < ends_at,
    )
    booked = and_(func.abs(BankLine.amount_fen) == fen, BankLine.booked_on == day)
    yield from _some(session, TraceKind.REDEMPTION, Redemption.id, sale)
    yield from _some(session, TraceKind.REVERSAL, RedemptionReversal.id, back)
    yield from _some(session, TraceKind.BANK_LINE, BankLine.id, booked)


def _some(
    session: Session,
    kind: TraceKind,
    column: InstrumentedAttribute[UUID],
    condition: ColumnElement[bool],
) -> Iterator[Ref]:
    """Yield the newest few."""
    query = select(column).where(condition).order_by(column.desc()).limit(HITS_MAX)
    yield from (Ref(kind, each) for each in session.scalars(query))
