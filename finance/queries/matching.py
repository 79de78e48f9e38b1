"""Reads for matching: which payments a bank line may be about, and what was matched."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, func, or_, select, tuple_
from sqlalchemy.orm import Session, aliased

from finance.errors import BankLineNotFound
from finance.models import BankLine, Match, Payment, PaymentBatch, PaymentState
from finance.rules.matching import LineFacts, MatchReason, PaymentFacts, score_match
from finance.rules.references import find_reference
from kernel.clock import shanghai_date
from kernel.money import Fen, parse_yuan
from staff.models import StaffAccount

SUGGESTIONS_MAX = 10
FOUND_MAX = 20
_CANDIDATES_MAX = 200
_AT_THE_BANK = (PaymentState.SENT, PaymentState.PAID)


@dataclass(frozen=True)
class Suggestion:
    """A payment that a line may be about: for how much (positive), how likely, and why."""

    payment: Payment
    amount_fen: Fen
    score: int
    reason: MatchReason


@dataclass(frozen=True)
class MatchRow:
    """A match with both its sides, and who made and undid it (None: a rule, or nobody)."""

    match: Match
    line: BankLine
    payment: Payment
    matched_by: str | None
    undone_by: str | None


def suggest(session: Session, *, bank_line_id: UUID) -> list[Suggestion]:
    """Return the likeliest payments for what is left of a line, the likeliest first.

    Raises BankLineNotFound.
    """
    line = session.get(BankLine, bank_line_id, populate_existing=True)
    if line is None:
        raise BankLineNotFound
    facts = LineFacts(
        left_fen=Fen(abs(line.amount_fen - line.matched_fen)),
        booked_on=line.booked_on,
        reference=line.reference,
        counterparty=line.counterparty or "",
        counterparty_account=line.counterparty_account or "",
    )
    found = []
    for payment, sent_at, left_fen in session.execute(_candidates(line, facts)):
        scored = score_match(facts, _facts_of(payment, sent_at, left_fen))
        if scored is not None:
            found.append(Suggestion(payment, scored.amount_fen, scored.score, scored.reason))
    found.sort(key=lambda each: (-each.score, each.payment.id))
    return found[:SUGGESTIONS_MAX]


def _facts_of(payment: Payment, sent_at: datetime, left_fen: Fen) -> PaymentFacts:
    return PaymentFacts(
        left_fen=left_fen,
        sent_on=shanghai_date(sent_at),
        reference=payment.reference,
        payee=payment.payee_shown,
        account_masked=payment.account_masked,
    )


def _left(*, comes_in: bool) -> ColumnElement[Any]:
    if comes_in:
        return Payment.matched_fen - Payment.returned_fen
    return Payment.amount_fen - Payment.matched_fen


def _open_payments(*, comes_in: bool) -> Select[Payment, datetime, Fen]:
    left = _left(comes_in=comes_in)
    return (
        select(Payment, PaymentBatch.sent_at, left)
        .join(PaymentBatch, PaymentBatch.id == Payment.batch_id)
        .where(Payment.state.in_(_AT_THE_BANK), left > 0)
        .execution_options(populate_existing=True)
    )


def _candidates(line: BankLine, facts: LineFacts) -> Select[Payment, datetime, Fen]:
    """Select what the rule may find likely: the nearest to the amount, if there are many."""
    comes_in = line.amount_fen > 0
    left = _left(comes_in=comes_in)
    tail = (line.counterparty_account or "")[-4:]
    alike = [left == facts.left_fen, Payment.reference == (line.reference or "")]
    if line.counterparty:
        # The first character is the family name, which no mask hides.
        alike.append(Payment.payee_shown.startswith(line.counterparty[:1], autoescape=True))
    if tail.isdigit():
        alike.append(Payment.account_masked.endswith(tail))
    return (
        _open_payments(comes_in=comes_in)
        .where(or_(*alike))
        .order_by(
            Payment.reference != (line.reference or ""),
            func.abs(left - facts.left_fen),
            Payment.id,
        )
        .limit(_CANDIDATES_MAX)
    )


def search_payments(
    session: Session, *, text: str, comes_in: bool
) -> Sequence[Row[Payment, datetime, Fen]]:
    """Return payments that a person looks for, each with when it was sent and what is left of it.

    `text` is a reference as a bank may print it, an amount in yuan, or a part of the payee's name.
    """
    query = _open_payments(comes_in=comes_in)
    reference, amount = find_reference(text), parse_yuan(text)
    if reference is not None:
        query = query.where(Payment.reference == reference)
    elif amount is not None:
        query = query.where(or_(Payment.amount_fen == amount, _left(comes_in=comes_in) == amount))
    else:
        query = query.where(
            or_(
                Payment.payee_shown.icontains(text, autoescape=True),
                Payment.reference.icontains(text, autoescape=True),
            )
        )
    return session.execute(query.order_by(Payment.id.desc()).limit(FOUND_MAX)).all()


def _match_rows() -> Select[Match, BankLine, Payment, str, str]:
    maker, undoer = aliased(StaffAccount), aliased(StaffAccount)
    return (
        select(Match, BankLine, Payment, maker.display_name, undoer.display_name)
        .join(BankLine, BankLine.id == Match.bank_line_id)
        .join(Payment, Payment.id == Match.payment_id)
        .outerjoin(maker, maker.id == Match.matched_by)
        .outerjoin(undoer, undoer.id == Match.undone_by)
    )


def match_by_id(session: Session, *, match_id: UUID) -> Match | None:
    return session.get(Match, match_id)


def matches_of_line(session: Session, *, bank_line_id: UUID) -> list[MatchRow]:
    """Return the matches of a line, undone ones too, in the order in which they were made."""
    query = _match_rows().where(Match.bank_line_id == bank_line_id)
    return [MatchRow(*row) for row in session.execute(query.order_by(Match.matched_at, Match.id))]


def matches(
    session: Session,
    *,
    undone: bool | None = None,
    from_on: date | None = None,
    until_on: date | None = None,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> list[MatchRow]:
    """Return matches, the newest first; the days are those of the bank's lines, both included."""
    query = _match_rows()
    if undone is not None:
        query = query.where(Match.undone_at.is_not(None) if undone else Match.undone_at.is_(None))
    if from_on is not None:
        query = query.where(BankLine.booked_on >= from_on)
    if until_on is not None:
        query = query.where(BankLine.booked_on <= until_on)
    if after is not None:
        query = query.where(tuple_(Match.matched_at, Match.id) < after)
    order = (Match.matched_at.desc(), Match.id.desc())
    return [MatchRow(*row) for row in session.execute(query.order_by(*order).limit(limit))]
