"""Reads of what tills granted without a network."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from benefits.models import Offer, OfferVersion, Programme
from benefits.rules import Terms
from discounts.models import Lease, OfflinePolicy, OfflineRecord, RecordVerdict, Redemption
from discounts.rules import Chain
from kernel.jws import base64url
from ledger.models import FundSource
from merchants.models import Terminal


def offline_policy(session: Session) -> OfflinePolicy:
    return session.get_one(OfflinePolicy, 1)


def newest_lease(session: Session, *, terminal_id: UUID) -> Lease | None:
    query = select(Lease).where(Lease.terminal_id == terminal_id).order_by(Lease.issued_at.desc())
    return session.scalars(query.limit(1)).one_or_none()


class Granted(NamedTuple):
    """What the captured records of a till and Shanghai day drew on its lease."""

    union_fen: int
    sales: int


def granted_on(session: Session, *, terminal_id: UUID, day: date) -> Granted:
    """Return what a till has granted without a network on a day, whatever was undone since."""
    row = session.execute(
        select(
            func.coalesce(func.sum(Redemption.union_pays_fen), 0),
            func.count(OfflineRecord.id),
        )
        .join(Redemption, Redemption.id == OfflineRecord.redemption_id)
        .where(
            OfflineRecord.terminal_id == terminal_id,
            OfflineRecord.sold_on == day,
            OfflineRecord.verdict == RecordVerdict.CAPTURED,
        )
    ).one()
    return Granted(int(row[0]), row[1])


_ENDS = text(
    """
    SELECT v.id, LEAST(
        v.valid_to,
        p.ends_on::timestamp AT TIME ZONE 'Asia/Shanghai',
        (SELECT max(a.ends_on) FROM agreements a WHERE a.merchant_id = :merchant_id
            AND a.state = 'active' AND a.starts_on <= :today)::timestamp
            AT TIME ZONE 'Asia/Shanghai') AS ends_at
    FROM offer_versions v
    JOIN offers o ON o.id = v.offer_id
    JOIN programmes p ON p.id = o.programme_id
    WHERE v.id = ANY(:version_ids)
    """
)


def ends_of_versions(
    session: Session, *, version_ids: Sequence[UUID], merchant_id: UUID, today: date
) -> dict[UUID, datetime | None]:
    """Return when offer versions end at a merchant: with their terms, programme or agreement."""
    rows = session.execute(
        _ENDS,
        {"version_ids": list(version_ids), "merchant_id": merchant_id, "today": today},
    )
    return {row.id: row.ends_at for row in rows}


@dataclass(frozen=True)
class SoldTerms:
    """The terms that a record names, in force or not, and whose money the union's part is."""

    offer_id: UUID
    version_number: int
    title_zh: str
    title_en: str
    terms: Terms
    programme_id: UUID
    fund_source: FundSource


def sold_terms(session: Session, *, version_id: UUID) -> SoldTerms:
    """Return the terms of a version that a lease names. Raises NoResultFound for another id."""
    version, offer, programme = session.execute(
        select(OfferVersion, Offer, Programme)
        .join(Offer, Offer.id == OfferVersion.offer_id)
        .join(Programme, Programme.id == Offer.programme_id)
        .where(OfferVersion.id == version_id)
    ).one()
    return SoldTerms(
        offer_id=offer.id,
        version_number=version.number,
        title_zh=offer.title_zh,
        title_en=offer.title_en,
        terms=Terms(
            kind=version.kind,
            member_rate_bp=version.member_rate_bp,
            threshold_fen=version.threshold_fen,
            reduction_fen=version.reduction_fen,
            list_fen=version.list_fen,
            member_fen=version.member_fen,
            union_share_bp=version.union_share_bp,
            union_max_fen=version.union_max_fen,
        ),
        programme_id=programme.id,
        fund_source=programme.fund_source,
    )


