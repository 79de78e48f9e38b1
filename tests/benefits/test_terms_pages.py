"""The desk's pages for an offer's terms: looked at on a bill, set, and refused beside a field."""

import re
from datetime import date, timedelta

import pytest

from benefits.models import (
    LimitRule,
    LimitScope,
    LimitUnit,
    LimitWindow,
    Offer,
    OfferKind,
    OfferState,
    Programme,
    ProgrammeState,
)
from benefits.queries import versions_of
from kernel.actors import Role
from kernel.clock import utc_now
from kernel.ids import new_id
from ledger.models import Family, FundSource
from merchants.models import MerchantState
from tests.benefits.desk import FACTS, LIMITS, OFFERS, PROGRAMMES, TERMS, page_of, version_typed
from tests.merchants.conftest import BAOAN, LONGGANG


def test_checking_shows_the_real_split_and_saves_nothing(designer, session, offer):
    page = page_of(offer)

    answer = designer.send(
        f"{page}/versions", page=f"{page}/versions/new", **version_typed(offer, step="check")
    )

    assert answer.status_code == 200
    example = answer.text.split('id="example"')[1]
    for amount in ("¥60.00", "¥46.00", "¥10.00", "¥4.00"):
        assert amount in example
    assert 'value="40.00"' in answer.text
    assert len(versions_of(session, offer_id=offer.id)) == 1


def test_checking_says_why_a_bill_earns_nothing(designer, offer):
    page = page_of(offer)
    typed = version_typed(offer, step="check", sample_fen="49.99")

    answer = designer.send(f"{page}/versions", page=f"{page}/versions/new", **typed)

    assert "below the amount from which this offer counts" in answer.text


@pytest.mark.parametrize(
    ("changes", "stored"),
    [
        ({"kind": "percent", "member_rate_bp": "87.35"}, (8735, None, None, None, None)),
        ({"kind": "full_reduction"}, (None, 50_00, 40_00, None, None)),
        (
            {"kind": "fixed_price", "list_fen": "30", "member_fen": "9.9"},
            (None, None, None, 30_00, 9_90),
        ),
        ({"kind": "daily_coupon"}, (None, 50_00, 40_00, None, None)),
        (
            {"kind": "gift", "list_fen": "30", "union_max_fen": ""},
            (None, None, None, 30_00, None),
        ),
    ],
)
def test_new_terms_of_each_kind_take_only_their_own_amounts(
    designer, session, offer, changes, stored
):
    page = page_of(offer)

    answer = designer.send(
        f"{page}/versions", page=f"{page}/versions/new", **version_typed(offer, **changes)
    )

    first, second = versions_of(session, offer_id=offer.id)
    amounts = ("member_rate_bp", "threshold_fen", "reduction_fen", "list_fen", "member_fen")
    assert answer.status_code == 303
    assert second.kind is OfferKind(changes["kind"])
    assert tuple(getattr(second, name) for name in amounts) == stored
    assert first.valid_to == second.valid_from
    shown = designer.open(page).text
    assert "Terms 2" in shown
    assert "Past" in shown


