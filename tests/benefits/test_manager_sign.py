"""The sign for the door, as the manager saves it: own open sites under an agreement, no other."""

import pypdfium2
import pytest
import zxingcpp

from kernel.ids import new_id
from merchants.models import MerchantState, SiteState
from tests.merchants.manager_phone import ManagerPhone

POINTS_A_MM = 72 / 25.4


@pytest.fixture
def shop(make):
    return make.merchant(name="深圳市福田区测试面馆")


@pytest.fixture
def phone(client, make, shop):
    return ManagerPhone(client, make, make.manager(merchant=shop))


@pytest.mark.parametrize(("size", "sheet"), [("a5", (148, 210)), ("a4", (210, 297))])
def test_the_sign_is_saved_for_either_sheet_and_fills_it(phone, make, shop, size, sheet):
    site = make.site(merchant_id=shop.id, name="华强北店")
    make.agreement(merchant_id=shop.id, number="PH-演示-7")

    answer = phone.open(f"sites/{site.id}/sign-{size}.pdf")

    assert answer.mimetype == "application/pdf"
    assert "attachment" in answer.headers["Content-Disposition"]
    [page] = pypdfium2.PdfDocument(answer.data)
    assert page.get_size() == pytest.approx([side * POINTS_A_MM for side in sheet], abs=0.1)
    text = page.get_textpage()
    said = text.get_text_range()
    assert all(each in said for each in ("测试面馆", "华强北店", "PH-演示-7", "2026-12-31"))
    picture = page.render(scale=3).to_pil()
    [code] = zxingcpp.read_barcodes(picture)
    assert code.text.endswith("/card/#benefits")
    # The red band reaches the sheet's right edge, and the last line is near its foot.
    assert picture.getpixel((picture.width - 2, 4))[0] > 150 > picture.getpixel((4, 4))[1]
    foot = min(text.get_charbox(place)[1] for place in range(text.count_chars()))
    assert 0 < foot < page.get_height() * 0.08


def test_the_page_of_an_open_site_offers_it_and_that_of_a_closed_one_says_why_not(
    phone, make, shop
):
    site = make.site(merchant_id=shop.id)
    closed = make.site(merchant_id=shop.id, state=SiteState.CLOSED)

    assert f"/sites/{site.id}/sign-a4.pdf" in phone.open(f"sites/{site.id}").text
    page = phone.open(f"sites/{closed.id}").text
    assert "sign-a4.pdf" not in page
    assert "can be printed once the union has opened it" in page


def test_what_promises_nothing_has_no_sign(phone, make, shop, session):
    site = make.site(merchant_id=shop.id)
    closed = make.site(merchant_id=shop.id, state=SiteState.CLOSED)
    without = phone.open(f"sites/{site.id}/sign-a5.pdf")
    make.agreement(merchant_id=shop.id)
    shut = phone.open(f"sites/{closed.id}/sign-a5.pdf")
    shop.state = MerchantState.SUSPENDED
    session.flush()
    suspended = phone.open(f"sites/{site.id}/sign-a5.pdf")

    assert [each.status_code for each in (without, shut, suspended)] == [409, 409, 409]
    assert "No agreement is in force now." in without.text
    assert "This site is not open." in shut.text


@pytest.mark.parametrize("size", ["a3", "A5", "%2e%2e"])
def test_another_sheet_is_not_there(phone, make, shop, size):
    site = make.site(merchant_id=shop.id)

    assert phone.open(f"sites/{site.id}/sign-{size}.pdf").status_code == 404


def test_another_merchants_site_is_not_there(phone, make):
    assert phone.open(f"sites/{make.site().id}/sign-a5.pdf").status_code == 404
    assert phone.open(f"sites/{new_id()}/sign-a5.pdf").status_code == 404
