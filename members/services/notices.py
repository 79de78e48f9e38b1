"""A member is told: written in the transaction of what happened, or not at all."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from kernel.ids import new_id
from members.models import Notice, NoticeKind


def notify(
    session: Session,
    *,
    member_id: UUID,
    kind: NoticeKind,
    title_zh: str,
    title_en: str,
    place: str | None,
    now: datetime,
) -> UUID:
    """Tell a member something, in both languages; return the notice's id.

    `place` is where the member's page leads from it (such as `aid`), None if nowhere. Locks
    nothing, so it may stand anywhere in the caller's transaction.
    """
    notice = Notice(
        id=new_id(),
        member_id=member_id,
        kind=kind,
        title_zh=title_zh,
        title_en=title_en,
        place=place,
        created_at=now,
    )
    session.add(notice)
    session.flush()
    return notice.id
