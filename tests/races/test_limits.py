"""Fifty sales at once against a limit of ten, for each kind of limit, over real HTTP.

The service runs two gunicorn workers, so nothing that a process keeps for itself can help.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import text

from benefits.models import LimitScope, LimitUnit, LimitWindow
from benefits.queries import limit_residuals
from benefits.rules import Terms
from benefits.services import LimitFacts, add_limit, add_offer, add_programme
from discounts.queries import receipt_gaps
from kernel.actors import SYSTEM
from kernel.clock import utc_now
from kernel.db import transaction
from ledger.models import Family, FundSource
from merchants.services import issue_pairing_code
from tests.drive import Till, answered
from tests.town import at_once, site_of

CALLS = 50
LIMIT = 10
OFF_FEN = 500


@dataclass(frozen=True)
class Kind:
    """One kind of limit and how many of the fifty it lets through, given two tills of one site."""

    scope: LimitScope
    window: LimitWindow
    unit: LimitUnit = LimitUnit.USES
    stripes: int = 1
    lets_through: int = LIMIT

    def __str__(self):
        return f"{self.scope}-{self.window}-{self.unit}-{self.stripes}"


KINDS = [
    *(Kind(LimitScope.MEMBER, window) for window in LimitWindow),
    Kind(LimitScope.MEMBER, LimitWindow.DAY, LimitUnit.FEN),
    Kind(LimitScope.SITE, LimitWindow.DAY),
    Kind(LimitScope.MERCHANT, LimitWindow.MONTH),
    Kind(LimitScope.TERMINAL, LimitWindow.DAY, lets_through=2 * LIMIT),
    Kind(LimitScope.OFFER, LimitWindow.DAY),
    Kind(LimitScope.PROGRAMME, LimitWindow.TOTAL),
    Kind(LimitScope.PROGRAMME, LimitWindow.TOTAL, LimitUnit.FEN),
    Kind(LimitScope.PROGRAMME, LimitWindow.TOTAL, LimitUnit.USES, stripes=4),
    Kind(LimitScope.PROGRAMME, LimitWindow.TOTAL, LimitUnit.FEN, stripes=4),
]


def limited_offer(session, kind):
    """Offer 5 yuan off from 20, all the union's, with one limit of the kind."""
    now = utc_now()
    programme = add_programme(
        session,
        actor=SYSTEM,
        code=f"RACE-{kind}"[:40],
        name_zh="竞速",
        name_en="Race",
        family=Family.DISCOUNT,
        fund_source=FundSource.UNION_FUND,
        starts_on=now.date() - timedelta(days=1),
        ends_on=None,
        eligibility=[],
        now=now,
    )
    offer = add_offer(
        session,
        actor=SYSTEM,
        programme_id=programme.id,
        merchant_id=None,
        title_zh="满20减5",
        title_en="5 off from 20",
        terms=Terms("full_reduction", None, 2000, OFF_FEN, None, None, 10_000, None),
        assurances=["session"],
        valid_from=now - timedelta(minutes=1),
        now=now,
    )
    add_limit(
        session,
        actor=SYSTEM,
        programme_id=programme.id,
        facts=LimitFacts(
            scope=kind.scope,
            window=kind.window,
            unit=kind.unit,
            maximum=LIMIT * (OFF_FEN if kind.unit is LimitUnit.FEN else 1),
            stripes=kind.stripes,
            offer_id=offer.id if kind.scope is LimitScope.OFFER else None,
        ),
        now=now,
    )
    return offer.id


def second_till(town, till):
    """Pair another till at the site of the first."""
    with transaction() as session:
        site = site_of(session, till.facts)
        code = issue_pairing_code(session, site_id=site.id, actor=SYSTEM, now=utc_now())
    return Till(town.base_url).pair(code, name="Second till")


def verified(till, phone):
    """Return a verification of this till: slices are cheap, and each works once."""
    return till.verify(answered(phone.get("/cards/me/slice"), 200)["text"])["verification_id"]


@pytest.mark.service
def test_fifty_at_once_take_exactly_what_there_is(town, subtests):
    phone, first = town.phone(), town.till()
    tills = [first, second_till(town, first)]
    scans = [(till, verified(till, phone)) for till in tills for _ in range(CALLS // 2)]
    with transaction() as session:
        offers = {kind: limited_offer(session, kind) for kind in KINDS}

    for kind, offer_id in offers.items():
        answers = at_once(
            [
                lambda till=till, scan=scan, offer=offer_id: Till(
                    town.base_url, token=till.facts["token"]
                ).redeem(offer, 5000, verification_id=scan)
                for till, scan in scans
            ]
        )
        with subtests.test(kind=str(kind)):
            statuses = Counter(answer.status_code for answer in answers)
            assert statuses == {201: kind.lets_through, 409: CALLS - kind.lets_through}
            refused = {a.json()["code"] for a in answers if a.status_code == 409}
            assert refused == {"limit_reached"}

    with transaction() as session:
        assert limit_residuals(session) == []
        assert receipt_gaps(session) == []
        unbalanced = session.scalar(text("SELECT sum(debit_fen) - sum(credit_fen) FROM postings"))
        assert unbalanced == 0
