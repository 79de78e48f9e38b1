"""What a member was told."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from members.models import Notice, SmsMessage, SmsState, SmsTotal

# A badge says "99+": nobody counts further.
UNREAD_MAX = 100


def notices_of(
    session: Session, *, member_id: UUID, after: UUID | None, rows: int
) -> Sequence[Notice]:
    """Return a member's notices, newest first, from below `after`."""
    query = select(Notice).where(Notice.member_id == member_id)
    if after is not None:
        query = query.where(Notice.id < after)
    return session.scalars(query.order_by(Notice.id.desc()).limit(rows)).all()


def unread_count(session: Session, *, member_id: UUID) -> int:
    """Return how many notices a member has not read, counted up to UNREAD_MAX."""
    unread = (
        select(Notice.id)
        .where(Notice.member_id == member_id, Notice.read_at.is_(None))
        .limit(UNREAD_MAX)
        .subquery()
    )
    return session.scalar(select(func.count()).select_from(unread)) or 0


def message_totals(session: Session) -> Sequence[SmsTotal]:
    """Return how often each outcome of a text message came about, ever."""
    return session.scalars(select(SmsTotal).order_by(SmsTotal.purpose, SmsTotal.outcome)).all()


def messages_waiting(session: Session) -> tuple[int, datetime | None]:
    """Return how many text messages wait, and since when the oldest of them does."""
    query = select(func.count(), func.min(SmsMessage.created_at)).where(
        SmsMessage.state == SmsState.WAITING
    )
    count, since = session.execute(query).one()
    return count, since
