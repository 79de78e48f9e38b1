"""What a member can use: the till's judgement before there is a till, and where to go."""

from datetime import date, timedelta

import pytest
from sqlalchemy import event

from benefits.errors import BenefitNotFound
from benefits.models import LimitScope, LimitUnit, LimitWindow, OfferKind, Programme, ProgrammeState
from benefits.queries import OwnFacts, Scopes, offers_at, own_facts
from benefits.services import (
    benefits_of_member,
    end_offer,
    move_programme,
    sites_of_benefit,
    take_limits,
    takes_for,
)
from benefits.services.usable import CodeFacts, usability
from cards.models import CardState
from cards.services import report_lost_at_desk
from kernel.actors import SYSTEM
from kernel.clock import shanghai_date, utc_now
from kernel.ids import new_id
from members.models import MembershipStatus
from merchants.models import MerchantState, SiteState
from tests.benefits.conftest import fixed, percent, reduction
from tests.cards.web import code_of, signed_in_member
from tests.make import NOW

HOUR = timedelta(hours=1)
EARLIER = NOW - HOUR
ADDRESS = "/api/v1/members/me/benefits"
A_DAY = {"scope": LimitScope.MEMBER, "window": LimitWindow.DAY, "unit": LimitUnit.USES}
CODE = CodeFacts("session", challenged=False)
ONLY_MIGRANTS = [{"rule": "employment", "values": ["flexible"]}]


@pytest.fixture
def shop(make):
    """A merchant with an agreement and two sites, in two districts."""
    shop = make.merchant(name="演示面馆")
    make.agreement(merchant_id=shop.id)
    make.site(merchant_id=shop.id, name="甲店", district="宝安区")
    make.site(merchant_id=shop.id, name="乙店", district="龙岗区")
    return shop


@pytest.fixture
def member(make):
    card = make.card(state=CardState.ACTIVE)
    return card.member_id


@pytest.fixture
def offered(plans, shop):
    return plans.offer(merchant=shop, valid_from=EARLIER)


def seen(session, member, *, now=NOW, rows=100, **asked):
    return benefits_of_member(session, member_id=member, now=now, rows=rows, **asked)


def reasons(each):
    return [found.code for found in each.reasons]


# --- One evaluator


def test_a_member_hears_what_the_till_would_say(session, make, plans, shop, member):
    migrants = plans.programme(eligibility=ONLY_MIGRANTS)
    used_up, paused = plans.programme(), plans.programme()
    for programme in (plans.programme(), migrants, used_up, paused):
        plans.offer(programme=programme, merchant=shop, valid_from=EARLIER)
    plans.limit(used_up, maximum=0)
    move_programme(
        session,
        actor=SYSTEM,
        programme_id=paused.id,
        version=paused.version,
        target=ProgrammeState.PAUSED,
        now=NOW,
    )
    facts: OwnFacts = own_facts(session, member_id=member)
    scopes = Scopes(shop.id, new_id(), new_id(), member)
    at_till = {
        offer.offer_id: usability(offer, facts.member, code=CODE, now=NOW)
        for offer in offers_at(session, scopes=scopes, now=NOW)
    }

    own = seen(session, member)

    assert {each.offer.line.offer_id: each.reasons for each in own} == {
        offer_id: judged.reasons for offer_id, judged in at_till.items()
    }
    assert sorted(map(reasons, own)) == [
        [],
        ["employment"],
        ["limit_reached"],
        ["programme_not_running"],
    ]


def test_a_card_that_does_not_work_is_said_before_everything_else(session, make, offered):
    card = make.card(state=CardState.ACTIVE)
    report_lost_at_desk(session, card_id=card.id, actor=SYSTEM, reason="挂失", now=NOW)
    left = make.member(status=MembershipStatus.WITHDRAWN)
    make.card(member=left, state=CardState.ACTIVE)

    for member in (card.member_id, left.id, make.member().id):
        [each] = seen(session, member)
        assert reasons(each)[0] == "card_not_usable"
        assert not each.usable


def test_what_is_left_is_the_members_own_and_not_the_budget(session, plans, shop, member):
    programme = plans.programme()
    offer = plans.offer(programme=programme, merchant=shop, valid_from=EARLIER)
    plans.limit(programme, maximum=1000_00)
    plans.limit(programme, offer=offer, maximum=2, **A_DAY)
    assert seen(session, member)[0].mine.left == 2

    scopes = Scopes(shop.id, new_id(), new_id(), member)
    [line] = offers_at(session, scopes=scopes, now=NOW)
    takes = takes_for(line.limits, union_fen=30_00, spread=new_id())
    for _ in range(2):
        take_limits(session, source_id=new_id(), takes=takes, is_held=False, day=shanghai_date(NOW))

    [each] = seen(session, member)
    assert (each.mine.left, reasons(each)) == (0, ["limit_reached_until"])
    [other] = seen(session, member, now=NOW + timedelta(days=1))
    assert (other.mine.left, other.usable) == (2, True)


