"""Matches what carries our reference and the whole amount: a bank file of any size, set by set.

The rows are the database's; nothing is asked or written line by line, except for a return of what
was not paid in one piece. Locks as `finance.services.matching` does.
"""

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Date, Row, Select, Text, cast, exists, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session, aliased

from finance.models import BankLine, Match, Payment, PaymentBatch, PaymentState, WorkStage
from finance.rules.matching import MatchReason
from finance.rules.trades import MIDNIGHT_TOLERANCE
from finance.rules.works import Tell, say_nothing
from finance.services.discrepancies import name_tolerated, resolve_matched
from finance.services.paid import (
    FAMILIES,
    SOURCE,
    book_day,
    follow_whole,
    moment_of,
    post_returned,
)
from finance.services.telling import tell_members
from kernel.bulk import insert_columns
from kernel.clock import SHANGHAI
from kernel.db import TryAgain, among
from kernel.ids import new_id
from kernel.money import Fen
from kernel.refusals import refused_by
from ledger.models import Family, Journal, PartyType, Payable, PostingEvent
from ledger.services import Entry, Mirror, post_many, post_mirrors

_WHOLE_SCORE = 100

Pairs = Select[*tuple[Any, ...]]
Pair = Row[*tuple[Any, ...]]
# How many pairs are matched before the next word about how far we are.
_AT_ONCE = 10_000


def match_by_reference(
    session: Session, *, account_id: UUID, now: datetime, tell: Tell = say_nothing
) -> int:
    """Match every line that carries our reference and the payment's whole amount; return how many.

    What went out comes before what came back, so that a payment and its return may be of one file.
    A pair that a person has undone is left to people, and so is what was booked on a day before we
    sent it: but for two clocks about midnight, which are named and need nothing done.
    """
    paid = session.execute(_paid_pairs(account_id)).all()
    for start in range(0, len(paid), _AT_ONCE):
        tell(WorkStage.MATCH, start, len(paid))
        some = paid[start : start + _AT_ONCE]
        ids = _match(session, some, now=now)
        early = [pair.line_id for pair in some if pair.is_early]
        name_tolerated(session, bank_line_ids=early, now=now)
        _post_paid(session, some, ids, now=now)
        _follow(session, some, state=PaymentState.PAID, now=now)
    returned = session.execute(_returned_pairs(account_id)).all()
    for start in range(0, len(returned), _AT_ONCE):
        some = returned[start : start + _AT_ONCE]
        ids = _match(session, some, now=now)
        _post_returned(session, some, ids, now=now)
        _follow(session, some, state=PaymentState.RETURNED, now=now)
    resolve_matched(session, now=now)
    for known in session.identity_map.values():
        if isinstance(known, BankLine):
            session.expire(known)
    return len(paid) + len(returned)


def _pairs(account_id: UUID) -> Pairs:
    tried = aliased(Match)
    return (
        select(
            BankLine.id.label("line_id"),
            BankLine.amount_fen,
            BankLine.booked_on,
            BankLine.booked_at,
            Payment.id.label("payment_id"),
            Payment.statement_id,
            Payment.payable_id,
            Payment.fund_source,
            Payment.payee_type,
            Payment.payee_id,
            Payable.source_type,
            Journal.programme_id,
        )
        .join(Payment, Payment.reference == BankLine.reference)
        .outerjoin(Payable, Payable.id == Payment.payable_id)
        .outerjoin(Journal, Journal.id == Payable.journal_id)
        .where(
            BankLine.account_id == account_id,
            BankLine.matched_fen == 0,
            ~exists().where(tried.bank_line_id == BankLine.id, tried.payment_id == Payment.id),
        )
        .ext(distinct_on(Payment.id))
        .order_by(Payment.id, BankLine.seq)
    )


def _paid_pairs(account_id: UUID) -> Pairs:
    sent_here = func.timezone(SHANGHAI.key, PaymentBatch.sent_at)
    is_early: ColumnElement[bool] = BankLine.booked_on < cast(sent_here, Date)
    # At the latest, where the layout says the day alone.
    booked_here = BankLine.booked_on + func.coalesce(BankLine.booked_at, time.max)
    return (
        _pairs(account_id)
        .add_columns(is_early.label("is_early"))
        .join(PaymentBatch, PaymentBatch.id == Payment.batch_id)
        .where(
            BankLine.amount_fen == -Payment.amount_fen,
            Payment.state == PaymentState.SENT,
            Payment.matched_fen == 0,
            or_(~is_early, booked_here + MIDNIGHT_TOLERANCE >= sent_here),
        )
    )


