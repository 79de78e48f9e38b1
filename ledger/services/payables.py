"""What is owed to members and merchants outside of statements."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from kernel.db import among
from kernel.states import move
from ledger.errors import JournalNotFound
from ledger.models import PAYABLE_MOVES, Journal, Payable, PayableState, Posting


def make_payable(session: Session, *, journal_id: UUID, now: datetime) -> Payable:
    """Write down that what a journal credited to a party is to be paid to it.

    Payee, amount and fund source are the journal's, so the two cannot disagree. A second payable
    for one journal trips a constraint.

    Raises JournalNotFound if there is none that credits a party.
    """
    found = session.execute(
        select(Journal, Posting)
        .join(Posting, Posting.journal_id == Journal.id)
        .where(Journal.id == journal_id, Posting.credit_fen > 0, Posting.party_id.is_not(None))
    ).one_or_none()
    if found is None:
        raise JournalNotFound
    journal, line = found
    payable = Payable(
        source_type=journal.source_type,
        source_id=journal.source_id,
        payee_type=line.party_type,
        payee_id=line.party_id,
        amount_fen=line.credit_fen,
        fund_source=journal.fund_source,
        journal_id=journal_id,
        owed_since=now,
    )
    session.add(payable)
    session.flush()
    return payable


def move_payable(session: Session, *, payable_id: UUID, target: PayableState) -> Payable:
    """Say how far the payment of a payable is; nothing where it is so far already. Locks it.

    Raises MoveNotAllowed.
    """
    payable = session.scalars(
        select(Payable)
        .where(Payable.id == payable_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    if payable.state is not target:
        payable.state = move(PAYABLE_MOVES, payable.state, target)
        session.flush()
    return payable


def move_payables(session: Session, *, payable_ids: Iterable[UUID], target: PayableState) -> None:
    """Move many as `move_payable` moves one, in one statement. Locks them, by id.

    Raises MoveNotAllowed; then none was moved.
    """
    wanted = Payable.id == among(payable_ids)
    states = session.scalars(
        select(Payable.state).where(wanted).order_by(Payable.id).with_for_update()
    )
    for state in set(states) - {target}:
        move(PAYABLE_MOVES, state, target)
    session.execute(
        update(Payable)
        .where(wanted, Payable.state != target)
        .values(state=target)
        .execution_options(synchronize_session=False)
    )
    for known in session.identity_map.values():
        if isinstance(known, Payable):
            session.expire(known)
