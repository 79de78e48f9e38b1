"""A draw that anybody can repeat: list first, then the seed of two people, then the lots."""

import hashlib
import hmac
import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

import benefits
from benefits.cli import coupons_commands
from benefits.errors import (
    CouponNotClaimable,
    EntrantListChanged,
    EntriesStillOpen,
    ListTooLate,
    ReleaseNotOpen,
    ReleaseOtherWay,
    SeedNeedsAnother,
    SeedNotYetKnown,
)
from benefits.models import Coupon, CouponEntry, CouponState, ReleaseState, Rerelease
from benefits.queries import draw_terms, entrant_codes, limit_residuals, ranked_codes
from benefits.rules.draw import (
    check_draw,
    clean_seed,
    entrant_list,
    is_for_a_draw,
    list_hash,
    ranking,
    result_file,
)
from benefits.services import (
    SeedOutcome,
    SeedSource,
    claim_coupon,
    end_due_coupons,
    end_release_if_over,
    name_another_seed,
    pass_on_pieces,
    publish_entrants,
    type_seed,
)
from cards.models import CardState
from kernel.actors import SYSTEM, Role
from members.models import Notice
from tests.benefits.releases import DAY, EARLIER, HOUR, draw_facts, enter, facts, release_of
from tests.make import NOW

SCRIPT = Path(benefits.__file__).parent / "data" / "verify_draw.py"
SEED_KNOWN = NOW + HOUR
CODES = st.lists(st.text("346789ACDEF", min_size=10, max_size=10), unique=True, max_size=30)


@pytest.fixture
def offer(plans):
    return plans.offer(valid_from=EARLIER)


@pytest.fixture
def people(make):
    """Two people who may draw."""
    return [make.staff_actor(Role.PROGRAMME_DESIGNER) for _ in range(2)]


@pytest.fixture
def entered(session, make, offer):
    """Return a function: a draw with so many entrants, its release and their ids."""

    def draw(count=5, **changes):
        release = release_of(session, offer, draw_facts(**changes))
        members = [make.card(state=CardState.ACTIVE).member_id for _ in range(count)]
        for each in members:
            enter(session, release, each)
        return release, members

    return draw


def listed(session, release, *, now=NOW):
    return publish_entrants(session, actor=SYSTEM, release_id=release.id, now=now)


def typed(session, release, actor, seed="3405.12", *, now=SEED_KNOWN):
    return type_seed(
        session,
        actor=actor,
        release_id=release.id,
        version=release.version,
        seed=seed,
        now=now,
    )


def drawn(session, release, people, seed="3405.12"):
    listed(session, release)
    typed(session, release, people[0], seed)
    assert typed(session, release, people[1], seed) is SeedOutcome.DRAWN
    session.expire_all()
    return release


def coupons(session, release):
    query = select(Coupon).where(Coupon.release_id == release.id)
    return {each.member_id: each for each in session.scalars(query)}


def by_rank(session, release):
    query = select(CouponEntry).where(CouponEntry.release_id == release.id)
    return [each.member_id for each in session.scalars(query.order_by(CouponEntry.rank))]


def files(session, release):
    """Return the two public files of a draw."""
    listed_file = entrant_list(
        draw_terms(release), codes=entrant_codes(session, release_id=release.id)
    )
    result = result_file(
        draw_terms(release),
        content_hash=release.list_hash,
        seed=release.seed,
        drawn_at=release.drawn_at,
        ranked=ranked_codes(session, release_id=release.id),
    )
    return listed_file, result


# --- The rules


@given(codes=CODES, seed=st.text(min_size=1, max_size=20))
def test_everybody_is_ranked_once_whatever_the_order_of_the_list(codes, seed):
    ranked = ranking(codes, content_hash="00", seed=seed)

    assert sorted(ranked) == sorted(codes)
    assert ranking(sorted(codes, reverse=True), content_hash="00", seed=seed) == ranked


def test_a_lot_is_what_the_published_words_say():
    codes = ["AAAA333344", "CCCC444466", "DDDD666677"]

    def lot(code):
        return hmac.new(b"3405.12", f"ab\n{code}".encode(), hashlib.sha256).hexdigest()

    assert ranking(codes, content_hash="ab", seed="3405.12") == sorted(codes, key=lot)


def test_more_than_three_for_a_piece_are_better_served_by_lot():
    assert is_for_a_draw(expected_entrants=31, pieces=10)
    assert not is_for_a_draw(expected_entrants=30, pieces=10)


