"""How many came to service sites."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from merchants.models import Occupation, SiteVisit


def visits_on(session: Session, *, site_id: UUID, day: date) -> dict[Occupation, int]:
    """Return how many came to a site on a Shanghai day, for every occupation."""
    query = (
        select(SiteVisit.occupation, func.count())
        .where(
            SiteVisit.site_id == site_id,
            SiteVisit.visited_on == day,
            SiteVisit.taken_back_at.is_(None),
        )
        .group_by(SiteVisit.occupation)
    )
    counted = dict(session.execute(query).all())
    return {occupation: counted.get(occupation, 0) for occupation in Occupation}


def visits_since(session: Session, *, site_ids: Iterable[UUID], first: date) -> dict[UUID, int]:
    """Return how many came to each of the sites from a Shanghai day on; sites without any lack."""
    query = (
        select(SiteVisit.site_id, func.count())
        .where(
            SiteVisit.site_id.in_(tuple(site_ids)),
            SiteVisit.visited_on >= first,
            SiteVisit.taken_back_at.is_(None),
        )
        .group_by(SiteVisit.site_id)
    )
    return dict(session.execute(query).all())
