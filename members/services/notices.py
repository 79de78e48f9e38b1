"""A member is told: written in the transaction of what happened, or not at all."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, update
from sqlalchemy.orm import Session

from kernel.bulk import insert_columns
from kernel.ids import new_id
from kernel.jobs import defer_named
from members.models import Notice, NoticeKind
from members.services.messages import send_notice_message, sends_notice_messages

MESSAGES_JOB = "members.send_notice_messages"
_AT_ONCE = 50
_A_JOB = 500


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
    """Tell many members the same thing, as `notify` tells one; the notices are one INSERT.

    Beyond a few, their text messages are written by a job, so that a bank file of any size is
    taken in at once.
    """
    if not member_ids:
        return
    same: dict[str, Any] = {
        "kind": kind,
        "title_zh": title_zh,
        "title_en": title_en,
        "place": place,
    }
    columns = {name: [value] * len(member_ids) for name, value in same.items()}
    columns |= {"id": [new_id() for _ in member_ids], "member_id": list(member_ids)}
    insert_columns(session, Notice, columns | {"created_at": [now] * len(member_ids)})
    if len(member_ids) <= _AT_ONCE:
        send_notice_messages(session, member_ids=member_ids, kind=kind, now=now)
    elif sends_notice_messages(kind):
        for start in range(0, len(member_ids), _A_JOB):
            some = [str(each) for each in member_ids[start : start + _A_JOB]]
            defer_named(session, MESSAGES_JOB, kind=kind.value, member_ids=some)


def send_notice_messages(
    session: Session, *, member_ids: Sequence[UUID], kind: NoticeKind, now: datetime
) -> None:
    """Have members told by text message, each as policy says."""
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
