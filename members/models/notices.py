"""What a member is told: the inbox of their page."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base
from kernel.ids import new_id

# A title names what it is about, whose own name may have 200.
TITLE_CHARACTERS_MAX = 400


class NoticeKind(StrEnum):
    DEVICE_ADDED = "device_added"
    CARD_STATE = "card_state"
    CLAIM = "claim"
    SEAT = "seat"
    BENEFIT = "benefit"
    MEMBERSHIP = "membership"
    CORRECTION = "correction"


class Notice(Base):
    """One thing a member is told, and whether they have read it.

    `place` is where the member's page leads from it (`aid`), `subject` what it is about where a
    job might say it again: a member is told of a subject of one kind once. The member is named
    without a foreign key (docs/decisions/0011): whoever writes a notice may hold the card, and
    the check of a key would wait for the member, against the order of locks.
    """

    __tablename__ = "notices"
    __table_args__ = (
        Index("ix_notices_of_member", "member_id", "id"),
        Index("ix_notices_unread", "member_id", postgresql_where=text("read_at IS NULL")),
        Index(
            "uq_notices_subject",
            "member_id",
            "kind",
            "subject",
            unique=True,
            postgresql_where=text("subject IS NOT NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    member_id: Mapped[UUID]
    kind: Mapped[NoticeKind]
    title_zh: Mapped[str] = mapped_column(String(TITLE_CHARACTERS_MAX))
    title_en: Mapped[str] = mapped_column(String(TITLE_CHARACTERS_MAX))
    place: Mapped[str | None] = mapped_column(String(40))
    subject: Mapped[str | None] = mapped_column(String(80))
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
