"""A sale for tests that look at it afterwards: a till and an offer, through the services."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest

from bench.programmes import running_programme
from benefits.rules import Terms
from benefits.services import add_offer
from cards.services import forget_issuer_keys, issue_slice
from discounts.services import RedeemRequest, redeem_discount
from kernel.actors import SYSTEM, Till
from kernel.ids import new_id
from ledger.models import Family, FundSource
from tests.discounts.offline import Shop
from tests.make import NOW
from tests.staff.conftest import baoan, city, longgang, signed_in

REDUCTION = Terms("full_reduction", None, 5000, 4000, None, None, 7500, None)


@dataclass
class Place:
    """A paired till with one offer, 40 off from 50, three quarters the union's."""

    session: object
    till: Till
    offer_id: UUID

    def sell(self, member_id, *, gross_fen=60_00, now=NOW, till_says=None):
        """Sell to the member of a card in use, `till_says` when; return the id of the sale."""
        shown = issue_slice(self.session, member_id=member_id, now=now)
        request = RedeemRequest(
            id=new_id(),
            offer_id=self.offer_id,
            gross_fen=gross_fen,
            verification_id=None,
            presentation=shown.text,
            terminal_seq=None,
            occurred_at=till_says or now,
            capture=True,
        )
        answer = redeem_discount(self.session, till=self.till, request=request, now=now)
        return answer.line.redemption.id


@pytest.fixture
def place(session, make):
    make.issuer_keys()
    make.chart()
    shop = make.merchant(name="演示面馆")
    make.agreement(merchant_id=shop.id)
    terminal = make.terminal(site=make.site(merchant_id=shop.id, name="甲店"))
    programme = running_programme(
        session,
        code="SALES",
        name_zh="普惠(演示)",
        name_en="Offers (demo)",
        family=Family.DISCOUNT,
        fund_source=FundSource.UNION_FUND,
        starts_on=NOW.date() - timedelta(days=30),
        ends_on=None,
        eligibility=[],
        now=NOW,
    )
    offer = add_offer(
        session,
        actor=SYSTEM,
        programme_id=programme.id,
        merchant_id=shop.id,
        title_zh="满50减40",
        title_en="40 off from 50",
        terms=REDUCTION,
        assurances=["possession", "session"],
        valid_from=NOW - timedelta(hours=1),
        now=NOW,
    )
    till = Till(terminal.id, terminal.site_id, terminal.merchant_id, terminal.code)
    yield Place(session, till, offer.id)
    # What the process keeps of the issuer's keys belongs to a database that is gone.
    forget_issuer_keys()


@pytest.fixture
def shop(session, make, client):
    yield Shop(session, make, client)
    forget_issuer_keys()


@pytest.fixture
def till(shop):
    return shop.till()
