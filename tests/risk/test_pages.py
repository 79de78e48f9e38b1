"""Flags at the desk: who reads which, one decision, measures, the rules and their version."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from kernel.actors import Role
from merchants.models import Merchant, Sanction, SanctionKind
from risk.models import FlagState, RiskFlag, RiskRule, Signal
from tests.make import NOW
from tests.risk.conftest import flag_of

FLAGS = "/desk/risk"
ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def flag(session, place, *, buyer, baoan, only, watch):
    """A flag about the shop, which the union of Bao'an looks after."""
    session.get_one(Merchant, place.till.merchant_id).union_id = baoan.id
    only(Signal.VELOCITY, threshold=2)
    for number in range(2):
        place.sell(buyer(), now=NOW + timedelta(minutes=number))
    watch()
    return flag_of(session)


@pytest.fixture
def designer(make, baoan, signed_in):
    return signed_in(make.staff(Role.PROGRAMME_DESIGNER, union=baoan))


@pytest.fixture
def stranger(make, longgang, signed_in):
    return signed_in(make.staff(Role.PROGRAMME_DESIGNER, union=longgang))


@pytest.fixture
def auditor(make, baoan, signed_in):
    return signed_in(make.staff(Role.AUDITOR, union=baoan))


def test_a_flag_shows_the_sales_and_no_member(designer, flag, place):
    listed = designer.open(FLAGS, headers=ENGLISH).text
    shown = designer.open(f"{FLAGS}/{flag.id}", headers=ENGLISH).text

    assert "2 in 10 minutes; flagged from 2" in listed
    assert f"{place.till.code}-20261123-0002" in shown
    assert "张" not in shown  # every member of these tests is 张小明


def test_a_flag_is_decided_once(session, designer, flag):
    page = f"{FLAGS}/{flag.id}"
    first = designer.send(f"{page}/decide", page=page, confirmed="false", reason="店庆促销")
    again = designer.send(f"{page}/decide", page="/desk/account", confirmed="true", reason="其它")

    session.expire_all()
    assert (first.status_code, again.status_code) == (303, 409)
    assert flag_of(session).state is FlagState.CLEARED
    assert "店庆促销" in designer.open(page, headers=ENGLISH).text


def test_a_confirmed_flag_leads_to_a_measure_of_a_person(session, designer, flag):
    page = f"{FLAGS}/{flag.id}"
    cleared = designer.send(
        f"{page}/decide", page=page, confirmed="false", reason="店庆", measure="payout_hold"
    )
    ending = designer.send(
        f"{page}/decide", page=page, confirmed="true", reason="刷单", measure="termination"
    )
    held = designer.send(
        f"{page}/decide", page=page, confirmed="true", reason="刷单", measure="payout_hold"
    )

    session.expire_all()
    sanction = session.scalars(select(Sanction)).one()
    assert (cleared.status_code, ending.status_code, held.status_code) == (422, 422, 303)
    assert sanction.kind is SanctionKind.PAYOUT_HOLD
    assert flag_of(session).sanction_id == sanction.id


def test_an_auditor_reads_and_another_union_sees_nothing(auditor, stranger, flag):
    page = f"{FLAGS}/{flag.id}"
    facts = {"page": "/desk/account", "confirmed": "false", "reason": "店庆"}

    assert "Decide" not in auditor.open(page, headers=ENGLISH).text
    assert auditor.send(f"{page}/decide", **facts).status_code == 403
    assert str(flag.id) not in stranger.open(FLAGS).text
    assert stranger.open(page).status_code == 404
    assert stranger.send(f"{page}/decide", **facts).status_code == 404


@pytest.fixture
def city_designer(make, city, signed_in):
    return signed_in(make.staff(Role.PROGRAMME_DESIGNER, union=city))


def test_a_rule_is_set_by_the_city_and_the_later_of_two_editors_hears_so(
    session, city_designer, designer
):
    rule = session.scalars(select(RiskRule).where(RiskRule.signal == Signal.OUTSIDE_HOURS)).one()
    page = f"{FLAGS}/rules/{rule.id}"
    drawn = city_designer.open(page).text
    numbers = {
        "version": re.search(r'name="version" value="(\d+)"', drawn)[1],
        "threshold": "7",
        "sales_min": "1",
        "window_minutes": "720",
        "opens_hour": "8",
        "closes_hour": "22",
        "weight": "60",
        "active": "true",
    }
    saved = city_designer.send(page, **numbers)
    late = city_designer.send(page, **numbers | {"threshold": "9"})
    backwards = city_designer.send(page, **numbers | {"version": "2", "opens_hour": "23"})
    off = city_designer.send(
        page, **{k: v for k, v in numbers.items() if k != "active"} | {"version": "2"}
    )

    session.expire_all()
    statuses = [answer.status_code for answer in (saved, late, backwards, off)]
    assert statuses == [303, 412, 422, 303]
    assert (rule.threshold, rule.opens_hour, rule.version, rule.active) == (7, 8, 3, False)
    assert designer.open(f"{FLAGS}/rules").status_code == 200
    assert designer.open(page).status_code == 403
    assert designer.send(page, page="/desk/account", **numbers).status_code == 403


def test_the_list_is_saved_as_a_file(designer, flag):
    file = designer.open(f"{FLAGS}?format=csv", headers=ENGLISH)

    assert file.status_code == 200
    assert "Many sales in a short time" in file.get_data(as_text=True)


def test_no_flag_says_what_the_watch_does(designer):
    assert "every ten minutes" in designer.open(FLAGS, headers=ENGLISH).text


def test_the_command_looks_at_once(app, flag):
    done = app.test_cli_runner().invoke(args=["risk", "watch", "--json"])

    assert (done.exit_code, done.stdout.strip()) == (0, '{"flagged": 0}')
    assert flag.state is FlagState.OPEN
    assert isinstance(flag, RiskFlag)
