from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql import column, func

from kernel.db import Base
from kernel.ids import new_id


class AidScheme(Base):
    """A mutual-aid scheme. Who may take part is the eligibility of its programme."""

    __tablename__ = "aid_schemes"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    programme_id: Mapped[UUID] = mapped_column(ForeignKey("programmes.id"), unique=True)
    name_zh: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]


class AidSchemeVersion(Base):
    """The rules of a scheme from `effective_from` until the next version's day. Never changed.

    An event is judged by the version in force on its own day (R09). `rules` and `articles` are the
    parts of the scheme's file that aid.rules.read_terms() understands.
    """

    __tablename__ = "aid_scheme_versions"
    __table_args__ = (UniqueConstraint("scheme_id", "effective_from"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    scheme_id: Mapped[UUID] = mapped_column(ForeignKey("aid_schemes.id"))
    effective_from: Mapped[date]
    rules: Mapped[dict[str, Any]]
    articles: Mapped[dict[str, Any]]
    loaded_at: Mapped[datetime]


class AidCover(Base):
    """A member takes part in a scheme on the Shanghai days [starts_on, ends_on).

    No two covers of one member in one scheme share a day: the first one counts (R07). The row is
    what claims under it lock, so that they take their places in the period in turn.
    """

    __tablename__ = "aid_covers"
    __table_args__ = (
        CheckConstraint("ends_on > starts_on", name="ends_after_start"),
        CheckConstraint("shares > 0", name="shares_positive"),
        ExcludeConstraint(
            (column("member_id"), "="),
            (column("scheme_id"), "="),
            (func.daterange(column("starts_on"), column("ends_on")), "&&"),
            using="gist",
            name="ex_aid_covers_days",
        ),
        # What ties a claim to a cover of its own member.
        UniqueConstraint("id", "member_id"),
        Index("ix_aid_covers_member_id", "member_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id"))
    scheme_id: Mapped[UUID] = mapped_column(ForeignKey("aid_schemes.id"))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    shares: Mapped[int] = mapped_column(default=1)
    enrolled_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff_accounts.id"))
    enrolled_at: Mapped[datetime]
