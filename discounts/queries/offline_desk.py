"""What the desk reads of sales without a network: records, gaps, what the programmes bore."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, true, tuple_
from sqlalchemy.orm import Session, aliased

from benefits.models import Offer, OfferVersion, Programme
from cards.models import Verification
from discounts.errors import OfflineRecordNotFound
from discounts.models import (
    BorneBy,
    Lease,
    OfflinePolicy,
    OfflineRecord,
    RecordVerdict,
    Redemption,
)
from kernel.actors import Actor
from kernel.clock import shanghai_day
from merchants.models import Merchant, Site, Terminal
from merchants.queries import DECIDERS, MerchantReach, merchant_ids_within

DESK_ROWS_MAX = 100
# The phone's clock where one signed, else the till's.
_sold_at = func.coalesce(OfflineRecord.signed_at, OfflineRecord.occurred_at)


class OfflineMatter(StrEnum):
    """What somebody at the desk looks for among the records."""

    WITHIN_LIMITS = "within_limits"
    OFFLINE_RISK = "offline_risk"  # borne by the programme: the till could not know
    OVER_LEASE = "over_lease"  # in part, or whole
    SHOWN_TWICE = "shown_twice"  # the same presentation at two tills
    REFUSED = "refused"
    WAITING = "waiting"


_MATTERS: Mapping[OfflineMatter, ColumnElement[bool]] = {
    OfflineMatter.WITHIN_LIMITS: OfflineRecord.borne_by == BorneBy.LIMIT,
    OfflineMatter.OFFLINE_RISK: OfflineRecord.borne_by == BorneBy.OFFLINE_RISK,
    OfflineMatter.OVER_LEASE: or_(OfflineRecord.cut_fen > 0, OfflineRecord.reason == "over_lease"),
    OfflineMatter.SHOWN_TWICE: OfflineRecord.replay_of.is_not(None),
    OfflineMatter.REFUSED: OfflineRecord.verdict == RecordVerdict.REFUSED,
    OfflineMatter.WAITING: OfflineRecord.verdict == RecordVerdict.WAITING,
}


@dataclass(frozen=True)
class OfflineRow:
    """A record with its till, its offer and the sale that it became; nothing of the member."""

    record: OfflineRecord
    redemption: Redemption | None
    merchant_id: UUID
    merchant: str
    site: str
    terminal: str
    terminal_code: str
    unpaired_at: datetime | None
    title_zh: str | None  # None: no offer of ours has the version that it names
    title_en: str | None

    @property
    def sold_at(self) -> datetime:
        return self.record.signed_at or self.record.occurred_at


def _records(reach: MerchantReach) -> Select[*tuple[Any, ...]]:
    return (
        select(
            OfflineRecord,
            Redemption,
            Merchant.id,
            Merchant.name,
            Site.name,
            Terminal.name,
            Terminal.code,
            Terminal.unpaired_at,
            Offer.title_zh,
            Offer.title_en,
        )
        .join(Terminal, Terminal.id == OfflineRecord.terminal_id)
        .join(Site, Site.id == Terminal.site_id)
        .join(Merchant, Merchant.id == Terminal.merchant_id)
        .outerjoin(Redemption, Redemption.id == OfflineRecord.redemption_id)
        .outerjoin(OfferVersion, OfferVersion.id == OfflineRecord.offer_version_id)
        .outerjoin(Offer, Offer.id == OfferVersion.offer_id)
        .where(Merchant.id.in_(merchant_ids_within(reach)))
    )


def offline_rows_within(
    session: Session,
    *,
    reach: MerchantReach,
    merchant: str | None = None,
    till: str | None = None,
    day: date | None = None,
    matter: OfflineMatter | None = None,
    after: tuple[datetime, UUID] | None = None,
    rows: int = DESK_ROWS_MAX,
) -> list[OfflineRow]:
    """Return the records of tills in reach, the last to come first, from behind `after`.

    `merchant` is a part of its name, `till` the code of one, `day` the Shanghai day of the sale.
    """
    place = tuple_(OfflineRecord.received_at, OfflineRecord.id)
    query = _records(reach).order_by(place.desc()).limit(rows)
    if merchant is not None:
        query = query.where(Merchant.name.contains(merchant, autoescape=True))
    if till is not None:
        query = query.where(Terminal.code == till.strip().upper())
    if day is not None:
        start, end = shanghai_day(day)
        query = query.where(_sold_at >= start, _sold_at < end)
    if matter is not None:
        query = query.where(_MATTERS[matter])
    if after is not None:
        query = query.where(place < tuple_(*after))
    return [OfflineRow(*row) for row in session.execute(query)]


def offline_row_within(session: Session, *, record_id: UUID, reach: MerchantReach) -> OfflineRow:
    """Return a record of a till in reach. Raises OfflineRecordNotFound for any other."""
    query = _records(reach).where(OfflineRecord.id == record_id)
    row = session.execute(query).one_or_none()
    if row is None:
        raise OfflineRecordNotFound
    return OfflineRow(*row)


@dataclass(frozen=True)
class ChainPlace:
    """Where a record stands: what is around it in its till's chain, and what granted it.

    `before` and `after` are the nearest that came, not always the next numbers. `holder` has the
    number of a record that is outside of the chain.
    """

    before: OfflineRecord | None
    after: OfflineRecord | None
    holder: OfflineRecord | None
    lease: Lease | None


def chain_place(session: Session, *, record: OfflineRecord) -> ChainPlace:
    chain = select(OfflineRecord).where(
        OfflineRecord.terminal_id == record.terminal_id, OfflineRecord.in_chain
    )
    seq = OfflineRecord.seq
    before = chain.where(seq < record.seq).order_by(seq.desc()).limit(1)
    after = chain.where(seq > record.seq).order_by(seq).limit(1)
    holder = chain.where(seq == record.seq, OfflineRecord.id != record.id)
    return ChainPlace(
        before=session.scalars(before).one_or_none(),
        after=session.scalars(after).one_or_none(),
        holder=session.scalars(holder).one_or_none(),
        lease=session.get(Lease, record.lease_id) if record.lease_id else None,
    )


@dataclass(frozen=True)
class FirstScan:
    """The scan that had a presentation before the record that was refused for it."""

    seen_at: datetime
    merchant: str
    site: str
    terminal_code: str


def first_scan(
    session: Session, *, verification_id: UUID, reach: MerchantReach
) -> FirstScan | None:
    """Return where a presentation was seen first; None where that till is not in reach."""
    query = (
        select(Verification.created_at, Merchant.name, Site.name, Terminal.code)
        .join(Terminal, Terminal.id == Verification.terminal_id)
        .join(Site, Site.id == Terminal.site_id)
        .join(Merchant, Merchant.id == Terminal.merchant_id)
        .where(Verification.id == verification_id, Merchant.id.in_(merchant_ids_within(reach)))
    )
    row = session.execute(query).one_or_none()
    return None if row is None else FirstScan(*row)


# --- Gaps


@dataclass(frozen=True)
class GapRow:
    """Numbers of a till that never came, [first, last], and the record behind them.

    What was sold in them counts if it comes before `counts_until`: it is as old as what came
    behind it, or older.
    """

    record_id: UUID
    known_since: datetime
    last: int
    first: int
    counts_until: datetime
    merchant_id: UUID
    merchant: str
    site: str
    terminal: str
    terminal_code: str
    last_seen_at: datetime | None
    unpaired_at: datetime | None

    @property
    def count(self) -> int:
        return self.last - self.first + 1


_before = aliased(OfflineRecord)
_counts_until = _sold_at + func.make_interval(0, 0, 0, 0, OfflinePolicy.late_hours)


def _gaps(reach: MerchantReach) -> Select[*tuple[Any, ...]]:
    """Return the query of gaps. A record that came after a gap says so for ever: look again."""
    before = (
        select(_before.seq)
        .where(
            _before.terminal_id == OfflineRecord.terminal_id,
            _before.in_chain,
            _before.seq < OfflineRecord.seq,
        )
        .order_by(_before.seq.desc())
        .limit(1)
        .lateral()
    )
    known = func.coalesce(before.c.seq, 0)
    return (
        select(
            OfflineRecord.id,
            OfflineRecord.received_at,
            (OfflineRecord.seq - 1).label("last"),
            (known + 1).label("first"),
            _counts_until,
            Merchant.id,
            Merchant.name,
            Site.name,
            Terminal.name,
            Terminal.code,
            Terminal.last_seen_at,
            Terminal.unpaired_at,
        )
        .select_from(OfflineRecord)
        .join(OfflinePolicy, true())
        .join(Terminal, Terminal.id == OfflineRecord.terminal_id)
        .join(Site, Site.id == Terminal.site_id)
        .join(Merchant, Merchant.id == Terminal.merchant_id)
        .outerjoin(before, true())
        .where(
            OfflineRecord.in_chain,
            OfflineRecord.after_gap,
            known < OfflineRecord.seq - 1,
            Merchant.id.in_(merchant_ids_within(reach)),
        )
    )


class GapState(StrEnum):
    """Whether what is missing would still count if it came."""

    COUNTS = "counts"
    TOO_LATE = "too_late"


def _in_state(state: GapState, now: Any) -> ColumnElement[bool]:
    still: ColumnElement[bool] = _counts_until >= now
    return still if state is GapState.COUNTS else ~still


def gaps_within(
    session: Session,
    *,
    reach: MerchantReach,
    now: datetime,
    state: GapState | None = None,
    merchant: str | None = None,
    after: tuple[datetime, UUID] | None = None,
    rows: int = DESK_ROWS_MAX,
) -> list[GapRow]:
    """Return what is missing of tills in reach, the last that was found first."""
    place = tuple_(OfflineRecord.received_at, OfflineRecord.id)
    query = _gaps(reach).order_by(place.desc()).limit(rows)
    if state is not None:
        query = query.where(_in_state(state, now))
    if merchant is not None:
        query = query.where(Merchant.name.contains(merchant, autoescape=True))
    if after is not None:
        query = query.where(place < tuple_(*after))
    return [GapRow(*row) for row in session.execute(query)]


def gaps_waiting(session: Session, actor: Actor) -> int:
    """Return how many gaps somebody like `actor` can still do something about."""
    reach = MerchantReach(paths=actor.paths(*DECIDERS))
    open_gaps = _gaps(reach).where(_in_state(GapState.COUNTS, func.now())).subquery()
    return session.scalar(select(func.count()).select_from(open_gaps)) or 0


# --- What the programmes bore


@dataclass(frozen=True)
class RiskLine:
    """What one programme bore for one reason; what was taken back since is left out."""

    name_zh: str
    name_en: str
    reason: str | None
    sales: int
    union_fen: int


def offline_risk_within(
    session: Session, *, reach: MerchantReach, starts_on: date, ends_on: date
) -> Sequence[RiskLine]:
    """Return what programmes bore as a risk, of sales that came in [starts_on, ends_on)."""
    borne = func.sum(Redemption.union_pays_fen - Redemption.back_union_fen)
    query = (
        select(
            Programme.name_zh,
            Programme.name_en,
            OfflineRecord.reason,
            func.count(),
            borne,
        )
        .join(Redemption, Redemption.id == OfflineRecord.redemption_id)
        .join(Programme, Programme.id == Redemption.programme_id)
        .where(
            OfflineRecord.borne_by == BorneBy.OFFLINE_RISK,
            and_(Redemption.receipt_on >= starts_on, Redemption.receipt_on < ends_on),
            Redemption.merchant_id.in_(merchant_ids_within(reach)),
        )
        .group_by(Programme.id, OfflineRecord.reason)
        .order_by(borne.desc(), Programme.id, OfflineRecord.reason)
    )
    return [
        RiskLine(name_zh, name_en, reason, sales, int(union_fen))
        for name_zh, name_en, reason, sales, union_fen in session.execute(query)
    ]
