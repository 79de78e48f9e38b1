"""Says which payments a bank line is about: posts what it proves, and moves what follows from it.

The database counts a match on both sides and bounds it (decision 0015). A match is written first:
that locks the bank line, then the payment, and what is read of them afterwards is true. Locks, in
order: the bank line, the payment, its payable or statement, the period (shared).
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.services import record
from finance.errors import (
    BankLineNotFound,
    MatchAmountMissing,
    MatchedByYou,
    MatchExceedsLine,
    MatchExceedsPayment,
    MatchNotFound,
    MatchUndone,
    PaymentNotFound,
    PaymentNotSent,
    ReturnFirst,
)
from finance.models import BankLine, Match, Payment, PaymentState
from finance.rules.matching import MatchReason
from finance.services.discrepancies import reopen_unexplained, resolve_explained
from finance.services.paid import follow_payments, post_paid, post_returned, post_undone
from finance.services.telling import tell_payees
from kernel.actors import Actor
from kernel.money import Fen, yuan
from kernel.refusals import refused_by

_AT_THE_BANK = frozenset({PaymentState.SENT, PaymentState.PAID})


def match(
    session: Session,
    *,
    actor: Actor,
    bank_line_id: UUID,
    payment_id: UUID,
    amount_fen: Fen,
    score: int | None,
    reason: str,
    now: datetime,
) -> Match:
    """Say that a bank line is about a payment, for `amount_fen` of both, which is positive.

    The line's sign says whether the payment was paid or came back. `score` and `reason` are those
    of the suggestion that was taken, or None and "by_hand". What is proven is posted on the bank's
    day, or today where that month is closed; a payment that is proven whole is paid.

    Raises BankLineNotFound, PaymentNotFound, MatchAmountMissing, PaymentNotSent, MatchExceedsLine,
    MatchExceedsPayment, PeriodClosed.
    """
    line = session.get(BankLine, bank_line_id, populate_existing=True)
    if line is None:
        raise BankLineNotFound
    payment = session.get(Payment, payment_id, populate_existing=True)
    if payment is None:
        raise PaymentNotFound
    _refuse_beyond(line, payment, amount_fen)
    made = Match(
        bank_line_id=line.id,
        payment_id=payment.id,
        amount_fen=amount_fen if line.amount_fen > 0 else Fen(-amount_fen),
        score=score,
        reason=MatchReason(reason),
        matched_by=actor.staff_id,
        matched_at=now,
    )
    session.add(made)
    with refused_by(_REFUSALS):
        session.flush()
    _post(session, match=made, line=line, payment=payment, now=now)
    _follow(session, [(line.id, payment.id)], now=now)
    record(
        session,
        actor=actor,
        action="bank_line.matched",
        object_type="match",
        object_id=made.id,
        now=now,
        bank_line_id=line.id,
        payment_id=payment.id,
        amount_fen=made.amount_fen,
        reason=made.reason,
    )
    return made


def _refuse_beyond(line: BankLine, payment: Payment, amount_fen: Fen) -> None:
    """Say no in good words; what a race gets past here, the database refuses."""
    if amount_fen <= 0:
        raise MatchAmountMissing
    if payment.state not in _AT_THE_BANK:
        raise PaymentNotSent
    line_left = Fen(abs(line.amount_fen - line.matched_fen))
    if amount_fen > line_left:
        raise MatchExceedsLine(left=yuan(line_left))
    payment_left = left_of_payment(payment, comes_in=line.amount_fen > 0)
    if amount_fen > payment_left:
        raise MatchExceedsPayment(left=yuan(payment_left))


def left_of_payment(payment: Payment, *, comes_in: bool) -> Fen:
    """Return how much a line could still be about: what came back of it, or what it lacks."""
    if comes_in:
        return Fen(payment.matched_fen - payment.returned_fen)
    return Fen(payment.amount_fen - payment.matched_fen)


def undo_match(
    session: Session, *, actor: Actor, match_id: UUID, reason: str, now: datetime
) -> Match:
    """Take a match back; another person than who made it. What it posted is reversed today.

    What was paid is unproven again, what was returned is paid again. A match that a rule made may
    be undone by anybody who may undo; the rule does not make it again.

    Raises MatchNotFound, MatchUndone, MatchedByYou, ReturnFirst, PaidAgainMeanwhile, PeriodClosed.
    """
    made = session.scalars(
        select(Match)
        .where(Match.id == match_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if made is None:
        raise MatchNotFound
    if made.undone_at is not None:
        raise MatchUndone
    if made.matched_by == actor.staff_id:
        raise MatchedByYou
    payment = session.get_one(Payment, made.payment_id, populate_existing=True)
    if made.amount_fen < 0 and payment.returned_fen:
        raise ReturnFirst
    made.undone_by, made.undone_at, made.undone_reason = actor.staff_id, now, reason
    with refused_by(_UNDO_REFUSALS):
        session.flush()
    line = session.get_one(BankLine, made.bank_line_id, populate_existing=True)
    post_undone(session, match=made, line=line, payment=payment, now=now)
    follow_payments(session, payment_ids=[payment.id])
    reopen_unexplained(session, bank_line_id=line.id, payment_id=payment.id, now=now)
    record(
        session,
        actor=actor,
        action="bank_line.match_undone",
        object_type="match",
        object_id=made.id,
        now=now,
        bank_line_id=line.id,
        payment_id=payment.id,
        amount_fen=made.amount_fen,
    )
    return made


# What a race gets past the checks, by the constraint that fires.
_REFUSALS = {
    "ck_bank_lines_matched_within_amount": MatchExceedsLine,
    "ck_payments_matched_within_amount": MatchExceedsPayment,
    "ck_matches_payment_sent": PaymentNotSent,
}
_UNDO_REFUSALS = {
    "ck_matches_undone_by_another": MatchedByYou,
    "ck_matches_undone_once": MatchUndone,
    "ck_payments_matched_within_amount": ReturnFirst,
}


def _post(
    session: Session, *, match: Match, line: BankLine, payment: Payment, now: datetime
) -> None:
    post = post_paid if match.amount_fen < 0 else post_returned
    post(session, match=match, line=line, payment=payment, now=now)


def _follow(session: Session, pairs: Iterable[tuple[UUID, UUID]], *, now: datetime) -> None:
    line_ids, payment_ids = zip(*pairs, strict=True)
    tell_payees(session, follow_payments(session, payment_ids=payment_ids), now=now)
    resolve_explained(session, bank_line_ids=line_ids, payment_ids=payment_ids, now=now)
