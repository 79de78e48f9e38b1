"""The tree of unions."""

from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base
from kernel.ids import new_id


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
