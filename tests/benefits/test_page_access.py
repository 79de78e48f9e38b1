"""Who sees and changes which of the desk's pages for what is offered."""

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


@pytest.mark.parametrize("language", ["zh_Hans_CN", "en"])
def test_pages_answer_in_both_languages(designer, plans, programme, offer, language):
    rule = plans.limit(programme)
    designer.client.set_cookie("uc_language", language)

    for path in (
        PROGRAMMES,
        f"{PROGRAMMES}/new",
        page_of(programme),
        f"{page_of(programme)}/limits/new",
        f"{LIMITS}/{rule.id}",
        OFFERS,
        page_of(offer),
        f"{page_of(offer)}/versions/new",
        f"{page_of(offer)}/limits/new",
        f"{OFFERS}/new",
        f"{OFFERS}/new/all",
        f"{OFFERS}/new/{offer.merchant_id}",
    ):
        page = designer.open(path)
        assert page.status_code == 200
        assert f'lang="{"zh-CN" if language == "zh_Hans_CN" else "en"}"' in page.text
    assert ("夏季普惠" in designer.open(PROGRAMMES).text) is (language == "zh_Hans_CN")


@pytest.fixture
def everything(plans, programme, offer, shop):
    """Return what can be opened and sent: of the city, of the merchant's offer, and read."""
    city_rule, own_rule = plans.limit(programme), plans.limit(programme, offer=offer)
    limit = {"scope": "member", "window": "day", "unit": "uses", "maximum": "2"}
    edit = {"maximum": "9", "version": "1"}
    made = TERMS | {"programme": str(programme.id)}
    everywhere = plans.offer(programme=programme)
    city = {
        "gets": [
            f"{PROGRAMMES}/new",
            f"{page_of(programme)}/limits/new",
        ],
        "posts": [
            (PROGRAMMES, FACTS),
            (f"{page_of(programme)}/limits", limit),
            (f"{page_of(programme)}/pause", {"version": "1"}),
            (f"{page_of(programme)}/run", {"version": "1"}),
            (f"{page_of(programme)}/end", {"version": "1"}),
        ],
        "hidden_gets": [
            f"{OFFERS}/new/all",
            f"{page_of(everywhere)}/versions/new",
            f"{page_of(everywhere)}/limits/new",
            f"{LIMITS}/{city_rule.id}",
        ],
        "hidden_posts": [
            (f"{OFFERS}/new/all", made),
            (f"{page_of(everywhere)}/versions", version_typed(everywhere)),
            (f"{page_of(everywhere)}/limits", limit),
            (f"{page_of(everywhere)}/end", {"version": "1"}),
            (f"{LIMITS}/{city_rule.id}", edit),
        ],
    }
    own_gets = [
        f"{page_of(offer)}/versions/new",
        f"{page_of(offer)}/limits/new",
        f"{LIMITS}/{own_rule.id}",
        f"{OFFERS}/new/{shop.id}",
    ]
    own_posts = [
        (f"{page_of(offer)}/versions", version_typed(offer)),
        (f"{page_of(offer)}/limits", limit),
        (f"{LIMITS}/{own_rule.id}", edit),
        (f"{OFFERS}/new/{shop.id}", made),
        (f"{page_of(offer)}/end", {"version": str(offer.version + 1)}),
    ]
    reads = [PROGRAMMES, page_of(programme), OFFERS, page_of(everywhere)]
    return city, own_gets, own_posts, reads


def opened(desk, paths):
    return {desk.open(path).status_code for path in paths}


def sent(desk, forms):
    token = {"csrf_token": desk.token("/desk/account")}
    return {desk.client.post(path, data=token | fields).status_code for path, fields in forms}


def test_a_districts_designer_makes_offers_of_its_own_merchants_only(
    callers, everything, programme, offer
):
    city, own_gets, own_posts, reads = everything
    own = callers(Role.PROGRAMME_DESIGNER, BAOAN)

    assert opened(own, [*reads, page_of(offer), f"{OFFERS}/new", *own_gets]) == {200}
    assert sent(own, own_posts) == {303}
    assert opened(own, city["gets"]) == sent(own, city["posts"]) == {403}
    assert opened(own, city["hidden_gets"]) == sent(own, city["hidden_posts"]) == {404}
    for page in (page_of(programme), f"{OFFERS}/new"):
        text = own.open(page).text.split("<main", 1)[1]
        assert "/pause" not in text
        assert "/new/all" not in text


def test_a_foreign_districts_designer_finds_nothing_of_ours(
    callers, session, everything, programme, offer
):
    _, own_gets, own_posts, reads = everything
    stranger = callers(Role.PROGRAMME_DESIGNER, LONGGANG)

    assert opened(stranger, reads) == {200}
    assert opened(stranger, [page_of(offer), *own_gets]) == {404}
    assert sent(stranger, own_posts) == {404}
    for path in (OFFERS, page_of(programme), f"{OFFERS}/new"):
        assert "宝安饭店" not in stranger.open(path).text
    session.refresh(offer)
    assert offer.state is OfferState.ACTIVE


def test_an_auditor_reads_and_changes_nothing(callers, everything, programme, offer):
    city, own_gets, own_posts, reads = everything
    auditor = callers(Role.AUDITOR)

    assert opened(auditor, [*reads, page_of(offer)]) == {200}
    for path in (page_of(programme), page_of(offer)):
        assert "<form" not in auditor.open(path).text.split("<main", 1)[1]
    gets = [*city["gets"], *city["hidden_gets"], *own_gets, f"{OFFERS}/new"]
    assert opened(auditor, gets) == {403}
    assert sent(auditor, [*city["posts"], *city["hidden_posts"], *own_posts]) == {403}


@pytest.mark.parametrize("role", [Role.SITE_WORKER, Role.FINANCE_MAKER, Role.ADMINISTRATOR])
def test_other_roles_have_no_business_here(callers, everything, offer, role):
    city, own_gets, own_posts, reads = everything
    desk = callers(role)

    assert opened(desk, [*reads, page_of(offer), *own_gets, *city["gets"]]) == {403}
    assert sent(desk, [*city["posts"], *own_posts]) == {403}


def test_nobody_is_led_to_the_sign_in_and_may_send_nothing(client, everything):
    city, own_gets, own_posts, reads = everything

    assert {client.get(path).status_code for path in [*reads, *own_gets]} == {302}
    posts = [*city["posts"], *own_posts]
    assert {client.post(path, data=fields).status_code for path, fields in posts} == {401}


def test_what_is_not_there_is_not_found(designer):
    missing = new_id()
    for path in (
        f"{PROGRAMMES}/{missing}",
        f"{PROGRAMMES}/{missing}/limits/new",
        f"{OFFERS}/{missing}",
        f"{OFFERS}/{missing}/versions/new",
        f"{OFFERS}/new/{missing}",
        f"{LIMITS}/{missing}",
    ):
        assert designer.open(path).status_code == 404
