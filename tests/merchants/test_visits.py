"""Visits to a service site: counted once, taken back the same day, and nobody is named."""

from datetime import timedelta

import pytest

from kernel.actors import Till
from kernel.clock import shanghai_date
from kernel.ids import new_id
from kernel.refusals import RequestKeyReused
from merchants.errors import NotServiceSite, VisitNotFound, VisitSettled
from merchants.models import MerchantKind, Occupation
from merchants.queries import visits_on, visits_since
from merchants.services import count_visit, take_visit_back
from tests.make import NOW

VISITS = "/api/v1/visits"
TODAY = shanghai_date(NOW)


@pytest.fixture
def terminal(make):
    return make_till(make, token="uct_station")


def make_till(make, *, kind=MerchantKind.SERVICE_SITE, token=None):
    merchant = make.merchant(kind=kind)
    return make.terminal(site=make.site(merchant_id=merchant.id), token=token)


def till_of(terminal):
    return Till(terminal.id, terminal.site_id, terminal.merchant_id, terminal.code)


def count(session, terminal, *, visit_id=None, occupation=Occupation.COURIER, now=NOW):
    return count_visit(
        session,
        till=till_of(terminal),
        visit_id=visit_id or new_id(),
        occupation=occupation,
        now=now,
    )


def test_visits_are_counted_by_what_people_do(session, terminal):
    for occupation in (Occupation.COURIER, Occupation.COURIER, Occupation.SANITATION):
        count(session, terminal, occupation=occupation)

    counts = visits_on(session, site_id=terminal.site_id, day=TODAY)

    assert counts == dict.fromkeys(Occupation, 0) | {
        Occupation.COURIER: 2,
        Occupation.SANITATION: 1,
    }


def test_a_tap_that_is_sent_again_is_one_visit(session, terminal):
    visit_id = new_id()

    assert count(session, terminal, visit_id=visit_id) is False
    assert count(session, terminal, visit_id=visit_id) is True

    assert visits_on(session, site_id=terminal.site_id, day=TODAY)[Occupation.COURIER] == 1
    with pytest.raises(RequestKeyReused):
        count(session, terminal, visit_id=visit_id, occupation=Occupation.OTHER)


def test_an_id_of_another_till_is_refused(session, make, terminal):
    visit_id = new_id()
    count(session, terminal, visit_id=visit_id)

    with pytest.raises(RequestKeyReused):
        count(session, make_till(make), visit_id=visit_id)


def test_a_merchant_counts_no_visits(session, make):
    with pytest.raises(NotServiceSite):
        count(session, make_till(make, kind=MerchantKind.MERCHANT))


def test_a_mistake_is_taken_back_the_same_day_by_the_same_till(session, make, terminal):
    visit_id = new_id()
    count(session, terminal, visit_id=visit_id)

    with pytest.raises(VisitNotFound):
        take_visit_back(session, till=till_of(make_till(make)), visit_id=visit_id, now=NOW)
    with pytest.raises(VisitSettled):
        take_visit_back(
            session, till=till_of(terminal), visit_id=visit_id, now=NOW + timedelta(days=1)
        )
    for _ in "twice":
        take_visit_back(session, till=till_of(terminal), visit_id=visit_id, now=NOW)

    assert visits_on(session, site_id=terminal.site_id, day=TODAY)[Occupation.COURIER] == 0
    # Sent again by a till that had heard nothing, what was taken back stays so.
    assert count(session, terminal, visit_id=visit_id) is True
    assert visits_on(session, site_id=terminal.site_id, day=TODAY)[Occupation.COURIER] == 0


def test_the_desk_reads_the_sum_of_each_site(session, make, terminal):
    other = make_till(make)
    count(session, terminal, now=NOW - timedelta(days=40))
    count(session, terminal, now=NOW - timedelta(days=3))
    count(session, terminal)

    since = visits_since(
        session,
        site_ids=[terminal.site_id, other.site_id],
        first=TODAY - timedelta(days=29),
    )

    assert since == {terminal.site_id: 2}


def test_a_till_counts_and_takes_back_over_http(client, terminal):
    caller = {"Authorization": "Bearer uct_station", "Accept-Language": "en"}
    visit = {"id": str(new_id()), "occupation": "courier"}

    first = client.post(VISITS, json=visit, headers=caller)
    again = client.post(VISITS, json=visit, headers=caller)
    shown = client.get(f"{VISITS}/today", headers=caller)
    back = client.delete(f"{VISITS}/{visit['id']}", headers=caller)

    assert [first.status_code, again.status_code, back.status_code] == [201, 201, 200]
    assert first.json == again.json == shown.json
    assert first.json["total"] == 1
    assert first.json["items"][0] == {"occupation": "courier", "title": "Courier", "count": 1}
    assert back.json["total"] == 0
    unheard_of = client.post(VISITS, json=visit | {"occupation": "king"}, headers=caller)
    assert unheard_of.status_code == 422
