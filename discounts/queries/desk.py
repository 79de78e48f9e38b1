"""What the desk reads of what members say: reports within reach, ratings of offers within reach."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.orm import Session

from benefits.models import Offer
from benefits.queries import OfferReach, offer_ids_within
from cards.models import Card, Verification
from cards.rules import number_tail
from discounts.errors import ReportNotFound
from discounts.models import Redemption, RedemptionRating, RedemptionReport, ReportState
from kernel.actors import Actor, Role
from members.models import Member, UnionOrg
from members.queries import within
from merchants.models import Merchant, Site, Terminal

DESK_ROWS_MAX = 100


@dataclass(frozen=True)
class ReportRow:
    """A report with the sale that it is about, and the member masked."""

    report: RedemptionReport
    redemption: Redemption
    member: str
    card_tail: str
    card_id: UUID
    union: str
    union_path: str
    offer_zh: str
    offer_en: str
    merchant: str
    site: str
    terminal_code: str
    assurance: str | None


def _reports(paths: Sequence[str]) -> Select[*tuple[Any, ...]]:
    return (
        select(
            RedemptionReport,
            Redemption,
            Member.name_masked,
            Card.number,
            Card.id,
            UnionOrg.name,
            UnionOrg.path,
            Offer.title_zh,
            Offer.title_en,
            Merchant.name,
            Site.name,
            Terminal.code,
            Verification.assurance,
        )
        .join(Redemption, Redemption.id == RedemptionReport.redemption_id)
        .join(Member, Member.id == RedemptionReport.member_id)
        .join(UnionOrg, UnionOrg.id == Member.union_id)
        .join(Card, Card.id == Redemption.card_id)
        .join(Offer, Offer.id == Redemption.offer_id)
        .join(Merchant, Merchant.id == Redemption.merchant_id)
        .join(Site, Site.id == Redemption.site_id)
        .join(Terminal, Terminal.id == Redemption.terminal_id)
        .join(Verification, Verification.id == Redemption.verification_id)
        .where(within(paths))
    )


def _row(found: Any) -> ReportRow:
    report, redemption, member, number, *rest = found
    return ReportRow(report, redemption, member, number_tail(number), *rest)


def reports_within(
    session: Session,
    *,
    paths: Sequence[str],
    state: ReportState | None = None,
    after: tuple[datetime, UUID] | None = None,
    rows: int = DESK_ROWS_MAX,
) -> list[ReportRow]:
    """Return the reports of members below `paths`, the longest wait first, from behind `after`."""
    place = tuple_(RedemptionReport.reported_at, RedemptionReport.id)
    query = _reports(paths).order_by(RedemptionReport.reported_at, RedemptionReport.id).limit(rows)
    if state is not None:
        query = query.where(RedemptionReport.state == state)
    if after is not None:
        query = query.where(place > tuple_(*after))
    return [_row(found) for found in session.execute(query)]


def report_within(session: Session, *, report_id: UUID, paths: Sequence[str]) -> ReportRow:
    """Return a report if one of `paths` reaches its member's union. Raises ReportNotFound."""
    found = session.execute(_reports(paths).where(RedemptionReport.id == report_id)).one_or_none()
    if found is None:
        raise ReportNotFound
    return _row(found)


def reports_waiting(session: Session, actor: Actor) -> int:
    """Return how many reports wait for the answer of somebody like `actor`."""
    query = (
        select(func.count())
        .select_from(RedemptionReport)
        .join(Member, Member.id == RedemptionReport.member_id)
        .join(UnionOrg, UnionOrg.id == Member.union_id)
        .where(
            RedemptionReport.state == ReportState.OPEN,
            within(actor.paths(Role.REGISTER_OFFICER)),
        )
    )
    return session.scalar(query) or 0


# --- Ratings: of offers, never of members


@dataclass(frozen=True)
class OfferRating:
    count: int
    average: Decimal  # of one to five stars
    low_count: int  # of one or two stars


@dataclass(frozen=True)
class RatedOffer:
    offer_id: UUID
    title_zh: str
    title_en: str
    merchant: str | None  # None: every merchant
    rating: OfferRating


@dataclass(frozen=True)
class RatingComment:
    stars: int
    comment: str
    rated_at: datetime


_LOW = 2


def _rated(reach: OfferReach) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Offer.id,
            Offer.title_zh,
            Offer.title_en,
            Merchant.name,
            func.count(RedemptionRating.redemption_id),
            func.avg(RedemptionRating.stars),
            func.count().filter(RedemptionRating.stars <= _LOW),
        )
        .join(RedemptionRating, RedemptionRating.offer_id == Offer.id)
        .outerjoin(Merchant, Merchant.id == Offer.merchant_id)
        .where(Offer.id.in_(offer_ids_within(reach)))
        .group_by(Offer.id, Merchant.name)
    )


def _rated_offer(found: Any) -> RatedOffer:
    offer_id, title_zh, title_en, merchant, *rating = found
    return RatedOffer(offer_id, title_zh, title_en, merchant, OfferRating(*rating))


def rated_offers_within(
    session: Session, *, reach: OfferReach, after: UUID | None = None, rows: int = DESK_ROWS_MAX
) -> list[RatedOffer]:
    """Return the offers in reach that somebody has rated, the newest offer first."""
    query = _rated(reach).order_by(Offer.id.desc()).limit(rows)
    if after is not None:
        query = query.where(Offer.id < after)
    return [_rated_offer(found) for found in session.execute(query)]


def rated_offer_within(session: Session, *, offer_id: UUID, reach: OfferReach) -> RatedOffer | None:
    found = session.execute(_rated(reach).where(Offer.id == offer_id)).one_or_none()
    return None if found is None else _rated_offer(found)


def comments_of_offer(
    session: Session, *, offer_id: UUID, rows: int = DESK_ROWS_MAX
) -> list[RatingComment]:
    """Return what members wrote about an offer, the newest first, without who wrote it."""
    query = (
        select(RedemptionRating.stars, RedemptionRating.comment, RedemptionRating.rated_at)
        .where(RedemptionRating.offer_id == offer_id, RedemptionRating.comment.is_not(None))
        .order_by(RedemptionRating.rated_at.desc(), RedemptionRating.redemption_id)
        .limit(rows)
    )
    return [
        RatingComment(stars, comment or "", rated_at)
        for stars, comment, rated_at in session.execute(query)
    ]
