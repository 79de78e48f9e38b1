"""What follows from a match: the books, the payment, and what the payment was for.

`paid` is booked when a bank line proves it, Dr what was owed, Cr the bank; a return is the red-ink
reversal of that. A reversal is final, so an undone return is booked as `paid` once more.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Protocol
from uuid import UUID

from sqlalchemy import and_, case, literal, select, update
from sqlalchemy.orm import Session

from aid.services.trail import SOURCE as AID_SOURCE
from finance.errors import PaidAgainMeanwhile
from finance.models import (
    PAYMENT_MOVES,
    STATEMENT_MOVES,
    BankLine,
    Match,
    Payment,
    PaymentState,
    Statement,
    StatementFund,
    StatementState,
)
from kernel.clock import SHANGHAI, shanghai_date
from kernel.db import among
from kernel.money import Fen
from kernel.refusals import refused_by
from kernel.states import move
from ledger.errors import PeriodClosed
from ledger.models import (
    Family,
    Journal,
    PartyType,
    Payable,
    PayableState,
    PeriodState,
    PostingEvent,
)
from ledger.queries import left_of_journal
from ledger.services import SourceKey, ensure_period, move_payables, post, post_reversal
from training.queries.sessions import SOURCE as TRAINING_SOURCE

SOURCE = "match"  # of journals
FAMILIES = {AID_SOURCE: Family.AID, TRAINING_SOURCE: Family.TRAINING}
_PAYABLE_STATES = {
    PaymentState.SENT: PayableState.PAYING,
    PaymentState.PAID: PayableState.PAID,
    PaymentState.RETURNED: PayableState.RETURNED,
}
_ONE_LIVE = dict.fromkeys(
    ("uq_payments_live_statement", "uq_payments_live_payable"), PaidAgainMeanwhile
)


def post_paid(
    session: Session, *, match: Match, line: BankLine, payment: Payment, now: datetime
) -> UUID:
    """Book that a match paid its part of a payment, on the bank's day; return the journal."""
    day = book_day(session, line.booked_on, now=now)
    amount = Fen(-match.amount_fen)
    return _post(
        session, match, payment, kind="paid", amount_fen=amount, line=line, day=day, now=now
    )


def post_returned(
    session: Session, *, match: Match, line: BankLine, payment: Payment, now: datetime
) -> None:
    """Book that a match brought a payment, or a part of it, back: what was owed is owed again."""
    day = book_day(session, line.booked_on, now=now)
    _take_back(session, match, payment, kind="returned", day=day, line=line, now=now)


def post_undone(
    session: Session, *, match: Match, line: BankLine, payment: Payment, now: datetime
) -> None:
    """Book, today, that a match was undone."""
    day = shanghai_date(now)
    if match.amount_fen < 0:
        _take_back(session, match, payment, kind="undone", day=day, line=line, now=now)
    else:
        amount = match.amount_fen
        kind = "return_undone"
        _post(session, match, payment, kind=kind, amount_fen=amount, line=line, day=day, now=now)


def book_day(session: Session, day: date, *, now: datetime) -> date:
    """Return the day on which a line is booked: its own, or today's where its month is closed."""
    try:
        period = ensure_period(session, day=day)
    except PeriodClosed:
        return shanghai_date(now)
    return day if period.state is PeriodState.OPEN else shanghai_date(now)


def _post(
    session: Session,
    match: Match,
    payment: Payment,
    *,
    kind: str,
    amount_fen: Fen,
    line: BankLine,
    day: date,
    now: datetime,
) -> UUID:
    family, programme_id = _what_for(session, payment)
    return post(
        session,
        source_type=SOURCE,
        source_id=match.id,
        kind=kind,
        family=family,
        fund_source=payment.fund_source,
        event=PostingEvent.PAID,
        amount_fen=amount_fen,
        party_type=payment.payee_type,
        party_id=payment.payee_id,
        programme_id=programme_id,
        occurred_at=moment_of(line.booked_on, line.booked_at),
        now=now,
        book_date=day,
    )


def _what_for(session: Session, payment: Payment) -> tuple[Family, UUID | None]:
    """Return whose posting rule applies, and the programme: a statement may be of several."""
    if payment.payable_id is None:
        return Family.DISCOUNT, None
    source_type, programme_id = session.execute(
        select(Payable.source_type, Journal.programme_id)
        .join(Journal, Journal.id == Payable.journal_id)
        .where(Payable.id == payment.payable_id)
    ).one()
    return FAMILIES[source_type], programme_id


def moment_of(day: date, at: time | None) -> datetime:
    """Return when the bank says that a line was booked; the beginning of the day if only that."""
    return datetime.combine(day, at or time(), tzinfo=SHANGHAI).astimezone(UTC)


def _take_back(
    session: Session,
    match: Match,
    payment: Payment,
    *,
    kind: str,
    day: date,
    line: BankLine,
    now: datetime,
) -> None:
    """Reverse what `match` is for out of the payment's `paid` journals: its own first."""
    rest = abs(match.amount_fen)
    for part, (journal, left) in enumerate(_paid_journals(session, match, payment), start=1):
        amount = min(left, rest)
        post_reversal(
            session,
            original=SourceKey(journal.source_type, journal.source_id, journal.kind),
            source_type=SOURCE,
            source_id=match.id,
            kind=kind if part == 1 else f"{kind}_{part}",
            amount_fen=Fen(amount),
            occurred_at=moment_of(line.booked_on, line.booked_at),
            now=now,
            book_date=day,
        )
        rest -= amount
        if not rest:
            return
    raise AssertionError("a match takes back no more than was booked as paid")