def test_a_seed_is_folded_before_it_is_compared():
    assert clean_seed(" ３４０５．１２ ") == "3405.12"


# --- The steps, in their order


def test_who_enters_gets_a_code_of_their_own_once(session, entered):
    release, (member, *_) = entered()
    codes = entrant_codes(session, release_id=release.id)

    again = enter(session, release, member)

    assert len(set(codes)) == 5
    assert again.code in codes
    assert len(entrant_codes(session, release_id=release.id)) == 5


def test_nobody_enters_a_grab_or_after_the_closing(session, make, offer, entered):
    late = make.card(state=CardState.ACTIVE).member_id
    with pytest.raises(ReleaseOtherWay):
        enter(session, release_of(session, offer, facts()), late, now=NOW)
    release, _ = entered()
    with pytest.raises(ReleaseNotOpen):
        enter(session, release, late, now=NOW)


def test_the_list_is_published_after_the_entries_and_before_the_seed(session, entered):
    release, _ = entered()
    with pytest.raises(EntriesStillOpen):
        listed(session, release, now=NOW - timedelta(seconds=1))
    with pytest.raises(ListTooLate):
        listed(session, release, now=SEED_KNOWN)

    published = listed(session, release)
    assert listed(session, release, now=SEED_KNOWN).listed_at == NOW

    content = entrant_list(draw_terms(release), codes=entrant_codes(session, release_id=release.id))
    assert published.list_hash == list_hash(content)
    assert published.entrant_count == 5


def test_the_database_refuses_a_list_that_comes_after_its_seed(session, entered):
    release, _ = entered()

    with pytest.raises(IntegrityError, match="listed_before_the_seed"), session.begin_nested():
        session.execute(
            text(
                "UPDATE coupon_releases SET state = 'listed', listed_at = seed_known_at,"
                " list_hash = 'ab', entrant_count = 5 WHERE id = :id"
            ),
            {"id": release.id},
        )


def test_a_draw_that_missed_its_moment_names_another_seed(session, entered):
    release, _ = entered()
    later = SeedSource("次日演示指数", "The index of the next day", SEED_KNOWN + DAY)

    name_another_seed(
        session,
        actor=SYSTEM,
        release_id=release.id,
        version=release.version,
        seed=later,
        now=SEED_KNOWN,
    )

    assert listed(session, release, now=SEED_KNOWN).seed_known_at == SEED_KNOWN + DAY


def test_two_people_type_the_seed_once_it_is_known(session, entered, people):
    release, _ = entered()
    listed(session, release)
    with pytest.raises(SeedNotYetKnown):
        typed(session, release, people[0], now=SEED_KNOWN - timedelta(seconds=1))

    assert typed(session, release, people[0]) is SeedOutcome.FIRST
    with pytest.raises(SeedNeedsAnother):
        typed(session, release, people[0])
    assert typed(session, release, people[1], "3405.13") is SeedOutcome.DIFFERED
    assert release.seed_first is None
    assert typed(session, release, people[1], "3405.12") is SeedOutcome.FIRST
    assert typed(session, release, people[0], " ３４０５.12") is SeedOutcome.DRAWN
    assert release.state is ReleaseState.DRAWN


def test_the_database_wants_two_people(session, entered, people):
    release, _ = entered()
    listed(session, release)
    typed(session, release, people[0])

    with pytest.raises(IntegrityError, match="seed_of_two_people"), session.begin_nested():
        session.execute(
            text(
                "UPDATE coupon_releases SET seed = seed_first, seed_second_by = seed_first_by,"
                " drawn_at = seed_known_at, state = 'drawn' WHERE id = :id"
            ),
            {"id": release.id},
        )


def test_nobody_is_drawn_from_a_list_that_is_not_the_published_one(session, make, entered, people):
    release, _ = entered()
    listed(session, release)
    typed(session, release, people[0])
    ghost = CouponEntry(
        id=make.member().id,
        release_id=release.id,
        member_id=make.member().id,
        code="GHOST33333",
        created_at=NOW,
    )
    make.save(ghost)

    with pytest.raises(EntrantListChanged):
        typed(session, release, people[1])


# --- What comes of it


def test_the_first_in_the_order_win_and_are_told(session, entered, people):
    release, _ = entered()

    drawn(session, release, people)

    winners = by_rank(session, release)[:2]
    assert set(coupons(session, release)) == set(winners)
    told = session.scalars(select(Notice.member_id).where(Notice.place == "coupons"))
    assert set(told) == set(winners)
    assert limit_residuals(session) == []


