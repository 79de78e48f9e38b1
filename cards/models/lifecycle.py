"""What a member says about their card without showing it: an appeal, a report from elsewhere."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base
from kernel.ids import new_id
from kernel.secrets import SealedColumn
from kernel.states import Moves


class AppealState(StrEnum):
    OPEN = "open"
    GRANTED = "granted"
    REJECTED = "rejected"
    OVERTAKEN = "overtaken"  # the freeze was over before anybody decided


APPEAL_MOVES: Moves[AppealState] = {
    AppealState.OPEN: frozenset({AppealState.GRANTED, AppealState.REJECTED, AppealState.OVERTAKEN}),
    AppealState.GRANTED: frozenset(),
    AppealState.REJECTED: frozenset(),
    AppealState.OVERTAKEN: frozenset(),
}

APPEAL_TEXT = SealedColumn("card_appeals", "text_sealed")


class CardAppeal(Base):
    """A member says why a freeze is wrong: one open appeal a card.

    People write of illness and debts there, so the words are sealed. `answer` is the desk's, for
    the member to read.
    """

    __tablename__ = "card_appeals"
    __table_args__ = (
        Index(
            "uq_card_appeals_open",
            "card_id",
            unique=True,
            postgresql_where=text("state = 'open'"),
        ),
        CheckConstraint("(state = 'open') = (decided_at IS NULL)", name="decided_has_moment"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    card_id: Mapped[UUID] = mapped_column(ForeignKey("cards.id"), index=True)
    text_sealed: Mapped[bytes]
    state: Mapped[AppealState] = mapped_column(default=AppealState.OPEN)
    created_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff_accounts.id"), index=True)
    answer: Mapped[str | None] = mapped_column(String(200))


class LostReportTries(Base):
    """Reports of a lost card without signing in, counted by whom or whence and Shanghai day.

    `subject` is a blind index of a phone number or of a network address; numbers that nobody has
    are counted too, so that the answers do not tell them apart.
    """

    __tablename__ = "lost_report_tries"
    __table_args__ = (CheckConstraint("tries > 0", name="tries_positive"),)

    subject: Mapped[bytes] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    tries: Mapped[int]
