"""Coupons through HTTP: a member's calls, the desk from the plan to the lots, the public files."""

import subprocess
import sys
from datetime import timedelta

import pytest
from sqlalchemy import select

from benefits.jobs import look_after_coupons
from benefits.models import Coupon, CouponEntry, CouponRelease, CouponState, ReleaseState
from benefits.services import SOLD_OUT, SeedSource, publish_entrants, type_seed
from cards.models import CardState
from kernel.actors import SYSTEM, Role
from kernel.clock import SHANGHAI, utc_now
from kernel.ids import new_id
from tests.benefits.releases import draw_facts, enter, facts, grab, release_of
from tests.cards.web import code_of, signed_in_member
from tests.merchants.conftest import BAOAN, CITY

HOUR = timedelta(hours=1)
SOON = {"reserve_pieces": "1", "use_within_days": "7", "rerelease": "by_itself"}


def typed(moment):
    return f"{moment.astimezone(SHANGHAI):%Y-%m-%dT%H:%M}"


@pytest.fixture(autouse=True)
def nothing_remembered():
    SOLD_OUT.forget()


@pytest.fixture
def offer(plans):
    return plans.offer()


@pytest.fixture
def designers(make, unions, signed_in):
    """The desks of two designers of the city."""
    return [signed_in(make.staff(Role.PROGRAMME_DESIGNER, union=unions[CITY])) for _ in range(2)]


@pytest.fixture
def member(make, session, unions):
    card = make.card(member=make.member(union=unions[BAOAN]), state=CardState.ACTIVE)
    return signed_in_member(make, session, card.member_id)


def running(session, offer, plan=facts, **changes):
    """A release by today's clock: it opened an hour ago."""
    now = utc_now()
    times = {"opens_at": now - HOUR, "closes_at": now + HOUR} | changes
    return release_of(session, offer, plan(**times), now=now - 2 * HOUR)


def known_from(moment):
    return SeedSource("演示指数收盘点位", "Closing number of a demo index", moment)


def newest(session):
    query = select(CouponRelease).order_by(CouponRelease.id.desc()).limit(1)
    return session.scalars(query.execution_options(populate_existing=True)).one()


# --- The member


def test_a_grab_is_answered_again_as_it_was(client, session, offer, member):
    release = running(session, offer)
    path = f"/api/v1/coupon-releases/{release.id}/grabs"
    tap = {"id": str(new_id())}

    first = client.post(path, json=tap, headers=member)
    again = client.post(path, json=tap, headers=member)

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json == first.json
    assert again.headers["Idempotency-Replayed"] == "true"
    mine = client.get("/api/v1/members/me/coupons", headers=member).json["items"]
    assert [each["id"] for each in mine] == [tap["id"]]
    listed = client.get("/api/v1/members/me/coupon-releases", headers=member).json["items"]
    assert (listed[0]["coupon_id"], listed[0]["coupon_state"]) == (tap["id"], "live")


def test_refusals_say_what_to_do(client, make, session, plans, member):
    offer = plans.offer()
    path = "/api/v1/coupon-releases/{}/grabs"
    tap = {"json": {"id": str(new_id())}, "headers": member | {"Accept-Language": "en"}}
    now = utc_now()
    later = running(session, offer, opens_at=now + HOUR, closes_at=now + 2 * HOUR)
    refused = client.post(path.format(later.id), **tap)
    assert code_of(refused, 409) == "release_not_open"
    assert refused.json["facts"]["opens_at"] == later.opens_at.isoformat()

    poor = plans.programme(eligibility=[{"rule": "hardship", "levels": ["deep"]}])
    refused = client.post(path.format(running(session, plans.offer(programme=poor)).id), **tap)
    assert code_of(refused, 409) == "coupon_not_for_you"
    assert refused.json["facts"]["next_step"] == "Ask the union about hardship support."

    one = running(session, offer, pieces=1)
    grab(session, one, make.card(state=CardState.ACTIVE).member_id, now=now)
    assert code_of(client.post(path.format(one.id), **tap), 409) == "no_pieces_left"
    assert code_of(client.post(path.format(new_id()), **tap), 404) == "release_not_found"
    assert client.post(path.format(one.id), json={"id": "x"}, headers=member).status_code == 422


