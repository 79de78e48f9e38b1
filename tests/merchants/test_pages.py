"""The desk's pages for merchants: who sees what, what is done, what is refused and how."""

import re
from datetime import date

import pytest

from kernel.actors import Role
from kernel.ids import new_id
from merchants.models import (
    MERCHANT_ACCOUNT_NUMBER,
    Agreement,
    AgreementState,
    Merchant,
    MerchantState,
    PairingCode,
    Site,
    SiteState,
)
from tests.make.merchants import synthetic_uscc
from tests.merchants.conftest import BAOAN, CITY

LIST = "/desk/merchants"
FACTS = {
    "kind": "merchant",
    "name": "演示新商户",
    "uscc": synthetic_uscc(7001),
    "category": "餐饮",
    "district": "宝安区",
    "union_code": "SZ-BA",
    "account_number": "6299 9900 0000 0017",
    "account_holder": "演示新商户",
}


@pytest.fixture
def designer(make, unions, signed_in):
    return signed_in(make.staff(Role.PROGRAMME_DESIGNER, union=unions[CITY]))


def page_of(row):
    return f"{LIST}/{row.id}"


def site_of(session, merchant):
    return session.query(Site).filter_by(merchant_id=merchant.id).one()


def test_the_list_shows_what_is_mine_and_narrows(designer, shop, home):
    page = designer.open(LIST)
    assert page.status_code == 200
    assert shop.name in page.text
    assert home.name in page.text

    narrowed = designer.open(f"{LIST}?kind=service_site")
    assert shop.name not in narrowed.text
    assert home.name in narrowed.text


def test_an_empty_list_says_what_to_do(designer, unions):
    assert "/desk/merchants/new" in designer.open(LIST).text
    nothing_fits = designer.open(f"{LIST}?text=x").text
    assert 'class="empty"' in nothing_fits
    assert f'<a href="{LIST}">' in nothing_fits


def test_the_list_goes_out_as_a_file_without_any_account(designer, shop, session):
    answer = designer.open(f"{LIST}?format=csv")

    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert shop.uscc in answer.get_data(as_text=True)
    assert "****" not in answer.get_data(as_text=True)


@pytest.mark.parametrize("query", ["cursor=x", "cursor=YR9i", "format=pdf"])
def test_a_forged_address_is_a_bad_request(designer, query):
    assert designer.open(f"{LIST}?{query}").status_code == 400


def test_the_list_goes_on_behind_its_last_name(designer, make, unions):
    for _ in range(51):
        make.merchant(name="同名", union_id=unions[BAOAN].id)

    first = designer.open(LIST).text
    address = re.search(r'href="([^"]*cursor=[^"]*)"', first)[1].replace("&amp;", "&")

    assert first.count(">同名</a>") == 50
    assert designer.open(address).text.count(">同名</a>") == 1


def test_a_merchant_is_registered_with_its_account_sealed(designer, session):
    answer = designer.send(LIST, page=f"{LIST}/new", **FACTS)

    merchant = session.query(Merchant).one()
    assert answer.status_code == 303
    assert answer.location.endswith(str(merchant.id))
    assert merchant.state is MerchantState.APPLIED
    opened = MERCHANT_ACCOUNT_NUMBER.open(merchant.id, merchant.account_number_sealed)
    assert opened == "6299990000000017"
    page = designer.open(page_of(merchant)).text
    assert "**** **** **** 0017" in page
    assert opened not in page


