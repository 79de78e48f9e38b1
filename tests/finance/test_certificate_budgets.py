"""Three months of one budget: what a month carries out, the next one carries in, to the fen.

The numbers are added up by hand, apart from the product's own sums.
"""

import pytest

from discounts.models import RedemptionState
from finance.queries.budget_sums import budget_sums
from finance.queries.programme_sums import programme_sums
from finance.queries.residuals import residuals
from kernel.actors import Role
from tests.finance.budget_year import ALLOCATION, AUGUST, SEPTEMBER, Year, days_of_month
from tests.staff.conftest import city, signed_in  # imported as fixtures


@pytest.fixture
def make(session):
    return Year(session).open()


@pytest.fixture
def year(make):
    return make


def said(line):
    """Return both sides of a line without what is nothing."""
    assert line["residual"] == 0
    sides = (line["left"], line["right"])
    return [{term: fen for term, fen in side.items() if fen} for side in sides]


def test_what_a_month_carries_out_the_next_one_carries_in(year):
    year.three_months()

    august, september, october = (year.close(f"2026-{number}") for number in ("08", "09", "10"))

    assert said(august["A1"]) == [
        {"allocated": 1_000_00},
        {"captured": 40_00, "carried_out": 960_00},
    ]
    assert said(august["A2"]) == [{}, {"captured": 15_00, "carried_out": -15_00}]
    assert said(september["A1"]) == [
        {"carried_in": 960_00, "moved": -300_00},
        {"captured": 25_00, "taken_back": -10_00, "carried_out": 645_00},
    ]
    assert said(september["A2"]) == [
        {"carried_in": -15_00, "moved": 300_00},
        {"carried_out": 285_00},
    ]
    assert said(october["A1"]) == [{"carried_in": 645_00}, {"carried_out": 645_00}]
    assert said(october["A2"]) == [
        {"carried_in": 285_00},
        {"captured": 5_00, "released": 200_00, "carried_out": 80_00},
    ]
    assert october["A2"]["programmes"] == ["P-A2"]
    for before, after in ((august, september), (september, october)):
        for code, line in after.items():
            assert line["left"]["carried_in"] == before[code]["right"]["carried_out"]
            assert line["left"]["held_before"] == before[code]["right"]["held"]


def test_what_a_till_holds_is_free_again_in_the_next_month(year):
    year.change(ALLOCATION, 100_00, line=year.first, at=AUGUST)
    year.sell(year.first, 10_00, at=AUGUST)
    held = year.hold(year.first, 30_00, at=AUGUST)
    august = year.close("2026-08")
    held.state = RedemptionState.EXPIRED
    year.sell(year.first, 1_00, at=SEPTEMBER)
    september = year.close("2026-09")

    assert said(august["A1"]) == [
        {"allocated": 100_00},
        {"captured": 10_00, "held": 30_00, "carried_out": 60_00},
    ]
    assert said(september["A1"]) == [
        {"carried_in": 60_00, "held_before": 30_00},
        {"captured": 1_00, "carried_out": 89_00},
    ]


def test_while_the_month_before_is_open_its_carry_comes_from_the_books(year, session):
    """Not closed yet: the same sums, so that nobody waits for a certificate to see them."""
    year.three_months()
    open_yet = {
        each.code: each.as_dict() for each in budget_sums(session, **days_of_month("2026-09"))
    }

    year.close("2026-08")

    assert year.close("2026-09") == open_yet


def test_a_programme_says_which_line_bears_it(year, session):
    year.three_months()

    sums = programme_sums(session, **days_of_month("2026-09"))

    assert [(each.code, each.budget_line) for each in sums] == [("P-A1", "A1")]


def test_the_sums_of_the_lines_are_those_of_the_identity(year, session):
    year.three_months()
    days = days_of_month("2026-09")
    [whole] = [
        each for each in residuals(session, **days).checked if each.name == "budget_lines_fen"
    ]
    lines = budget_sums(session, **days)

    for side in ("left", "right"):
        for term, fen in getattr(whole, side).items():
            assert fen == sum(getattr(line, side)[term] for line in lines)
    assert (whole.left_sum, whole.right_sum, whole.residual) == (945_00, 945_00, 0)


@pytest.fixture
def desk(make, city, signed_in):  # noqa: F811
    desk = signed_in(make.staff(Role.FINANCE_APPROVER, union=city))
    desk.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    return desk.client


@pytest.mark.parametrize("is_closed", [False, True])
def test_the_page_of_the_month_shows_each_line(year, desk, is_closed):
    year.three_months()
    if is_closed:
        year.close("2026-08")
        year.close("2026-09")

    page = desk.get("/desk/finance/close/2026-09").text
    file = desk.get("/desk/finance/close/2026-09?format=csv").text

    table = page[page.index("What each budget line came to") :]
    assert "2026 A1 Culture" in table
    assert "Programmes: P-A1" in table
    assert "moved between lines" in table
    assert "¥645.00" in table
    assert "Budget lines,2026 A1,The other side,carried out,645.00" in file
