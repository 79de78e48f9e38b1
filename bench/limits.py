"""Offers of one run that many sales want at once: one row of a limit, and a budget in stripes."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select, text

from bench.programmes import running_programme
from benefits.models import Limit, LimitScope, LimitUnit, LimitWindow, Offer
from benefits.rules import Terms
from benefits.services import LimitFacts, add_limit, add_offer, end_offer
from kernel.actors import SYSTEM
from kernel.clock import utc_now
from kernel.db import transaction
from kernel.ids import new_id
from kernel.money import BasisPoints, Fen
from ledger.models import Family, FundSource

OFF_FEN = 4000
UNION_FEN = 3000
_TERMS = Terms("full_reduction", None, Fen(5000), Fen(OFF_FEN), None, None, BasisPoints(7500), None)


@dataclass(frozen=True)
class Wanted:
    """An offer everywhere whose budget has room for exactly `uses` sales of the bench."""

    offer_id: UUID
    rule_id: UUID
    uses: int


def wanted_offer(*, uses: int, stripes: int) -> Wanted:
    """Make one: every sale draws on the budget, and on a limit per member and per site as well."""
    now = utc_now()
    with transaction() as session:
        programme = running_programme(
            session,
            code=f"BENCH-{new_id().hex[-8:]}",
            name_zh="测速",
            name_en="Bench",
            family=Family.DISCOUNT,
            fund_source=FundSource.UNION_FUND,
            starts_on=now.date() - timedelta(days=1),
            ends_on=None,
            eligibility=[{"rule": "membership", "statuses": ["active"]}],
            now=now,
        )
        offer = add_offer(
            session,
            actor=SYSTEM,
            programme_id=programme.id,
            merchant_id=None,
            title_zh="满50减40",
            title_en="40 off from 50",
            terms=_TERMS,
            assurances=["possession", "session"],
            valid_from=now,
            now=now,
        )
        rules = [
            LimitFacts(LimitScope.MEMBER, LimitWindow.DAY, LimitUnit.USES, 1_000_000),
            LimitFacts(LimitScope.SITE, LimitWindow.DAY, LimitUnit.USES, 1_000_000),
            LimitFacts(
                LimitScope.PROGRAMME,
                LimitWindow.TOTAL,
                LimitUnit.FEN,
                uses * UNION_FEN,
                stripes=stripes,
            ),
        ]
        made = [
            add_limit(session, actor=SYSTEM, programme_id=programme.id, facts=facts, now=now)
            for facts in rules
        ]
        return Wanted(offer.id, made[-1].id, uses)


def end(wanted: Wanted) -> None:
    with transaction() as session:
        version = session.get_one(Offer, wanted.offer_id).version
        end_offer(session, actor=SYSTEM, offer_id=wanted.offer_id, version=version, now=utc_now())


def uses_taken(wanted: Wanted) -> int:
    """Return how many sales the budget says it has paid for."""
    with transaction() as session:
        query = select(func.sum(Limit.used + Limit.held)).where(Limit.rule_id == wanted.rule_id)
        return int(session.scalar(query) or 0) // UNION_FEN


_SALES = text(
    """
    SELECT count(*) AS sales, count(DISTINCT id) AS ids,
        count(*) - count(DISTINCT (verification_id, offer_id)) AS doubles
    FROM redemptions WHERE received_at >= :since
        AND (CAST(:offer_id AS uuid) IS NULL OR offer_id = :offer_id)
    """
)
_FULLER = text("SELECT count(*) FROM limits WHERE held + used > max")


@dataclass(frozen=True)
class Kept:
    """What the database holds after a case: sales, twice the same use, rows beyond their limit."""

    sales: int
    doubles: int
    oversold: int


def kept(*, since: object, offer_id: UUID | None = None) -> Kept:
    with transaction() as session:
        row = session.execute(_SALES, {"since": since, "offer_id": offer_id}).one()
        return Kept(row.sales, row.doubles, session.scalar(_FULLER) or 0)
