"""The demo shows each kind of offer, and each condition, once: at one merchant."""

from datetime import date, datetime

import pytest

from app.demo.offers import last_merchant, seed_kinds
from benefits.models import LimitScope, LimitWindow, OfferKind
from benefits.queries import Scopes, limit_rules_of, offers_at, programme_by_code
from benefits.rules import MemberFacts
from benefits.services.usable import CodeFacts, usability
from kernel.clock import SHANGHAI
from kernel.ids import new_id
from tests.make import NOW

# A Tuesday, at noon and in the evening.
NOON = datetime(2026, 11, 24, 12, tzinfo=SHANGHAI)
EVENING = NOON.replace(hour=18)


@pytest.fixture
def at_till(session, make):
    """Return a function: the demo's offers at its last merchant by name, at a moment."""
    make.chart()
    make.union(code="SZ")
    for name in ("演示面馆", "演示影院"):
        make.agreement(merchant_id=make.merchant(name=name).id, ends_on=date(2028, 1, 1))
    for _ in range(2):
        seed_kinds(session, now=NOW)
    scopes = Scopes(last_merchant(session), new_id(), new_id(), new_id())
    return lambda moment: offers_at(session, scopes=scopes, now=moment)


def test_every_kind_and_every_condition_is_there_once(session, at_till):
    offers = at_till(NOON)

    assert {offer.terms.kind for offer in offers} == set(OfferKind)
    assert len(offers) == 5
    said = [offer.conditions for offer in offers]
    assert [each.stack_group for each in said].count("dinner") == 2
    for name in ("from_minute", "joined_within_days"):
        assert sum(getattr(each, name) is not None for each in said) == 1
    assert sum(bool(each.blackouts) for each in said) == 1
    programme = programme_by_code(session, code="KINDS")
    rules = limit_rules_of(session, programme_id=programme.id)
    assert {rule.scope for rule in rules} >= {
        LimitScope.PROGRAMME,
        LimitScope.OFFER,
        LimitScope.SITE,
        LimitScope.MEMBER,
    }
    assert {rule.window for rule in rules} == set(LimitWindow)
    assert {rule.stripes for rule in rules} == {1, 4}


@pytest.mark.parametrize(
    ("moment", "joined_on", "refused"),
    [
        (EVENING, NOON.date(), {}),
        (NOON, NOON.date(), {"percent": "not_at_this_hour"}),
        (EVENING, NOON.date().replace(year=2020), {"fixed_price": "joined_too_long_ago"}),
        (EVENING.replace(day=28), NOON.date(), {"percent": "not_on_this_day"}),
        (
            EVENING.replace(year=2027, month=2, day=8),
            NOON.date(),
            {"fixed_price": "not_on_this_day"},
        ),
    ],
)
def test_each_says_when_it_does_not_count(at_till, moment, joined_on, refused):
    member = MemberFacts(
        union_path="sz.",
        status="active",
        joined_on=joined_on,
        born_on=None,
        employment=None,
        is_migrant=False,
        hardship_level=None,
    )
    judged = [
        usability(offer, member, code=CodeFacts("session", challenged=False), now=moment)
        for offer in at_till(moment)
    ]

    found = {each.offer.terms.kind: each.reasons[0].code for each in judged if each.reasons}
    assert found == refused
