"""A member looks up what they can use, then a purchase: its receipt, a rating, "not me"."""

from contextlib import contextmanager

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from cards.models import Card
from discounts.models import RedemptionRating, RedemptionReport
from kernel import db
from tests.drive import Till, answered
from tests.journeys.phones import CardWindow

NARROW = {"width": 320, "height": 640}

pytestmark = pytest.mark.browser


@contextmanager
def signed_in(chromium, town, person, **options):
    with CardWindow(chromium, town, person, **options) as card:
        yield card.sign_in()
        assert card.complaints == []


def buy(card, town, pairing_code):
    """Sell to the card on the screen at a till of the town; return the receipt's number."""
    till = Till(town.base_url).pair(pairing_code)
    verification = till.verify(card.film())
    sale = till.redeem(town.limited_offer, 60_00, verification_id=verification["verification_id"])
    return answered(sale, 201)["receipt_no"]


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_benefits_are_found_by_kind_and_district_and_stay_without_a_network(
    chromium, phone_town, person, language
):
    with signed_in(chromium, phone_town, person, language=language) as card:
        card.go("tab_benefits")
        expect(card.heading("benefits_title")).to_be_focused()
        rows = card.page.locator("a.list-card")
        expect(rows.first).to_be_visible()
        all_of_them = rows.count()
        card.shoot(f"benefits-{language}")
        assert card.faults() == []

        card.page.get_by_label(card.say("benefits_kind"), exact=True).select_option(
            "full_reduction"
        )
        assert 0 < rows.count() <= all_of_them
        card.field("benefits_search").fill("沒有這樣的東西")
        expect(card.page.get_by_text(card.say("benefits_no_match"))).to_be_visible()
        card.button("benefits_show_all").click()
        assert rows.count() == all_of_them

        district = card.page.get_by_label(card.say("benefits_district"), exact=True)
        district.select_option(index=1)
        rows.first.click()
        expect(card.page.get_by_role("heading", name=card.say("benefits_where"))).to_be_visible()
        card.shoot(f"benefit-{language}")
        assert card.faults() == []
        card.page.set_viewport_size(NARROW)
        assert card.faults() == []

        # What is asked without a network is answered from what was heard last.
        card.page.route("**/api/v1/members/me/benefits**", lambda route: route.abort())
        card.page.reload()
        expect(card.page.get_by_role("alert")).to_contain_text(card.say("no_answer"))
        card.page.get_by_role("link", name=card.say("benefits_back")).click()
        expect(rows.first).to_be_visible()
        chosen = district.input_value()
        assert chosen != ""


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_a_receipt_is_rated_and_reported(chromium, phone_town, person, pairing_code, language):
    with signed_in(chromium, phone_town, person, language=language) as card:
        bought = buy(card, phone_town, pairing_code)
        card.go("tab_records")
        expect(card.heading("records_title")).to_be_focused()
        card.page.get_by_label(card.say("records_kind"), exact=True).select_option("discount")
        line = card.page.locator(".timeline a")
        expect(line).to_have_count(1)
        card.shoot(f"records-{language}")
        assert card.faults() == []

        line.click()
        expect(card.page.get_by_text(bought)).to_be_visible()
        card.page.get_by_text(card.say("records_proof"), exact=True).click()
        card.page.get_by_label(card.say("records_stars", stars=4)).check()
        card.field("records_comment").fill("好")
        card.button("records_rate_send").click()
        expect(card.button("records_rate_change")).to_be_visible()
        card.shoot(f"record-{language}")
        assert card.faults() == []

        card.page.get_by_text(card.say("records_report"), exact=True).click()
        card.field("records_report_text").fill("那天我在上班")
        card.page.set_viewport_size(NARROW)
        assert card.faults() == []
        card.button("records_report_send").dblclick()
        lost = card.page.get_by_role("link", name=card.say("records_to_card"))
        expect(lost).to_be_visible()
        card.shoot(f"record-reported-{language}")
        assert card.faults() == []
        lost.click()
        expect(card.code).to_be_visible()

    with db.transaction() as session:
        card_id = session.scalars(select(Card.id).where(Card.number == person["card_number"])).one()
        report = session.scalars(
            select(RedemptionReport)
            .join(Card, Card.member_id == RedemptionReport.member_id)
            .where(Card.id == card_id)
        ).one()
        rating = session.get_one(RedemptionRating, report.redemption_id)
    assert (rating.stars, rating.comment, report.text) == (4, "好", "那天我在上班")
