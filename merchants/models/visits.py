from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base


class Occupation(StrEnum):
    """What a visitor does: those for whom the stations by the road were opened, then all others."""

    COURIER = "courier"
    FOOD_RIDER = "food_rider"
    DRIVER = "driver"
    SANITATION = "sanitation"
    SECURITY = "security"
    OTHER = "other"


class SiteVisit(Base):
    """Somebody came to a service site. It is counted, and nothing says who it was."""

    __tablename__ = "site_visits"
    __table_args__ = (Index("ix_site_visits_site_id", "site_id", "visited_on"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)  # the till's: tapped once is counted once
    site_id: Mapped[UUID] = mapped_column(ForeignKey("sites.id"))
    terminal_id: Mapped[UUID] = mapped_column(ForeignKey("terminals.id"))
    occupation: Mapped[Occupation]
    visited_on: Mapped[date]  # the day in Shanghai
    counted_at: Mapped[datetime]
    taken_back_at: Mapped[datetime | None]