def test_it_is_said_beforehand_who_may_take_part(client, session, plans, offer, member):
    now = utc_now()
    ahead = {"opens_at": now + HOUR, "closes_at": now + 2 * HOUR}
    poor = plans.programme(eligibility=[{"rule": "hardship", "levels": ["deep"]}])
    running(session, plans.offer(programme=poor), **ahead)
    running(session, offer, **ahead)

    items = client.get("/api/v1/members/me/coupon-releases", headers=member).json["items"]

    assert [(each["phase"], each["eligible"]) for each in items] == [
        ("announced", True),
        ("announced", False),
    ]
    assert items[1]["reason"] == "hardship"


# --- The desk


def test_a_designer_plans_and_announces_a_release(session, offer, designers, client):
    desk, _ = designers
    now = utc_now()
    form = SOON | {
        "pieces": "20",
        "opens_at": typed(now + HOUR),
        "closes_at": typed(now + 2 * HOUR),
    }
    path = f"/desk/offers/{offer.id}/coupons"

    wrong = desk.send(path, page=f"{path}/new", **form | {"reserve_pieces": "21"})
    assert wrong.status_code == 422
    planned = desk.send(path, page=f"{path}/new", **form)
    assert planned.status_code == 303, planned.text

    release = newest(session)
    page = f"/desk/coupons/{release.id}"
    assert desk.send(f"{page}/publish", page=page, version="1").status_code == 303
    assert newest(session).state is ReleaseState.PUBLISHED
    assert desk.send(f"{page}/drop", page=page, version="2").status_code == 409
    assert offer.title_en in desk.open("/desk/coupons", headers={"Accept-Language": "en"}).text
    assert desk.open("/desk/coupons?format=csv").mimetype == "text/csv"
    session.refresh(offer)
    assert offer.needs_coupon


def test_a_site_worker_hands_out_the_reserve_within_their_unions(
    session, make, offer, unions, signed_in
):
    worker = signed_in(make.staff(Role.SITE_WORKER, union=unions[BAOAN]))
    own = make.card(member=make.member(union=unions[BAOAN]), state=CardState.ACTIVE)
    foreign = make.card(member=make.member(union=unions[CITY]), state=CardState.ACTIVE)
    page = f"/desk/coupons/{running(session, offer, reserve_pieces=1).id}"

    assert worker.send(f"{page}/hand", page=page, card_number=foreign.number).status_code == 422
    spaced = f"{own.number[:4]} {own.number[4:]}"
    assert worker.send(f"{page}/hand", page=page, card_number=spaced).status_code == 303

    (coupon,) = session.scalars(select(Coupon))
    assert (coupon.member_id, coupon.state) == (own.member_id, CouponState.LIVE)


def test_what_is_left_is_released_again_from_its_page(session, offer, designers):
    desk, _ = designers
    now = utc_now()
    old = running(session, offer, closes_at=now - HOUR / 2)
    form = SOON | {"opens_at": typed(now + HOUR), "closes_at": typed(now + 2 * HOUR)}
    page = f"/desk/coupons/{old.id}/again"

    assert "10" in desk.open(page).text
    assert desk.send(page, version=str(old.version), **form).status_code == 303

    assert (newest(session).again_of, newest(session).pieces) == (old.id, 10)


def test_a_draw_from_its_list_to_its_public_files(session, make, offer, designers, client):
    first, _ = designers
    now = utc_now()
    given = {"opens_at": now - HOUR, "closes_at": now - HOUR / 2}
    # Its moment has passed when somebody looks: another number is named for later.
    release = running(session, offer, draw_facts, **given, seed=known_from(now - HOUR / 4))
    for _ in range(4):
        member_id = make.card(state=CardState.ACTIVE).member_id
        enter(session, release, member_id, now=now - HOUR / 2 - timedelta(minutes=1))
    page, public = f"/desk/coupons/{release.id}", f"/draws/{release.id}"
    assert client.get(f"{public}/entrants.txt").status_code == 404
    later = {"seed_source_zh": "次日指数", "seed_source_en": "The next day's index"}
    later["seed_known_at"] = typed(now + HOUR)
    named = first.send(f"{page}/seed-source", page=page, version=str(release.version), **later)
    assert named.status_code == 303, named.text
    assert first.send(f"{page}/list", page=page, version="1").status_code == 303
    listed = client.get(f"{public}/entrants.txt")
    assert (listed.status_code, listed.text.count("\n")) == (200, 12)
    early = first.send(f"{page}/seed", page=page, version="4", seed="1.23")
    assert early.status_code == 409
    assert newest(session).list_hash in client.get(public).text
    assert client.get(f"{public}/result.txt").status_code == 404
    assert b"import hmac" in client.get("/draws/verify_draw.py").data


