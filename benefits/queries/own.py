"""What a member is offered anywhere: read in as many statements for a thousand offers as for one.

There is no till, so limits of a till or a site are not read: they are met at the till alone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from benefits.queries.till import OfferLine, offer_lines
from benefits.rules import MemberFacts, window_key
from kernel.clock import shanghai_date
from kernel.db import Statement
from members.models import STANDING, MembershipStatus

SITES_OF_DISTRICT_MAX = 3
_WILD = str.maketrans({"\\": "\\\\", "%": "\\%", "_": "\\_"})


@dataclass(frozen=True)
class OwnFacts:
    """What decides for one member: what eligibility looks at, and whether the card works at all."""

    member: MemberFacts
    card_works: bool


_FACTS = Statement(
    """
    SELECT m.status, m.joined_on, m.born_on, m.employment, m.is_migrant, m.hardship_level,
        u.path AS union_path,
        EXISTS (SELECT FROM cards c WHERE c.member_id = m.id AND c.state = 'active') AS is_active
    FROM members m JOIN union_orgs u ON u.id = m.union_id
    WHERE m.id = :member_id
    """
)


def own_facts(session: Session, *, member_id: UUID) -> OwnFacts:
    row = _FACTS.first(session, {"member_id": member_id})
    assert row is not None
    facts = MemberFacts(
        union_path=row.union_path,
        status=row.status,
        joined_on=row.joined_on,
        born_on=row.born_on,
        employment=row.employment,
        is_migrant=row.is_migrant,
        hardship_level=row.hardship_level,
    )
    return OwnFacts(facts, row.is_active and MembershipStatus(row.status) in STANDING)


@dataclass(frozen=True)
class OwnOffer:
    """An offer in force with whose it is. No merchant: it counts at every merchant."""

    line: OfferLine
    merchant_id: UUID | None
    merchant: str | None
    category: str | None
    programme_zh: str
    programme_en: str
    valid_to: datetime | None  # of the terms in force


_CHOSEN = """
    SELECT o.id AS offer_id, o.title_zh, o.title_en, o.merchant_id, o.needs_coupon,
        CASE WHEN o.needs_coupon THEN (SELECT k.id FROM coupons k
            WHERE k.member_id = CAST(:member_id AS uuid) AND k.offer_id = o.id
            AND k.state = 'live' AND k.until > :now ORDER BY k.until, k.id LIMIT 1)
            END AS coupon_id,
        m.name AS merchant, m.category,
        v.id AS version_id, v.number AS version_number, v.kind, v.member_rate_bp,
        v.threshold_fen, v.reduction_fen, v.list_fen, v.member_fen, v.union_share_bp,
        v.union_max_fen, v.assurances, v.needs_challenge, v.weekday_mask, v.from_minute,
        v.to_minute, v.blackouts, v.joined_within_days, v.stack_group, v.valid_to,
        p.id AS programme_id, p.name_zh AS programme_zh, p.name_en AS programme_en,
        p.fund_source, p.state AS programme_state, p.starts_on, p.ends_on, p.eligibility
    FROM offers o
    JOIN programmes p ON p.id = o.programme_id
    JOIN offer_versions v ON v.offer_id = o.id
        AND v.valid_from <= :now AND (v.valid_to IS NULL OR v.valid_to > :now)
    LEFT JOIN merchants m ON m.id = o.merchant_id
    WHERE o.state = 'active' AND p.family = 'discount' AND p.state IN ('running', 'paused')
        AND (p.ends_on IS NULL OR p.ends_on > :today)
        AND (o.merchant_id IS NULL OR (m.state = 'active'
            AND EXISTS (SELECT FROM sites s WHERE s.merchant_id = m.id AND s.state = 'open')
            AND EXISTS (SELECT FROM agreements a WHERE a.merchant_id = m.id
                AND a.state = 'active' AND a.starts_on <= :today AND a.ends_on > :today)))
        AND (CAST(:kind AS text) IS NULL OR v.kind = :kind)
        AND (CAST(:like AS text) IS NULL OR o.title_zh ILIKE :like OR o.title_en ILIKE :like
            OR m.name ILIKE :like OR m.category ILIKE :like)
        AND (CAST(:offer_id AS uuid) IS NULL OR o.id = CAST(:offer_id AS uuid))
        AND (CAST(:after AS uuid) IS NULL OR o.id > CAST(:after AS uuid))
    ORDER BY o.id
    LIMIT :rows
