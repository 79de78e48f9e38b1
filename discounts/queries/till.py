"""Reads of a till's own sales."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from benefits.models import Offer, OfferVersion
from cards.models import Verification
from cards.services.verify import Holder
from discounts.models import Redemption, RedemptionRefusal, RedemptionReversal
from kernel.db import Statement
from members.models import MembershipStatus
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


_VERIFICATION = Statement(
    """
    SELECT v.accepted, v.reason, v.assurance, v.challenged, v.expires_at, v.card_id,
        c.state AS card_state, c.number, c.member_id, m.name_masked, m.status, m.joined_on,
        m.born_on, m.employment, m.is_migrant, m.hardship_level, u.path AS union_path,
        (SELECT r.received_at FROM redemptions r
            WHERE r.verification_id = v.id AND r.offer_id = :offer_id) AS redeemed_at,
        ARRAY(SELECT r.stack_group FROM redemptions r
            WHERE r.verification_id = v.id AND r.stack_group IS NOT NULL
            AND r.state IN ('held', 'captured', 'partly_reversed')) AS stack_groups
    FROM verifications v
    LEFT JOIN cards c ON c.id = v.card_id
    LEFT JOIN members m ON m.id = c.member_id
    LEFT JOIN union_orgs u ON u.id = m.union_id
    WHERE v.id = :id AND v.terminal_id = :terminal_id
    """
)


def open_verification(
    session: Session, *, verification_id: UUID, terminal_id: UUID, offer_id: UUID
) -> OpenVerification | None:
    """Return a till's verification with the card's present state, in one statement."""
    row = _VERIFICATION.first(
        session, {"id": verification_id, "terminal_id": terminal_id, "offer_id": offer_id}
    )
    if row is None:
        return None
    return OpenVerification(
        id=verification_id,
        accepted=row.accepted,
        reason=row.reason,
        assurance=row.assurance or "",
        challenged=row.challenged,
        expires_at=row.expires_at,
        card_state=row.card_state or "",
        holder=_holder(row) if row.accepted else None,
        redeemed_at=row.redeemed_at,
        stack_groups=tuple(row.stack_groups),
    )


def _holder(row: Any) -> Holder:
    return Holder(
        card_id=row.card_id,
        member_id=row.member_id,
        number_tail=row.number[-4:],
        name_masked=row.name_masked,
        status=MembershipStatus(row.status),
        union_path=row.union_path,
        joined_on=row.joined_on,
        born_on=row.born_on,
        employment=row.employment,
        is_migrant=row.is_migrant,
        hardship_level=row.hardship_level,
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
