"""What is on offer at a till, with everything that decides on it, read in one statement."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from benefits.models import LimitRule, LimitScope, Offer, OfferVersion, Programme
from benefits.rules import ALWAYS, Conditions, Terms, read_blackouts, window_key
from kernel.clock import shanghai_date
from kernel.db import Statement
from ledger.models import FundSource

PAGE_ROWS_MAX = 100


@dataclass(frozen=True)
class LimitLine:
    """One limit rule with what has been taken of it in the current window; None: not read."""

    rule_id: UUID
    scope: LimitScope
    scope_id: UUID
    window: str
    win: str
    unit: str
    maximum: int
    stripes: int
    taken: int
    # When its offer counts, and the day its programme ends: what says from when it is usable again.
    conditions: Conditions = ALWAYS
    until: date | None = None

    @property
    def left(self) -> int:
        return max(0, self.maximum - self.taken)

    def needs(self, union_fen: int) -> int:
        """Return what one use takes of this limit, given the union's part."""
        return 1 if self.unit == "uses" else union_fen


@dataclass(frozen=True)
class OfferLine:
    """An offer with its version in force, its programme and its limits."""

    offer_id: UUID
    version_id: UUID
    version_number: int
    title_zh: str
    title_en: str
    terms: Terms
    assurances: tuple[str, ...]
    needs_challenge: bool
    programme_id: UUID
    fund_source: FundSource
    programme_state: str
    starts_on: date
    ends_on: date | None
    eligibility: Sequence[Mapping[str, Any]]
    conditions: Conditions = ALWAYS
    limits: tuple[LimitLine, ...] = field(default=())
    # The member's piece that a use would use up: of several, the one that ends first.
    needs_coupon: bool = False
    coupon_id: UUID | None = None


@dataclass(frozen=True)
class Scopes:
    """Whose limits a use at one till draws on."""

    merchant_id: UUID
    site_id: UUID
    terminal_id: UUID
    member_id: UUID


# On the path of every scan: an offer appears once per limit rule that binds it.
_OFFERS = """
    SELECT o.id AS offer_id, o.title_zh, o.title_en, o.needs_coupon,
        CASE WHEN o.needs_coupon THEN (SELECT k.id FROM coupons k
            WHERE k.member_id = {member_id} AND k.offer_id = o.id
            AND k.state = 'live' AND k.until > :now ORDER BY k.until, k.id LIMIT 1)
            END AS coupon_id,
        v.id AS version_id, v.number AS version_number, v.kind, v.member_rate_bp,
        v.threshold_fen, v.reduction_fen, v.list_fen, v.member_fen, v.union_share_bp,
        v.union_max_fen, v.assurances, v.needs_challenge, v.weekday_mask, v.from_minute,
        v.to_minute, v.blackouts, v.joined_within_days, v.stack_group,
        p.id AS programme_id, p.fund_source, p.state AS programme_state, p.starts_on, p.ends_on,
        p.eligibility,
        r.id AS rule_id, r.scope, r.window, r.unit, r.maximum, r.stripes,
        CASE r.scope
            WHEN 'member' THEN {member_id}
            WHEN 'terminal' THEN CAST(:terminal_id AS uuid)
            WHEN 'site' THEN CAST(:site_id AS uuid)
            WHEN 'merchant' THEN CAST(:merchant_id AS uuid)
            WHEN 'offer' THEN o.id ELSE p.id END AS scope_id,
        (SELECT CAST(coalesce(sum(l.held + l.used), 0) AS bigint) FROM limits l
            WHERE l.rule_id = r.id
            AND l.scope_id = CASE r.scope
                WHEN 'member' THEN {member_id}
                WHEN 'terminal' THEN CAST(:terminal_id AS uuid)
                WHEN 'site' THEN CAST(:site_id AS uuid)
                WHEN 'merchant' THEN CAST(:merchant_id AS uuid)
                WHEN 'offer' THEN o.id ELSE p.id END
            AND l.win = CASE r.window
                WHEN 'day' THEN :day WHEN 'week' THEN :week WHEN 'month' THEN :month
                WHEN 'year' THEN :year ELSE 'total' END) AS taken
    FROM {before} merchants m
    JOIN offers o ON o.merchant_id = m.id OR (o.merchant_id IS NULL AND m.kind = 'merchant')
    JOIN programmes p ON p.id = o.programme_id
    JOIN offer_versions v ON v.offer_id = o.id
        AND v.valid_from <= :now AND (v.valid_to IS NULL OR v.valid_to > :now)
    LEFT JOIN limit_rules r ON r.programme_id = p.id
        AND (r.offer_id IS NULL OR r.offer_id = o.id) AND r.is_active
    WHERE m.id = :merchant_id AND m.state = 'active' AND o.state = 'active'
        AND p.family = 'discount'
        AND EXISTS (SELECT FROM agreements a WHERE a.merchant_id = m.id AND a.state = 'active'
            AND a.starts_on <= :today AND a.ends_on > :today)
        AND (CAST(:offer_id AS uuid) IS NULL OR o.id = CAST(:offer_id AS uuid))
"""


