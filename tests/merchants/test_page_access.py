"""Who may do what with the desk's pages for merchants."""

import pytest

from kernel.actors import Role
from merchants.models import MerchantState
from tests.merchants.conftest import BAOAN, CITY, LONGGANG
from tests.merchants.test_pages import FACTS, LIST, page_of, site_of


@pytest.fixture
def callers(make, unions, signed_in):
    """Return a function: the desk of somebody with a role for a union."""

    def call(role, path):
        return signed_in(make.staff(role, union=unions[path]))

    return call


def gets(merchant):
    return [
        page_of(merchant),
        f"{page_of(merchant)}/edit",
        f"{page_of(merchant)}/sites/new",
        f"{page_of(merchant)}/agreements/new",
    ]


def posts(make, session, merchant):
    """Return what can be sent about a merchant, each with a form that has no fault of its own."""
    site = site_of(session, merchant)
    till = make.terminal(site=site)
    agreement = make.agreement(merchant_id=merchant.id)
    page = page_of(merchant)
    facts = FACTS | {"uscc": merchant.uscc or "", "kind": merchant.kind.value}
    place = {"name": "新店", "address": "路1号", "district": "宝安区"}
    days = {"starts_on": "2030-01-01", "last_on": "2030-12-31"}
    changes = [
        (page, facts | {"version": "1"}),
        (f"{page}/activate", {}),
        (f"{page}/suspend", {"reason": "核查"}),
        (f"{page}/end", {"reason": "退出"}),
        (f"{page}/sites", place),
        (f"{page}/agreements", days | {"number": f"N-{merchant.id}", "signed_by": "甲"}),
        (f"{LIST}/sites/{site.id}/close", {}),
        (f"{LIST}/sites/{site.id}/reopen", {}),
        (f"{LIST}/agreements/{agreement.id}/sign", {}),
        (f"{LIST}/agreements/{agreement.id}/end", {}),
    ]
    pairing = [
        (f"{LIST}/sites/{site.id}/pairing-code", {}),
        (f"{LIST}/terminals/{till.id}/unpair", {}),
    ]
    return changes, pairing


def statuses(desk, forms):
    token = {"csrf_token": desk.token("/desk/account")}
    return {desk.client.post(path, data=token | fields).status_code for path, fields in forms}


def test_a_foreign_unions_designer_finds_nothing(callers, make, session, shop):
    stranger = callers(Role.PROGRAMME_DESIGNER, LONGGANG)
    changes, pairing = posts(make, session, shop)

    assert shop.name not in stranger.open(LIST).text
    assert {stranger.open(path).status_code for path in gets(shop)} == {404}
    assert statuses(stranger, [*changes, *pairing]) == {404}
    session.refresh(shop)
    assert (shop.state, shop.version) == (MerchantState.ACTIVE, 1)


def test_a_districts_designer_reaches_no_merchant_of_the_whole_city(callers, make):
    everywhere = make.merchant(union_id=None)
    desk = callers(Role.PROGRAMME_DESIGNER, BAOAN)

    assert {desk.open(path).status_code for path in gets(everywhere)} == {404}
    created = desk.send(LIST, page=f"{LIST}/new", **FACTS | {"union_code": ""})
    assert created.status_code == 422


def test_an_auditor_reads_and_changes_nothing(callers, make, session, shop):
    auditor = callers(Role.AUDITOR, CITY)
    changes, pairing = posts(make, session, shop)

    page = auditor.open(page_of(shop))
    assert page.status_code == 200
    assert "<form" not in page.text.split("<main", 1)[1]
    assert "/desk/merchants/new" not in auditor.open(LIST).text
    assert {auditor.open(path).status_code for path in gets(shop)[1:]} == {403}
    assert statuses(auditor, [*changes, *pairing]) == {403}


def test_a_site_worker_pairs_at_the_unions_own_sites_only(callers, make, session, shop, home):
    worker = callers(Role.SITE_WORKER, BAOAN)
    page = worker.open(LIST).text
    assert home.name in page
    assert shop.name not in page
    assert worker.open(page_of(shop)).status_code == 404

    own_changes, own_pairing = posts(make, session, home)
    foreign_changes, foreign_pairing = posts(make, session, shop)
    assert statuses(worker, [*own_changes, *foreign_changes]) == {403}
    assert statuses(worker, own_pairing) == {200, 303}
    assert statuses(worker, foreign_pairing) == {404}


def test_a_site_worker_of_another_district_is_a_stranger(callers, make, session, home):
    worker = callers(Role.SITE_WORKER, LONGGANG)
    _, pairing = posts(make, session, home)

    assert worker.open(page_of(home)).status_code == 404
    assert statuses(worker, pairing) == {404}


@pytest.mark.parametrize("role", [Role.REGISTER_OFFICER, Role.FINANCE_MAKER, Role.ADMINISTRATOR])
def test_other_roles_have_no_business_here(callers, make, session, shop, role):
    desk = callers(role, CITY)
    changes, pairing = posts(make, session, shop)

    assert {desk.open(path).status_code for path in [LIST, *gets(shop)]} == {403}
    assert statuses(desk, [*changes, *pairing]) == {403}


def test_nobody_is_led_to_the_sign_in_and_may_send_nothing(client, make, session, shop):
    changes, pairing = posts(make, session, shop)

    assert {client.get(path).status_code for path in [LIST, *gets(shop)]} == {302}
    sent = {client.post(path, data=fields).status_code for path, fields in [*changes, *pairing]}
    # The caller is looked at before the form is: a stranger hears nothing about form tokens.
    assert sent == {401}


def test_a_tills_token_opens_no_page(client, make, session, shop):
    make.terminal(site=site_of(session, shop), token="uct_till")
    headers = {"Authorization": "Bearer uct_till"}

    assert client.get(page_of(shop), headers=headers).status_code == 302
