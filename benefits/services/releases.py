"""Releases of coupons: planned, published, dropped, and what came back released once more."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from audit.services import record
from benefits.errors import (
    NothingToRelease,
    OfferNotFound,
    OfferTakesNoCoupons,
    ReleaseFactsWrong,
    ReleaseNotFound,
)
from benefits.models import (
    GRAB_STRIPES,
    RELEASE_MOVES,
    CouponRelease,
    Limit,
    Offer,
    OfferState,
    ReleaseMode,
    ReleaseState,
    Rerelease,
)
from benefits.rules import stripe_maximum
from benefits.rules.draw import is_for_a_draw
from kernel.actors import Actor
from kernel.refusals import refuse_stale
from kernel.states import MoveNotAllowed, move

# The windows under which the pieces of a release are rows of `limits`.
ON_SALE, RESERVE = "pieces", "reserve"


@dataclass(frozen=True)
class SeedSource:
    """The public number that decides a draw, named before it is known, and from when it is."""

    text_zh: str
    text_en: str
    known_at: datetime


@dataclass(frozen=True)
class ReleaseFacts:
    """How many pieces, from when until when, half open. No `mode`: the numbers decide.

    `claim_within_hours` is how long a win waits to be claimed; None: it need not be.
    """

    pieces: int
    reserve_pieces: int
    opens_at: datetime
    closes_at: datetime
    use_within_days: int
    mode: ReleaseMode | None = None
    expected_entrants: int | None = None
    claim_within_hours: int | None = None
    rerelease: Rerelease = Rerelease.BY_ITSELF
    seed: SeedSource | None = None


def mode_of(facts: ReleaseFacts) -> ReleaseMode:
    """Return how the pieces are given out: as asked for, else by lot where many come for few."""
    if facts.mode is not None:
        return facts.mode
    many = facts.expected_entrants is not None and is_for_a_draw(
        expected_entrants=facts.expected_entrants, pieces=facts.pieces - facts.reserve_pieces
    )
    return ReleaseMode.DRAW if many else ReleaseMode.GRAB


def plan_release(
    session: Session, *, actor: Actor, offer_id: UUID, facts: ReleaseFacts, now: datetime
) -> CouponRelease:
    """Plan a release; from now on the offer counts only with a coupon. Locks the offer.

    Raises OfferNotFound, OfferTakesNoCoupons, ReleaseFactsWrong naming the field.
    """
    offer = session.get(Offer, offer_id, with_for_update=True, populate_existing=True)
    if offer is None:
        raise OfferNotFound
    if offer.state is OfferState.ENDED:
        raise OfferTakesNoCoupons
    mode = mode_of(facts)
    _check(facts, mode, now=now)
    seed = facts.seed if mode is ReleaseMode.DRAW else None
    release = CouponRelease(
        offer_id=offer_id,
        mode=mode,
        pieces=facts.pieces,
        reserve_pieces=facts.reserve_pieces,
        stripes=GRAB_STRIPES if mode is ReleaseMode.GRAB else 1,
        opens_at=facts.opens_at,
        closes_at=facts.closes_at,
        use_within_days=facts.use_within_days,
        claim_within_hours=facts.claim_within_hours if mode is ReleaseMode.DRAW else None,
        rerelease=facts.rerelease,
        seed_source_zh=seed.text_zh if seed else None,
        seed_source_en=seed.text_en if seed else None,
        seed_known_at=seed.known_at if seed else None,
        created_at=now,
    )
    offer.needs_coupon = True
    session.add(release)
    session.flush()
    note_release(session, actor, "coupons.planned", release, now=now, pieces=release.pieces)
    return release


def _check(facts: ReleaseFacts, mode: ReleaseMode, *, now: datetime) -> None:
    """Raise ReleaseFactsWrong for the first fact that makes no release."""
    seed = facts.seed
    wrong = (
        ("reserve_pieces", not 0 <= facts.reserve_pieces <= facts.pieces),
        ("opens_at", facts.opens_at <= now),
        ("closes_at", facts.closes_at <= facts.opens_at),
        ("seed_source_zh", mode is ReleaseMode.DRAW and seed is None),
        ("seed_known_at", seed is not None and seed.known_at <= facts.closes_at),
    )
    for field, is_wrong in wrong:
        if is_wrong:
            raise ReleaseFactsWrong(field=field)


def publish_release(
    session: Session, *, actor: Actor, release_id: UUID, version: int, now: datetime
) -> CouponRelease:
    """Announce a release: members see it, its pieces are there. Locks the release.

    Raises ReleaseNotFound, EditConflict, MoveNotAllowed; ReleaseFactsWrong when it would have
    opened already: the second is announced before it comes.
    """
    release = lock_release(session, release_id=release_id)
    refuse_stale(release.version, version)
    target = move(RELEASE_MOVES, release.state, ReleaseState.PUBLISHED)
    # An ended draft could otherwise be told from a published one only by its date.
    if release.opens_at <= now:
        raise ReleaseFactsWrong(field="opens_at")
    release.state = target
    release.published_at = now
    release.version += 1
    public = release.pieces - release.reserve_pieces
    for stripe in range(release.stripes):
        session.add(
            Limit(
                rule_id=release.id,
                scope_id=release.id,
                win=ON_SALE,
                stripe=stripe,
                max=stripe_maximum(public, release.stripes, stripe),
            )
        )
    session.add(
        Limit(
            rule_id=release.id,
            scope_id=release.id,
            win=RESERVE,
            stripe=0,
            max=release.reserve_pieces,
        )
    )
    session.flush()
    note_release(session, actor, "coupons.published", release, now=now)
    return release


def drop_release(
    session: Session, *, actor: Actor, release_id: UUID, version: int, now: datetime
) -> CouponRelease:
    """Give up a draft. What was published is kept: people rely on it. Locks the release.

    Raises ReleaseNotFound, EditConflict, MoveNotAllowed.
    """
    release = lock_release(session, release_id=release_id)
    refuse_stale(release.version, version)
    if release.state is not ReleaseState.DRAFT:
        raise MoveNotAllowed(current=release.state, target=ReleaseState.ENDED)
    release.state = move(RELEASE_MOVES, release.state, ReleaseState.ENDED)
    release.version += 1
    session.flush()
    note_release(session, actor, "coupons.dropped", release, now=now)
    return release


def name_another_seed(
    session: Session,
    *,
    actor: Actor,
    release_id: UUID,
    version: int,
    seed: SeedSource,
    now: datetime,
) -> CouponRelease:
    """Name another public number for a draw whose list is not published yet.

    For a draw whose moment passed before its list stood: its seed might be known already. Locks
    the release. Raises ReleaseNotFound, EditConflict, MoveNotAllowed, ReleaseFactsWrong.
    """
    release = lock_release(session, release_id=release_id)
    refuse_stale(release.version, version)
    if release.mode is not ReleaseMode.DRAW or release.state is not ReleaseState.PUBLISHED:
        raise MoveNotAllowed(current=release.state, target=ReleaseState.LISTED)
    if seed.known_at <= max(now, release.closes_at):
        raise ReleaseFactsWrong(field="seed_known_at")
    release.seed_source_zh, release.seed_source_en = seed.text_zh, seed.text_en
    release.seed_known_at = seed.known_at
    release.version += 1
    session.flush()
    note_release(session, actor, "coupons.seed_named", release, now=now)
    return release


_TAKE_WHAT_IS_LEFT = text(
    """
    WITH locked AS (
        SELECT win, stripe, max - held - used AS free FROM limits
        WHERE rule_id = :id AND scope_id = :id
        ORDER BY win, stripe FOR UPDATE
    ), shrunk AS (
        UPDATE limits l SET max = l.held + l.used
        FROM locked k
        WHERE l.rule_id = :id AND l.scope_id = :id AND l.win = k.win AND l.stripe = k.stripe
    )
    SELECT coalesce(sum(free), 0)::int FROM locked
    """
)


def release_again(
    session: Session,
    *,
    actor: Actor,
    release_id: UUID,
    version: int,
    facts: ReleaseFacts,
    now: datetime,
) -> CouponRelease:
    """Plan a new release of what nobody took or used of one that is over.

    `facts.pieces` is not looked at: all that is left goes over, the reserve and what was set aside
    too. Locks the release, the rows of its pieces, then the offer. Raises ReleaseNotFound,
    EditConflict, MoveNotAllowed while it runs, NothingToRelease, and what plan_release() raises.
    """
    old = lock_release(session, release_id=release_id)
    refuse_stale(old.version, version)
    is_over = old.state in (ReleaseState.DRAWN, ReleaseState.ENDED) or (
        old.mode is ReleaseMode.GRAB and old.state is ReleaseState.PUBLISHED
    )
    if not is_over or old.published_at is None or now < old.closes_at:
        raise MoveNotAllowed(current=old.state, target=ReleaseState.ENDED)
    left = session.execute(_TAKE_WHAT_IS_LEFT, {"id": old.id}).scalar_one()
    pieces = left + old.set_aside
    if not pieces:
        raise NothingToRelease
    old.set_aside = 0
    old.moved_pieces += pieces
    old.version += 1
    session.flush()
    new = plan_release(
        session,
        actor=actor,
        offer_id=old.offer_id,
        facts=ReleaseFacts(**{**vars(facts), "pieces": pieces}),
        now=now,
    )
    new.again_of = old.id
    session.flush()
    return new


def lock_release(session: Session, *, release_id: UUID) -> CouponRelease:
    """Return a release as it is now, locked. Raises ReleaseNotFound."""
    release = session.get(CouponRelease, release_id, with_for_update=True, populate_existing=True)
    if release is None:
        raise ReleaseNotFound
    return release


def pieces_left(session: Session, *, release_id: UUID, win: str = ON_SALE) -> int:
    """Return how many pieces nobody has, on sale or in reserve."""
    query = select(func.coalesce(func.sum(Limit.max - Limit.held - Limit.used), 0)).where(
        Limit.rule_id == release_id, Limit.scope_id == release_id, Limit.win == win
    )
    return int(session.scalar(query) or 0)


def note_release(
    session: Session,
    actor: Actor,
    action: str,
    release: CouponRelease,
    *,
    now: datetime,
    **facts: Any,
) -> None:
    """Write down what was done with a release."""
    record(
        session,
        actor=actor,
        action=action,
        object_type="coupon_release",
        object_id=release.id,
        now=now,
        **facts,
    )
