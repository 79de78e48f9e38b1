"""Cards on paper: who was seen at a desk, what a batch prints, the files that came of it."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base
from kernel.ids import new_id
from kernel.secrets import SealedColumn
from kernel.states import Moves


class DeskProof(Base):
    """An officer saw this person with their document and holds the signed consent to the card.

    It stands for real name and consent on paper only: a phone still proves both by itself, because
    nobody at a desk has proven whose phone a number is (docs/decisions/0020).
    """

    __tablename__ = "desk_proofs"
    __table_args__ = (CheckConstraint("consent_version > 0", name="consent_version_positive"),)

    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id"), primary_key=True)
    seen_by: Mapped[UUID] = mapped_column(ForeignKey("staff_accounts.id"), index=True)
    seen_at: Mapped[datetime]
    consent_version: Mapped[int]


class PaperLayout(StrEnum):
    CARD = "card"  # one page of 85.6 x 54 mm a card, for card printers
    SHEET = "sheet"  # ten to an A4 sheet, with cut marks


class PaperState(StrEnum):
    WAITING = "waiting"
    ISSUING = "issuing"
    DRAWING = "drawing"  # every card is issued or refused; the last file is being made
    DONE = "done"


PAPER_MOVES: Moves[PaperState] = {
    PaperState.WAITING: frozenset({PaperState.ISSUING}),
    # A worker that was killed finds the batch as it left it and goes on.
    PaperState.ISSUING: frozenset({PaperState.ISSUING, PaperState.DRAWING}),
    PaperState.DRAWING: frozenset({PaperState.DONE}),
    PaperState.DONE: frozenset(),
}


class PaperBatch(Base):
    """Paper cards that one officer asked for: of a union's members without a phone, or chosen ones.

    `done` of `total` cards are what the progress bar shows. The files are forgotten after a while;
    who got a card and who did not stays.
    """

    __tablename__ = "paper_batches"
    __table_args__ = (CheckConstraint("done = printed + refused", name="counts_add_up"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    union_id: Mapped[UUID] = mapped_column(ForeignKey("union_orgs.id"), index=True)
    requested_by: Mapped[UUID] = mapped_column(ForeignKey("staff_accounts.id"), index=True)
    layout: Mapped[PaperLayout]
    state: Mapped[PaperState] = mapped_column(default=PaperState.WAITING)
    total: Mapped[int | None]  # None: the job has not counted yet
    done: Mapped[int] = mapped_column(default=0)
    printed: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    forgotten_at: Mapped[datetime | None]  # when its files were


PAPER_LINE_TEXT = SealedColumn("paper_lines", "text_sealed")
PAPER_LINE_DETAIL = SealedColumn("paper_lines", "detail_sealed")


class PaperLine(Base):
    """One card of a batch: waiting, issued into the file `part`, or refused and why.

    `text_sealed` is the QR text from its issue until its file is made, so that a worker that dies
    between the two issues nothing twice. `detail_sealed` is the character that cannot be printed.
    """

    __tablename__ = "paper_lines"
    __table_args__ = (
        UniqueConstraint("batch_id", "place"),
        UniqueConstraint("batch_id", "card_id"),
        CheckConstraint("part IS NULL OR refusal IS NULL", name="one_outcome"),
        CheckConstraint("text_sealed IS NULL OR part IS NOT NULL", name="text_is_issued"),
        CheckConstraint("detail_sealed IS NULL OR refusal IS NOT NULL", name="detail_of_refusal"),
        Index(
            "ix_paper_lines_waiting",
            "batch_id",
            "place",
            postgresql_where=text("part IS NULL AND refusal IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    batch_id: Mapped[UUID] = mapped_column(ForeignKey("paper_batches.id"))
    card_id: Mapped[UUID] = mapped_column(ForeignKey("cards.id"), index=True)
    place: Mapped[int]  # the order in which they are printed: by union, then by card number
    part: Mapped[int | None]
    refusal: Mapped[str | None] = mapped_column(String(40))
    detail_sealed: Mapped[bytes | None]
    text_sealed: Mapped[bytes | None]


PAPER_PART_CONTENT = SealedColumn("paper_parts", "content_sealed")


class PaperPart(Base):
    """One PDF of a batch, sealed; deleted when the batch is forgotten."""

    __tablename__ = "paper_parts"
    __table_args__ = (
        UniqueConstraint("batch_id", "number"),
        CheckConstraint("number >= 0 AND cards > 0", name="counts_sensible"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    batch_id: Mapped[UUID] = mapped_column(ForeignKey("paper_batches.id"))
    number: Mapped[int]
    cards: Mapped[int]
    content_sealed: Mapped[bytes]
    made_at: Mapped[datetime]