# --- What is there


def test_what_no_till_would_show_is_not_there(session, make, plans, shop, member):
    closed = make.merchant()
    make.agreement(merchant_id=closed.id)
    make.site(merchant_id=closed.id, state=SiteState.CLOSED)
    unsigned = make.merchant()
    make.site(merchant_id=unsigned.id)
    suspended = make.merchant(state=MerchantState.SUSPENDED)
    make.agreement(merchant_id=suspended.id)
    make.site(merchant_id=suspended.id)
    for merchant in (closed, unsigned, suspended):
        plans.offer(merchant=merchant, valid_from=EARLIER)
    over = plans.programme(ends_on=shanghai_date(NOW))
    plans.offer(programme=over, merchant=shop, valid_from=EARLIER)
    plans.offer(merchant=shop, valid_from=NOW + HOUR)
    ended = plans.offer(merchant=shop, valid_from=EARLIER)
    end_offer(session, actor=SYSTEM, offer_id=ended.id, version=ended.version, now=NOW)

    assert seen(session, member) == []


def test_filters_by_kind_and_by_words_which_are_taken_literally(session, plans, shop, member):
    plans.offer(merchant=shop, valid_from=EARLIER, terms=percent(), title_zh="九折_会员")
    plans.offer(merchant=shop, valid_from=EARLIER, terms=fixed(), title_en="Noodles at 9.90")
    titles = lambda **asked: [  # noqa: E731 (asked five times)
        each.offer.line.title_zh for each in seen(session, member, **asked)
    ]

    assert titles(kind=OfferKind.PERCENT) == ["九折_会员"]
    assert titles(words="_") == ["九折_会员"]
    assert titles(words="%") == []
    assert len(titles(words="NOODLES")) == 1
    assert len(titles(words="面馆")) == 2


def test_the_first_end_counts(session, plans, shop, member):
    programme = plans.programme(ends_on=date(2026, 12, 1))
    plans.offer(programme=programme, merchant=shop, valid_from=EARLIER)
    plans.offer(merchant=shop, valid_from=EARLIER, valid_to=NOW + HOUR)
    plans.offer(merchant=shop, valid_from=EARLIER)

    ends = [each.ends_at for each in seen(session, member)]

    midnight_in_shanghai = NOW.replace(month=11, day=30, hour=16, minute=0, second=0, microsecond=0)
    assert ends == [midnight_in_shanghai, NOW + HOUR, None]


# --- Where to go


def test_sites_come_by_district_and_one_for_everywhere_counts_all(
    session, make, plans, shop, member
):
    other = make.merchant()
    make.agreement(merchant_id=other.id)
    for _ in range(4):
        make.site(merchant_id=other.id, district="龙岗区")
    make.site(merchant_id=shop.id, district="宝安区", state=SiteState.CLOSED)
    plans.offer(merchant=shop, valid_from=EARLIER)
    plans.offer(valid_from=EARLIER)

    own, everywhere = seen(session, member)

    assert [(each.district, each.site_count) for each in own.sites] == [
        ("宝安区", 1),
        ("龙岗区", 1),
    ]
    assert [(each.district, each.site_count, len(each.first)) for each in everywhere.sites] == [
        ("龙岗区", 5, 3),
        ("宝安区", 1, 1),
    ]
    asked = {"member_id": member, "district": "龙岗区", "now": NOW, "rows": 3}
    offer_id = everywhere.offer.line.offer_id
    first = sites_of_benefit(session, offer_id=offer_id, after=None, **asked)
    rest = sites_of_benefit(session, offer_id=offer_id, after=first[-1].id, **asked)
    assert len({site.id for site in [*first, *rest]}) == 5
    [only] = sites_of_benefit(session, offer_id=own.offer.line.offer_id, after=None, **asked)
    assert only.name == "乙店"


def test_the_sites_of_a_benefit_that_is_over_are_not_told(session, plans, shop, member):
    offer = plans.offer(merchant=shop, valid_from=EARLIER)
    end_offer(session, actor=SYSTEM, offer_id=offer.id, version=offer.version, now=NOW)

    with pytest.raises(BenefitNotFound):
        sites_of_benefit(
            session,
            member_id=member,
            offer_id=offer.id,
            district="宝安区",
            now=NOW,
            after=None,
            rows=9,
        )