@pytest.mark.parametrize(
    ("changes", "field", "status"),
    [
        ({"uscc": "91440399MA0100501Y"}, "uscc", 422),
        ({"uscc": ""}, "uscc", 422),
        ({"account_number": "6299990000000018"}, "account_number", 422),
        ({"account_holder": ""}, "account_holder", 422),
        ({"union_code": "SZ-XX"}, "union_code", 422),
        ({"name": ""}, "name", 422),
        ({"kind": "shop"}, "kind", 422),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_lost(
    designer, session, changes, field, status
):
    typed = FACTS | changes

    answer = designer.send(LIST, page=f"{LIST}/new", **typed)

    assert answer.status_code == status
    assert f'id="{field}-fault"' in answer.text
    assert typed["category"] in answer.text
    assert session.query(Merchant).count() == 0


def test_a_taken_credit_code_is_a_conflict_beside_its_field(designer, shop):
    answer = designer.send(LIST, page=f"{LIST}/new", **FACTS | {"uscc": shop.uscc})

    assert answer.status_code == 409
    assert 'id="uscc-fault"' in answer.text


def test_facts_are_changed_and_an_empty_account_is_kept(designer, session, shop):
    edit = f"{page_of(shop)}/edit"
    facts = FACTS | {"uscc": shop.uscc, "account_number": "", "account_holder": "", "version": "1"}

    answer = designer.send(page_of(shop), page=edit, **facts)

    session.refresh(shop)
    assert answer.status_code == 303
    assert (shop.name, shop.version, shop.account_index) == ("演示新商户", 2, None)


def test_an_edit_of_an_older_version_is_shown_again_with_what_was_typed(designer, session, shop):
    facts = FACTS | {"uscc": shop.uscc, "version": "7"}

    answer = designer.send(page_of(shop), page=f"{page_of(shop)}/edit", **facts)

    session.refresh(shop)
    assert answer.status_code == 412
    assert "演示新商户" in answer.text
    assert shop.name == "宝安饭店"


def test_a_merchant_is_suspended_with_a_reason_and_let_work_again(designer, session, shop):
    refused = designer.send(f"{page_of(shop)}/suspend", page=page_of(shop), reason="")
    assert refused.status_code == 422
    assert 'id="reason-fault"' in refused.text

    designer.send(f"{page_of(shop)}/suspend", page=page_of(shop), reason="投诉核查")
    session.refresh(shop)
    assert shop.state is MerchantState.SUSPENDED
    assert "投诉核查" in designer.open(page_of(shop)).text

    designer.send(f"{page_of(shop)}/activate", page=page_of(shop))
    session.refresh(shop)
    assert shop.state is MerchantState.ACTIVE


def test_an_ended_merchant_offers_nothing_more_to_do(designer, session, shop):
    designer.send(f"{page_of(shop)}/end", page=page_of(shop), reason="退出")

    session.refresh(shop)
    page = designer.open(page_of(shop)).text
    assert shop.state is MerchantState.ENDED
    for action in ("/suspend", "/activate", "/pairing-code", "/sites/new", "/agreements/new"):
        assert action not in page
    again = designer.client.post(
        f"{page_of(shop)}/activate", data={"csrf_token": designer.token(page_of(shop))}
    )
    assert again.status_code == 409


def test_a_site_is_added_once_under_its_name(designer, session, shop):
    typed = {"name": "松岗店", "address": "松岗路1号", "district": "宝安区"}
    form = f"{page_of(shop)}/sites/new"

    assert designer.send(f"{page_of(shop)}/sites", page=form, **typed).status_code == 303
    again = designer.send(f"{page_of(shop)}/sites", page=form, **typed)

    assert again.status_code == 409
    assert 'id="name-fault"' in again.text
    assert session.query(Site).filter_by(merchant_id=shop.id).count() == 2
    assert designer.send(f"{page_of(shop)}/sites", page=form, name="x").status_code == 422


def test_a_site_closes_and_reopens(designer, session, shop):
    site = site_of(session, shop)

    for action, state in (("close", SiteState.CLOSED), ("reopen", SiteState.OPEN)):
        designer.send(f"{LIST}/sites/{site.id}/{action}", page=page_of(shop))
        session.refresh(site)
        assert site.state is state


def test_a_pairing_code_is_shown_once_large_and_as_a_picture(designer, session, shop):
    site = site_of(session, shop)

    answer = designer.send(f"{LIST}/sites/{site.id}/pairing-code", page=page_of(shop))

    assert answer.status_code == 200
    code = re.search(r'id="pairing-code">([A-Z0-9]{5}-[A-Z0-9]{5})<', answer.text)[1]
    assert 'src="data:image/svg+xml;base64,' in answer.text
    assert session.query(PairingCode).one().site_id == site.id
    assert code not in designer.open(page_of(shop)).text
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_till_is_unpaired_and_stays_on_the_page(designer, make, session, shop):
    till = make.terminal(site=site_of(session, shop))
    assert f"/terminals/{till.id}/unpair" in designer.open(page_of(shop)).text

    designer.send(f"{LIST}/terminals/{till.id}/unpair", page=page_of(shop))

    session.refresh(till)
    page = designer.open(page_of(shop)).text
    assert till.unpaired_at is not None
    assert till.code in page
    assert f"/terminals/{till.id}/unpair" not in page


def test_an_agreement_is_drafted_signed_and_ended(designer, session, shop):
    form = f"{page_of(shop)}/agreements/new"
    typed = {
        "number": "SZ-PH-2026-0001",
        "starts_on": "2026-01-01",
        "last_on": "2026-12-31",
        "signed_by": "深圳市总工会(演示)",
    }

    designer.send(f"{page_of(shop)}/agreements", page=form, **typed)
    agreement = session.query(Agreement).one()
    assert agreement.state is AgreementState.DRAFT
    assert agreement.ends_on == date(2027, 1, 1)
    assert "2026-12-31" in designer.open(page_of(shop)).text

    for action, state in (("sign", AgreementState.ACTIVE), ("end", AgreementState.ENDED)):
        designer.send(f"{LIST}/agreements/{agreement.id}/{action}", page=page_of(shop))
        session.refresh(agreement)
        assert agreement.state is state


@pytest.mark.parametrize(
    "case",
    [
        ("last_on", "2025-12-31", 422),
        ("last_on", "9999-12-31", 422),
        ("starts_on", "morgen", 422),
        ("number", "PH-TAKEN", 409),
        ("signed_by", "", 422),
    ],
)
def test_a_wrong_agreement_is_shown_again(designer, make, shop, case):
    field, typed, status = case
    make.agreement(number="PH-TAKEN")
    right = {
        "number": "PH-1",
        "starts_on": "2026-01-01",
        "last_on": "2026-12-31",
        "signed_by": "甲",
    }

    answer = designer.send(
        f"{page_of(shop)}/agreements",
        page=f"{page_of(shop)}/agreements/new",
        **right | {field: typed},
    )

    assert answer.status_code == status
    assert f'id="{field}-fault"' in answer.text


def test_an_overlapping_agreement_cannot_be_signed(designer, make, session, shop):
    make.agreement(merchant_id=shop.id)
    draft = make.agreement(merchant_id=shop.id, state=AgreementState.DRAFT, signed_at=None)

    answer = designer.send(f"{LIST}/agreements/{draft.id}/sign", page=page_of(shop))

    assert answer.status_code == 409
    assert answer.content_type.startswith("text/html")


@pytest.mark.parametrize("language", ["zh_Hans_CN", "en"])
def test_pages_answer_in_both_languages(designer, shop, home, language):
    designer.client.set_cookie("uc_language", language)

    for path in (
        LIST,
        page_of(shop),
        page_of(home),
        f"{LIST}/new",
        f"{page_of(shop)}/edit",
        f"{page_of(shop)}/sites/new",
        f"{page_of(shop)}/agreements/new",
    ):
        page = designer.open(path)
        assert page.status_code == 200
        assert f'lang="{"zh-CN" if language == "zh_Hans_CN" else "en"}"' in page.text


def test_what_is_not_there_is_not_found(designer):
    missing = new_id()
    for path in (f"{LIST}/{missing}", f"{LIST}/{missing}/edit", f"{LIST}/{missing}/sites/new"):
        assert designer.open(path).status_code == 404
