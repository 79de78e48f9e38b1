"""What is asked of flags and rules: by the desk within reach, by the watch of the next tills."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select, text, tuple_
from sqlalchemy.orm import Session

from benefits.models import Offer
from discounts.models import Redemption
from kernel.actors import Actor
from kernel.money import Fen
from merchants.models import Merchant, Site, Terminal
from merchants.queries import DECIDERS, MerchantReach, merchant_ids_within
from risk.errors import FlagNotFound, RiskRuleNotFound
from risk.models import FlagState, RiskFlag, RiskRule, Signal

DESK_ROWS_MAX = 100
EVIDENCE_ROWS_MAX = 200
# A till is looked at if anything of it was written since; both are read by their indexes.
_BUSY_TILLS = text(
    """
    SELECT t.id FROM terminals t
    WHERE t.id > :after AND (
        EXISTS (SELECT FROM redemptions r WHERE r.terminal_id = t.id
            AND r.received_at >= :since AND r.received_at < :until)
        OR EXISTS (SELECT FROM redemptions r
            JOIN redemption_reversals b ON b.redemption_id = r.id
            WHERE r.terminal_id = t.id AND b.created_at >= :since AND b.created_at < :until)
        OR EXISTS (SELECT FROM redemptions r
            JOIN redemption_reports p ON p.redemption_id = r.id
            WHERE r.terminal_id = t.id AND p.reported_at >= :since AND p.reported_at < :until))
    ORDER BY t.id LIMIT :rows
    """
)


def busy_tills(
    session: Session, *, since: datetime, until: datetime, after: UUID, rows: int
) -> list[UUID]:
    """Return tills behind `after` of which something was written in [since, until)."""
    found = session.execute(
        _BUSY_TILLS, {"since": since, "until": until, "after": after, "rows": rows}
    )
    return list(found.scalars())


def risk_rules(session: Session) -> Sequence[RiskRule]:
    """Return every rule, the heaviest first."""
    query = select(RiskRule).order_by(RiskRule.weight.desc(), RiskRule.signal)
    return session.scalars(query).all()


def find_risk_rule(session: Session, *, rule_id: UUID) -> RiskRule:
    rule = session.get(RiskRule, rule_id)
    if rule is None:
        raise RiskRuleNotFound
    return rule


@dataclass(frozen=True)
class FlagRow:
    """A flag with what it is about. `open_weight` sums the merchant's open flags."""

    flag: RiskFlag
    merchant: str
    site: str | None
    terminal: str | None
    terminal_code: str | None
    offer_zh: str | None
    offer_en: str | None
    open_weight: int


def _flags(reach: MerchantReach) -> Select[*tuple[Any, ...]]:
    weights = (
        select(RiskFlag.merchant_id, func.sum(RiskFlag.weight).label("open_weight"))
        .where(RiskFlag.state == FlagState.OPEN)
        .group_by(RiskFlag.merchant_id)
        .subquery()
    )
    return (
        select(
            RiskFlag,
            Merchant.name,
            Site.name,
            Terminal.name,
            Terminal.code,
            Offer.title_zh,
            Offer.title_en,
            func.coalesce(weights.c.open_weight, 0),
        )
        .join(Merchant, Merchant.id == RiskFlag.merchant_id)
        .outerjoin(Terminal, Terminal.id == RiskFlag.terminal_id)
        .outerjoin(Site, Site.id == Terminal.site_id)
        .outerjoin(Offer, Offer.id == RiskFlag.subject_id)
        .outerjoin(weights, weights.c.merchant_id == RiskFlag.merchant_id)
        .where(RiskFlag.merchant_id.in_(merchant_ids_within(reach)))
    )


def flags_within(
    session: Session,
    *,
    reach: MerchantReach,
    state: FlagState | None = None,
    signal: Signal | None = None,
    after: tuple[datetime, UUID] | None = None,
    rows: int = DESK_ROWS_MAX,
) -> list[FlagRow]:
    """Return flags about merchants in reach, the newest first, from behind `after`."""
    place = tuple_(RiskFlag.flagged_at, RiskFlag.id)
    query = _flags(reach).order_by(RiskFlag.flagged_at.desc(), RiskFlag.id.desc()).limit(rows)
    if state is not None:
        query = query.where(RiskFlag.state == state)
    if signal is not None:
        query = query.where(RiskFlag.signal == signal)
    if after is not None:
        query = query.where(place < tuple_(*after))
    return [FlagRow(*row) for row in session.execute(query)]


def flag_within(session: Session, *, flag_id: UUID, reach: MerchantReach) -> FlagRow:
    """Return a flag about a merchant in reach. Raises FlagNotFound for any other."""
    row = session.execute(_flags(reach).where(RiskFlag.id == flag_id)).one_or_none()
    if row is None:
        raise FlagNotFound
    return FlagRow(*row)


def open_flags_of(session: Session, *, merchant_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Return how many flags are open by merchant; a merchant without one is left out."""
    query = (
        select(RiskFlag.merchant_id, func.count())
        .where(RiskFlag.state == FlagState.OPEN, RiskFlag.merchant_id.in_(merchant_ids))
        .group_by(RiskFlag.merchant_id)
    )
    return dict(session.execute(query).all())


def flags_waiting(session: Session, actor: Actor) -> int:
    """Return how many flags wait for the decision of somebody like `actor`."""
    reach = MerchantReach(paths=actor.paths(*DECIDERS))
    query = (
        select(func.count())
        .select_from(RiskFlag)
        .where(
            RiskFlag.state == FlagState.OPEN,
            RiskFlag.merchant_id.in_(merchant_ids_within(reach)),
        )
    )
    return session.scalar(query) or 0


@dataclass(frozen=True)
class SeenSale:
    """A sale in the window of a flag: what the till did, and nothing of the member."""

    receipt_on: date | None  # known: what is listed was captured
    receipt_seq: int | None
    received_at: datetime
    occurred_at: datetime
    gross_fen: Fen
    union_pays_fen: Fen
    state: str
    offer_zh: str
    offer_en: str


def sales_of_flag(session: Session, *, flag: RiskFlag) -> list[SeenSale]:
    """Return the till's sales of the window that ends with the flag's peak, the newest first."""
    if flag.terminal_id is None:
        return []
    begin = flag.peak_at - timedelta(minutes=flag.window_minutes)
    query = (
        select(
            Redemption.receipt_on,
            Redemption.receipt_seq,
            Redemption.received_at,
            Redemption.occurred_at,
            Redemption.gross_fen,
            Redemption.union_pays_fen,
            Redemption.state,
            Offer.title_zh,
            Offer.title_en,
        )
        .join(Offer, Offer.id == Redemption.offer_id)
        .where(
            Redemption.terminal_id == flag.terminal_id,
            Redemption.captured_at.is_not(None),
            Redemption.received_at >= begin,
            Redemption.received_at <= flag.flagged_at,
        )
        .order_by(Redemption.received_at.desc())
        .limit(EVIDENCE_ROWS_MAX)
    )
    return [SeenSale(*row) for row in session.execute(query)]
