import pytest

from kernel.clock import shanghai_date
from kernel.ids import new_id
from merchants.errors import (
    AgreementNotFound,
    MerchantNotFound,
    MerchantUnionUnknown,
    SiteNotFound,
    TerminalNotFound,
)
from merchants.models import MerchantKind, MerchantState, SiteState
from merchants.queries import (
    MerchantFilter,
    MerchantReach,
    categories_within,
    districts_within,
    find_agreement,
    find_merchant,
    find_site,
    find_terminal,
    find_union_id,
    merchant_within,
    merchants_within,
    terminals_of,
    unions_within,
)
from tests.make import NOW
from tests.merchants.conftest import BAOAN, CITY, LONGGANG

TODAY = shanghai_date(NOW)


@pytest.fixture
def town(make, unions):
    """A merchant and a service organisation in 宝安, a merchant of the whole city."""
    return {
        "shop": make.merchant(name="宝安饭店", union_id=unions[BAOAN].id),
        "service": make.service_organisation(name="宝安职工之家", union_id=unions[BAOAN].id),
        "city": make.merchant(name="全市影院", union_id=None, category="影院", district="福田区"),
    }


def names(session, reach, **facts):
    return {row.name for row in merchants_within(session, reach=reach, today=TODAY, **facts)}


@pytest.mark.parametrize(
    ("reach", "seen"),
    [
        (MerchantReach(paths=(CITY,)), {"宝安饭店", "宝安职工之家", "全市影院"}),
        (MerchantReach(paths=(BAOAN,)), {"宝安饭店", "宝安职工之家"}),
        (MerchantReach(paths=(LONGGANG,)), set()),
        (MerchantReach(paths=("SZ/SZ-B",)), set()),
        (MerchantReach(site_paths=(BAOAN,)), {"宝安职工之家"}),
        (MerchantReach(site_paths=(LONGGANG,)), set()),
        (MerchantReach(site_paths=(CITY,)), {"宝安职工之家"}),
        (MerchantReach(), set()),
    ],
)
def test_a_caller_sees_the_merchants_of_the_subtree(session, town, reach, seen):
    assert names(session, reach) == seen
    single = {
        merchant.name
        for merchant in town.values()
        if merchant_within(session, merchant_id=merchant.id, reach=reach)
    }
    assert single == seen


def test_what_belongs_to_a_merchant_is_seen_with_it(session, make, town):
    site = make.site(merchant_id=town["shop"].id)
    terminal = make.terminal(site=site)
    agreement = make.agreement(merchant_id=town["shop"].id)
    own, foreign = MerchantReach(paths=(BAOAN,)), MerchantReach(paths=(LONGGANG,))

    def find(reach):
        yield lambda: find_site(session, site_id=site.id, reach=reach)
        yield lambda: find_terminal(session, terminal_id=terminal.id, reach=reach)
        yield lambda: find_agreement(session, agreement_id=agreement.id, reach=reach)

    assert [find_one() for find_one in find(own)] == [site, terminal, agreement]
    refusals = (SiteNotFound, TerminalNotFound, AgreementNotFound)
    for find_one, refusal in zip(find(foreign), refusals, strict=True):
        with pytest.raises(refusal):
            find_one()


def test_what_is_not_there_is_not_found(session):
    nobody, everywhere = new_id(), MerchantReach(paths=(CITY,))

    with pytest.raises(MerchantNotFound):
        find_merchant(session, merchant_id=nobody, reach=everywhere)
    with pytest.raises(SiteNotFound):
        find_site(session, site_id=nobody, reach=everywhere)
    with pytest.raises(TerminalNotFound):
        find_terminal(session, terminal_id=nobody, reach=everywhere)
    with pytest.raises(AgreementNotFound):
        find_agreement(session, agreement_id=nobody, reach=everywhere)


@pytest.mark.parametrize(
    ("code", "paths", "found"),
    [
        ("SZ-BA", (CITY,), BAOAN),
        ("SZ-BA", (BAOAN,), BAOAN),
        ("SZ-BA", (LONGGANG,), MerchantUnionUnknown),
        ("SZ-XX", (CITY,), MerchantUnionUnknown),
        (None, (CITY,), None),
        (None, (BAOAN,), MerchantUnionUnknown),
    ],
)
def test_a_merchant_is_put_under_a_union_in_reach(session, unions, code, paths, found):
    def find():
        return find_union_id(session, code=code, reach=MerchantReach(paths=paths))

    if found is MerchantUnionUnknown:
        with pytest.raises(MerchantUnionUnknown):
            find()
    else:
        assert find() == (unions[found].id if found else None)


@pytest.mark.parametrize(
    ("wanted", "seen"),
    [
        (MerchantFilter(text="饭"), {"宝安饭店"}),
        (MerchantFilter(text="%"), set()),
        (MerchantFilter(kind=MerchantKind.SERVICE_SITE), {"宝安职工之家"}),
        (MerchantFilter(district="福田区"), {"全市影院"}),
        (MerchantFilter(category="影院", district="宝安区"), set()),
        (MerchantFilter(state=MerchantState.SUSPENDED), set()),
    ],
)
def test_the_list_is_narrowed(session, town, wanted, seen):
    assert names(session, MerchantReach(paths=(CITY,)), wanted=wanted) == seen


def test_a_merchant_is_found_by_its_whole_credit_code(session, town):
    wanted = MerchantFilter(text=f" {town['shop'].uscc.lower()} ")

    assert names(session, MerchantReach(paths=(CITY,)), wanted=wanted) == {"宝安饭店"}


def test_the_list_goes_on_where_it_ended(session, make, unions):
    for _ in range(3):
        make.merchant(name="同名", union_id=unions[BAOAN].id)
    reach = MerchantReach(paths=(CITY,))

    first = merchants_within(session, reach=reach, today=TODAY, rows=2)
    rest = merchants_within(
        session, reach=reach, today=TODAY, after=(first[-1].name, first[-1].id), rows=2
    )

    assert len({row.id for row in [*first, *rest]}) == 3


def test_a_row_counts_open_sites_and_paired_tills(session, make, town):
    shop = town["shop"]
    site = make.site(merchant_id=shop.id)
    make.site(merchant_id=shop.id, state=SiteState.CLOSED)
    make.terminal(site=site)
    gone = make.terminal(site=site, unpaired_at=NOW)
    agreement = make.agreement(merchant_id=shop.id)

    row = merchants_within(
        session, reach=MerchantReach(paths=(BAOAN,)), today=TODAY, wanted=MerchantFilter("饭")
    )[0]

    assert (row.site_count, row.terminal_count) == (1, 1)
    assert row.agreement_ends_on == agreement.ends_on
    assert row.union_name == "宝安区总工会(演示)"
    assert terminals_of(session, merchant_id=shop.id)[-1] is gone


def test_filters_offer_what_the_caller_can_see(session, town):
    assert categories_within(session, reach=MerchantReach(paths=(BAOAN,))) == ["餐饮"]
    assert districts_within(session, reach=MerchantReach(paths=(CITY,))) == ["宝安区", "福田区"]


def test_a_form_offers_the_unions_of_the_subtree(session, unions):
    assert [each.code for each in unions_within(session, paths=(BAOAN,))] == ["SZ-BA"]
    assert len(unions_within(session, paths=(CITY,))) == 3
    assert unions_within(session, paths=()) == []
