"""What happens to a redemption afterwards: captured, voided, reversed, or expired.

Every change locks the redemption first and reads after; then the limits, in the order of their
keys. What is taken back is taken back once.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from benefits.models import Programme
from benefits.services import capture_limits, lock_limits_of, return_coupon, return_limits
from cards.models import RecordKind
from cards.services.records import add_record
from discounts.errors import HoldExpired, NotReversible, RedemptionNotFound
from discounts.models import (
    REDEMPTION_MOVES,
    Redemption,
    RedemptionReversal,
    RedemptionState,
    ReversalKind,
)
from discounts.queries import RedemptionLine, redemption_line
from discounts.rules import Parts, reversal_parts
from discounts.services.redeem import SOURCE, Answer, book_capture
from kernel.actors import Till
from kernel.clock import shanghai_date
from kernel.db import violated_constraint
from kernel.ids import new_id
from kernel.money import Fen
from kernel.refusals import RequestKeyReused
from kernel.states import move
from ledger.models import FundSource
from ledger.services import post_reversal
from ledger.services.posting import SourceKey

REVERSAL_SOURCE = "redemption_reversal"
# Statements belong to a package above this one, so the database asks them (docs/decisions/0015).
_VOID_BEFORE_ISSUE = "ck_redemption_reversals_void_before_issue"
_EXPIRE_ROWS = 200


@dataclass(frozen=True)
class ReversalAnswer:
    """A reversal as the till hears it; `replayed` when it had been answered before."""

    reversal: RedemptionReversal
    line: RedemptionLine
    replayed: bool


_NEXT_RECEIPT = text(
    """
    INSERT INTO receipt_counters AS k (terminal_id, receipt_on, last) VALUES (:terminal_id, :day, 1)
    ON CONFLICT (terminal_id, receipt_on) DO UPDATE SET last = k.last + 1
    RETURNING last
    """
)


def capture_redemption(
    session: Session, *, till: Till, redemption_id: UUID, now: datetime
) -> Answer:
    """Turn a hold into a sale. Captured before: the same answer. Raises HoldExpired."""
    redemption = _lock(session, till=till, redemption_id=redemption_id, same_terminal=True)
    if redemption.captured_at is not None:
        return Answer(_line(session, redemption), replayed=True)
    if redemption.state is RedemptionState.EXPIRED or _is_over(redemption, now):
        raise HoldExpired
    target = move(REDEMPTION_MOVES, redemption.state, RedemptionState.CAPTURED)
    today = shanghai_date(now)
    receipt = session.execute(
        _NEXT_RECEIPT, {"terminal_id": redemption.terminal_id, "day": today}
    ).scalar_one()
    # All four together: the database wants a receipt on every capture and on nothing else.
    redemption.state = target
    redemption.captured_at = now
    redemption.receipt_on = today
    redemption.receipt_seq = receipt
    session.flush()
    capture_limits(session, source_id=redemption.id)
    line = _line(session, redemption)
    book_capture(session, line=line, fund_source=_fund_of(session, redemption), now=now)
    return Answer(line, replayed=False)


def void_redemption(session: Session, *, till: Till, redemption_id: UUID, now: datetime) -> Answer:
    """Take a hold or a whole sale of today back, at the till that made it.

    Voided before: the same answer. Raises NotReversible for another day, after a reversal, and once
    the sale is on a statement that its merchant has.
    """
    redemption = _lock(session, till=till, redemption_id=redemption_id, same_terminal=True)
    if redemption.state is RedemptionState.VOIDED:
        return Answer(_line(session, redemption), replayed=True)
    if redemption.state is RedemptionState.HELD:
        redemption.state = move(REDEMPTION_MOVES, redemption.state, RedemptionState.VOIDED)
        session.flush()
        return_coupon(session, redemption_id=redemption.id)
        return_limits(session, source_id=redemption.id)
        return Answer(_line(session, redemption), replayed=False)
    if redemption.state is not RedemptionState.CAPTURED:
        raise NotReversible(reason=redemption.state.value, left_fen=redemption.left_fen)
    if redemption.receipt_on != shanghai_date(now):
        raise NotReversible(reason="not_today", left_fen=redemption.left_fen)
    _take_back(
        session,
        redemption=redemption,
        parts=_left(redemption),
        reversal=RedemptionReversal(
            id=new_id(), terminal_id=till.terminal_id, kind=ReversalKind.VOID, reason="void"
        ),
        target=RedemptionState.VOIDED,
        now=now,
    )
    return Answer(_line(session, redemption), replayed=False)


def reverse_redemption(
    session: Session,
    *,
    till: Till,
    redemption_id: UUID,
    reversal_id: UUID,
    amount_fen: Fen,
    reason: str,
    now: datetime,
) -> ReversalAnswer:
    """Take `amount_fen` of the gross back, at any till of the merchant; each bearer gets a part.

    The same id and amount hear the same. Raises NotReversible when less is left,
    RequestKeyReused.
    """
    redemption = _lock(session, till=till, redemption_id=redemption_id, same_terminal=False)
    known = session.get(RedemptionReversal, reversal_id)
    if known is not None:
        same = known.redemption_id == redemption.id and known.amount_fen == amount_fen
        if not same or known.reason != reason:
            raise RequestKeyReused
        return ReversalAnswer(known, _line(session, redemption), replayed=True)
    if redemption.state not in (RedemptionState.CAPTURED, RedemptionState.PARTLY_REVERSED):
        raise NotReversible(reason=redemption.state.value, left_fen=0)
    left = _left(redemption)
    if amount_fen > left.whole_fen:
        raise NotReversible(reason="more_than_left", left_fen=left.whole_fen)
    is_last = amount_fen == left.whole_fen
    reversal = RedemptionReversal(
        id=reversal_id, terminal_id=till.terminal_id, kind=ReversalKind.REVERSAL, reason=reason
    )
    _take_back(
        session,
        redemption=redemption,
        parts=reversal_parts(amount_fen, left=left),
        reversal=reversal,
        target=RedemptionState.REVERSED if is_last else RedemptionState.PARTLY_REVERSED,
        now=now,
    )
    return ReversalAnswer(reversal, _line(session, redemption), replayed=False)


def expire_holds(session: Session, *, now: datetime) -> int:
    """Free what was held and never captured; return how many, at most 200 at a time.

    Skips holds that somebody is capturing right now: they decide themselves.
    """
    over = session.scalars(
        select(Redemption)
        .where(Redemption.state == RedemptionState.HELD, Redemption.expires_at <= now)
        .order_by(Redemption.id)
        .limit(_EXPIRE_ROWS)
        .with_for_update(skip_locked=True)
    ).all()
    for redemption in over:
        redemption.state = move(REDEMPTION_MOVES, redemption.state, RedemptionState.EXPIRED)
    session.flush()
    for redemption in over:
        return_coupon(session, redemption_id=redemption.id)
    lock_limits_of(session, source_ids=[redemption.id for redemption in over])
    for redemption in over:
        return_limits(session, source_id=redemption.id)
    return len(over)


def _lock(session: Session, *, till: Till, redemption_id: UUID, same_terminal: bool) -> Redemption:
    """Return the sale as it is now, locked; a foreign till's does not exist for this one."""
    redemption = session.get(
        Redemption, redemption_id, with_for_update=True, populate_existing=True
    )
    if redemption is None or redemption.merchant_id != till.merchant_id:
        raise RedemptionNotFound
    if same_terminal and redemption.terminal_id != till.terminal_id:
        raise RedemptionNotFound
    return redemption


