from datetime import date, timedelta

import pytest

from bench.programmes import running_programme
from benefits.models import LimitScope, LimitUnit, LimitWindow
from benefits.rules import Terms
from benefits.services import LimitFacts, add_limit, add_offer, add_programme
from kernel.actors import SYSTEM, Role
from kernel.clock import utc_now
from kernel.money import BasisPoints, Fen
from ledger.models import Family, FundSource
from tests.make import NOW
from tests.merchants.conftest import BAOAN, CITY, plant_unions
from tests.staff.conftest import signed_in


def percent(rate=8800, *, share=5000, most=None):
    return Terms("percent", BasisPoints(rate), None, None, None, None, BasisPoints(share), most)


def reduction(threshold=50_00, off=40_00, *, share=7500, most=None):
    share = BasisPoints(share)
    return Terms("full_reduction", None, Fen(threshold), Fen(off), None, None, share, most)


def fixed(listed=30_00, price=9_90, *, share=10_000, most=None):
    share = BasisPoints(share)
    return Terms("fixed_price", None, None, None, Fen(listed), Fen(price), share, most)


def daily(threshold=20_00, off=5_00, *, share=10_000, most=None):
    share = BasisPoints(share)
    return Terms("daily_coupon", None, Fen(threshold), Fen(off), None, None, share, most)


def gift(listed=50_00, *, share=10_000, most=None):
    return Terms("gift", None, None, None, Fen(listed), None, BasisPoints(share), most)


class Plans:
    """Builds programmes, offers and limits through the services that everybody uses."""

    def __init__(self, session):
        self.session = session
        self._count = 0

    def programme(self, **facts):
        return running_programme(self.session, **self._facts(facts))

    def proposed_programme(self, **facts):
        """A programme that a file brought and nobody has approved."""
        return add_programme(self.session, actor=SYSTEM, **self._facts(facts))

    def _facts(self, facts):
        self._count += 1
        defaults = {
            "code": f"PH-{self._count:03d}",
            "name_zh": "夏季普惠(演示)",
            "name_en": "Summer offers (demo)",
            "family": Family.DISCOUNT,
            "fund_source": FundSource.UNION_FUND,
            "starts_on": date(2026, 1, 1),
            "ends_on": None,
            "eligibility": [],
            "now": NOW,
        }
        return defaults | facts

    def offer(self, *, programme=None, merchant=None, **facts):
        """An offer of 40 off from 50 whose terms have been in force for a day."""
        defaults = {
            "programme_id": (programme or self.programme()).id,
            "merchant_id": merchant.id if merchant else None,
            "title_zh": "满50减40",
            "title_en": "40 off from 50",
            "terms": reduction(),
            "assurances": ["session"],
            "valid_from": utc_now() - timedelta(days=1),
            "now": NOW,
        }
        return add_offer(self.session, actor=SYSTEM, **defaults | facts)

    def limit(self, programme, *, offer=None, maximum=1000_00, **facts):
        """A budget of the programme in fen, unless told otherwise."""
        defaults = {
            "scope": LimitScope.PROGRAMME,
            "window": LimitWindow.TOTAL,
            "unit": LimitUnit.FEN,
            "maximum": maximum,
            "offer_id": offer.id if offer else None,
        }
        return add_limit(
            self.session,
            actor=SYSTEM,
            programme_id=programme.id,
            facts=LimitFacts(**defaults | facts),
            now=NOW,
        )


@pytest.fixture
def plans(session):
    return Plans(session)


@pytest.fixture
def unions(session):
    return plant_unions(session)


@pytest.fixture
def callers(make, unions, signed_in):  # noqa: F811 (it asks for the fixture)
    """Return a function: the desk of somebody with a role for a union."""

    def call(role, path=CITY):
        desk = signed_in(make.staff(role, union=unions[path]))
        desk.client.set_cookie("uc_language", "en")
        return desk

    return call


@pytest.fixture
def designer(make, callers):
    make.chart()
    return callers(Role.PROGRAMME_DESIGNER)


@pytest.fixture
def programme(plans):
    return plans.programme()


@pytest.fixture
def merchant(make):
    """A merchant with an agreement in force, without which no till shows its offers."""
    merchant = make.merchant()
    make.agreement(merchant_id=merchant.id)
    return merchant


@pytest.fixture
def shop(make, unions):
    return make.merchant(name="宝安饭店", union_id=unions[BAOAN].id)


@pytest.fixture
def offer(plans, programme, shop):
    return plans.offer(programme=programme, merchant=shop, title_zh="宝安满减")
