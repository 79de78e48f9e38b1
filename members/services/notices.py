"""A member is told: written in the transaction of what happened, or not at all."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, insert, update
from sqlalchemy.orm import Session

from kernel.ids import new_id
from members.models import Notice, NoticeKind
from members.services.messages import send_notice_message


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

    `place` is where the member's page leads from it (such as `aid`), None if nowhere. A text
    message follows where policy says so (members/data/notices.json). Locks nothing, so it may
    stand anywhere in the caller's transaction.
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
    send_notice_message(session, member_id=member_id, kind=kind, now=now)
    return notice.id


def notify_many(
    session: Session,
    *,
    member_ids: Sequence[UUID],
    kind: NoticeKind,
    title_zh: str,
    title_en: str,
    place: str | None,
    now: datetime,
) -> None:
    """Tell many members the same thing, as `notify` tells one; the notices are one INSERT."""
    if not member_ids:
        return
    same = {"kind": kind, "title_zh": title_zh, "title_en": title_en, "place": place}
    rows = [{"id": new_id(), "member_id": each, "created_at": now, **same} for each in member_ids]
    session.execute(insert(Notice), rows)
    for member_id in member_ids:
        send_notice_message(session, member_id=member_id, kind=kind, now=now)


def mark_read(
    session: Session, *, member_id: UUID, notice_ids: Collection[UUID], now: datetime
) -> None:
    """Note that a member read these notices; those that are not theirs are passed over."""
    _mark(session, Notice.id.in_(notice_ids), member_id=member_id, now=now)


def mark_read_up_to(session: Session, *, member_id: UUID, notice_id: UUID, now: datetime) -> None:
    """Note that a member read this notice and every older one: all that their list shows."""
    _mark(session, Notice.id <= notice_id, member_id=member_id, now=now)


def _mark(session: Session, which: ColumnElement[bool], *, member_id: UUID, now: datetime) -> None:
    session.execute(
        update(Notice)
        .where(Notice.member_id == member_id, Notice.read_at.is_(None), which)
        .values(read_at=now)
        .execution_options(synchronize_session=False)
    )