def _is_over(redemption: Redemption, now: datetime) -> bool:
    return redemption.expires_at is not None and now >= redemption.expires_at


def _line(session: Session, redemption: Redemption) -> RedemptionLine:
    line = redemption_line(session, redemption_id=redemption.id, merchant_id=redemption.merchant_id)
    assert line is not None
    return line


def _fund_of(session: Session, redemption: Redemption) -> FundSource:
    query = select(Programme.fund_source).where(Programme.id == redemption.programme_id)
    return session.scalars(query).one()


def _left(redemption: Redemption) -> Parts:
    return Parts(
        union_fen=Fen(redemption.union_pays_fen - redemption.back_union_fen),
        merchant_fen=Fen(redemption.merchant_bears_fen - redemption.back_merchant_fen),
        member_fen=Fen(redemption.member_pays_fen - redemption.back_member_fen),
    )


def _take_back(
    session: Session,
    *,
    redemption: Redemption,
    parts: Parts,
    reversal: RedemptionReversal,
    target: RedemptionState,
    now: datetime,
) -> None:
    """Write the reversal, give the limits back, post the mirror, and tell the card's record."""
    redemption.state = move(REDEMPTION_MOVES, redemption.state, target)
    redemption.back_union_fen = Fen(redemption.back_union_fen + parts.union_fen)
    redemption.back_merchant_fen = Fen(redemption.back_merchant_fen + parts.merchant_fen)
    redemption.back_member_fen = Fen(redemption.back_member_fen + parts.member_fen)
    reversal.redemption_id = redemption.id
    reversal.amount_fen = parts.whole_fen
    reversal.union_fen = parts.union_fen
    reversal.merchant_fen = parts.merchant_fen
    reversal.member_fen = parts.member_fen
    reversal.created_at = now
    session.add(reversal)
    try:
        session.flush()
    except IntegrityError as error:
        if violated_constraint(error) != _VOID_BEFORE_ISSUE:
            raise
        raise NotReversible(reason="on_statement", left_fen=parts.whole_fen) from None
    if target is not RedemptionState.PARTLY_REVERSED:
        return_coupon(session, redemption_id=redemption.id)
    return_limits(
        session,
        source_id=redemption.id,
        union_fen=parts.union_fen,
        is_last=target is not RedemptionState.PARTLY_REVERSED,
    )
    if parts.union_fen:
        post_reversal(
            session,
            original=SourceKey(SOURCE, redemption.id, "captured"),
            source_type=REVERSAL_SOURCE,
            source_id=reversal.id,
            kind=reversal.kind.value,
            amount_fen=parts.union_fen,
            occurred_at=now,
            now=now,
        )
    line = _line(session, redemption)
    add_record(
        session,
        card_id=redemption.card_id,
        kind=RecordKind.DISCOUNT,
        event="voided" if reversal.kind is ReversalKind.VOID else "reversed",
        source_type=REVERSAL_SOURCE,
        source_id=reversal.id,
        title_zh=line.title_zh,
        title_en=line.title_en,
        member_pays_fen=Fen(-parts.member_fen),
        merchant_bears_fen=Fen(-parts.merchant_fen),
        union_pays_fen=Fen(-parts.union_fen),
        occurred_at=now,
        now=now,
    )
