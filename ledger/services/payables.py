"""What is owed to members and merchants outside of statements."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger.errors import JournalNotFound
from ledger.models import Journal, Payable, Posting


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
