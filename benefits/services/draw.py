"""A draw: members enter, the list is published, two people type the seed, lots decide.

In this order and no other: the database itself refuses a list that is published after the moment
from which its seed can be known (docs/decisions/0027).
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from benefits.errors import (
    EntrantListChanged,
    EntriesStillOpen,
    ListTooLate,
    ReleaseOtherWay,
    SeedNeedsAnother,
    SeedNotYetKnown,
)
from benefits.models import (
    ENTRANT_CODE_CHARACTERS,
    RELEASE_MOVES,
    Coupon,
    CouponEntry,
    CouponOrigin,
    CouponRelease,
    CouponState,
    LimitTake,
    LimitUnit,
    ReleaseMode,
    ReleaseState,
)
from benefits.queries import draw_terms, entrant_codes
from benefits.rules.draw import clean_seed, entrant_list, list_hash, ranking
from benefits.services.grab import facts_for, refuse_closed, refuse_unentitled, use_until
from benefits.services.releases import ON_SALE, lock_release, note_release, pieces_left
from kernel.actors import Actor
from kernel.db import TryAgain
from kernel.ids import new_id
from kernel.refusals import RequestKeyReused, refuse_stale, refused_by
from kernel.states import move
from members.models import Notice, NoticeKind
from merchants.rules import READABLE

_PLACE = "coupons"


@dataclass(frozen=True)
class EntryAnswer:
    """A member's part in a draw; `replayed` when they had entered already."""

    entry: CouponEntry
    replayed: bool


def enter_draw(
    session: Session, *, member_id: UUID, release_id: UUID, entry_id: UUID, now: datetime
) -> EntryAnswer:
    """Let a member take part in a draw, under a code that says nothing of them.

    Whoever enters again hears of the same entry. Locks the release, shared: its list is not made
    while somebody enters. Raises ReleaseNotFound, ReleaseOtherWay, ReleaseNotOpen,
    CouponNotForYou, RequestKeyReused; TryAgain when the same member entered in this moment.
    """
    known = _entry_of(session, release_id, member_id)
    if known is not None:
        return EntryAnswer(known, replayed=True)
    _lock_shared(session, release_id)
    facts = facts_for(session, release_id=release_id, member_id=member_id)
    if facts.mode != ReleaseMode.DRAW:
        raise ReleaseOtherWay(mode=facts.mode)
    refuse_closed(facts, now=now)
    refuse_unentitled(facts, now=now)
    if session.get(CouponEntry, entry_id) is not None:
        raise RequestKeyReused
    entry = CouponEntry(
        id=entry_id,
        release_id=release_id,
        member_id=member_id,
        code="".join(secrets.choice(READABLE) for _ in range(ENTRANT_CODE_CHARACTERS)),
        created_at=now,
    )
    session.add(entry)
    # Whichever of its keys is taken, the next try reads what is there.
    taken = ("pk_coupon_entries", "uq_coupon_entries_release_id_member_id")
    with refused_by(dict.fromkeys((*taken, "uq_coupon_entries_release_id_code"), TryAgain)):
        session.flush()
    return EntryAnswer(entry, replayed=False)


def _lock_shared(session: Session, release_id: UUID) -> None:
    session.execute(
        text("SELECT FROM coupon_releases WHERE id = :id FOR SHARE"), {"id": release_id}
    )


def _entry_of(session: Session, release_id: UUID, member_id: UUID) -> CouponEntry | None:
    query = select(CouponEntry).where(
        CouponEntry.release_id == release_id, CouponEntry.member_id == member_id
    )
    return session.scalars(query).one_or_none()


def publish_entrants(
    session: Session, *, actor: Actor, release_id: UUID, now: datetime
) -> CouponRelease:
    """Fix who takes part and publish the list's hash, before anybody can know the seed.

    Done already: nothing changes. Locks the release. Raises ReleaseNotFound, ReleaseOtherWay,
    MoveNotAllowed, EntriesStillOpen, ListTooLate.
    """
    release = lock_release(session, release_id=release_id)
    if release.mode is not ReleaseMode.DRAW:
        raise ReleaseOtherWay(mode=release.mode)
    if release.listed_at is not None:
        return release
    target = move(RELEASE_MOVES, release.state, ReleaseState.LISTED)
    if now < release.closes_at:
        raise EntriesStillOpen(closes_at=release.closes_at.isoformat())
    assert release.seed_known_at is not None
    if now >= release.seed_known_at:
        raise ListTooLate(seed_known_at=release.seed_known_at.isoformat())
    codes = entrant_codes(session, release_id=release_id)
    release.list_hash = list_hash(entrant_list(draw_terms(release), codes=codes))
    release.entrant_count = len(codes)
    release.listed_at = now
    release.state = target
    release.version += 1
    session.flush()
    note_release(session, actor, "coupons.listed", release, now=now, entrants=len(codes))
    return release


class SeedOutcome(StrEnum):
    """What typing a seed came to."""

    FIRST = "first"  # somebody else types it as well
    DIFFERED = "differed"  # what was typed is forgotten
    DRAWN = "drawn"


