"""Counting who comes to a service site, by what they do and never by name."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from kernel.actors import Till
from kernel.clock import shanghai_date
from kernel.db import TryAgain
from kernel.refusals import RequestKeyReused, refused_by
from merchants.errors import NotServiceSite, VisitNotFound, VisitSettled
from merchants.models import Merchant, MerchantKind, Occupation, SiteVisit


def count_visit(
    session: Session, *, till: Till, visit_id: UUID, occupation: Occupation, now: datetime
) -> bool:
    """Count a visitor at the till's site; returns whether this very visit was counted before.

    Raises NotServiceSite, RequestKeyReused; and TryAgain when the same id was inserted in this
    moment.
    """
    known = session.get(SiteVisit, visit_id)
    if known is not None:
        if known.terminal_id != till.terminal_id or known.occupation is not occupation:
            raise RequestKeyReused
        return True
    merchant = session.get_one(Merchant, till.merchant_id)
    if merchant.kind is not MerchantKind.SERVICE_SITE:
        raise NotServiceSite
    session.add(
        SiteVisit(
            id=visit_id,
            site_id=till.site_id,
            terminal_id=till.terminal_id,
            occupation=occupation,
            visited_on=shanghai_date(now),
            counted_at=now,
        )
    )
    with refused_by({"pk_site_visits": TryAgain}):
        session.flush()
    return False


def take_visit_back(session: Session, *, till: Till, visit_id: UUID, now: datetime) -> None:
    """Count a visit no more, which was tapped by mistake; a second time changes nothing.

    Locks the visit. Raises VisitNotFound, and VisitSettled once its day is over.
    """
    visit = session.get(SiteVisit, visit_id, with_for_update=True)
    if visit is None or visit.terminal_id != till.terminal_id:
        raise VisitNotFound
    if visit.taken_back_at is not None:
        return
    if visit.visited_on != shanghai_date(now):
        raise VisitSettled
    visit.taken_back_at = now
    session.flush()