def statements(session, ask):
    """Return how many statements `ask` sends."""
    counted = []
    hear = lambda *_: counted.append(1)  # noqa: E731
    connection = session.connection()
    event.listen(connection, "before_cursor_execute", hear)
    try:
        ask()
    finally:
        event.remove(connection, "before_cursor_execute", hear)
    return len(counted)


def test_thirty_offers_cost_as_many_statements_as_one(session, make, plans, shop, member):
    programme = plans.programme()
    plans.limit(programme)
    plans.offer(programme=programme, merchant=shop, valid_from=EARLIER)
    of_one = statements(session, lambda: seen(session, member))
    for place in range(29):
        merchant = make.merchant()
        make.agreement(merchant_id=merchant.id)
        make.site(merchant_id=merchant.id)
        offer = plans.offer(
            programme=programme, merchant=None if place == 0 else merchant, valid_from=EARLIER
        )
        plans.limit(programme, offer=offer)

    assert len(seen(session, member)) == 30
    assert statements(session, lambda: seen(session, member)) == of_one == 3


# --- Over HTTP


@pytest.fixture
def headers(make, session, member):
    return signed_in_member(make, session, member)


def test_the_list_says_what_why_and_where(client, session, headers, plans, shop):
    programme = plans.programme(eligibility=ONLY_MIGRANTS)
    offer = plans.offer(merchant=shop, terms=reduction(most=20_00))
    plans.limit(session.get_one(Programme, offer.programme_id), offer=offer, maximum=2, **A_DAY)
    plans.offer(programme=programme, merchant=shop, terms=percent(9500, share=0))

    page = client.get(ADDRESS, headers=headers | {"Accept-Language": "en"}).json
    good, other = page["items"]

    assert page["next_cursor"] is None
    assert (good["usable"], good["reason"], good["merchant"]) == (True, None, "演示面馆")
    assert good["terms"] == "From ¥50.00, ¥40.00 comes off the bill."
    assert "at most ¥20.00 a use" in good["who_pays"]
    assert [good[key] for key in ("left", "left_unit", "left_window")] == [2, "uses", "day"]
    assert good["districts"][0]["first"][0]["address"]
    assert (other["usable"], other["reason"]) == (False, "employment")
    assert (other["reason_text"], other["next_step"]) == (
        "This benefit is for another occupation or form of employment.",
        "Choose another benefit.",
    )
    assert other["terms"] == "You pay 95% of the bill."


def test_the_list_is_paged_and_filtered(client, headers, plans, shop):
    for terms in (reduction(), reduction(), fixed()):
        plans.offer(merchant=shop, terms=terms, valid_from=utc_now() - HOUR)

    first = client.get(f"{ADDRESS}?rows=2", headers=headers).json
    rest = client.get(f"{ADDRESS}?rows=2&cursor={first['next_cursor']}", headers=headers).json
    fixed_ones = client.get(f"{ADDRESS}?kind=fixed_price", headers=headers).json["items"]

    assert (len(first["items"]), len(rest["items"]), rest["next_cursor"]) == (2, 1, None)
    assert fixed_ones == rest["items"]
    for wrong in ("kind=free", "cursor=x", "rows=0", f"q={'x' * 41}"):
        assert client.get(f"{ADDRESS}?{wrong}", headers=headers).status_code == 422


def test_sites_over_http(client, headers, plans, shop):
    offer = plans.offer(merchant=shop)
    address = f"{ADDRESS}/{offer.id}/sites"

    page = client.get(f"{address}?district=宝安区", headers=headers).json

    assert [site["name"] for site in page["items"]] == ["甲店"]
    unknown = client.get(f"{ADDRESS}/{new_id()}/sites?district=宝安区", headers=headers)
    assert code_of(unknown, 404) == "benefit_not_found"
    assert len(client.get(address, headers=headers).json["items"]) == 2


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        (percent(share=0), "The merchant bears the whole discount."),
        (percent(share=10_000), "The union pays the whole discount."),
        (
            percent(share=10_000, most=40_00),
            "The union pays the discount, at most ¥40.00 a use. What is above it you pay.",
        ),
        (
            percent(share=3_350),
            "Of the discount the union pays 33.5%, the merchant bears 66.5%.",
        ),
    ],
)
@pytest.mark.usefixtures("shop")
def test_who_pays_is_said_in_one_sentence(client, headers, plans, terms, said):
    plans.offer(terms=terms)

    [each] = client.get(ADDRESS, headers=headers | {"Accept-Language": "en"}).json["items"]

    assert (each["who_pays"], each["merchant"]) == (said, None)