def offers_sql(*, member_id: str, before: str = "") -> str:
    """Return the SELECT of what is on offer at a till, for a statement that knows the member.

    `member_id` is an SQL expression over what `before` puts in front of FROM ("seen CROSS JOIN").
    Rows are ordered by nobody: `offer_lines` wants them by `offer_id, rule_id`.
    """
    return _OFFERS.format(member_id=member_id, before=before)


_OFFERS_AT = Statement(
    offers_sql(member_id="CAST(:member_id AS uuid)") + " ORDER BY offer_id, rule_id"
)


def offers_at(
    session: Session, *, scopes: Scopes, now: datetime, offer_id: UUID | None = None
) -> list[OfferLine]:
    """Return the offers in force at a till, with what is left for this member, in one statement.

    An ended offer, a suspended merchant, one without an agreement in force, or an offer of
    somebody else is simply not there.
    """
    parameters = offers_parameters(
        merchant_id=scopes.merchant_id,
        site_id=scopes.site_id,
        terminal_id=scopes.terminal_id,
        now=now,
        offer_id=offer_id,
    )
    rows = _OFFERS_AT.all(session, parameters | {"member_id": scopes.member_id})
    return list(offer_lines(rows, day=shanghai_date(now)))


def offers_parameters(
    *,
    merchant_id: UUID,
    site_id: UUID,
    terminal_id: UUID,
    now: datetime,
    offer_id: UUID | None = None,
) -> dict[str, Any]:
    """Return what `offers_sql` asks for beside the member; every offer when none is named."""
    day = shanghai_date(now)
    return {
        "merchant_id": merchant_id,
        "site_id": site_id,
        "terminal_id": terminal_id,
        "offer_id": offer_id,
        "now": now,
        "today": day,
        "day": window_key("day", day),
        "week": window_key("week", day),
        "month": window_key("month", day),
        "year": window_key("year", day),
    }


def offer_lines(rows: Sequence[Any], *, day: date) -> Iterator[OfferLine]:
    """Yield the offers of rows that name each offer once per limit rule, all its rows together."""
    start = 0
    while start < len(rows):
        stop = start
        while stop < len(rows) and rows[stop].offer_id == rows[start].offer_id:
            stop += 1
        yield _offer(rows[start:stop], day=day)
        start = stop


