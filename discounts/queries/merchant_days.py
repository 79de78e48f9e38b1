"""What a merchant's managers see of a Shanghai day: its sales, by site and till."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from benefits.models import Offer, OfferVersion
from discounts.models import (
    BorneBy,
    OfflineRecord,
    RecordVerdict,
    Redemption,
    RedemptionReversal,
    ReversalKind,
)
from kernel.clock import shanghai_day
from kernel.money import Fen
from merchants.models import Site, Terminal

OFFLINE_ROWS_MAX = 100
_NOTHING = Fen(0)


@dataclass(frozen=True)
class DaySums:
    """What was sold and taken back. What was taken back may be of an earlier day's sales."""

    sales: int = 0
    gross_fen: Fen = _NOTHING
    member_fen: Fen = _NOTHING
    merchant_fen: Fen = _NOTHING
    union_fen: Fen = _NOTHING
    voids: int = 0
    reversals: int = 0
    back_fen: Fen = _NOTHING  # of the bills
    back_union_fen: Fen = _NOTHING

    @property
    def owed_fen(self) -> Fen:
        """What the union owes for the day; below zero where more was taken back than sold."""
        return Fen(self.union_fen - self.back_union_fen)


@dataclass(frozen=True)
class TillDay:
    """One till's day."""

    site: str
    till: str
    code: str
    sums: DaySums


@dataclass(frozen=True)
class SiteDay:
    """One site's day; its tills in the order of their names."""

    site: str
    tills: tuple[TillDay, ...]

    @property
    def sums(self) -> DaySums:
        return total_of(till.sums for till in self.tills)


def total_of(each: Iterable[DaySums]) -> DaySums:
    """Return all sums together."""
    rows = list(each)

    def together(name: str) -> int:
        return sum(getattr(row, name) for row in rows)

    return DaySums(
        sales=together("sales"),
        gross_fen=Fen(together("gross_fen")),
        member_fen=Fen(together("member_fen")),
        merchant_fen=Fen(together("merchant_fen")),
        union_fen=Fen(together("union_fen")),
        voids=together("voids"),
        reversals=together("reversals"),
        back_fen=Fen(together("back_fen")),
        back_union_fen=Fen(together("back_union_fen")),
    )


def merchant_day(session: Session, *, merchant_id: UUID, day: date) -> list[SiteDay]:
    """Return the sites and tills of a merchant at which something was sold or taken back.

    A sale belongs to the day of its receipt; what was taken back, to the day on which it was.
    """
    sold, back = (
        _sold_at(session, merchant_id=merchant_id, day=day),
        _back_at(session, merchant_id=merchant_id, day=day),
    )
    tills = (
        select(Site.id, Site.name, Terminal.id, Terminal.name, Terminal.code)
        .join(Site, Site.id == Terminal.site_id)
        .where(Terminal.id.in_(sold.keys() | back.keys()))
        .order_by(Site.created_at, Site.id, Terminal.name, Terminal.code)
    )
    sites: dict[UUID, list[TillDay]] = {}
    for site_id, site, terminal_id, till, code in session.execute(tills):
        sums = DaySums(**sold.get(terminal_id, {}), **back.get(terminal_id, {}))
        sites.setdefault(site_id, []).append(TillDay(site, till, code, sums))
    return [SiteDay(tills[0].site, tuple(tills)) for tills in sites.values()]


def _sold_at(session: Session, *, merchant_id: UUID, day: date) -> dict[UUID, dict[str, Any]]:
    rows = session.execute(
        select(
            Redemption.terminal_id,
            func.count(),
            func.sum(Redemption.gross_fen),
            func.sum(Redemption.member_pays_fen),
            func.sum(Redemption.merchant_bears_fen),
            func.sum(Redemption.union_pays_fen),
        )
        .join(Terminal, Terminal.id == Redemption.terminal_id)
        .where(Terminal.merchant_id == merchant_id, Redemption.receipt_on == day)
        .group_by(Redemption.terminal_id)
    )
    names = ("sales", "gross_fen", "member_fen", "merchant_fen", "union_fen")
    return {row[0]: dict(zip(names, map(int, row[1:]), strict=True)) for row in rows}


def _back_at(session: Session, *, merchant_id: UUID, day: date) -> dict[UUID, dict[str, Any]]:
    start, end = shanghai_day(day)
    is_void = RedemptionReversal.kind == ReversalKind.VOID
    rows = session.execute(
        select(
            RedemptionReversal.terminal_id,
            func.count().filter(is_void),
            func.count().filter(~is_void),
            func.sum(RedemptionReversal.amount_fen),
            func.sum(RedemptionReversal.union_fen),
        )
        .join(Terminal, Terminal.id == RedemptionReversal.terminal_id)
        .where(
            Terminal.merchant_id == merchant_id,
            RedemptionReversal.created_at >= start,
            RedemptionReversal.created_at < end,
        )
        .group_by(RedemptionReversal.terminal_id)
    )
    names = ("voids", "reversals", "back_fen", "back_union_fen")
    return {row[0]: dict(zip(names, map(int, row[1:]), strict=True)) for row in rows}


@dataclass(frozen=True)
class OfflineCase:
    """A sale without a network that waits, or that costs the merchant something."""

    record: OfflineRecord
    site: str
    till: str
    title_zh: str
    title_en: str


def offline_cases(session: Session, *, merchant_id: UUID, day: date) -> Sequence[OfflineCase]:
    """Return what waits, whenever it came, and what came that day and costs the merchant something.

    That is what was refused, is borne by it, or was cut. At most a hundred, the newest first.
    """
    start, end = shanghai_day(day)
    against = or_(OfflineRecord.borne_by == BorneBy.MERCHANT, OfflineRecord.cut_fen > 0)
    of_the_day = and_(OfflineRecord.received_at >= start, OfflineRecord.received_at < end, against)
    query = (
        select(OfflineRecord, Site.name, Terminal.name, Offer.title_zh, Offer.title_en)
        .join(Terminal, Terminal.id == OfflineRecord.terminal_id)
        .join(Site, Site.id == Terminal.site_id)
        .outerjoin(OfferVersion, OfferVersion.id == OfflineRecord.offer_version_id)
        .outerjoin(Offer, Offer.id == OfferVersion.offer_id)
        .where(
            Terminal.merchant_id == merchant_id,
            or_(OfflineRecord.verdict == RecordVerdict.WAITING, of_the_day),
        )
        .order_by(OfflineRecord.received_at.desc(), OfflineRecord.id.desc())
        .limit(OFFLINE_ROWS_MAX)
    )
    return [
        OfflineCase(record, site, till, zh or "", en or "")
        for record, site, till, zh, en in session.execute(query)
    ]
