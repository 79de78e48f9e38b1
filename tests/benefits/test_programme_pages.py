"""The desk's pages for programmes and their limits: what is done, what is refused and how."""

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
        ({"occasion": "jubilee"}, "occasion", 422),
        ({"instrument": "cash"}, "instrument", 422),
        ({"instrument": "transfer"}, "instrument", 422),
        ({"occasion": "festival", "instrument": "goods"}, "member_year_fen", 422),
        (
            {"occasion": "birthday", "instrument": "goods", "member_year_fen": "500.01"},
            "member_year_fen",
            409,
        ),
        ({"member_year_fen": "0"}, "member_year_fen", 422),
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
        ({"window": "decade"}, "window"),
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
