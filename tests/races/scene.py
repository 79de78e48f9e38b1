"""What the races of the till share: an offer with limits, tills of a site, and scans at them."""

import itertools
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import text

from bench.programmes import running_programme
from benefits.models import LimitScope, LimitUnit, LimitWindow
from benefits.queries import limit_residuals
from benefits.rules import Conditions, Terms
from benefits.services import LimitFacts, add_limit, add_offer
from discounts.queries import receipt_gaps
from kernel.actors import SYSTEM
from kernel.clock import utc_now
from ledger.models import Family, FundSource
from merchants.services import issue_pairing_code
from tests.drive import Till, answered
from tests.town import site_of

OFF_FEN = 500
BILL_FEN = 5000
_numbers = itertools.count(1)
FIVE_OFF = Terms("full_reduction", None, 2000, OFF_FEN, None, None, 10_000, None)


@dataclass(frozen=True)
class Most:
    """One limit; in fen, of so many uses of five yuan."""

    scope: LimitScope
    window: LimitWindow = LimitWindow.DAY
    unit: LimitUnit = LimitUnit.USES
    stripes: int = 1
    uses: int = 10

    def facts(self, offer_id):
        is_own = self.scope is LimitScope.OFFER
        return LimitFacts(
            scope=self.scope,
            window=self.window,
            unit=self.unit,
            maximum=self.uses * (OFF_FEN if self.unit is LimitUnit.FEN else 1),
            stripes=self.stripes,
            offer_id=offer_id if is_own else None,
        )


def offer_of(
    session, limits=(), *, terms=FIVE_OFF, conditions=None, assurances=("session",), spending=None
):
    """Put an offer at every merchant, all the union's, in a programme of its own.

    `spending` is its occasion, instrument and the most a member may get in a year.
    """
    now = utc_now()
    programme = running_programme(
        session,
        code=f"RACE-{next(_numbers)}",
        name_zh="竞速",
        name_en="Race",
        family=Family.DISCOUNT,
        fund_source=FundSource.UNION_FUND,
        starts_on=now.date() - timedelta(days=1),
        ends_on=None,
        eligibility=[],
        now=now,
        **(spending or {}),
    )
    offer = add_offer(
        session,
        actor=SYSTEM,
        programme_id=programme.id,
        merchant_id=None,
        title_zh="满20减5",
        title_en="5 off from 20",
        terms=terms,
        assurances=list(assurances),
        conditions=conditions or Conditions(),
        valid_from=now - timedelta(minutes=1),
        now=now,
    )
    for most in limits:
        add_limit(
            session,
            actor=SYSTEM,
            programme_id=programme.id,
            facts=most.facts(offer.id),
            now=now,
        )
    return str(offer.id)


@dataclass
class Scene:
    """Two paired tills of one site, and scans of one member's card at them in turn."""

    base_url: str
    tills: list
    phone: object
    scans: list

    @classmethod
    def of(cls, live, *, scans):
        first, phone = live.new_till(), live.new_phone()
        with live.database() as session:
            site = site_of(session, first.facts)
            code = issue_pairing_code(session, site_id=site.id, actor=SYSTEM, now=utc_now())
        tills = [first, Till(live.base_url).pair(code, name="Second till")]
        scene = cls(live.base_url, tills, phone, [])
        for till in tills * (scans // 2):
            scene.scans.append((till, till.verify(scene.slice())["verification_id"]))
        return scene

    def own(self, till):
        """Return the same till on a connection of its own: for a thread."""
        return Till(self.base_url, token=till.facts["token"])

    def sell(self, till, offer_id, **how):
        """Redeem on a connection of its own."""
        return self.own(till).redeem(offer_id, BILL_FEN, **how)

    def slice(self):
        return answered(self.phone.get("/cards/me/slice"), 200)["text"]


def statuses(answers):
    return Counter(answer.status_code for answer in answers)


def books_agree(session):
    """Assert that every counter equals its live takes, and that receipts and postings add up."""
    assert limit_residuals(session) == []
    assert receipt_gaps(session) == []
    assert session.scalar(text("SELECT sum(debit_fen) - sum(credit_fen) FROM postings")) == 0
