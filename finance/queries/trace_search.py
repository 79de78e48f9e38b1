"""Finding the thing whose chain is wanted, by what people have in hand."""

import re
from collections.abc import Iterator
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from aid.models import AidClaim
from discounts.models import Redemption, RedemptionReversal
from finance.models import BankLine, Dispute, Match, Payment, PaymentBatch, Statement
from finance.queries.trace_nodes import Node, Ref, TraceKind, nodes_of
from finance.rules.references import find_reference
from kernel.money import parse_yuan
from kernel.text import half_width
from ledger.models import Journal
from merchants.models import Terminal
from training.models import Enrolment

HITS_MAX = 20
NUMBER_MAX = 2**31 - 1
_RECEIPT = re.compile(r"([0-9A-Z]{8})-(\d{4})(\d{2})(\d{2})-(\d{1,9})", re.IGNORECASE | re.ASCII)
_NUMBER = re.compile(r"\d{1,10}", re.ASCII)

Ids = list[tuple[TraceKind, InstrumentedAttribute[UUID]]]
_BY_ID: Ids = [
    (TraceKind.REDEMPTION, Redemption.id),
    (TraceKind.REVERSAL, RedemptionReversal.id),
    (TraceKind.CLAIM, AidClaim.id),
    (TraceKind.ENROLMENT, Enrolment.id),
    (TraceKind.JOURNAL, Journal.id),
    (TraceKind.STATEMENT, Statement.id),
    (TraceKind.DISPUTE, Dispute.id),
    (TraceKind.PAYMENT, Payment.id),
    (TraceKind.BATCH, PaymentBatch.id),
    (TraceKind.MATCH, Match.id),
    (TraceKind.BANK_LINE, BankLine.id),
]


def found_by(session: Session, *, text: str) -> list[Node]:
    """Return what `text` may mean, at most HITS_MAX of each kind.

    A receipt number, a reference of ours, a bank's reference, the number of a statement or batch,
    an id, or an amount in yuan: of statements, payments and bank lines, not of single sales.
    """
    plain = half_width(text).strip()
    if not plain:
        return []
    refs = set(_refs(session, plain))
    return nodes_of(session, refs)


def _refs(session: Session, plain: str) -> Iterator[Ref]:
    yield from _by_id(session, plain)
    yield from _by_receipt(session, plain)
    reference = find_reference(plain)
    of_bank: list[ColumnElement[bool]] = [BankLine.bank_reference == plain]
    if reference is not None:
        yield from _some(session, TraceKind.PAYMENT, Payment.id, Payment.reference == reference)
        of_bank.append(BankLine.reference == reference)
    yield from _some(session, TraceKind.BANK_LINE, BankLine.id, or_(*of_bank))
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
        (TraceKind.STATEMENT, Statement.id, Statement.lines_fen == fen),
        (TraceKind.PAYMENT, Payment.id, Payment.amount_fen == fen),
        (TraceKind.BATCH, PaymentBatch.id, PaymentBatch.total_fen == fen),
        (TraceKind.BANK_LINE, BankLine.id, func.abs(BankLine.amount_fen) == fen),
    )
    for kind, column, condition in amounts:
        yield from _some(session, kind, column, condition)


def _some(
    session: Session,
    kind: TraceKind,
    column: InstrumentedAttribute[UUID],
    condition: ColumnElement[bool],
) -> Iterator[Ref]:
    """Yield the newest few."""
    query = select(column).where(condition).order_by(column.desc()).limit(HITS_MAX)
    yield from (Ref(kind, each) for each in session.scalars(query))