def _returned_pairs(account_id: UUID) -> Pairs:
    return _pairs(account_id).where(
        BankLine.amount_fen == Payment.amount_fen,
        Payment.state == PaymentState.PAID,
        Payment.returned_fen == 0,
    )


# A payment that two people called refused since it was read: what is read anew is true.
_MEANWHILE = {"ck_matches_payment_sent": TryAgain}


def _match(session: Session, pairs: Sequence[Pair], *, now: datetime) -> list[UUID]:
    """Write the matches; the database counts them on both sides, once for all."""
    ids = [new_id() for _ in pairs]
    if pairs:
        same = {"score": _WHOLE_SCORE, "reason": MatchReason.REFERENCE, "matched_at": now}
        columns: dict[str, list[Any]] = {
            **{name: [value] * len(pairs) for name, value in same.items()},
            "id": ids,
            "bank_line_id": [pair.line_id for pair in pairs],
            "payment_id": [pair.payment_id for pair in pairs],
            "amount_fen": [pair.amount_fen for pair in pairs],
        }
        with refused_by(_MEANWHILE):
            insert_columns(session, Match, columns)
    return ids


def _post_paid(
    session: Session, pairs: Sequence[Pair], ids: Sequence[UUID], *, now: datetime
) -> None:
    days: dict[date, date] = {}
    for day in {pair.booked_on for pair in pairs}:
        days[day] = book_day(session, day, now=now)
    entries = [
        Entry(
            source_id=match_id,
            family=FAMILIES[pair.source_type] if pair.source_type else Family.DISCOUNT,
            fund_source=pair.fund_source,
            amount_fen=Fen(-pair.amount_fen),
            party_type=pair.payee_type,
            party_id=pair.payee_id,
            programme_id=pair.programme_id,
            occurred_at=moment_of(pair.booked_on, pair.booked_at),
            book_date=days[pair.booked_on],
        )
        for match_id, pair in zip(ids, pairs, strict=True)
    ]
    post_many(
        session, source_type=SOURCE, kind="paid", event=PostingEvent.PAID, entries=entries, now=now
    )


def _post_returned(
    session: Session, pairs: Sequence[Pair], ids: Sequence[UUID], *, now: datetime
) -> None:
    """Take back what was booked as paid: whole journals in one statement, the others by parts."""
    whole = _paid_whole(session, pairs)
    mirrors = []
    for match_id, pair in zip(ids, pairs, strict=True):
        journal_id = whole.get(pair.payment_id)
        if journal_id is None:
            _post_returned_parts(session, match_id, now=now)
            continue
        mirrors.append(
            Mirror(
                original_id=journal_id,
                source_id=match_id,
                occurred_at=moment_of(pair.booked_on, pair.booked_at),
                book_date=book_day(session, pair.booked_on, now=now),
            )
        )
    post_mirrors(session, source_type=SOURCE, kind="returned", mirrors=mirrors, now=now)


def _paid_whole(session: Session, pairs: Sequence[Pair]) -> dict[UUID, UUID]:
    """Return the payments that one journal says were paid, with that journal, unreversed so far."""
    reversal = aliased(Journal)
    rows = session.execute(
        select(Match.payment_id, func.min(cast(Journal.id, Text)))
        .join(Journal, Journal.source_id == Match.id)
        .outerjoin(reversal, reversal.reverses_id == Journal.id)
        .where(
            Match.payment_id == among(pair.payment_id for pair in pairs),
            Journal.source_type == SOURCE,
            Journal.reverses_id.is_(None),
        )
        .group_by(Match.payment_id)
        .having(func.count() == 1, func.count(reversal.id) == 0)
    )
    return {payment_id: UUID(journal_id) for payment_id, journal_id in rows}


def _post_returned_parts(session: Session, match_id: UUID, *, now: datetime) -> None:
    made = session.get_one(Match, match_id)
    line = session.get_one(BankLine, made.bank_line_id, populate_existing=True)
    payment = session.get_one(Payment, made.payment_id, populate_existing=True)
    post_returned(session, match=made, line=line, payment=payment, now=now)


def _follow(session: Session, pairs: Sequence[Pair], *, state: PaymentState, now: datetime) -> None:
    """Let everything say that these payments were paid, or came back, and tell whom they are to."""
    follow_whole(session, pairs=pairs, state=state)
    tell_members(
        session,
        told=[
            (pair.source_type, state, pair.payee_id)
            for pair in pairs
            if pair.payee_type is PartyType.MEMBER
        ],
        now=now,
    )
