"""The desk's pages for what is offered: who sees what, what is done, what is refused and how."""

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
from tests.merchants.conftest import BAOAN, CITY, LONGGANG

PROGRAMMES, OFFERS, LIMITS = "/desk/programmes", "/desk/offers", "/desk/limits"
FACTS = {
    "code": "PH-2026-SUMMER",
    "name_zh": "夏季普惠",
    "name_en": "Summer offers",
    "fund_source": "union_fund",
    "starts_on": "2026-06-01",
    "last_on": "2026-08-31",
    "statuses": ["active", "retained"],
}
TERMS = {
    "kind": "full_reduction",
    "threshold_fen": "50",
    "reduction_fen": "40.00",
    "union_share_bp": "75",
    "union_max_fen": "4",
    "assurances": ["session"],
    "sample_fen": "60.00",
    "step": "save",
}


@pytest.fixture
def callers(make, unions, signed_in):
    """Return a function: the desk of somebody with a role for a union."""

    def call(role, path=CITY):
        desk = signed_in(make.staff(role, union=unions[path]))
        desk.client.set_cookie("uc_language", "en")
        return desk

    return call


@pytest.fixture
def designer(make, callers):
    make.chart()
    return callers(Role.PROGRAMME_DESIGNER)


@pytest.fixture
def programme(plans):
    return plans.programme()


@pytest.fixture
def shop(make, unions):
    return make.merchant(name="宝安饭店", union_id=unions[BAOAN].id)


@pytest.fixture
def offer(plans, programme, shop):
    return plans.offer(programme=programme, merchant=shop, title_zh="宝安满减")


def page_of(row):
    return f"{PROGRAMMES if isinstance(row, Programme) else OFFERS}/{row.id}"


def version_typed(offer, **changes):
    return TERMS | {"version": str(offer.version)} | changes


# --- Programmes


def test_programmes_are_listed_with_what_is_left_of_their_budgets(designer, plans, programme):
    plans.limit(programme, maximum=5000_00)

    page = designer.open(PROGRAMMES).text
    assert programme.name_en in page
    assert programme.code in page
    assert "All offers together: at most ¥5,000.00 in total" in page
    assert "¥0.00 taken, ¥5,000.00 left" in page
    assert '<meter min="0" max="500000" value="0"' in page


def test_no_programme_yet_says_what_to_do(designer, callers):
    assert "/desk/programmes/new" in designer.open(PROGRAMMES).text.split("<main", 1)[1]
    district = callers(Role.PROGRAMME_DESIGNER, BAOAN).open(PROGRAMMES).text
    assert 'class="empty"' in district
    assert "/desk/programmes/new" not in district


@pytest.mark.parametrize("path", [PROGRAMMES, OFFERS])
@pytest.mark.parametrize("query", ["cursor=x", "format=pdf"])
def test_a_forged_address_is_a_bad_request(designer, path, query):
    assert designer.open(f"{path}?{query}").status_code == 400


def test_both_lists_go_out_as_files(designer, plans, programme, offer):
    plans.limit(programme, maximum=12_00)

    listed = designer.open(f"{PROGRAMMES}?format=csv").get_data(as_text=True)
    assert programme.code in listed
    assert "¥12.00" in listed
    answer = designer.open(f"{OFFERS}?format=csv")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "宝安饭店" in answer.get_data(as_text=True)
    assert designer.open(f"{OFFERS}?format=xlsx").data.startswith(b"PK")


def test_a_programme_is_drafted_with_its_rules_in_words(designer, session):
    typed = FACTS | {
        "union_code": "SZ-BA",
        "joined_within_days": "365",
        "age_from": "18",
        "employment": ["employed", "flexible"],
        "hardship": ["deep"],
    }

    answer = designer.send(PROGRAMMES, page=f"{PROGRAMMES}/new", **typed)

    made = session.query(Programme).one()
    assert answer.status_code == 303
    assert (made.state, made.family) == (ProgrammeState.DRAFT, Family.DISCOUNT)
    assert made.ends_on == date(2026, 9, 1)
    assert made.eligibility == [
        {"rule": "union_within", "paths": [BAOAN]},
        {"rule": "membership", "statuses": ["active", "retained"]},
        {"rule": "joined_within_days", "days": 365},
        {"rule": "age", "from": 18, "to": 150},
        {"rule": "employment", "values": ["employed", "flexible"]},
        {"rule": "hardship", "levels": ["deep"]},
    ]
    page = designer.open(page_of(made)).text
    for sentence in (
        "Members of 宝安区总工会(演示) and the unions below",
        "Membership: Member, Membership retained",
        "Joined at most 365 days ago",
        "Aged 18 or older",
        "Employment: In work, Flexible employment",
        "Hardship on file: Deep hardship",
        "2026-08-31",
    ):
        assert sentence in page