def chain_around(session: Session, *, terminal_id: UUID, seq: int) -> Chain:
    """Return what a till's chain says before and after a number."""
    query = select(OfflineRecord.seq, OfflineRecord.record_hash, OfflineRecord.prev).where(
        OfflineRecord.terminal_id == terminal_id,
        OfflineRecord.in_chain,
        OfflineRecord.seq.in_((seq - 1, seq + 1)),
    )
    found = {row.seq: row for row in session.execute(query)}
    before, after = found.get(seq - 1), found.get(seq + 1)
    return Chain(
        before=None if before is None else base64url(before.record_hash),
        after=None if after is None else after.prev,
    )


def seq_is_taken(session: Session, *, terminal_id: UUID, seq: int) -> bool:
    query = select(OfflineRecord.id).where(
        OfflineRecord.terminal_id == terminal_id,
        OfflineRecord.seq == seq,
        OfflineRecord.in_chain,
    )
    return session.scalar(query) is not None


class ChainEnd(NamedTuple):
    """Where a till's chain stands: the number of its next record, and the hash before that."""

    next_seq: int
    last: str | None


def chain_end(session: Session, *, terminal_id: UUID) -> ChainEnd:
    query = (
        select(OfflineRecord.seq, OfflineRecord.record_hash)
        .where(OfflineRecord.terminal_id == terminal_id, OfflineRecord.in_chain)
        .order_by(OfflineRecord.seq.desc())
        .limit(1)
    )
    row = session.execute(query).one_or_none()
    return ChainEnd(1, None) if row is None else ChainEnd(row.seq + 1, base64url(row.record_hash))


_GAPS = text(
    """
    SELECT previous + 1 AS first, seq - 1 AS last FROM (
        SELECT seq, coalesce(lag(seq) OVER (ORDER BY seq), 0) AS previous
        FROM offline_records WHERE terminal_id = :terminal_id AND in_chain) AS chain
    WHERE seq > previous + 1 ORDER BY seq LIMIT :rows
    """
)
GAPS_MAX = 100


def chain_gaps(session: Session, *, terminal_id: UUID) -> list[tuple[int, int]]:
    """Return the numbers of a till that never came, as first and last; the lowest hundred."""
    rows = session.execute(_GAPS, {"terminal_id": terminal_id, "rows": GAPS_MAX})
    return [(row.first, row.last) for row in rows]


@dataclass(frozen=True)
class OfflineLine:
    """A record with the sale that it became, if it did."""

    record: OfflineRecord
    redemption: Redemption | None
    terminal_code: str
    title_zh: str
    title_en: str


def offline_lines(
    session: Session,
    *,
    sent_by: UUID | None,
    ids: Sequence[UUID] | None = None,
    after: tuple[datetime, UUID] | None = None,
    rows: int = 100,
) -> list[OfflineLine]:
    """Return the records that a till made or sent, the newest first; or those of `ids`."""
    query = (
        select(OfflineRecord, Redemption, Terminal.code, Offer.title_zh, Offer.title_en)
        .join(Terminal, Terminal.id == OfflineRecord.terminal_id)
        .outerjoin(Redemption, Redemption.id == OfflineRecord.redemption_id)
        .outerjoin(OfferVersion, OfferVersion.id == OfflineRecord.offer_version_id)
        .outerjoin(Offer, Offer.id == OfferVersion.offer_id)
        .order_by(OfflineRecord.received_at.desc(), OfflineRecord.id.desc())
        .limit(rows)
    )
    if sent_by is not None:
        query = query.where(
            (OfflineRecord.sent_by == sent_by) | (OfflineRecord.terminal_id == sent_by)
        )
    if ids is not None:
        query = query.where(OfflineRecord.id.in_(ids))
    if after is not None:
        query = query.where(
            (OfflineRecord.received_at < after[0])
            | ((OfflineRecord.received_at == after[0]) & (OfflineRecord.id < after[1]))
        )
    return [
        OfflineLine(record, sale, code, title_zh or "", title_en or "")
        for record, sale, code, title_zh, title_en in session.execute(query)
    ]


def presentations_shown_twice(session: Session, *, since: datetime) -> list[OfflineRecord]:
    """Return the records refused since then because another till had the very same code first."""
    query = select(OfflineRecord).where(
        OfflineRecord.replay_of.is_not(None), OfflineRecord.received_at >= since
    )
    return list(session.scalars(query.order_by(OfflineRecord.received_at, OfflineRecord.id)))
