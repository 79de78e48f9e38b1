"""Three merchants, two funds, four members and three people of finance, for the money machine."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from bench.programmes import running_programme
from benefits.models import LimitScope, LimitUnit, LimitWindow
from benefits.rules import Terms
from benefits.services import LimitFacts, add_limit, add_offer
from cards.models import CardState
from kernel.actors import SYSTEM, Role, Till
from kernel.money import BasisPoints, Fen
from ledger.models import Family, FundSource
from tests.make.maker import Maker

FIRST_DAY = date(2026, 9, 7)
OPENS_AT = datetime(2026, 9, 7, 2, tzinfo=UTC)
REDUCTION = Terms(
    "full_reduction", None, Fen(50_00), Fen(40_00), None, None, BasisPoints(7500), None
)
PERCENT = Terms("percent", BasisPoints(8_765), None, None, None, None, BasisPoints(3_333), None)


@dataclass
class Town:
    """What every run of the machine begins with; `offers` maps each offer to its union's fund."""

    tills: list = field(default_factory=list)
    cards: list = field(default_factory=list)
    offers: dict = field(default_factory=dict)
    maker: object = None
    approver: object = None
    checker: object = None


def plant(session):
    """Write the town; the caller commits."""
    make = Maker(session)
    make.chart()
    city = make.union(code="SZ", name="深圳市总工会(演示)")
    town = Town(
        maker=make.staff_actor(Role.FINANCE_MAKER, union=city),
        approver=make.staff_actor(Role.FINANCE_APPROVER, union=city),
        checker=make.staff_actor(Role.FINANCE_CHECKER, union=city),
    )
    for _ in range(3):
        merchant = make.payee_merchant(created_at=OPENS_AT - timedelta(days=365))
        make.agreement(
            merchant_id=merchant.id,
            # Longer than any run of the machine sleeps.
            ends_on=FIRST_DAY.replace(year=FIRST_DAY.year + 3),
            min_payout_fen=Fen(40_00),  # what comes to less is carried into the next statement
        )
        terminal = make.terminal(site=make.site(merchant_id=merchant.id))
        town.tills.append(Till(terminal.id, terminal.site_id, terminal.merchant_id, terminal.code))
    for _ in range(4):
        member = make.member(union=city)
        make.consent(member)
        town.cards.append(make.card(member=member, state=CardState.ACTIVE))
    for fund, terms in ((FundSource.UNION_FUND, REDUCTION), (FundSource.FISCAL, PERCENT)):
        town.offers[_offer(session, fund, terms)] = fund
    return town


def _offer(session, fund, terms):
    programme = running_programme(
        session,
        code=f"MONEY-{fund}",
        name_zh="普惠(演示)",
        name_en="Offers (demo)",
        family=Family.DISCOUNT,
        fund_source=fund,
        starts_on=date(2026, 1, 1),
        ends_on=None,
        eligibility=[],
        now=OPENS_AT,
    )
    offer = add_offer(
        session,
        actor=SYSTEM,
        programme_id=programme.id,
        merchant_id=None,
        title_zh="普惠",
        title_en="An offer",
        terms=terms,
        assurances=["possession"],
        valid_from=OPENS_AT - timedelta(days=1),
        now=OPENS_AT,
    )
    limits = (
        (LimitScope.PROGRAMME, LimitWindow.TOTAL, LimitUnit.FEN, 1_000_000_00),
        (LimitScope.MEMBER, LimitWindow.DAY, LimitUnit.USES, 1_000),
    )
    for scope, window, unit, maximum in limits:
        add_limit(
            session,
            actor=SYSTEM,
            programme_id=programme.id,
            facts=LimitFacts(scope, window, unit, maximum),
            now=OPENS_AT,
        )
    return offer.id
