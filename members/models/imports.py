"""Rosters on their way into the register."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base
from kernel.ids import new_id
from kernel.secrets import SealedColumn
from kernel.states import Moves


class ImportState(StrEnum):
    UPLOADED = "uploaded"
    PREVIEWING = "previewing"
    PREVIEWED = "previewed"
    COMMITTING = "committing"
    COMMITTED = "committed"
    FAILED = "failed"
    DISCARDED = "discarded"


IMPORT_MOVES: Moves[ImportState] = {
    ImportState.UPLOADED: frozenset({ImportState.PREVIEWING, ImportState.DISCARDED}),
    # A worker that was killed finds the import as it left it and begins the step again.
    ImportState.PREVIEWING: frozenset(
        {ImportState.PREVIEWING, ImportState.PREVIEWED, ImportState.FAILED}
    ),
    ImportState.PREVIEWED: frozenset({ImportState.COMMITTING, ImportState.DISCARDED}),
    ImportState.COMMITTING: frozenset({ImportState.COMMITTING, ImportState.COMMITTED}),
    ImportState.COMMITTED: frozenset(),
    ImportState.FAILED: frozenset({ImportState.DISCARDED}),
    ImportState.DISCARDED: frozenset(),
}

IMPORT_CONTENT = SealedColumn("roster_imports", "content_sealed")
IMPORT_FILE_NAME = SealedColumn("roster_imports", "file_name_sealed")
IMPORT_CELLS = SealedColumn("roster_import_refusals", "cells_sealed")


class RosterImport(Base):
    """One uploaded roster on its way into the register. The file is sealed, and forgotten after.

    `paths` are the union paths the uploader reached when uploading; `lines_done` of `lines` is
    what the progress bar shows, written by the job with each batch.
    """

    __tablename__ = "roster_imports"
    __table_args__ = (CheckConstraint("lines_done >= 0", name="lines_done_not_negative"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    uploaded_by: Mapped[UUID] = mapped_column(ForeignKey("staff_accounts.id"), index=True)
    paths: Mapped[list[Any]]
    file_name_sealed: Mapped[bytes]
    content_sealed: Mapped[bytes | None]
    state: Mapped[ImportState] = mapped_column(default=ImportState.UPLOADED)
    error_code: Mapped[str | None] = mapped_column(String(60))
    error_facts: Mapped[dict[str, Any] | None]
    lines: Mapped[int] = mapped_column(default=0)
    lines_done: Mapped[int] = mapped_column(default=0)
    added: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class RosterImportRefusal(Base):
    """A line that was not taken: where it stands, why, and its cells as they were, sealed."""

    __tablename__ = "roster_import_refusals"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    import_id: Mapped[UUID] = mapped_column(ForeignKey("roster_imports.id"))
    line: Mapped[int]
    reason: Mapped[str] = mapped_column(String(60))
    detail: Mapped[str] = mapped_column(String(60))
    cells_sealed: Mapped[bytes]

    __table_args__ = (Index("uq_roster_import_refusals_line", "import_id", "line", unique=True),)
