"""Pieces of an offer: grabbed once each, never too many, and back when nobody used them."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from benefits.errors import (
    CouponNotForYou,
    NoPiecesLeft,
    NothingToRelease,
    OfferTakesNoCoupons,
    ReleaseFactsWrong,
    ReleaseNotFound,
    ReleaseNotOpen,
    ReleaseOtherWay,
)
from benefits.models import Coupon, CouponRelease, CouponState, ReleaseMode, ReleaseState, Rerelease
from benefits.queries import limit_residuals, release_counts, releases_to_look_after
from benefits.services import (
    SOLD_OUT,
    drop_release,
    end_due_coupons,
    end_offer,
    end_release_if_over,
    hand_coupon,
    plan_release,
    publish_release,
    release_again,
)
from benefits.services.releases import mode_of
from cards.models import CardState
from kernel.actors import SYSTEM, Role
from kernel.clock import SHANGHAI
from kernel.ids import new_id
from kernel.refusals import EditConflict, RequestKeyReused
from kernel.states import MoveNotAllowed
from tests.benefits.releases import DAY, EARLIER, HOUR, draw_facts, facts, grab, release_of
from tests.make import NOW

WEEK_LATER = NOW + 8 * DAY


@pytest.fixture(autouse=True)
def nothing_remembered():
    SOLD_OUT.forget()


@pytest.fixture
def offer(plans):
    return plans.offer(valid_from=EARLIER)


@pytest.fixture
def members(make):
    """Return a function: so many members whose cards are in use."""

    def some(count):
        return [make.card(state=CardState.ACTIVE).member_id for _ in range(count)]

    return some


def test_each_piece_goes_to_one_member_and_then_all_are_gone(session, offer, members):
    release = release_of(session, offer, facts(pieces=3))

    got = [grab(session, release, each) for each in members(3)]

    assert len({each.coupon_id for each in got}) == 3
    with pytest.raises(NoPiecesLeft):
        grab(session, release, members(1)[0])
    assert release_counts(session, release_id=release.id).coupons == {CouponState.LIVE: 3}
    assert limit_residuals(session) == []


def test_it_counts_until_the_end_of_the_last_day_in_shanghai(session, offer, members):
    release = release_of(session, offer, facts(use_within_days=1))

    answer = grab(session, release, members(1)[0])

    assert f"{answer.until.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" == "2026-11-25 00:00"


def test_whoever_taps_again_hears_of_the_same_piece(session, offer, members):
    release = release_of(session, offer)
    (member,) = members(1)
    first = grab(session, release, member)

    again = grab(session, release, member, grab_id=first.coupon_id)
    elsewhere = grab(session, release, member)

    assert (again.replayed, elsewhere.replayed) == (True, True)
    assert {again.coupon_id, elsewhere.coupon_id} == {first.coupon_id}
    assert release_counts(session, release_id=release.id).on_sale == 9


def test_who_has_a_piece_hears_of_it_when_all_are_gone_also_from_memory(session, offer, members):
    release = release_of(session, offer, facts(pieces=1))
    first, late = members(2)
    mine = grab(session, release, first)
    with pytest.raises(NoPiecesLeft):
        grab(session, release, late)

    assert SOLD_OUT.knows(release.id, now=NOW)
    assert grab(session, release, first).coupon_id == mine.coupon_id
    with pytest.raises(NoPiecesLeft):
        grab(session, release, late)


def test_what_is_remembered_as_gone_is_looked_for_again_soon(session, offer, members):
    release = release_of(session, offer)
    SOLD_OUT.note(release.id, now=NOW)

    assert not grab(session, release, members(1)[0], now=NOW + timedelta(seconds=2)).replayed


def test_an_id_of_another_release_is_refused(session, offer, members):
    (member,) = members(1)
    used = grab(session, release_of(session, offer), member).coupon_id

    with pytest.raises(RequestKeyReused):
        grab(session, release_of(session, offer), member, grab_id=used)


@pytest.mark.parametrize("moment", [NOW - HOUR - timedelta(microseconds=1), NOW + DAY])
def test_before_the_second_and_from_the_closing_on_it_is_not_open(session, offer, members, moment):
    release = release_of(session, offer)

    with pytest.raises(ReleaseNotOpen):
        grab(session, release, members(1)[0], now=moment)


def test_a_draft_and_a_draw_are_not_grabbed(session, offer, members):
    (member,) = members(1)
    draft = plan_release(session, actor=SYSTEM, offer_id=offer.id, facts=facts(), now=EARLIER)
    with pytest.raises(ReleaseNotFound):
        grab(session, draft, member)
    with pytest.raises(ReleaseOtherWay):
        grab(session, release_of(session, offer, draw_facts()), member, now=NOW - HOUR)


def test_who_could_not_use_it_gets_none(session, make, plans, members):
    programme = plans.programme(eligibility=[{"rule": "hardship", "levels": ["deep"]}])
    release = release_of(session, plans.offer(programme=programme, valid_from=EARLIER))
    with pytest.raises(CouponNotForYou) as refused:
        grab(session, release, members(1)[0])
    assert refused.value.facts["reason"] == "hardship"

    with pytest.raises(CouponNotForYou) as refused:
        grab(session, release, make.card(state=CardState.ISSUED).member_id)
    assert refused.value.facts["reason"] == "card_not_usable"


def test_the_reserve_is_for_desks_alone(session, make, offer, members):
    release = release_of(session, offer, facts(pieces=2, reserve_pieces=1))
    worker = make.staff_actor(Role.SITE_WORKER)
    grab(session, release, members(1)[0])
    with pytest.raises(NoPiecesLeft):
        grab(session, release, members(1)[0])

    def hand(member, **changes):
        given = {"release_id": release.id, "now": NOW, "id_": new_id()} | changes
        return hand_coupon(session, actor=worker, member_id=member, **given)

    (old,) = members(1)
    handed = hand(old)
    assert session.get_one(Coupon, handed.coupon_id).given_by == worker.id
    assert hand(old).replayed
    with pytest.raises(NoPiecesLeft):
        hand(members(1)[0])
    with pytest.raises(ReleaseNotOpen):
        hand(members(1)[0], now=NOW - DAY)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"reserve_pieces": 11}, "reserve_pieces"),
        ({"opens_at": EARLIER}, "opens_at"),
        ({"closes_at": NOW - HOUR}, "closes_at"),
        ({"mode": ReleaseMode.DRAW}, "seed_source_zh"),
    ],
)
def test_numbers_that_make_no_release_are_named(session, offer, wrong, field):
    with pytest.raises(ReleaseFactsWrong) as refused:
        plan_release(session, actor=SYSTEM, offer_id=offer.id, facts=facts(**wrong), now=EARLIER)
    assert refused.value.facts == {"field": field}


def test_an_ended_offer_takes_no_coupons(session, offer):
    end_offer(session, actor=SYSTEM, offer_id=offer.id, version=offer.version, now=NOW)

    with pytest.raises(OfferTakesNoCoupons):
        release_of(session, offer)


def test_many_for_few_are_drawn_unless_somebody_decides(session):
    many = facts(mode=None, expected_entrants=31)

    assert mode_of(many) is ReleaseMode.DRAW
    assert mode_of(facts(mode=None, expected_entrants=30)) is ReleaseMode.GRAB
    assert mode_of(facts(mode=None)) is ReleaseMode.GRAB
    assert mode_of(facts(mode=ReleaseMode.GRAB, expected_entrants=31)) is ReleaseMode.GRAB


def test_what_opened_already_is_not_announced_and_what_is_announced_not_dropped(session, offer):
    late = plan_release(session, actor=SYSTEM, offer_id=offer.id, facts=facts(), now=EARLIER)
    given = {"actor": SYSTEM, "release_id": late.id, "version": 1, "now": NOW}
    with pytest.raises(ReleaseFactsWrong):
        publish_release(session, **given)
    with pytest.raises(EditConflict):
        drop_release(session, **given | {"version": 2})
    assert drop_release(session, **given).state is ReleaseState.ENDED

    announced = release_of(session, offer)
    with pytest.raises(MoveNotAllowed):
        drop_release(session, **given | {"release_id": announced.id, "version": announced.version})


def test_a_coupon_not_used_in_time_is_on_sale_again(session, offer, members):
    release = release_of(session, offer, facts(pieces=1, closes_at=NOW + 30 * DAY))
    first, second = members(2)
    old = grab(session, release, first)

    assert end_due_coupons(session, now=WEEK_LATER, rows=10) == 1
    assert end_due_coupons(session, now=WEEK_LATER, rows=10) == 0

    assert session.get_one(Coupon, old.coupon_id).state is CouponState.EXPIRED
    assert not grab(session, release, second, now=WEEK_LATER).replayed
    # One piece of a release each: who let theirs expire does not get another.
    assert grab(session, release, first, now=WEEK_LATER).state is CouponState.EXPIRED
    assert limit_residuals(session) == []


def test_what_is_released_by_hand_waits_and_goes_over_whole(session, offer, members):
    release = release_of(
        session, offer, facts(pieces=5, reserve_pieces=1, rerelease=Rerelease.BY_HAND)
    )
    for each in members(2):
        grab(session, release, each)
    end_due_coupons(session, now=WEEK_LATER, rows=10)
    session.refresh(release)
    assert (release.set_aside, release_counts(session, release_id=release.id).on_sale) == (2, 2)
    again = {"actor": SYSTEM, "release_id": release.id, "now": WEEK_LATER}
    later = facts(opens_at=WEEK_LATER + HOUR, closes_at=WEEK_LATER + DAY)

    new = release_again(session, version=release.version, facts=later, **again)

    assert (new.pieces, new.again_of, new.state) == (5, release.id, ReleaseState.DRAFT)
    counts = release_counts(session, release_id=release.id)
    assert (counts.on_sale, counts.reserve, release.moved_pieces) == (0, 0, 5)
    with pytest.raises(NothingToRelease):
        release_again(session, version=release.version, facts=later, **again)
    assert limit_residuals(session) == []


def test_a_release_that_runs_is_not_released_again(session, offer):
    release = release_of(session, offer)

    with pytest.raises(MoveNotAllowed):
        release_again(
            session,
            actor=SYSTEM,
            release_id=release.id,
            version=release.version,
            facts=facts(),
            now=NOW,
        )


def test_a_grab_ends_once_nobody_holds_a_coupon_any_more(session, offer, members):
    release = release_of(session, offer)
    grab(session, release, members(1)[0])
    later = NOW + 2 * DAY
    assert releases_to_look_after(session, now=NOW, rows=10) == []
    assert releases_to_look_after(session, now=later, rows=10) == [release.id]
    assert not end_release_if_over(session, release_id=release.id, now=later)

    end_due_coupons(session, now=WEEK_LATER, rows=10)

    assert end_release_if_over(session, release_id=release.id, now=WEEK_LATER)
    assert session.get_one(CouponRelease, release.id).state is ReleaseState.ENDED


def test_the_database_itself_lets_no_more_than_there_are_go(session, offer, members):
    release = release_of(session, offer, facts(pieces=1))
    grab(session, release, members(1)[0])

    with pytest.raises(IntegrityError, match="within_max"), session.begin_nested():
        session.execute(
            text("UPDATE limits SET used = used + 1 WHERE rule_id = :id AND win = 'pieces'"),
            {"id": release.id},
        )