"""

# An offer appears once per limit rule that binds it, as it does for a till.
_OWN_OFFERS = Statement(
    f"""
    SELECT c.*, r.id AS rule_id, r.scope, r.window, r.unit, r.maximum, r.stripes, r.scope_id,
        (SELECT coalesce(sum(l.held + l.used), 0) FROM limits l
            WHERE l.rule_id = r.id AND l.scope_id = r.scope_id
            AND l.win = CASE r.window
                WHEN 'day' THEN :day WHEN 'week' THEN :week WHEN 'month' THEN :month
                WHEN 'year' THEN :year ELSE 'total' END) AS taken
    FROM ({_CHOSEN}) c
    LEFT JOIN LATERAL (
        SELECT *, CASE scope
            WHEN 'member' THEN CAST(:member_id AS uuid)
            WHEN 'merchant' THEN c.merchant_id
            WHEN 'offer' THEN c.offer_id ELSE c.programme_id END AS scope_id
        FROM limit_rules
        WHERE programme_id = c.programme_id AND (offer_id IS NULL OR offer_id = c.offer_id)
            AND is_active AND scope NOT IN ('terminal', 'site', 'session')
            AND (scope <> 'merchant' OR c.merchant_id IS NOT NULL)
    ) r ON true
    ORDER BY c.offer_id, r.id
    """  # noqa: S608 (both halves are literals of this file)
)


def own_offers(
    session: Session,
    *,
    member_id: UUID,
    now: datetime,
    rows: int,
    kind: str | None = None,
    words: str | None = None,
    offer_id: UUID | None = None,
    after: UUID | None = None,
) -> list[OwnOffer]:
    """Return the offers in force anywhere by id, from above `after`, with what is left of each.

    `words` stand in the title, the merchant's name or its category. An offer of a merchant that is
    suspended, without an agreement in force or without an open site is not there, nor is one of a
    programme that is still a draft or over.
    """
    day = shanghai_date(now)
    found = _OWN_OFFERS.all(
        session,
        {
            "member_id": member_id,
            "kind": kind,
            "like": f"%{words.translate(_WILD)}%" if words else None,
            "offer_id": offer_id,
            "after": after,
            "rows": rows,
            "now": now,
            "today": day,
            "day": window_key("day", day),
            "week": window_key("week", day),
            "month": window_key("month", day),
            "year": window_key("year", day),
        },
    )
    heads = {row.offer_id: row for row in found}
    return [_own(line, heads[line.offer_id]) for line in offer_lines(found, day=day)]


def _own(line: OfferLine, row: Any) -> OwnOffer:
    return OwnOffer(
        line=line,
        merchant_id=row.merchant_id,
        merchant=row.merchant,
        category=row.category,
        programme_zh=row.programme_zh,
        programme_en=row.programme_en,
        valid_to=row.valid_to,
    )


@dataclass(frozen=True)
class OwnSite:
    """A place to go to. `merchant` is said because an offer may count at every merchant."""

    id: UUID
    merchant: str
    name: str
    address: str
    district: str


@dataclass(frozen=True)
class OfferSites:
    """The open sites of one district where an offer counts: how many, and the first of them."""

    district: str
    site_count: int
    first: tuple[OwnSite, ...] = field(default=())


_IN_FORCE = """
    s.state = 'open' AND m.state = 'active'
    AND EXISTS (SELECT FROM agreements a WHERE a.merchant_id = m.id AND a.state = 'active'
        AND a.starts_on <= :today AND a.ends_on > :today)
"""
_SITES_OF_OFFERS = Statement(
    f"""
    SELECT * FROM (
        SELECT *,
            count(*) OVER (PARTITION BY owner, district) AS site_count,
            row_number() OVER (PARTITION BY owner, district ORDER BY name, id) AS place
        FROM (
            SELECT s.merchant_id AS owner, s.id, m.name AS merchant, s.name, s.address, s.district
            FROM sites s JOIN merchants m ON m.id = s.merchant_id
            WHERE s.state = 'open' AND s.merchant_id = ANY(CAST(:merchant_ids AS uuid[]))
            UNION ALL
            SELECT NULL, s.id, m.name, s.name, s.address, s.district
            FROM sites s JOIN merchants m ON m.id = s.merchant_id
            WHERE :everywhere AND m.kind = 'merchant' AND {_IN_FORCE}
        ) found
    ) numbered
    WHERE place <= :most
    ORDER BY owner, site_count DESC, district, place
    """  # noqa: S608 (both halves are literals of this file)
)


def sites_of_offers(
    session: Session, *, offers: Iterable[OwnOffer], now: datetime
) -> dict[UUID | None, list[OfferSites]]:
    """Return by merchant (None: every merchant) the districts with the first sites of each."""
    owners = {offer.merchant_id for offer in offers}
    rows = _SITES_OF_OFFERS.all(
        session,
        {
            "merchant_ids": [owner for owner in owners if owner is not None],
            "everywhere": None in owners,
            "today": shanghai_date(now),
            "most": SITES_OF_DISTRICT_MAX,
        },
    )
    together: dict[tuple[UUID | None, str], list[Any]] = {}
    for row in rows:
        together.setdefault((row.owner, row.district), []).append(row)
    found: dict[UUID | None, list[OfferSites]] = {}
    for (owner, district), same in together.items():
        sites = OfferSites(district, same[0].site_count, tuple(map(_site, same)))
        found.setdefault(owner, []).append(sites)
    return found


_SITES_OF_OFFER = Statement(
    f"""
    SELECT s.id, m.name AS merchant, s.name, s.address, s.district
    FROM sites s JOIN merchants m ON m.id = s.merchant_id
    WHERE (CAST(:district AS text) IS NULL OR s.district = :district) AND {_IN_FORCE}
        AND (s.merchant_id = CAST(:merchant_id AS uuid)
            OR (CAST(:merchant_id AS uuid) IS NULL AND m.kind = 'merchant'))
        AND (CAST(:after AS uuid) IS NULL OR s.id > CAST(:after AS uuid))
    ORDER BY s.id
    LIMIT :rows
    """  # noqa: S608 (both halves are literals of this file)
)


def sites_of_offer(
    session: Session,
    *,
    offer: OwnOffer,
    district: str | None,
    now: datetime,
    after: UUID | None = None,
    rows: int,
) -> Sequence[OwnSite]:
    """Return the open sites where an offer counts, by id; of one district or of all."""
    found = _SITES_OF_OFFER.all(
        session,
        {
            "merchant_id": offer.merchant_id,
            "district": district,
            "today": shanghai_date(now),
            "after": after,
            "rows": rows,
        },
    )
    return [_site(row) for row in found]


def _site(row: Any) -> OwnSite:
    return OwnSite(row.id, row.merchant, row.name, row.address, row.district)