def _paid_journals(
    session: Session, match: Match, payment: Payment
) -> Iterator[tuple[Journal, Fen]]:
    # Asked one after the other: in the middle of a large file the planner knows nothing of either.
    matches = session.scalars(select(Match.id).where(Match.payment_id == payment.id)).all()
    journals = session.scalars(
        select(Journal)
        .where(
            Journal.source_type == SOURCE,
            Journal.source_id == among(matches),
            Journal.reverses_id.is_(None),
        )
        .order_by(Journal.source_id != match.id, Journal.id)
    ).all()
    for journal in journals:
        left = left_of_journal(session, journal_id=journal.id)
        if left:
            yield journal, left


@dataclass(frozen=True, slots=True)
class Followed:
    """A payment whose state a match has changed."""

    id: UUID
    statement_id: UUID | None
    payable_id: UUID | None
    payee_type: PartyType
    payee_id: UUID
    state: PaymentState


def follow_payments(session: Session, *, payment_ids: Sequence[UUID]) -> list[Followed]:
    """Let payments, payables and statements say what the matches have made true, set by set.

    Returns the payments whose state changed. Raises PaidAgainMeanwhile if a return is undone while
    the next attempt is live.
    """
    session.flush()
    wanted = Payment.id == among(payment_ids)
    for state, target in session.execute(
        select(Payment.state, _BY_MATCHES).where(wanted).distinct()
    ):
        if state is not target:
            move(PAYMENT_MOVES, state, target)
    changed = (
        update(Payment)
        .where(wanted, Payment.state != _BY_MATCHES)
        .values(state=_BY_MATCHES)
        .returning(
            Payment.id,
            Payment.statement_id,
            Payment.payable_id,
            Payment.payee_type,
            Payment.payee_id,
            Payment.state,
        )
        .execution_options(synchronize_session=False)
    )
    with refused_by(_ONE_LIVE):
        followed = [Followed(*row) for row in session.execute(changed)]
    for known in session.identity_map.values():
        if isinstance(known, Payment):
            session.expire(known)
    _follow_payables(session, payment_ids)
    _follow_statements(session, payment_ids)
    return followed


class Whole(Protocol):
    """A payment that was just matched, or brought back, whole."""

    @property
    def payment_id(self) -> UUID: ...
    @property
    def statement_id(self) -> UUID | None: ...
    @property
    def payable_id(self) -> UUID | None: ...


def follow_whole(session: Session, *, pairs: Sequence[Whole], state: PaymentState) -> None:
    """Do as `follow_payments` for payments of which all are `state` now: nothing is asked first."""
    before = PaymentState.SENT if state is PaymentState.PAID else PaymentState.PAID
    changed = (
        update(Payment)
        .where(
            Payment.id == among(pair.payment_id for pair in pairs),
            Payment.state == before,
            _BY_MATCHES.in_([state]),
        )
        .values(state=move(PAYMENT_MOVES, before, state))
        .returning(Payment.id)
        .execution_options(synchronize_session=False)
    )
    moved = session.scalars(changed).all()
    assert len(moved) == len(pairs), "what the matches have locked is as they found it"
    for known in session.identity_map.values():
        if isinstance(known, Payment):
            session.expire(known)
    payables = [pair.payable_id for pair in pairs if pair.payable_id]
    if payables:
        move_payables(session, payable_ids=payables, target=_PAYABLE_STATES[state])
    _follow_statements(session, [pair.payment_id for pair in pairs if pair.statement_id])


# What the matches make of a payment. A payment that came back whole was matched before.
_BY_MATCHES = case(
    (
        and_(Payment.returned_fen > 0, Payment.returned_fen == Payment.matched_fen),
        literal(PaymentState.RETURNED, Payment.state.type),
    ),
    (
        Payment.matched_fen == Payment.amount_fen,
        literal(PaymentState.PAID, Payment.state.type),
    ),
    else_=literal(PaymentState.SENT, Payment.state.type),
)


def _follow_payables(session: Session, payment_ids: Sequence[UUID]) -> None:
    by_state: dict[PaymentState, list[UUID]] = {}
    query = select(Payment.state, Payment.payable_id).where(
        Payment.id == among(payment_ids), Payment.payable_id.is_not(None)
    )
    for state, payable_id in session.execute(query):
        assert payable_id is not None
        by_state.setdefault(state, []).append(payable_id)
    for state, payable_ids in by_state.items():
        move_payables(session, payable_ids=payable_ids, target=_PAYABLE_STATES[state])


def _follow_statements(session: Session, payment_ids: Sequence[UUID]) -> None:
    """A statement is paid when each of its funds that is owed anything is. Locks it.

    Locked in one statement and read in the next: two matches that end one statement's last two
    payments at once take turns, and the second sees what the first did.
    """
    if not payment_ids:
        return
    of_payments = select(Payment.statement_id).where(
        Payment.id == among(payment_ids), Payment.statement_id.is_not(None)
    )
    statement_ids = [each for each in session.scalars(of_payments.distinct()) if each]
    if not statement_ids:
        return
    statements = session.scalars(
        select(Statement)
        .where(Statement.id == among(statement_ids))
        .order_by(Statement.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    unpaid = set(
        session.scalars(
            select(StatementFund.statement_id).where(
                StatementFund.statement_id == among(statement_ids),
                StatementFund.payable_fen > 0,
                ~select(Payment.id)
                .where(
                    Payment.statement_id == StatementFund.statement_id,
                    Payment.fund_source == StatementFund.fund_source,
                    Payment.state == PaymentState.PAID,
                )
                .exists(),
            )
        )
    )
    for statement in statements:
        state = StatementState.APPROVED if statement.id in unpaid else StatementState.PAID
        if statement.state is not state:
            statement.state = move(STATEMENT_MOVES, statement.state, state)
            statement.version += 1
    session.flush()
