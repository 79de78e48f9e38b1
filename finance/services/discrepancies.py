"""Names what does not match, gives it an owner, and closes it when it is explained.

A name explains why a line or a payment is not matched; it changes nothing in the books.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, or_, select, text, update
from sqlalchemy.orm import Session

from audit.services import record
from finance.errors import DiscrepancyNotFound, ExceptionNoteMissing
from finance.models import (
    DISCREPANCY_MOVES,
    BankLine,
    Discrepancy,
    DiscrepancyCode,
    DiscrepancyState,
    Payment,
)
from finance.rules.bank_profiles import bank_formats
from finance.rules.matching import name_of_rest
from finance.rules.trades import TOLERATED
from kernel.actors import Actor
from kernel.db import among
from kernel.ids import new_id
from kernel.refusals import refuse_stale
from kernel.states import move


def name_lines(session: Session, *, account_id: UUID, now: datetime) -> int:
    """Name what the bank says and we do not, and what we sent and it does not; return how many.

    A line with our reference that could not be matched is a duplicate, of another amount, or of a
    day before we sent it; one without is a fee, an allocation, a return, or the bank's alone. A
    payment is named once the bank's lines go past the day on which it was sent, unless a line says
    its reference: then the line is named.
    """
    lines = session.execute(_UNNAMED_LINES, {"account_id": account_id}).all()
    named = [(line.id, None, _code_of(line)) for line in lines]
    unseen = session.scalars(_UNSEEN_PAYMENTS, {"account_id": account_id}).all()
    named += [(None, id_, DiscrepancyCode.PLATFORM_ONLY) for id_ in unseen]
    return _open(session, named, now=now)


_UNNAMED_LINES = text(
    """
    SELECT l.id, l.amount_fen, l.summary, l.counterparty, y.id AS payment_id,
        y.matched_fen = y.amount_fen AS is_proven, y.state = 'refused' AS is_refused,
        l.amount_fen = -y.amount_fen
            AND l.booked_on < (b.sent_at AT TIME ZONE 'Asia/Shanghai')::date AS is_early
    FROM bank_lines l LEFT JOIN payments y ON y.reference = l.reference
        LEFT JOIN payment_batches b ON b.id = y.batch_id
    WHERE l.account_id = :account_id AND l.matched_fen <> l.amount_fen
        AND NOT EXISTS (SELECT FROM discrepancies d WHERE d.bank_line_id = l.id)
    """
)
_UNSEEN_PAYMENTS = text(
    """
    SELECT y.id
    FROM payments y JOIN payment_batches b ON b.id = y.batch_id
    WHERE y.state = 'sent'
        AND (b.sent_at AT TIME ZONE 'Asia/Shanghai')::date < (
            SELECT max(booked_on) FROM bank_lines WHERE account_id = :account_id)
        AND NOT EXISTS (SELECT FROM discrepancies d WHERE d.payment_id = y.id)
        AND NOT EXISTS (SELECT FROM bank_lines l WHERE l.reference = y.reference)
    """
)


def name_tolerated(session: Session, *, bank_line_ids: Sequence[UUID], now: datetime) -> None:
    """Name lines of another day than ours that two clocks about midnight explain: as resolved."""
    named = [(id_, None, DiscrepancyCode.CROSS_DAY) for id_ in bank_line_ids]
    _open(session, named, now=now, note=TOLERATED)


def _code_of(line: Row[*tuple[Any, ...]]) -> DiscrepancyCode:
    if line.payment_id is not None and line.amount_fen < 0:
        if line.is_proven:
            return DiscrepancyCode.DUPLICATE
        if line.is_refused:
            # Two people said that the bank never carried it out; the bank says that it did.
            return DiscrepancyCode.EXTERNAL_ONLY
        is_early = line.is_early
        return DiscrepancyCode.CROSS_DAY if is_early else DiscrepancyCode.AMOUNT_MISMATCH
    if line.payment_id is not None:
        return DiscrepancyCode.REFUND_UNPAIRED
    said = f"{line.summary} {line.counterparty or ''}"
    meanings = bank_formats().meanings
    return name_of_rest(amount_fen=line.amount_fen, text=said, meanings=meanings)


_NAME = text(
    """
    INSERT INTO discrepancies (id, bank_line_id, payment_id, code, state, opened_at, resolved_at,
        note, version)
    SELECT g.id, g.bank_line_id, g.payment_id, g.code, CAST(:state AS text), :now,
        CASE WHEN CAST(:state AS text) = 'resolved' THEN CAST(:now AS timestamptz) END,
        CAST(:note AS text), 1
    FROM unnest(CAST(:ids AS uuid[]), CAST(:lines AS uuid[]), CAST(:payments AS uuid[]),
        CAST(:codes AS text[])) AS g (id, bank_line_id, payment_id, code)
    ON CONFLICT DO NOTHING
    """
)


def _open(
    session: Session,
    named: Sequence[tuple[UUID | None, UUID | None, DiscrepancyCode]],
    *,
    now: datetime,
    note: str | None = None,
) -> int:
    """Put exceptions down: as open, or as resolved where `note` says why there is nothing to do."""
    if named:
        lines, payments, codes = zip(*named, strict=True)
        state = DiscrepancyState.OPEN if note is None else DiscrepancyState.RESOLVED
        columns = {"lines": list(lines), "payments": list(payments), "codes": list(codes)}
        same = {"ids": [new_id() for _ in named], "now": now, "note": note, "state": state.value}
        session.execute(_NAME, columns | same)
    return len(named)


def resolve_explained(
    session: Session,
    *,
    bank_line_ids: Iterable[UUID],
    payment_ids: Iterable[UUID],
    now: datetime,
) -> None:
    """Resolve what is open about lines and payments that are now matched in full."""
    lines = select(BankLine.id).where(
        BankLine.id == among(bank_line_ids), BankLine.matched_fen == BankLine.amount_fen
    )
    payments = select(Payment.id).where(
        Payment.id == among(payment_ids), Payment.matched_fen == Payment.amount_fen
    )
    session.execute(
        update(Discrepancy)
        .where(
            Discrepancy.state == DiscrepancyState.OPEN,
            or_(Discrepancy.bank_line_id.in_(lines), Discrepancy.payment_id.in_(payments)),
        )
        .values(state=DiscrepancyState.RESOLVED, resolved_at=now, version=Discrepancy.version + 1)
        .execution_options(synchronize_session=False)
    )


_RESOLVE_MATCHED = text(
    """
    UPDATE discrepancies d SET state = 'resolved', resolved_at = :now, version = d.version + 1
    WHERE d.state = 'open' AND (
        EXISTS (SELECT FROM bank_lines l
            WHERE l.id = d.bank_line_id AND l.matched_fen = l.amount_fen)
        OR EXISTS (SELECT FROM payments y
            WHERE y.id = d.payment_id AND y.matched_fen = y.amount_fen))
    """
)


def resolve_matched(session: Session, *, now: datetime) -> None:
    """Resolve whatever is open about a line or a payment that is matched in full by now."""
    session.execute(_RESOLVE_MATCHED, {"now": now})
    for known in session.identity_map.values():
        if isinstance(known, Discrepancy):
            session.expire(known)


def reopen_unexplained(
    session: Session, *, bank_line_id: UUID, payment_id: UUID, now: datetime
) -> None:
    """Open again, or name, what an undone match no longer explains."""
    about: ColumnElement[bool] = or_(
        Discrepancy.bank_line_id == bank_line_id,
        Discrepancy.payment_id.in_(
            select(Payment.id).where(
                Payment.id == payment_id, Payment.matched_fen < Payment.amount_fen
            )
        ),
    )
    session.execute(
        update(Discrepancy)
        .where(Discrepancy.state == DiscrepancyState.RESOLVED, about)
        .values(state=DiscrepancyState.OPEN, resolved_at=None, version=Discrepancy.version + 1)
        .execution_options(synchronize_session=False)
    )
    line = session.get_one(BankLine, bank_line_id)
    name_lines(session, account_id=line.account_id, now=now)


def take_on(
    session: Session, *, actor: Actor, discrepancy_id: UUID, version: int, now: datetime
) -> Discrepancy:
    """Make the caller the owner of an exception. Raises DiscrepancyNotFound, EditConflict."""
    found = _lock(session, discrepancy_id, version=version)
    found.owner_id = actor.staff_id
    return _changed(session, found, actor=actor, action="exception.taken_on", now=now)


def annotate(
    session: Session, *, actor: Actor, discrepancy_id: UUID, version: int, note: str, now: datetime
) -> Discrepancy:
    """Write down what was found so far; who writes first owns it.

    Raises DiscrepancyNotFound, EditConflict, ExceptionNoteMissing.
    """
    found = _lock(session, discrepancy_id, version=version)
    if not note.strip():
        raise ExceptionNoteMissing
    found.note = note.strip()
    found.owner_id = found.owner_id or actor.staff_id
    return _changed(session, found, actor=actor, action="exception.annotated", now=now)


def resolve(
    session: Session, *, actor: Actor, discrepancy_id: UUID, version: int, note: str, now: datetime
) -> Discrepancy:
    """Say what became of an exception that no match explains, such as a fee.

    Raises DiscrepancyNotFound, EditConflict, ExceptionNoteMissing, MoveNotAllowed.
    """
    found = _lock(session, discrepancy_id, version=version)
    if not note.strip():
        raise ExceptionNoteMissing
    found.state = move(DISCREPANCY_MOVES, found.state, DiscrepancyState.RESOLVED)
    found.resolved_at = now
    found.note = note.strip()
    found.owner_id = found.owner_id or actor.staff_id
    return _changed(session, found, actor=actor, action="exception.resolved", now=now)


def _lock(session: Session, discrepancy_id: UUID, *, version: int) -> Discrepancy:
    found = session.scalars(
        select(Discrepancy)
        .where(Discrepancy.id == discrepancy_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise DiscrepancyNotFound
    refuse_stale(found.version, version)
    return found


def _changed(
    session: Session, found: Discrepancy, *, actor: Actor, action: str, now: datetime
) -> Discrepancy:
    found.version += 1
    record(
        session,
        actor=actor,
        action=action,
        object_type="discrepancy",
        object_id=found.id,
        now=now,
        code=found.code,
    )
    session.flush()
    return found
