"""Reports and ratings at the desk: who reads which, the one answer, what is exported."""

import re

import pytest

from cards.models import CardState
from cards.queries import records_of_member
from discounts.services import rate_sale, report_sale
from kernel.actors import Role
from tests.make import NOW

REPORTS = "/desk/reports"
ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def officer(make, baoan, signed_in):
    return signed_in(make.staff(Role.REGISTER_OFFICER, union=baoan))


@pytest.fixture
def line(session, make, place, baoan):
    """A purchase of a member of Bao'an that was rated with two stars and reported."""
    member = make.member(union=baoan)
    make.consent(member)
    card = make.card(member=member, state=CardState.ACTIVE)
    place.sell(card.member_id)
    found = records_of_member(session, member_id=card.member_id)[0]
    said = {"member_id": card.member_id, "record_id": found.id, "now": NOW}
    rate_sale(session, stars=2, comment="面是凉的", **said)
    report_sale(session, text="那天我在上班", **said)
    return found


def report_address(desk):
    listed = desk.open(REPORTS, headers=ENGLISH).text
    return re.search(rf'href="({REPORTS}/[^"]+)"', listed)[1]


@pytest.mark.usefixtures("line")
def test_an_officer_answers_once_and_the_list_says_so(officer):
    page = report_address(officer)
    shown = officer.open(page, headers=ENGLISH).text
    assert "那天我在上班" in shown
    assert "-0001" in shown

    short = officer.send(f"{page}/answer", page="/desk/account", answer="x")
    first = officer.send(f"{page}/answer", page="/desk/account", answer="已核实")
    again = officer.send(f"{page}/answer", page="/desk/account", answer="另一个")

    assert (short.status_code, first.status_code, again.status_code) == (422, 303, 409)
    shown = officer.open(page, headers=ENGLISH).text
    assert "已核实" in shown
    assert "另一个" not in shown
    assert "Answered" in officer.open(REPORTS, headers=ENGLISH).text
    assert "那天我在上班" not in officer.open(f"{REPORTS}?state=open").text


@pytest.fixture
def auditor(make, baoan, signed_in):
    return signed_in(make.staff(Role.AUDITOR, union=baoan))


@pytest.fixture
def stranger(make, longgang, signed_in):
    return signed_in(make.staff(Role.REGISTER_OFFICER, union=longgang))


@pytest.mark.usefixtures("line")
def test_an_auditor_reads_and_another_union_sees_nothing(officer, auditor, stranger):
    page = report_address(officer)

    assert "Answer the member" not in auditor.open(page, headers=ENGLISH).text
    assert auditor.send(f"{page}/answer", page="/desk/account", answer="已核实").status_code == 403
    assert "那天我在上班" not in stranger.open(REPORTS).text
    assert stranger.open(page).status_code == 404
    assert stranger.send(f"{page}/answer", page="/desk/account", answer="已核实").status_code == 404


@pytest.mark.usefixtures("line")
def test_the_lists_can_be_saved(officer):
    saved = officer.open(f"{REPORTS}?format=csv", headers=ENGLISH)

    assert saved.status_code == 200
    assert "那天我在上班" in saved.data.decode("utf-8-sig")


@pytest.mark.usefixtures("line")
def test_designers_read_ratings_without_names(make, signed_in, city, place):
    designer = signed_in(make.staff(Role.PROGRAMME_DESIGNER, union=city))

    listed = designer.open("/desk/ratings", headers=ENGLISH).text
    page = designer.open(f"/desk/ratings/{place.offer_id}", headers=ENGLISH).text

    assert "40 off from 50" in listed
    assert "2.0" in listed
    assert "面是凉的" in page
    assert "张" not in page.split("<main")[1]
    assert designer.open(REPORTS).status_code == 403
