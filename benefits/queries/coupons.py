"""Reads of releases, of who takes part in a draw, and of a member's own coupons."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session

from benefits.errors import ReleaseNotFound
from benefits.models import (
    Coupon,
    CouponEntry,
    CouponRelease,
    CouponState,
    Limit,
    Offer,
    ReleaseMode,
    ReleaseState,
)
from benefits.queries.desk import OfferReach, offer_ids_within
from benefits.rules.draw import DrawTerms
from kernel.db import Statement
from merchants.models import Merchant

# So long after its closing a release is still shown to members.
SHOWN_AFTER = timedelta(days=30)
_ROWS_MAX = 100


def draw_terms(release: CouponRelease) -> DrawTerms:
    """Return what was fixed about a draw before its seed was known."""
    assert release.seed_known_at is not None
    return DrawTerms(
        release_id=release.id,
        pieces=release.pieces - release.reserve_pieces,
        closed_at=release.closes_at,
        seed_source=f"{release.seed_source_zh} / {release.seed_source_en}",
        seed_known_at=release.seed_known_at,
    )


def entrant_codes(session: Session, *, release_id: UUID) -> list[str]:
    """Return the codes of all who take part, in no order."""
    return list(
        session.scalars(select(CouponEntry.code).where(CouponEntry.release_id == release_id))
    )


def ranked_codes(session: Session, *, release_id: UUID) -> list[str]:
    """Return the codes in the order drawn."""
    query = select(CouponEntry.code).where(
        CouponEntry.release_id == release_id, CouponEntry.rank.is_not(None)
    )
    return list(session.scalars(query.order_by(CouponEntry.rank)))


@dataclass(frozen=True)
class PublicDraw:
    """A draw as everybody may see it."""

    release: CouponRelease
    title_zh: str
    title_en: str


def public_draw(session: Session, *, release_id: UUID) -> PublicDraw:
    """Return a draw that was announced. Raises ReleaseNotFound."""
    row = session.execute(
        select(CouponRelease, Offer.title_zh, Offer.title_en)
        .join(Offer, Offer.id == CouponRelease.offer_id)
        .where(
            CouponRelease.id == release_id,
            CouponRelease.mode == ReleaseMode.DRAW,
            CouponRelease.published_at.is_not(None),
        )
    ).one_or_none()
    if row is None:
        raise ReleaseNotFound
    return PublicDraw(*row)


# --- The desk


@dataclass(frozen=True)
class ReleaseRow:
    """One release at the desk; `merchant_name` None: the offer counts everywhere."""

    release: CouponRelease
    offer: Offer
    merchant_name: str | None


def _reached(reach: OfferReach) -> Select[CouponRelease, Offer, str]:
    return (
        select(CouponRelease, Offer, Merchant.name)
        .join(Offer, Offer.id == CouponRelease.offer_id)
        .outerjoin(Merchant, Merchant.id == Offer.merchant_id)
        .where(CouponRelease.offer_id.in_(offer_ids_within(reach)))
    )


def releases_within(
    session: Session, *, reach: OfferReach, after: UUID | None = None, rows: int = _ROWS_MAX
) -> list[ReleaseRow]:
    """Return releases, the newest first, from behind the release `after`."""
    query = _reached(reach).order_by(CouponRelease.id.desc()).limit(rows)
    if after is not None:
        query = query.where(CouponRelease.id < after)
    return [ReleaseRow(*row) for row in session.execute(query)]


def find_release(session: Session, *, release_id: UUID, reach: OfferReach) -> ReleaseRow:
    """Return a release that the caller reaches. Raises ReleaseNotFound for any other."""
    row = session.execute(_reached(reach).where(CouponRelease.id == release_id)).one_or_none()
    if row is None:
        raise ReleaseNotFound
    return ReleaseRow(*row)


@dataclass(frozen=True)
class ReleaseCounts:
    """Where the pieces of a release are, and how many entered its draw."""

    on_sale: int
    reserve: int
    coupons: dict[CouponState, int]
    entries: int


def release_counts(session: Session, *, release_id: UUID) -> ReleaseCounts:
    left = dict(
        session.execute(
            select(Limit.win, func.sum(Limit.max - Limit.held - Limit.used))
            .where(Limit.rule_id == release_id, Limit.scope_id == release_id)
            .group_by(Limit.win)
        ).all()
    )
    states = session.execute(
        select(Coupon.state, func.count())
        .where(Coupon.release_id == release_id)
        .group_by(Coupon.state)
    ).all()
    entries = session.scalar(
        select(func.count()).select_from(CouponEntry).where(CouponEntry.release_id == release_id)
    )
    return ReleaseCounts(
        on_sale=int(left.get("pieces", 0)),
        reserve=int(left.get("reserve", 0)),
        coupons={CouponState(state): count for state, count in states},
        entries=entries or 0,
    )


# --- The worker


def draws_to_list(session: Session, *, now: datetime, rows: int) -> list[UUID]:
    """Return the draws whose entries are over and whose list may still be published."""
    return list(
        session.scalars(
            select(CouponRelease.id)
            .where(
                CouponRelease.mode == ReleaseMode.DRAW,
                CouponRelease.state == ReleaseState.PUBLISHED,
                CouponRelease.closes_at <= now,
                CouponRelease.seed_known_at > now,
            )
            .order_by(CouponRelease.id)
            .limit(rows)
        )
    )


def releases_to_look_after(session: Session, *, now: datetime, rows: int) -> list[UUID]:
    """Return the releases that are closed and not over yet."""
    return list(
        session.scalars(
            select(CouponRelease.id)
            .where(
                CouponRelease.closes_at <= now,
                or_(
                    CouponRelease.state == ReleaseState.DRAWN,
                    and_(
                        CouponRelease.state == ReleaseState.PUBLISHED,
                        CouponRelease.mode == ReleaseMode.GRAB,
                    ),
                ),
            )
            .order_by(CouponRelease.id)
            .limit(rows)
        )
    )


# --- The member


_OWN_RELEASES = Statement(
    """
    SELECT r.id AS release_id, r.mode, r.state, r.pieces, r.reserve_pieces, r.opens_at,
        r.closes_at, r.use_within_days, r.claim_within_hours, r.seed_source_zh, r.seed_source_en,
        r.seed_known_at, r.list_hash, r.entrant_count, r.seed, r.stripes, r.offer_id,
        o.title_zh, o.title_en, o.state AS offer_state,
        p.state AS programme_state, p.starts_on, p.ends_on, p.eligibility,
        m.status, m.joined_on, m.born_on, m.employment, m.is_migrant, m.hardship_level,
        u.path AS union_path,
        EXISTS (SELECT FROM cards c WHERE c.member_id = m.id AND c.state = 'active') AS has_card,
        EXISTS (SELECT FROM limits l WHERE l.rule_id = r.id AND l.scope_id = r.id
            AND l.win = 'pieces' AND l.held + l.used < l.max) AS has_pieces,
        k.id AS coupon_id, k.state AS coupon_state, k.until,
        e.id AS entry_id, e.code AS entry_code, e.rank AS entry_rank
    FROM coupon_releases r
    JOIN offers o ON o.id = r.offer_id
    JOIN programmes p ON p.id = o.programme_id
    JOIN members m ON m.id = :member_id
    JOIN union_orgs u ON u.id = m.union_id
    LEFT JOIN coupons k ON k.release_id = r.id AND k.member_id = m.id
    LEFT JOIN coupon_entries e ON e.release_id = r.id AND e.member_id = m.id
    WHERE r.published_at IS NOT NULL AND (r.closes_at > :since OR k.state IN ('offered', 'live'))
        AND (CAST(:after AS uuid) IS NULL OR r.id < CAST(:after AS uuid))
    ORDER BY r.id DESC
    LIMIT :rows
    """
)


def own_releases(
    session: Session, *, member_id: UUID, now: datetime, rows: int, after: UUID | None = None
) -> Sequence[Any]:
    """Return announced releases, the newest first, each with what this member has of it.

    A row has what grab.reasons_against() looks at; whatever closed a month ago is left out.
    """
    return _OWN_RELEASES.all(
        session,
        {"member_id": member_id, "since": now - SHOWN_AFTER, "after": after, "rows": rows},
    )


@dataclass(frozen=True)
class OwnCoupon:
    """A coupon as its member sees it."""

    coupon: Coupon
    title_zh: str
    title_en: str
    use_within_days: int


def own_coupons(
    session: Session, *, member_id: UUID, rows: int, after: UUID | None = None
) -> list[OwnCoupon]:
    """Return a member's coupons, the newest first."""
    query = _own(member_id).order_by(Coupon.id.desc()).limit(rows)
    if after is not None:
        query = query.where(Coupon.id < after)
    return [OwnCoupon(*row) for row in session.execute(query)]


