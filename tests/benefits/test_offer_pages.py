"""The desk's pages for offers: found, made, ended, and what is said of those that wait."""

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


def test_the_list_of_offers_narrows(designer, plans, offer, programme):
    plans.offer(title_en="Everywhere")

    page = designer.open(OFFERS).text
    assert "宝安饭店" in page
    assert "Everywhere" in page
    assert "From ¥50.00, ¥40.00 comes off the bill." in page
    for query in (f"programme={programme.id}", f"merchant={offer.merchant_id}", "text=宝安"):
        narrowed = designer.open(f"{OFFERS}?{query}").text
        assert "宝安饭店" in narrowed
        assert "Everywhere" not in narrowed
    assert 'class="empty"' in designer.open(f"{OFFERS}?state=ended").text
    assert designer.open(f"{OFFERS}?programme=x").status_code == 422


def test_an_empty_list_of_offers_says_what_to_do(designer, callers):
    assert "/desk/offers/new" in designer.open(OFFERS).text.split("<main", 1)[1]
    assert "/desk/offers/new" not in callers(Role.AUDITOR).open(OFFERS).text


def test_a_merchant_is_found_and_gets_an_offer_named_by_its_terms(
    designer, session, programme, shop
):
    found = designer.open(f"{OFFERS}/new?text=宝安").text
    form = f"{OFFERS}/new/{shop.id}"
    assert form in found

    answer = designer.send(form, **TERMS | {"programme": str(programme.id)})

    made = session.query(Offer).one()
    assert answer.status_code == 303
    assert (made.merchant_id, made.title_zh, made.title_en) == (
        shop.id,
        "满50减40",
        "¥40 off from ¥50",
    )
    (version,) = versions_of(session, offer_id=made.id)
    assert (version.threshold_fen, version.union_share_bp, version.union_max_fen) == (
        50_00,
        7500,
        4_00,
    )
    page = designer.open(page_of(made)).text
    assert "Of the discount the union pays 75%, at most ¥4.00 a use" in page
    assert "the merchant bears 25%" in page
    assert "In force" in page


def test_an_offer_for_every_merchant_is_made_by_the_city(designer, session, programme):
    typed = TERMS | {"programme": str(programme.id), "title_zh": "全城", "title_en": "All"}

    assert designer.send(f"{OFFERS}/new/all", **typed).status_code == 303
    made = session.query(Offer).one()
    assert (made.merchant_id, made.title_en) == (None, "All")


def test_nothing_is_offered_without_a_programme(designer, plans, shop):
    plans.programme(family=Family.TRAINING)

    page = designer.open(f"{OFFERS}/new/{shop.id}").text
    assert "There is no discount programme" in page


def test_an_offer_of_a_programme_that_ended_meanwhile_is_refused(designer, session, plans, shop):
    other = plans.programme(family=Family.AID, fund_source=FundSource.AID)
    plans.programme()

    answer = designer.send(f"{OFFERS}/new/{shop.id}", **TERMS | {"programme": str(other.id)})

    assert answer.status_code == 409
    assert 'id="programme-fault"' in answer.text
    assert session.query(Offer).count() == 0


def test_an_offer_ends_once_and_by_who_saw_it_as_it_is(designer, session, offer):
    page = page_of(offer)

    assert designer.send(f"{page}/end", page=page, version="77").status_code == 412
    assert designer.send(f"{page}/end", page=page).status_code == 422
    designer.send(f"{page}/end", page=page, version=str(offer.version))
    session.refresh(offer)
    assert offer.state is OfferState.ENDED
    shown = designer.open(page).text
    assert f"{page}/versions/new" not in shown
    version = str(offer.version)
    again = designer.send(f"{page}/end", page="/desk/account", version=version)
    assert again.status_code == 409


def test_an_offer_of_a_programme_that_does_not_run_says_so(designer, session, offer, programme):
    programme.state = ProgrammeState.PAUSED
    session.flush()

    assert "The programme is not running" in designer.open(page_of(offer)).text


def test_an_offer_of_a_merchant_without_an_agreement_says_so(designer, make, offer):
    assert "no agreement in force" in designer.open(page_of(offer)).text

    today = utc_now().date()
    days = {"starts_on": today - timedelta(days=2), "ends_on": today + timedelta(days=2)}
    make.agreement(merchant_id=offer.merchant_id, **days)
    assert "no agreement in force" not in designer.open(page_of(offer)).text


def test_an_offer_without_terms_in_force_says_so(designer, plans):
    later = plans.offer(valid_from=utc_now() + timedelta(days=1))

    assert "No terms are in force now" in designer.open(page_of(later)).text


def test_no_offer_is_made_at_a_merchant_that_has_ended(designer, make, programme, session):
    gone = make.merchant(name="已退出", state=MerchantState.ENDED)

    assert "已退出" not in designer.open(f"{OFFERS}/new").text
    answer = designer.send(f"{OFFERS}/new/{gone.id}", **TERMS | {"programme": str(programme.id)})
    assert answer.status_code == 409
    assert session.query(Offer).count() == 0