def _offer(rows: Sequence[Any], *, day: date) -> OfferLine:
    head = rows[0]
    conditions = Conditions(
        weekday_mask=head.weekday_mask,
        from_minute=head.from_minute,
        to_minute=head.to_minute,
        blackouts=read_blackouts(head.blackouts),
        joined_within_days=head.joined_within_days,
        stack_group=head.stack_group,
    )
    limits = tuple(
        LimitLine(
            rule_id=row.rule_id,
            scope=LimitScope(row.scope),
            scope_id=row.scope_id,
            window=row.window,
            win=window_key(row.window, day),
            unit=row.unit,
            maximum=row.maximum,
            stripes=row.stripes,
            taken=int(row.taken),
            conditions=conditions,
            until=head.ends_on,
        )
        for row in rows
        if row.rule_id is not None
    )
    terms = Terms(
        kind=head.kind,
        member_rate_bp=head.member_rate_bp,
        threshold_fen=head.threshold_fen,
        reduction_fen=head.reduction_fen,
        list_fen=head.list_fen,
        member_fen=head.member_fen,
        union_share_bp=head.union_share_bp,
        union_max_fen=head.union_max_fen,
    )
    return OfferLine(
        offer_id=head.offer_id,
        version_id=head.version_id,
        version_number=head.version_number,
        title_zh=head.title_zh,
        title_en=head.title_en,
        terms=terms,
        assurances=tuple(head.assurances),
        needs_challenge=head.needs_challenge,
        programme_id=head.programme_id,
        fund_source=FundSource(head.fund_source),
        programme_state=head.programme_state,
        starts_on=head.starts_on,
        ends_on=head.ends_on,
        eligibility=head.eligibility,
        conditions=conditions,
        limits=limits,
        needs_coupon=head.needs_coupon,
        coupon_id=head.coupon_id,
    )


def programme_by_code(session: Session, *, code: str) -> Programme | None:
    return session.scalars(select(Programme).where(Programme.code == code)).one_or_none()


def programmes(session: Session) -> list[Programme]:
    return list(session.scalars(select(Programme).order_by(Programme.code)))


def offers_of(
    session: Session, *, merchant_id: UUID | None = None, programme_id: UUID | None = None
) -> list[Offer]:
    query = select(Offer).order_by(Offer.id)
    if merchant_id is not None:
        query = query.where(Offer.merchant_id == merchant_id)
    if programme_id is not None:
        query = query.where(Offer.programme_id == programme_id)
    return list(session.scalars(query))


def versions_of(session: Session, *, offer_id: UUID) -> list[OfferVersion]:
    query = select(OfferVersion).where(OfferVersion.offer_id == offer_id)
    return list(session.scalars(query.order_by(OfferVersion.number)))


def limit_rules_of(session: Session, *, programme_id: UUID) -> list[LimitRule]:
    query = select(LimitRule).where(LimitRule.programme_id == programme_id)
    return list(session.scalars(query.order_by(LimitRule.id)))


@dataclass(frozen=True)
class LimitResidual:
    """A limit whose counter does not equal what live redemptions and seats took of it."""

    rule_id: UUID
    scope_id: UUID
    win: str
    stripe: int
    counted: int
    taken: int


def limit_residuals(session: Session) -> list[LimitResidual]:
    """Return every limit that differs from the sum of its live takes; there should be none."""
    rows = session.execute(
        text(
            """
            SELECT l.rule_id, l.scope_id, l.win, l.stripe, l.held + l.used AS counted,
                coalesce(t.taken, 0) AS taken
            FROM limits l
            FULL JOIN (
                SELECT rule_id, scope_id, win, stripe,
                    sum(quantity - returned) AS taken,
                    sum(quantity - returned) FILTER (WHERE is_held) AS held
                FROM limit_takes GROUP BY rule_id, scope_id, win, stripe
            ) t USING (rule_id, scope_id, win, stripe)
            WHERE coalesce(l.held + l.used, 0) <> coalesce(t.taken, 0)
                OR coalesce(l.held, 0) <> coalesce(t.held, 0)
            """
        )
    )
    return [
        LimitResidual(
            row.rule_id, row.scope_id, row.win, row.stripe, row.counted or 0, int(row.taken)
        )
        for row in rows
    ]


def offer_count(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Offer)) or 0