def test_the_script_alone_repeats_the_draw(session, entered, people, tmp_path):
    release, _ = entered(count=7)
    drawn(session, release, people)
    listed_file, result = files(session, release)
    (tmp_path / "entrants.txt").write_bytes(listed_file)
    (tmp_path / "result.txt").write_bytes(result)

    def run(*options):
        # -I: no site of ours, no PYTHONPATH; only what comes with Python.
        return subprocess.run(
            [sys.executable, "-I", SCRIPT, "entrants.txt", "result.txt", *options],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    code = ranked_codes(session, release_id=release.id)[0]
    done = run("--hash", release.list_hash, "--code", code)
    assert done.returncode == 0, done.stdout + done.stderr
    winners = [line.split(" ")[1] for line in done.stdout.splitlines()[1:3]]
    assert winners == ranked_codes(session, release_id=release.id)[:2]
    assert f"{code}: place 1" in done.stdout
    assert run("--hash", "00").returncode == 1
    assert len(SCRIPT.read_text().splitlines()) < 100


@pytest.fixture
def published(session, entered, people):
    """The two public files of a draw of five."""
    release, _ = entered()
    drawn(session, release, people)
    return files(session, release)


@pytest.mark.parametrize("change", [(b"seed: 3405.12", b"seed: 3405.13"), (b"\n1 ", b"\n3 ")])
def test_a_changed_result_is_found_by_script_and_command(published, tmp_path, app, change):
    listed_file, result = published
    entrants, outcome = tmp_path / "entrants.txt", tmp_path / "result.txt"
    entrants.write_bytes(listed_file)
    outcome.write_bytes(result)
    verify = ["draw-verify", str(entrants), str(outcome), "--json"]
    runner = app.test_cli_runner()
    assert json.loads(runner.invoke(coupons_commands, verify).output)["ok"]

    outcome.write_bytes(result.replace(*change, 1))

    assert runner.invoke(coupons_commands, verify).exit_code == 1
    script = [sys.executable, "-I", SCRIPT, entrants, outcome]
    assert subprocess.run(script, check=False, capture_output=True).returncode == 1


@given(junk=st.binary(max_size=200))
def test_files_of_anything_else_are_no_draw(junk):
    assert not check_draw(junk, junk).ok


def test_a_win_is_claimed_in_time_or_goes_to_the_next(session, entered, people):
    release, _ = entered(claim_within_hours=3)
    drawn(session, release, people)
    first, second, third, *_ = by_rank(session, release)
    won = coupons(session, release)
    assert {each.state for each in won.values()} == {CouponState.OFFERED}

    claimed = claim_coupon(session, member_id=first, coupon_id=won[first].id, now=SEED_KNOWN)
    assert claimed.state is CouponState.LIVE
    same = claim_coupon(session, member_id=first, coupon_id=won[first].id, now=SEED_KNOWN + DAY)
    assert same.until == claimed.until

    too_late = SEED_KNOWN + 3 * HOUR
    with pytest.raises(CouponNotClaimable):
        claim_coupon(session, member_id=second, coupon_id=won[second].id, now=too_late)
    assert end_due_coupons(session, now=too_late, rows=10) == 1
    assert pass_on_pieces(session, release_id=release.id, now=too_late) == 1
    assert pass_on_pieces(session, release_id=release.id, now=too_late) == 0
    after = coupons(session, release)
    assert after[second].state is CouponState.LAPSED
    assert after[third].state is CouponState.OFFERED
    assert limit_residuals(session) == []


def test_by_hand_nothing_is_passed_on_and_the_draw_ends(session, entered, people):
    release, _ = entered(claim_within_hours=1, rerelease=Rerelease.BY_HAND)
    drawn(session, release, people)
    later = SEED_KNOWN + 2 * HOUR
    end_due_coupons(session, now=later, rows=10)

    assert pass_on_pieces(session, release_id=release.id, now=later) == 0
    session.refresh(release)
    assert release.set_aside == 2
    assert end_release_if_over(session, release_id=release.id, now=later)


def test_a_draw_with_fewer_entrants_than_pieces_serves_them_all_and_ends(session, entered, people):
    release, members = entered(count=1)

    drawn(session, release, people)

    assert set(coupons(session, release)) == set(members)
    over = SEED_KNOWN + 30 * DAY
    assert not end_release_if_over(session, release_id=release.id, now=SEED_KNOWN)
    end_due_coupons(session, now=over, rows=10)
    assert end_release_if_over(session, release_id=release.id, now=over)