@dataclass(frozen=True)
class OwnEntry:
    """A draw that a member entered, and the offer that it is about."""

    entry: CouponEntry
    title_zh: str
    title_en: str


def own_entries(
    session: Session, *, member_id: UUID, rows: int, after: UUID | None = None
) -> list[OwnEntry]:
    """Return the draws that a member entered, the newest entry first."""
    query = (
        select(CouponEntry, Offer.title_zh, Offer.title_en)
        .join(CouponRelease, CouponRelease.id == CouponEntry.release_id)
        .join(Offer, Offer.id == CouponRelease.offer_id)
        .where(CouponEntry.member_id == member_id)
        .order_by(CouponEntry.id.desc())
        .limit(rows)
    )
    if after is not None:
        query = query.where(CouponEntry.id < after)
    return [OwnEntry(*row) for row in session.execute(query)]


def own_coupon(session: Session, *, member_id: UUID, coupon_id: UUID) -> OwnCoupon:
    """Return one of a member's coupons, which must exist."""
    return OwnCoupon(*session.execute(_own(member_id).where(Coupon.id == coupon_id)).one())


def _own(member_id: UUID) -> Select[Coupon, str, str, int]:
    return (
        select(Coupon, Offer.title_zh, Offer.title_en, CouponRelease.use_within_days)
        .join(Offer, Offer.id == Coupon.offer_id)
        .join(CouponRelease, CouponRelease.id == Coupon.release_id)
        .where(Coupon.member_id == member_id)
    )
