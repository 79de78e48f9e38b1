"""A member's own records, one at a time: the line, and the sale behind it."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from benefits.models import Offer, OfferVersion
from cards.models import Card, CardRecord, Verification
from cards.queries import RecordLine
from discounts.models import Redemption, RedemptionRating, RedemptionReport, RedemptionReversal
from discounts.queries.till import reversals_of
from merchants.models import Merchant, Site, Terminal


@dataclass(frozen=True)
class OwnSale:
    """A sale as the member who bought sees it. `assurance` says how the card was shown."""

    redemption: Redemption
    offer_version: int
    title_zh: str
    title_en: str
    terminal_code: str
    merchant: str
    site: str
    address: str
    district: str
    assurance: str | None
    scanned_at: datetime
    rating: RedemptionRating | None
    report: RedemptionReport | None
    reversals: tuple[RedemptionReversal, ...] = field(default=())


@dataclass(frozen=True)
class OwnRecord:
    """A line of the timeline, and the sale it belongs to if it is of one."""

    line: RecordLine
    sale: OwnSale | None


def own_record(session: Session, *, member_id: UUID, record_id: UUID) -> OwnRecord | None:
    """Return a line of the member's own cards; what was taken back leads to its sale too."""
    rows = session.execute(_lines_of(member_id).where(CardRecord.id == record_id)).mappings()
    line = rows.one_or_none()
    if line is None:
        return None
    found = RecordLine(**line)
    redemption_id = _redemption_of(session, found)
    if redemption_id is None:
        return OwnRecord(found, None)
    return OwnRecord(found, _sale(session, member_id=member_id, redemption_id=redemption_id))


def _lines_of(member_id: UUID) -> Select[*tuple[Any, ...]]:
    return (
        select(
            CardRecord.id,
            CardRecord.occurred_at,
            CardRecord.kind,
            CardRecord.event,
            CardRecord.source_type,
            CardRecord.source_id,
            CardRecord.title_zh,
            CardRecord.title_en,
            CardRecord.gross_fen,
            CardRecord.member_pays_fen,
            CardRecord.merchant_bears_fen,
            CardRecord.union_pays_fen,
        )
        .join(Card, Card.id == CardRecord.card_id)
        .where(Card.member_id == member_id)
    )


def _redemption_of(session: Session, line: RecordLine) -> UUID | None:
    if line.source_type == "redemption":
        return line.source_id
    if line.source_type == "redemption_reversal":
        query = select(RedemptionReversal.redemption_id).where(
            RedemptionReversal.id == line.source_id
        )
        return session.scalars(query).one_or_none()
    return None


def _sale(session: Session, *, member_id: UUID, redemption_id: UUID) -> OwnSale | None:
    row: Any = session.execute(
        select(
            Redemption,
            OfferVersion.number,
            Offer.title_zh,
            Offer.title_en,
            Terminal.code,
            Merchant.name,
            Site.name,
            Site.address,
            Site.district,
            Verification.assurance,
            Verification.created_at,
            RedemptionRating,
            RedemptionReport,
        )
        .join(OfferVersion, OfferVersion.id == Redemption.offer_version_id)
        .join(Offer, Offer.id == Redemption.offer_id)
        .join(Terminal, Terminal.id == Redemption.terminal_id)
        .join(Site, Site.id == Redemption.site_id)
        .join(Merchant, Merchant.id == Redemption.merchant_id)
        .join(Verification, Verification.id == Redemption.verification_id)
        .outerjoin(RedemptionRating, RedemptionRating.redemption_id == Redemption.id)
        .outerjoin(RedemptionReport, RedemptionReport.redemption_id == Redemption.id)
        .where(Redemption.id == redemption_id, Redemption.member_id == member_id)
    ).one_or_none()
    if row is None:
        return None
    taken_back = reversals_of(session, redemption_id=redemption_id)
    return replace(OwnSale(*row), reversals=tuple(taken_back))
