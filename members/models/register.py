"""The people in the register and what their membership may become."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base
from kernel.ids import new_id
from kernel.persons import DocumentKind, Education, EmploymentStatus, HardshipLevel, Sex
from kernel.secrets import SealedColumn
from kernel.states import Moves


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


# Who is no member any more: no card, no benefits.
LEFT = frozenset(
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
    MembershipStatus.ACTIVE: LEFT | {MembershipStatus.TRANSFERRING, MembershipStatus.RETAINED},
    # A transfer that is refused leaves the membership as it was.
    MembershipStatus.TRANSFERRING: LEFT | {MembershipStatus.ACTIVE, MembershipStatus.RETAINED},
    MembershipStatus.RETAINED: LEFT | {MembershipStatus.ACTIVE, MembershipStatus.TRANSFERRING},
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
    # When the number became another; cleared once a phone of the card or a desk confirmed it.
    phone_changed_at: Mapped[datetime | None]
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
