"""Fifty members at once want thirty pieces, each on two phones, over real HTTP."""

from collections import Counter
from datetime import timedelta

import pytest
import requests
from sqlalchemy import func, select

from benefits.models import Coupon, ReleaseMode
from benefits.queries import limit_residuals
from benefits.services import ReleaseFacts, plan_release, publish_release
from cards.models import CardState
from kernel.actors import SYSTEM
from kernel.clock import utc_now
from kernel.db import transaction
from kernel.ids import new_id
from tests.benefits.conftest import Plans
from tests.drive import Till, answered
from tests.make.maker import Maker
from tests.town import at_once

MEMBERS = 50
PIECES = 30
MINUTE = timedelta(minutes=1)


def open_release(session, offer):
    """A grab that opened this minute: planned and announced before, as always."""
    now = utc_now()
    facts = ReleaseFacts(
        pieces=PIECES,
        reserve_pieces=0,
        opens_at=now - MINUTE,
        closes_at=now + 60 * MINUTE,
        use_within_days=7,
        mode=ReleaseMode.GRAB,
    )
    before = now - 2 * MINUTE
    release = plan_release(session, actor=SYSTEM, offer_id=offer.id, facts=facts, now=before)
    publish_release(session, actor=SYSTEM, release_id=release.id, version=1, now=before)
    return release.id


@pytest.fixture
def crowd(committed):
    """The release, and the token of each of fifty members whose cards are in use."""
    with transaction() as session:
        make = Maker(session)
        tokens = [f"ucm_crowd_{number}" for number in range(MEMBERS)]
        for token in tokens:
            member = make.member()
            make.card(member=member, state=CardState.ACTIVE)
            make.member_session(member, token=token)
        release_id = open_release(session, Plans(session).offer())
    return release_id, tokens


@pytest.mark.service
def test_thirty_pieces_go_to_thirty_of_fifty(service, crowd):
    release_id, tokens = crowd
    address = f"{service.base_url}/api/v1/coupon-releases/{release_id}/grabs"

    def tap(token):
        return requests.post(
            address,
            json={"id": str(new_id())},
            headers={"Authorization": f"Bearer {token}"},
            timeout=30,
        )

    # Both phones of a member at the same moment: one coupon, heard of twice.
    wanted = [token for token in tokens for _ in range(2)]
    answers = at_once([lambda token=token: tap(token) for token in wanted])

    assert {each.status_code for each in answers} == {201, 409}
    assert {each.json()["code"] for each in answers if each.status_code == 409} == {
        "no_pieces_left"
    }
    got = {}
    for token, answer in zip(wanted, answers, strict=True):
        if answer.status_code == 201:
            got.setdefault(token, set()).add(answer.json()["id"])
    assert len(got) == PIECES
    assert Counter(len(ids) for ids in got.values()) == {1: PIECES}
    with transaction() as session:
        given = session.scalar(select(func.count()).select_from(Coupon))
        assert limit_residuals(session) == []
    assert given == PIECES


@pytest.mark.service
def test_ten_tills_at_once_use_one_coupon_once(town):
    phone, till = town.phone(), town.till()
    with transaction() as session:
        offer = Plans(session).offer(valid_from=utc_now() - MINUTE)
        release_id = open_release(session, offer)
    coupon = answered(phone.post(f"/coupon-releases/{release_id}/grabs", id=str(new_id())), 201)
    scans = [
        till.verify(answered(phone.get("/cards/me/slice"), 200)["text"])["verification_id"]
        for _ in range(10)
    ]

    answers = at_once(
        [
            lambda scan=scan: Till(town.base_url, token=till.facts["token"]).redeem(
                offer.id, 60_00, verification_id=scan
            )
            for scan in scans
        ]
    )

    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 9}
    (sale,) = (answer.json() for answer in answers if answer.status_code == 201)
    refused = [answer.json() for answer in answers if answer.status_code == 409]
    assert {(each["code"], each["facts"]["reason"]) for each in refused} == {
        ("offer_not_usable", "coupon_needed")
    }
    with transaction() as session:
        assert str(session.get_one(Coupon, coupon["id"]).used_by) == sale["id"]
        assert limit_residuals(session) == []
