from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base
from kernel.ids import new_id
from kernel.persons import DocumentKind, Education, EmploymentStatus, HardshipLevel, Sex
from kernel.secrets import SealedColumn
from kernel.states import Moves


class OrgLevel(StrEnum):
    CITY = "city"
    DISTRICT = "district"
    INDUSTRY = "industry"
    STREET = "street"
    LEAGUE = "league"
    ENTERPRISE = "enterprise"
    GROUP = "group"


class UnionOrg(Base):
    """A union in the tree. `path` is the codes from the root down, such as "SZ/SZ-BA/SZ-BA-E033".

    A union's subtree is every path that equals its own or begins with it and a slash. The tree is
    keyed on our own codes: 大鹏新区 has no code in GB/T 2260.
    """

    __tablename__ = "union_orgs"
    __table_args__ = (
        CheckConstraint("right(path, length(code)) = code", name="path_ends_in_code"),
        # LIKE 'SZ/SZ-BA/%' can use the index only in byte order.
        Index("ix_union_orgs_path_subtree", "path", postgresql_ops={"path": "text_pattern_ops"}),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("union_orgs.id"), index=True)
    path: Mapped[str] = mapped_column(String(500), unique=True)
    level: Mapped[OrgLevel]
    division_code: Mapped[str | None] = mapped_column(String(6))  # GB/T 2260, where there is one
    uscc: Mapped[str | None] = mapped_column(String(18), unique=True)


class MembershipStatus(StrEnum):
    APPLIED = "applied"
    RETURNED = "returned"
    ACTIVE = "active"
    TRANSFERRING = "transferring"
    RETAINED = "retained"
    WITHDRAWN = "withdrawn"
    EXPELLED = "expelled"
    DECEASED = "deceased"
    DUPLICATE_MERGED = "duplicate_merged"


_ENDED = frozenset(
    {
        MembershipStatus.WITHDRAWN,
        MembershipStatus.EXPELLED,
        MembershipStatus.DECEASED,
        MembershipStatus.DUPLICATE_MERGED,
    }
)

MEMBERSHIP_MOVES: Moves[MembershipStatus] = {
    MembershipStatus.APPLIED: frozenset({MembershipStatus.RETURNED, MembershipStatus.ACTIVE}),
    MembershipStatus.RETURNED: frozenset({MembershipStatus.APPLIED}),
    MembershipStatus.ACTIVE: _ENDED | {MembershipStatus.TRANSFERRING, MembershipStatus.RETAINED},
    MembershipStatus.TRANSFERRING: _ENDED | {MembershipStatus.ACTIVE},
    MembershipStatus.RETAINED: _ENDED | {MembershipStatus.ACTIVE},
    MembershipStatus.WITHDRAWN: frozenset({MembershipStatus.ACTIVE, MembershipStatus.DECEASED}),
    MembershipStatus.EXPELLED: frozenset({MembershipStatus.DECEASED}),
    MembershipStatus.DECEASED: frozenset(),
    MembershipStatus.DUPLICATE_MERGED: frozenset(),
}


MEMBER_NAME = SealedColumn("members", "name_sealed")
MEMBER_DOCUMENT = SealedColumn("members", "document_sealed")
MEMBER_PHONE = SealedColumn("members", "phone_sealed")
MEMBER_REMARK = SealedColumn("members", "remark_sealed")


