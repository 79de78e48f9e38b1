"""Reads of a till's own sales."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select, text
from sqlalchemy.orm import Session

from benefits.models import Offer, OfferVersion
from benefits.queries import OfferLine, offer_lines, offers_parameters, offers_sql
from cards.models import Verification
from cards.services.verify import Holder, holder_of
from discounts.models import Redemption, RedemptionRefusal, RedemptionReversal
from kernel.actors import Till
from kernel.clock import shanghai_date
from kernel.db import Statement
from merchants.models import Terminal

PAGE_ROWS_MAX = 100


@dataclass(frozen=True)
class RedemptionLine:
    """A redemption with what its receipt says of the offer and the till."""

    redemption: Redemption
    offer_version: int
    title_zh: str
    title_en: str
    terminal_code: str


def _lines() -> Any:
    return (
        select(Redemption, OfferVersion.number, Offer.title_zh, Offer.title_en, Terminal.code)
        .join(OfferVersion, OfferVersion.id == Redemption.offer_version_id)
        .join(Offer, Offer.id == Redemption.offer_id)
        .join(Terminal, Terminal.id == Redemption.terminal_id)
    )


def redemption_line(
    session: Session, *, redemption_id: UUID, merchant_id: UUID
) -> RedemptionLine | None:
    """Return one sale if it happened at a till of this merchant."""
    row = session.execute(
        _lines().where(Redemption.id == redemption_id, Redemption.merchant_id == merchant_id)
    ).one_or_none()
    return RedemptionLine(*row) if row is not None else None


def redemption_lines(
    session: Session,
    *,
    terminal_id: UUID,
    day: tuple[datetime, datetime] | None = None,
    after: UUID | None = None,
    rows: int = PAGE_ROWS_MAX,
) -> list[RedemptionLine]:
    """Return a till's sales, newest first; `day` bounds when they were received, half-open."""
    query = _lines().where(Redemption.terminal_id == terminal_id)
    if day is not None:
        query = query.where(Redemption.received_at >= day[0], Redemption.received_at < day[1])
    if after is not None:
        query = query.where(Redemption.id < after)
    found = session.execute(query.order_by(Redemption.id.desc()).limit(rows))
    return [RedemptionLine(*row) for row in found]


def reversals_of(session: Session, *, redemption_id: UUID) -> list[RedemptionReversal]:
    query = select(RedemptionReversal).where(RedemptionReversal.redemption_id == redemption_id)
    return list(session.scalars(query.order_by(RedemptionReversal.created_at)))


def refusals_of(
    session: Session, *, terminal_id: UUID, rows: int = PAGE_ROWS_MAX
) -> list[RedemptionRefusal]:
    query = select(RedemptionRefusal).where(RedemptionRefusal.terminal_id == terminal_id)
    return list(session.scalars(query.order_by(RedemptionRefusal.created_at.desc()).limit(rows)))


@dataclass(frozen=True)
class OpenVerification:
    """A verification as a redemption finds it: what the card is now, not what it was then."""

    id: UUID
    accepted: bool
    reason: str | None
    assurance: str
    challenged: bool
    expires_at: datetime
    card_state: str
    holder: Holder | None
    redeemed_at: datetime | None
    stack_groups: tuple[str, ...]  # of its redemptions that stand


_VERIFICATION_SQL = """
    SELECT v.id AS verification_id, v.accepted, v.reason, v.assurance, v.challenged, v.expires_at,
        v.card_id, c.state AS card_state, c.number, c.member_id, m.name_masked, m.status,
        m.joined_on, m.born_on, m.employment, m.is_migrant, m.hardship_level,
        u.path AS union_path,
        (SELECT r.received_at FROM redemptions r
            WHERE r.verification_id = v.id AND r.offer_id = :offer_id) AS redeemed_at,
        ARRAY(SELECT r.stack_group FROM redemptions r
            WHERE r.verification_id = v.id AND r.stack_group IS NOT NULL
            AND r.state IN ('held', 'captured', 'partly_reversed')) AS stack_groups
    FROM verifications v
    LEFT JOIN cards c ON c.id = v.card_id
    LEFT JOIN members m ON m.id = c.member_id
    LEFT JOIN union_orgs u ON u.id = m.union_id
    WHERE v.id = :verification_id AND v.terminal_id = :terminal_id
"""
# The id, the verification and the offer, of which any may be missing: one row per limit rule.
BEFORE_A_SALE = Statement(
    f"""
    WITH seen AS ({_VERIFICATION_SQL}),
    offer AS ({offers_sql(member_id="seen.member_id", before="seen CROSS JOIN")})
    SELECT EXISTS (SELECT FROM redemptions WHERE id = CAST(:id AS uuid)) AS is_known,
        seen.*, offer.*
    FROM (SELECT) AS one LEFT JOIN seen ON true LEFT JOIN offer ON true
    ORDER BY offer_id, rule_id
    """  # noqa: S608 (literals of ours)
)


@dataclass(frozen=True)
class BeforeSale:
    """What a sale is decided on, as it is now, in one statement."""

    is_known: bool
    verification: OpenVerification | None
    offer: OfferLine | None


def before_sale(
    bind: Session | Connection,
    *,
    redemption_id: UUID | None,
    verification_id: UUID | None,
    till: Till,
    offer_id: UUID,
    now: datetime,
) -> BeforeSale:
    """Return whether the id is taken, a till's verification, and the offer for its holder."""
    rows = BEFORE_A_SALE.all(
        bind,
        offers_parameters(
            merchant_id=till.merchant_id,
            site_id=till.site_id,
            terminal_id=till.terminal_id,
            now=now,
            offer_id=offer_id,
        )
        | {"id": redemption_id, "verification_id": verification_id},
    )
    row = rows[0]
    offers = offer_lines(rows, day=shanghai_date(now)) if row.offer_id else iter(())
    return BeforeSale(
        is_known=row.is_known,
        verification=_open_verification(row) if row.verification_id else None,
        offer=next(offers, None),
    )


def _open_verification(row: Any) -> OpenVerification:
    return OpenVerification(
        id=row.verification_id,
        accepted=row.accepted,
        reason=row.reason,
        assurance=row.assurance or "",
        challenged=row.challenged,
        expires_at=row.expires_at,
        card_state=row.card_state or "",
        holder=holder_of(row) if row.accepted else None,
        redeemed_at=row.redeemed_at,
        stack_groups=tuple(row.stack_groups),
    )


def verifications_of(
    session: Session, *, terminal_id: UUID, rows: int = PAGE_ROWS_MAX
) -> Sequence[Verification]:
    query = select(Verification).where(Verification.terminal_id == terminal_id)
    return session.scalars(query.order_by(Verification.created_at.desc()).limit(rows)).all()


def receipt_gaps(session: Session) -> list[tuple[UUID, date, int, int]]:
    """Return the terminal days whose receipts are not numbered 1…n; there should be none."""
    rows = session.execute(
        text(
            """
            SELECT k.terminal_id, k.receipt_on, k.last, count(r.id) AS given
            FROM receipt_counters k
            LEFT JOIN redemptions r ON r.terminal_id = k.terminal_id
                AND r.receipt_on = k.receipt_on
            GROUP BY k.terminal_id, k.receipt_on, k.last
            HAVING count(r.id) <> k.last OR max(r.receipt_seq) IS DISTINCT FROM k.last
            """
        )
    )
    return [(row.terminal_id, row.receipt_on, row.last, row.given) for row in rows]