def test_terms_of_later_stand_beside_those_in_force(designer, session, offer):
    page = page_of(offer)
    typed = version_typed(offer, valid_from="2099-01-01T00:00", valid_to="2099-02-01T00:00")

    assert designer.send(f"{page}/versions", page=f"{page}/versions/new", **typed)

    shown = designer.open(page).text
    assert "In force" in shown
    assert "Not yet in force" in shown
    assert "From 2099-01-01 00:00 until 2099-02-01 00:00" in shown


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "free"}, "kind"),
        ({"kind": ""}, "kind"),
        ({"kind": "percent"}, "member_rate_bp"),
        ({"kind": "percent", "member_rate_bp": "100"}, "member_rate_bp"),
        ({"kind": "percent", "member_rate_bp": "12.345"}, "member_rate_bp"),
        ({"threshold_fen": ""}, "threshold_fen"),
        ({"threshold_fen": "39.99"}, "threshold_fen"),
        ({"reduction_fen": "0"}, "reduction_fen"),
        ({"reduction_fen": "-5"}, "reduction_fen"),
        ({"reduction_fen": "1e3"}, "reduction_fen"),
        ({"threshold_fen": "100000.01"}, "threshold_fen"),
        ({"kind": "fixed_price", "list_fen": "9", "member_fen": "9"}, "list_fen"),
        ({"union_share_bp": "100.01"}, "union_share_bp"),
        ({"union_share_bp": ""}, "union_share_bp"),
        ({"union_max_fen": "lots"}, "union_max_fen"),
        ({"assurances": []}, "assurances"),
        ({"assurances": ["trust-me"]}, "assurances"),
        ({"valid_from": "2020-01-01T00:00"}, "valid_from"),
        ({"valid_from": "0001-01-01T00:00"}, "valid_from"),
        ({"valid_from": "9999-12-31T00:00"}, "valid_from"),
        ({"valid_to": "2020-01-01T00:00"}, "valid_to"),
        ({"sample_fen": "x"}, "sample_fen"),
        ({"kind": "gift", "list_fen": ""}, "list_fen"),
        ({"kind": "gift", "list_fen": "30"}, "union_max_fen"),
        ({"weekdays": ["8"]}, "weekdays"),
        ({"from_minute": "9 Uhr", "to_minute": "10:00"}, "from_minute"),
        ({"from_minute": "09:00"}, "to_minute"),
        ({"from_minute": "09:00", "to_minute": "09:00"}, "to_minute"),
        ({"from_minute": "00:00", "to_minute": "00:00"}, "to_minute"),
        ({"blackouts": "2027-02-30"}, "blackouts"),
        ({"blackouts": "2027-02-11 to 2027-02-05"}, "blackouts"),
        ({"blackouts": "Chinese New Year"}, "blackouts"),
        ({"joined_within_days": "0"}, "joined_within_days"),
        ({"stack_group": "x" * 41}, "stack_group"),
    ],
)
def test_wrong_terms_are_shown_again_beside_their_field(designer, session, offer, changes, field):
    page = page_of(offer)

    answer = designer.send(
        f"{page}/versions", page=f"{page}/versions/new", **version_typed(offer, **changes)
    )

    assert answer.status_code == 422
    assert f'id="{field}-fault"' in answer.text
    assert len(versions_of(session, offer_id=offer.id)) == 1


def test_terms_that_would_overlap_are_a_conflict_beside_their_start(designer, session, offer):
    page = page_of(offer)
    later = version_typed(offer, valid_from="2099-01-01T00:00")
    designer.send(f"{page}/versions", page=f"{page}/versions/new", **later)
    session.refresh(offer)

    answer = designer.send(f"{page}/versions", page=f"{page}/versions/new", **version_typed(offer))

    assert answer.status_code == 409
    assert 'id="valid_from-fault"' in answer.text


def test_new_terms_by_who_saw_an_older_offer_are_refused_with_what_was_typed(
    designer, session, offer
):
    page = page_of(offer)
    typed = version_typed(offer, version="77", reduction_fen="33.33")

    answer = designer.send(f"{page}/versions", page=f"{page}/versions/new", **typed)

    assert answer.status_code == 412
    assert 'value="33.33"' in answer.text
    assert len(versions_of(session, offer_id=offer.id)) == 1


CONDITIONS = {
    "weekdays": ["1", "5"],
    "from_minute": "17:00",
    "to_minute": "00:00",
    "blackouts": "2027-05-01\n2027-02-05 至 2027-02-11",
    "joined_within_days": "30",
    "stack_group": "lunch",
}
SAID = (
    "Only on Monday, Friday.",
    "Only from 17:00 to 24:00.",
    "Not on 2027-02-05 – 2027-02-11, 2027-05-01.",
    "Only for who joined at most 30 days ago.",
    "Excludes the other offers of the group lunch.",
)


def conditions_of(version):
    return (
        version.weekday_mask,
        version.from_minute,
        version.to_minute,
        version.blackouts,
        version.joined_within_days,
        version.stack_group,
    )


def test_a_new_offer_counts_when_its_designer_said(designer, session, programme, shop):
    typed = TERMS | CONDITIONS | {"programme": str(programme.id)}

    assert designer.send(f"{OFFERS}/new/{shop.id}", **typed).status_code == 303

    made = session.query(Offer).one()
    [version] = versions_of(session, offer_id=made.id)
    days = [["2027-02-05", "2027-02-11"], ["2027-05-01", "2027-05-01"]]
    assert conditions_of(version) == (0b0010001, 17 * 60, 24 * 60, days, 30, "lunch")
    shown = designer.open(page_of(made)).text
    assert [sentence for sentence in SAID if sentence not in shown] == []


def test_new_terms_begin_with_the_conditions_of_the_last(designer, session, offer):
    page = page_of(offer)
    form = f"{page}/versions/new"
    designer.send(f"{page}/versions", page=form, **version_typed(offer, **CONDITIONS))
    session.refresh(offer)

    asked = designer.open(form).text

    for typed in ("17:00", "00:00", "2027-02-05 – 2027-02-11", "lunch", 'value="30"'):
        assert typed in asked
    assert asked.count('name="weekdays"') == 7
    assert len(re.findall(r'name="weekdays" value="[15]"[^>]* checked', asked)) == 2
