"""The card's own record."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base
from kernel.ids import new_id
from kernel.money import Fen


class RecordKind(StrEnum):
    CARD = "card"
    DISCOUNT = "discount"
    AID = "aid"
    TRAINING = "training"


class CardRecord(Base):
    """One line of the card's timeline, written by whatever happened, in its transaction.

    Amounts say who bore what; a line that takes something back has them negative. Append-only.
    `title_zh` and `title_en` are what the member reads; `event` is a code such as "captured".
    """

    __tablename__ = "card_records"
    __table_args__ = (
        CheckConstraint(
            "gross_fen = member_pays_fen + merchant_bears_fen + union_pays_fen",
            name="parts_make_gross",
        ),
        Index("uq_card_records_source", "source_type", "source_id", "event", unique=True),
        Index("ix_card_records_card", "card_id", "occurred_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    card_id: Mapped[UUID] = mapped_column(ForeignKey("cards.id"))
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    kind: Mapped[RecordKind]
    event: Mapped[str] = mapped_column(String(40))
    source_type: Mapped[str] = mapped_column(String(40))
    source_id: Mapped[UUID]
    title_zh: Mapped[str] = mapped_column(String(200))
    title_en: Mapped[str] = mapped_column(String(200))
    gross_fen: Mapped[Fen] = mapped_column(default=Fen(0))
    member_pays_fen: Mapped[Fen] = mapped_column(default=Fen(0))
    merchant_bears_fen: Mapped[Fen] = mapped_column(default=Fen(0))
    union_pays_fen: Mapped[Fen] = mapped_column(default=Fen(0))