@pytest.mark.parametrize(
    "case",
    [
        ({"code": ""}, "code", 422),
        ({"code": "sommer 26"}, "code", 422),
        ({"code": "PH-001"}, "code", 409),
        ({"name_zh": ""}, "name_zh", 422),
        ({"fund_source": "mutual_aid"}, "fund_source", 422),
        ({"fund_source": "piggy_bank"}, "fund_source", 422),
        ({"starts_on": "2026-13-01"}, "starts_on", 422),
        ({"starts_on": "20266-01-01"}, "starts_on", 422),
        ({"last_on": "2026-05-31"}, "last_on", 422),
        ({"last_on": "9999-12-31"}, "last_on", 422),
        ({"union_code": "SZ-XX"}, "union_code", 422),
        ({"statuses": ["king"]}, "statuses", 422),
        ({"age_from": "60", "age_to": "18"}, "age_to", 422),
        ({"age_from": "-1"}, "age_from", 422),
        ({"joined_within_days": "30", "joined_for_days": "60"}, "joined_for_days", 422),
        ({"joined_within_days": "many"}, "joined_within_days", 422),
    ],
)
def test_what_is_wrong_with_a_programme_is_said_beside_its_field(
    designer, session, programme, case
):
    changes, field, status = case

    answer = designer.send(PROGRAMMES, page=f"{PROGRAMMES}/new", **FACTS | changes)

    assert answer.status_code == status
    assert f'id="{field}-fault"' in answer.text
    assert (FACTS | changes)["name_en"] in answer.text
    assert session.query(Programme).count() == 1


def test_a_rule_that_cannot_be_read_is_named_as_one(designer, plans):
    odd = plans.programme(eligibility=[{"rule": "zodiac"}, {"rule": "age", "from": "x"}])

    assert designer.open(page_of(odd)).text.count("A rule that cannot be read") == 2


def test_a_programme_is_paused_resumed_and_ended(designer, session, programme):
    page = page_of(programme)

    for action, state in (
        ("pause", ProgrammeState.PAUSED),
        ("run", ProgrammeState.RUNNING),
        ("end", ProgrammeState.ENDED),
    ):
        version = str(programme.version)
        answer = designer.send(f"{page}/{action}", page=page, version=version)
        session.refresh(programme)
        assert (answer.status_code, programme.state) == (303, state)
    ended = designer.open(page).text
    for action in ("/pause", "/run", "/end", "/limits/new"):
        assert f"{page}{action}" not in ended
    again = designer.send(f"{page}/run", page="/desk/account", version=str(programme.version))
    assert again.status_code == 409


def test_who_saw_an_older_programme_is_told_and_shown_it_as_it_is(designer, session, programme):
    page = page_of(programme)

    answer = designer.send(f"{page}/end", page=page, version="7")

    session.refresh(programme)
    assert answer.status_code == 412
    assert "Somebody changed this" in answer.text
    assert programme.state is ProgrammeState.RUNNING
    assert designer.send(f"{page}/end", page=page).status_code == 422


# --- Limits


def test_a_limit_is_set_and_its_maximum_changed(designer, session, programme):
    page = page_of(programme)
    form = f"{page}/limits/new"
    typed = {"scope": "programme", "window": "month", "unit": "fen", "maximum": "5000"}

    assert designer.send(f"{page}/limits", page=form, **typed).status_code == 303
    rule = session.query(LimitRule).one()
    assert (rule.scope, rule.window, rule.unit, rule.maximum) == (
        LimitScope.PROGRAMME,
        LimitWindow.MONTH,
        LimitUnit.FEN,
        5000_00,
    )

    edit = f"{LIMITS}/{rule.id}"
    assert 'value="5000.00"' in designer.open(edit).text
    answer = designer.send(edit, maximum="6,000.50", version="1")
    session.refresh(rule)
    assert answer.status_code == 303
    assert (rule.maximum, rule.version) == (6000_50, 2)
    assert "¥6,000.50" in designer.open(page).text


def test_a_limit_changed_meanwhile_is_not_overwritten(designer, session, plans, programme):
    rule = plans.limit(programme)

    answer = designer.send(f"{LIMITS}/{rule.id}", maximum="77.00", version="9")

    session.refresh(rule)
    assert answer.status_code == 412
    assert 'value="77.00"' in answer.text
    assert rule.maximum == 1000_00


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"scope": "session"}, "scope"),
        ({"scope": "moon"}, "scope"),
        ({"window": "year"}, "window"),
        ({"unit": ""}, "unit"),
        ({"maximum": ""}, "maximum"),
        ({"maximum": "-1"}, "maximum"),
        ({"maximum": "2.5"}, "maximum"),
        ({"maximum": "1000000001"}, "maximum"),
        ({"unit": "fen", "maximum": "12.345"}, "maximum"),
        ({"unit": "fen", "maximum": "9999999999"}, "maximum"),
    ],
)
def test_a_wrong_limit_is_shown_again(designer, session, programme, changes, field):
    page = page_of(programme)
    typed = {"scope": "member", "window": "day", "unit": "uses", "maximum": "2"} | changes

    answer = designer.send(f"{page}/limits", page=f"{page}/limits/new", **typed)

    assert answer.status_code == 422
    assert f'id="{field}-fault"' in answer.text
    assert session.query(LimitRule).count() == 0


def test_an_offers_own_limit_is_not_for_the_whole_programme(designer, session, offer):
    page = page_of(offer)
    typed = {"window": "day", "unit": "uses", "maximum": "20"}
    form = f"{page}/limits/new"

    wrong = designer.send(f"{page}/limits", page=form, scope="programme", **typed)
    assert wrong.status_code == 422
    assert designer.send(f"{page}/limits", page=form, scope="offer", **typed).status_code == 303
    assert session.query(LimitRule).one().offer_id == offer.id
    assert "This offer: at most 20× a day" in designer.open(page).text


def test_the_seats_of_a_course_are_no_limit_of_these_pages(designer, plans, programme):
    seats = plans.limit(programme, scope=LimitScope.SESSION, unit=LimitUnit.USES)

    assert str(seats.id) not in designer.open(page_of(programme)).text
    assert designer.open(f"{LIMITS}/{seats.id}").status_code == 404


# --- Offers


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


# --- Who may do what


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