def test_two_desks_type_the_seed(session, make, offer, designers, client):
    first, second = designers
    now = utc_now()
    given = {"opens_at": now - 3 * HOUR, "closes_at": now - 2 * HOUR}
    release = release_of(
        session,
        offer,
        draw_facts(**given, seed=known_from(now - HOUR)),
        now=now - 4 * HOUR,
    )
    enter(session, release, make.card(state=CardState.ACTIVE).member_id, now=now - 2.5 * HOUR)
    publish_entrants(session, actor=SYSTEM, release_id=release.id, now=now - 2 * HOUR)
    page = f"/desk/coupons/{release.id}"

    def type_it(desk, seed):
        version = str(newest(session).version)
        return desk.send(f"{page}/seed", page=page, version=version, seed=seed).status_code

    assert type_it(first, "1.23") == 303
    assert type_it(first, "1.23") == 409
    assert type_it(second, "1.32") == 409
    assert newest(session).seed_first is None
    assert type_it(second, "1.23") == 303
    assert type_it(first, "1.23") == 303
    assert newest(session).state is ReleaseState.DRAWN
    assert "seed: 1.23" in client.get(f"/draws/{release.id}/result.txt").text


@pytest.fixture
def draw(session, make, offer):
    """Return a function: the id of a draw of five for two pieces, drawn two hours ago."""

    def hold(**changes):
        now = utc_now()
        given = {"opens_at": now - 5 * HOUR, "closes_at": now - 4 * HOUR}
        plan = draw_facts(**given, seed=known_from(now - 3 * HOUR), **changes)
        release = release_of(session, offer, plan, now=now - 6 * HOUR)
        for _ in range(5):
            member_id = make.card(state=CardState.ACTIVE).member_id
            enter(session, release, member_id, now=now - 4.5 * HOUR)
        publish_entrants(session, actor=SYSTEM, release_id=release.id, now=now - 4 * HOUR)
        for _ in range(2):
            type_seed(
                session,
                actor=make.staff_actor(Role.PROGRAMME_DESIGNER),
                release_id=release.id,
                version=release.version,
                seed="3405.12",
                now=now - 2 * HOUR,
            )
        return release.id

    return hold


def test_whoever_downloads_script_and_files_gets_the_winners(session, draw, client, tmp_path):
    drawn = draw()
    for name in ("verify_draw.py", f"{drawn}/entrants.txt", f"{drawn}/result.txt"):
        (tmp_path / name.rpartition("/")[2]).write_bytes(client.get(f"/draws/{name}").data)

    # -I: no site of ours, no PYTHONPATH; only what comes with Python.
    command = [sys.executable, "-I", "verify_draw.py", "entrants.txt", "result.txt"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    said = {line.split(" ")[1] for line in done.stdout.splitlines()[1:3]}
    won = (
        select(CouponEntry.code)
        .join(Coupon, Coupon.member_id == CouponEntry.member_id)
        .where(CouponEntry.release_id == drawn, Coupon.release_id == drawn)
    )
    assert len(said) == 2
    assert said == set(session.scalars(won))


def test_the_worker_passes_on_what_nobody_claimed(session, draw):
    drawn = draw(claim_within_hours=1)
    of_the_draw = select(Coupon).where(Coupon.release_id == drawn)
    won = {each.member_id for each in session.scalars(of_the_draw)}

    look_after_coupons(timestamp=0)

    session.expire_all()
    after = {each.member_id: each.state for each in session.scalars(of_the_draw)}
    assert len(won) == 2
    assert {after.pop(member_id) for member_id in won} == {CouponState.LAPSED}
    assert list(after.values()) == [CouponState.OFFERED] * 2
