"""A scan, a quote and a redemption say the same of one bill: there is one evaluator."""

import pytest

from benefits.errors import LimitReached, OfferNotUsable
from benefits.models import LimitScope, LimitUnit, LimitWindow, Offer
from benefits.rules import Conditions
from benefits.services import LimitFacts, VersionFacts, add_limit, add_version
from cards.models import CardPolicy
from cards.services import issue_paper_card, issue_slice
from discounts.services import RedeemRequest, quote, redeem_discount, scan_card
from kernel.actors import SYSTEM
from kernel.ids import new_id
from tests.discounts.conftest import REDUCTION
from tests.make import NOW

UNION_FEN = 30_00  # of REDUCTION, on any bill from 50 yuan


@pytest.fixture
def card(make):
    return make.card()


def limited(place, maximum, unit=LimitUnit.FEN):
    offer = place.session.get_one(Offer, place.offer_id)
    facts = LimitFacts(LimitScope.PROGRAMME, LimitWindow.TOTAL, unit, maximum)
    add_limit(place.session, actor=SYSTEM, programme_id=offer.programme_id, facts=facts, now=NOW)


def versioned(place, **facts):
    """Put new terms in force at once; as before, but for `facts`."""
    offer = place.session.get_one(Offer, place.offer_id)
    given = {"terms": REDUCTION, "assurances": ["session", "static"], "valid_from": NOW}
    add_version(
        place.session,
        actor=SYSTEM,
        offer_id=offer.id,
        version=offer.version,
        facts=VersionFacts(**given | facts),
        now=NOW,
    )


def answers(place, shown, *, gross_fen=60_00):
    """Return what a scan, a quote and a redemption say; None where nothing is against it."""
    scanned = scan_card(place.session, till=place.till, presentation=shown, scan_id=None, now=NOW)
    [seen] = scanned.offers
    asked = {"offer_id": place.offer_id, "gross_fen": gross_fen}
    verification_id = scanned.verdict.verification_id
    request = RedeemRequest(
        id=new_id(),
        verification_id=verification_id,
        presentation=None,
        terminal_seq=None,
        occurred_at=NOW,
        capture=True,
        **asked,
    )
    quoted = reason_of(
        lambda: quote(
            place.session, till=place.till, verification_id=verification_id, now=NOW, **asked
        )
    )
    with place.session.begin_nested():
        redeemed = reason_of(
            lambda: redeem_discount(place.session, till=place.till, request=request, now=NOW)
        )
    return [seen.reasons[0].code if seen.reasons else None, quoted, redeemed]


def reason_of(ask):
    try:
        ask()
    except (LimitReached, OfferNotUsable) as refusal:
        return refusal.facts["reason"]
    return None


def slice_of(place, card):
    return issue_slice(place.session, member_id=card.member_id, now=NOW).text


def test_nothing_against_it_is_nothing_for_all_three(place, card):
    limited(place, UNION_FEN)

    assert answers(place, slice_of(place, card)) == [None] * 3


@pytest.mark.parametrize(("maximum", "unit"), [(UNION_FEN - 1, LimitUnit.FEN), (0, LimitUnit.USES)])
def test_a_limit_too_small_for_the_bill_is_said_by_all_three(place, card, maximum, unit):
    limited(place, maximum, unit)

    assert answers(place, slice_of(place, card)) == ["limit_reached"] * 3


def test_what_a_paper_card_has_left_is_said_by_all_three(place, card):
    versioned(place)
    policy = place.session.get_one(CardPolicy, 1)
    paper = issue_paper_card(place.session, card_id=card.id, actor=SYSTEM, now=NOW).text

    policy.static_daily_fen = UNION_FEN - 1
    assert answers(place, paper) == ["paper_limit_reached"] * 3
    policy.static_daily_fen = 0
    assert answers(place, paper) == ["wrong_assurance"] * 3
    policy.static_daily_fen = UNION_FEN
    assert answers(place, paper) == [None] * 3
    # The live code is not held to it.
    assert answers(place, slice_of(place, card)) == [None] * 3


def test_an_offer_of_another_day_is_refused_by_all_three(place, card):
    versioned(place, conditions=Conditions(weekday_mask=0b1000000))

    assert answers(place, slice_of(place, card)) == ["not_on_this_day"] * 3
