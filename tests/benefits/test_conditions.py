"""When and beside what an offer counts: what is refused, by us and by the database itself."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from benefits.errors import OfferTermsWrong
from benefits.models import LimitScope, LimitUnit, LimitWindow
from benefits.queries import limit_rules_of
from benefits.rules import Conditions
from benefits.services import VersionFacts, add_version, change_limit
from kernel.actors import SYSTEM
from tests.benefits.conftest import daily
from tests.make import NOW

_GIFT = """
    UPDATE offer_versions SET kind = 'gift', list_fen = 100, threshold_fen = NULL,
        reduction_fen = NULL
"""


@pytest.fixture
def offer(plans):
    return plans.offer()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE offer_versions SET kind = 'daily_coupon', threshold_fen = reduction_fen - 1",
        "UPDATE offer_versions SET kind = 'gift'",
        "UPDATE offer_versions SET weekday_mask = 0",
        "UPDATE offer_versions SET from_minute = 60",
        "UPDATE offer_versions SET from_minute = 60, to_minute = 60",
        "UPDATE offer_versions SET from_minute = 60, to_minute = 1441",
        "UPDATE offer_versions SET joined_within_days = 0",
        "UPDATE offer_versions SET stack_group = ''",
        f"{_GIFT}, union_max_fen = 1",
    ],
)
def test_the_database_refuses_what_would_never_count(session, offer, statement):
    with pytest.raises(IntegrityError):
        session.execute(text(statement))


def test_the_database_takes_a_gift_without_a_maximum(session, offer):
    session.execute(text(_GIFT))


@pytest.mark.parametrize(
    ("conditions", "field"),
    [
        (Conditions(weekday_mask=0), "weekdays"),
        (Conditions(weekday_mask=128), "weekdays"),
        (Conditions(from_minute=60), "to_minute"),
        (Conditions(to_minute=60), "to_minute"),
        (Conditions(from_minute=60, to_minute=60), "from_minute"),
        (Conditions(from_minute=1440, to_minute=60), "from_minute"),
        (Conditions(from_minute=60, to_minute=1441), "to_minute"),
        (Conditions(blackouts=((NOW.date(), NOW.date() - timedelta(days=1)),)), "blackouts"),
        (Conditions(joined_within_days=0), "joined_within_days"),
    ],
)
def test_conditions_by_which_an_offer_never_counts_name_their_field(plans, conditions, field):
    with pytest.raises(OfferTermsWrong) as refused:
        plans.offer(conditions=conditions)
    assert refused.value.facts["field"] == field


def test_a_daily_coupon_has_one_use_a_day_for_each_member_unless_told_otherwise(session, plans):
    offer = plans.offer(terms=daily(), valid_from=NOW - timedelta(days=1))
    [rule] = limit_rules_of(session, programme_id=offer.programme_id)
    assert (rule.offer_id, rule.scope, rule.window, rule.unit, rule.maximum) == (
        offer.id,
        LimitScope.MEMBER,
        LimitWindow.DAY,
        LimitUnit.USES,
        1,
    )

    # An edited rule stays as it is when the terms change.
    change_limit(session, actor=SYSTEM, rule_id=rule.id, version=1, maximum=2, now=NOW)
    add_version(
        session,
        actor=SYSTEM,
        offer_id=offer.id,
        version=offer.version,
        facts=VersionFacts(daily(off=6_00), ["session"], NOW),
        now=NOW,
    )
    assert [each.maximum for each in limit_rules_of(session, programme_id=offer.programme_id)] == [
        2
    ]
