from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base
from kernel.ids import new_id
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
        CheckConstraint("path = code OR path LIKE '%/' || code", name="path_ends_in_code"),
        # LIKE 'SZ/SZ-BA/%' can use the index only in byte order.
        Index("ix_union_orgs_path_subtree", text("path text_pattern_ops")),
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
    MembershipStatus.ACTIVE: _ENDED
    | {MembershipStatus.TRANSFERRING, MembershipStatus.RETAINED},
    MembershipStatus.TRANSFERRING: _ENDED | {MembershipStatus.ACTIVE},
    MembershipStatus.RETAINED: _ENDED | {MembershipStatus.ACTIVE},
    MembershipStatus.WITHDRAWN: frozenset({MembershipStatus.ACTIVE, MembershipStatus.DECEASED}),
    MembershipStatus.EXPELLED: frozenset({MembershipStatus.DECEASED}),
    MembershipStatus.DECEASED: frozenset(),
    MembershipStatus.DUPLICATE_MERGED: frozenset(),
}


class HardshipLevel(StrEnum):
    """A sensitive attribute, never a state: only the aid role sees it."""

    NONE = "none"
    DEEP = "deep"
    RELATIVE = "relative"
    ACCIDENTAL = "accidental"


MEMBER_NAME = SealedColumn("members", "name_sealed")
MEMBER_DOCUMENT = SealedColumn("members", "document_sealed")
MEMBER_PHONE = SealedColumn("members", "phone_sealed")


class Member(Base):
    """A person in the register. Name, document and phone are sealed; equality is by blind index.

    `facts_digest` is a keyed digest of everything an import line says, so that the same line
    again is seen to change nothing without opening anything.
    """

    __tablename__ = "members"
    __table_args__ = (CheckConstraint("version > 0", name="version_positive"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    union_id: Mapped[UUID] = mapped_column(ForeignKey("union_orgs.id"), index=True)
    name_sealed: Mapped[bytes]
    name_masked: Mapped[str] = mapped_column(String(60))
    name_index: Mapped[bytes] = mapped_column(index=True)
    document_kind: Mapped[str] = mapped_column(String(40))
    document_sealed: Mapped[bytes]
    document_index: Mapped[bytes] = mapped_column(unique=True)
    document_valid_until: Mapped[date | None]  # None: valid for ever (长期), or not known
    phone_sealed: Mapped[bytes | None]
    phone_index: Mapped[bytes | None] = mapped_column(unique=True)
    sex: Mapped[str | None] = mapped_column(String(10))
    born_on: Mapped[date | None]
    education: Mapped[str | None] = mapped_column(String(40))
    employment: Mapped[str | None] = mapped_column(String(40))
    is_migrant: Mapped[bool | None]
    hardship_level: Mapped[HardshipLevel] = mapped_column(default=HardshipLevel.NONE)
    status: Mapped[MembershipStatus] = mapped_column(default=MembershipStatus.ACTIVE, index=True)
    joined_on: Mapped[date | None]
    facts_digest: Mapped[bytes]
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