class Member(Base):
    """A person in the register. Name, document and phone are sealed; equality is by blind index."""

    __tablename__ = "members"
    __table_args__ = (CheckConstraint("version > 0", name="version_positive"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    union_id: Mapped[UUID] = mapped_column(ForeignKey("union_orgs.id"), index=True)
    name_sealed: Mapped[bytes]
    name_masked: Mapped[str] = mapped_column(String(60))
    name_index: Mapped[bytes] = mapped_column(index=True)
    document_kind: Mapped[DocumentKind]
    document_sealed: Mapped[bytes]
    document_index: Mapped[bytes] = mapped_column(unique=True)
    document_valid_until: Mapped[date | None]
    document_is_long_term: Mapped[bool] = mapped_column(default=False)
    nationality: Mapped[str | None] = mapped_column(String(200))
    phone_sealed: Mapped[bytes | None]
    phone_index: Mapped[bytes | None] = mapped_column(unique=True)
    sex: Mapped[Sex | None]
    born_on: Mapped[date | None]
    education: Mapped[Education | None]
    employment: Mapped[EmploymentStatus | None]
    is_migrant: Mapped[bool | None]
    hardship_level: Mapped[HardshipLevel] = mapped_column(default=HardshipLevel.NONE)
    status: Mapped[MembershipStatus] = mapped_column(default=MembershipStatus.ACTIVE, index=True)
    joined_on: Mapped[date | None]
    # When the person proved phone, name and document; a card can be shown only after that.
    real_name_at: Mapped[datetime | None]
    remark_sealed: Mapped[bytes | None]
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    def has_standing(self) -> bool:
        """Say whether the person is a member today; a transfer never interrupts it."""
        return self.status in STANDING


# A transfer keeps every benefit until the receiving union accepts (domain 2.2, R06).
STANDING = frozenset(
    {MembershipStatus.ACTIVE, MembershipStatus.TRANSFERRING, MembershipStatus.RETAINED}
)


class SignInCode(Base):
    """The newest code sent to a phone and how often it was tried; one row a phone.

    Kept for unknown phones too: the limits and the answers must not tell them apart.
    """

    __tablename__ = "sign_in_codes"

    phone_index: Mapped[bytes] = mapped_column(primary_key=True)
    code_index: Mapped[bytes]  # keyed: six digits have no entropy of their own
    sent_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    used_at: Mapped[datetime | None]
    sends_on: Mapped[date]  # Shanghai day that `sends` counts
    sends: Mapped[int] = mapped_column(default=1)


class MemberSession(Base):
    """A signed-in phone. The token itself is only ever with the member."""

    __tablename__ = "member_sessions"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id"), index=True)
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class Consent(Base):
    """One purpose a member agreed to, in one version of its text; a withdrawal ends the row."""

    __tablename__ = "consents"
    __table_args__ = (
        Index(
            "uq_consents_live",
            "member_id",
            "purpose",
            "version",
            unique=True,
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id"))
    purpose: Mapped[str] = mapped_column(String(40))
    version: Mapped[int]
    given_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class CorrectionState(StrEnum):
    OPEN = "open"
    DONE = "done"
    REJECTED = "rejected"


CORRECTION_MOVES: Moves[CorrectionState] = {
    CorrectionState.OPEN: frozenset({CorrectionState.DONE, CorrectionState.REJECTED}),
    CorrectionState.DONE: frozenset(),
    CorrectionState.REJECTED: frozenset(),
}

CORRECTION_NAME = SealedColumn("correction_requests", "name_sealed")
CORRECTION_PHONE = SealedColumn("correction_requests", "phone_sealed")


class RealNameFailure(Base):
    """How often a proven phone gave a name and document that do not match the register."""

    __tablename__ = "real_name_failures"

    phone_index: Mapped[bytes] = mapped_column(primary_key=True)
    count: Mapped[int] = mapped_column(default=1)
    last_at: Mapped[datetime]


class CorrectionRequest(Base):
    """A person whose facts do not match the register asks a register officer to look."""

    __tablename__ = "correction_requests"
    __table_args__ = (
        Index(
            "uq_correction_requests_open",
            "phone_index",
            unique=True,
            postgresql_where=text("state = 'open'"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    phone_index: Mapped[bytes]
    phone_sealed: Mapped[bytes]
    name_sealed: Mapped[bytes]
    member_id: Mapped[UUID | None] = mapped_column(ForeignKey("members.id"))
    state: Mapped[CorrectionState] = mapped_column(default=CorrectionState.OPEN)
    created_at: Mapped[datetime]


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