def type_seed(
    session: Session, *, actor: Actor, release_id: UUID, version: int, seed: str, now: datetime
) -> SeedOutcome:
    """Take the seed as one person read it; when a second types the same, draw the lots.

    What differs is forgotten, an outcome and no refusal, so that it stays forgotten. Locks the
    release. Raises ReleaseNotFound, EditConflict, MoveNotAllowed, SeedNotYetKnown,
    SeedNeedsAnother, EntrantListChanged.
    """
    release = lock_release(session, release_id=release_id)
    refuse_stale(release.version, version)
    target = move(RELEASE_MOVES, release.state, ReleaseState.DRAWN)
    assert release.seed_known_at is not None
    if now < release.seed_known_at:
        raise SeedNotYetKnown(seed_known_at=release.seed_known_at.isoformat())
    read = clean_seed(seed)
    if release.seed_first is None:
        release.seed_first, release.seed_first_by = read, actor.staff_id
        release.seed_first_at = now
        return _typed(session, actor, release, SeedOutcome.FIRST, now=now)
    if release.seed_first_by == actor.staff_id:
        raise SeedNeedsAnother
    if read != release.seed_first:
        release.seed_first = release.seed_first_by = release.seed_first_at = None
        return _typed(session, actor, release, SeedOutcome.DIFFERED, now=now)
    release.seed, release.seed_second_by = read, actor.staff_id
    release.drawn_at, release.state = now, target
    outcome = _typed(session, actor, release, SeedOutcome.DRAWN, now=now)
    _rank(session, release, seed=read)
    offer_to_the_next(session, release=release, now=now)
    return outcome


def _typed(
    session: Session, actor: Actor, release: CouponRelease, outcome: SeedOutcome, *, now: datetime
) -> SeedOutcome:
    release.version += 1
    session.flush()
    note_release(session, actor, f"coupons.seed_{outcome}", release, now=now)
    return outcome


_SET_RANKS = text(
    """
    UPDATE coupon_entries e SET rank = w.rank
    FROM unnest(CAST(:codes AS text[])) WITH ORDINALITY AS w(code, rank)
    WHERE e.release_id = :release_id AND e.code = w.code
    """
)


def _rank(session: Session, release: CouponRelease, *, seed: str) -> None:
    """Write the order drawn. Raises EntrantListChanged unless the list is the published one."""
    codes = entrant_codes(session, release_id=release.id)
    content_hash = list_hash(entrant_list(draw_terms(release), codes=codes))
    if content_hash != release.list_hash:
        raise EntrantListChanged
    ranked = ranking(codes, content_hash=content_hash, seed=seed)
    session.execute(_SET_RANKS, {"codes": ranked, "release_id": release.id})


_TAKE_SOME = text(
    """
    UPDATE limits SET used = used + :pieces
    WHERE rule_id = :release_id AND scope_id = :release_id AND win = :win AND stripe = 0
        AND held + used + :pieces <= max
    RETURNING stripe
    """
)


def offer_to_the_next(session: Session, *, release: CouponRelease, now: datetime) -> int:
    """Offer the pieces that nobody has to the next in the order drawn; return to how many.

    The caller holds the lock of the release. Nobody is offered a piece of one release twice.
    """
    free = pieces_left(session, release_id=release.id)
    if not free:
        return 0
    next_ones = session.execute(
        select(CouponEntry.member_id, CouponEntry.rank)
        .where(CouponEntry.release_id == release.id, CouponEntry.rank > release.last_rank)
        .order_by(CouponEntry.rank)
        .limit(free)
    ).all()
    if not next_ones:
        return 0
    # Somebody may have been handed a piece at a desk after entering: one each.
    members = [row.member_id for row in next_ones]
    have = set(
        session.scalars(
            select(Coupon.member_id).where(
                Coupon.release_id == release.id, Coupon.member_id.in_(members)
            )
        )
    )
    release.last_rank = next_ones[-1].rank or 0
    winners = [member_id for member_id in members if member_id not in have]
    taken = {"release_id": release.id, "win": ON_SALE, "pieces": len(winners)}
    assert session.execute(_TAKE_SOME, taken).one_or_none() is not None
    coupons = [_won(release, member_id, now=now) for member_id in winners]
    session.add_all(coupons)
    session.add_all(
        LimitTake(
            source_id=coupon.id,
            rule_id=release.id,
            scope_id=release.id,
            win=ON_SALE,
            stripe=0,
            unit=LimitUnit.USES,
            quantity=1,
            returned=0,
            is_held=False,
        )
        for coupon in coupons
    )
    session.add_all(_notice(release, coupon, now=now) for coupon in coupons)
    session.flush()
    return len(winners)


def _won(release: CouponRelease, member_id: UUID, *, now: datetime) -> Coupon:
    if release.claim_within_hours is None:
        state, until = CouponState.LIVE, use_until(now, days=release.use_within_days)
    else:
        state, until = CouponState.OFFERED, now + timedelta(hours=release.claim_within_hours)
    return Coupon(
        id=new_id(),
        release_id=release.id,
        offer_id=release.offer_id,
        member_id=member_id,
        origin=CouponOrigin.DRAW,
        state=state,
        granted_at=now,
        until=until,
    )


# By no text message (members/data/notices.json), so a whole draw tells its winners at once.
def _notice(release: CouponRelease, coupon: Coupon, *, now: datetime) -> Notice:
    claim = coupon.state is CouponState.OFFERED
    return Notice(
        id=new_id(),
        member_id=coupon.member_id,
        kind=NoticeKind.BENEFIT,
        title_zh="您抽中了一张优惠券，请及时领取。" if claim else "您抽中了一张优惠券。",
        title_en="You won a coupon: claim it in time." if claim else "You won a coupon.",
        place=_PLACE,
        subject=f"coupon:{release.id}",
        created_at=now,
    )


def has_waiting(session: Session, *, release: CouponRelease) -> bool:
    """Say whether anybody in the order drawn has not been offered a piece yet."""
    query = select(CouponEntry.id).where(
        CouponEntry.release_id == release.id, CouponEntry.rank > release.last_rank
    )
    return session.scalars(query.limit(1)).first() is not None
