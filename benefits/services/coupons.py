"""What becomes of a coupon: claimed, used by a sale, back from it, expired, given to the next."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, select, text
from sqlalchemy.orm import Session

from benefits.errors import CouponNotClaimable, CouponNotFound, OfferNotUsable
from benefits.models import (
    COUPON_MOVES,
    RELEASE_MOVES,
    Coupon,
    CouponRelease,
    CouponState,
    ReleaseMode,
    ReleaseState,
    Rerelease,
)
from benefits.services.draw import has_waiting, offer_to_the_next
from benefits.services.grab import use_until
from benefits.services.limits import return_limits
from benefits.services.releases import lock_release
from kernel.db import Statement
from kernel.states import move

_LIVE = (CouponState.OFFERED, CouponState.LIVE)


def claim_coupon(session: Session, *, member_id: UUID, coupon_id: UUID, now: datetime) -> Coupon:
    """Take up a win. Claimed before: the same answer. Locks the coupon.

    Raises CouponNotFound, CouponNotClaimable once its time is over.
    """
    coupon = session.get(Coupon, coupon_id, with_for_update=True, populate_existing=True)
    if coupon is None or coupon.member_id != member_id:
        raise CouponNotFound
    if coupon.state is not CouponState.OFFERED and coupon.state is not CouponState.LAPSED:
        return coupon
    if coupon.state is CouponState.LAPSED or now >= coupon.until:
        raise CouponNotClaimable(state=coupon.state, until=coupon.until.isoformat())
    release = session.get_one(CouponRelease, coupon.release_id)
    coupon.state = move(COUPON_MOVES, coupon.state, CouponState.LIVE)
    coupon.until = use_until(now, days=release.use_within_days)
    session.flush()
    return coupon


_CONSUME = Statement(
    """
    UPDATE coupons SET state = 'used', used_by = :redemption_id, used_at = :now
    WHERE id = :id AND state = 'live' AND until > :now
    RETURNING id
    """
)
_RETURN = Statement(
    """
    UPDATE coupons SET state = 'live', used_by = NULL, used_at = NULL
    WHERE used_by = :redemption_id AND state = 'used'
    """
)


def consume_coupon(
    session: Session, *, coupon_id: UUID | None, redemption_id: UUID, now: datetime
) -> None:
    """Use a coupon up for one sale, in its transaction: one conditional statement.

    `coupon_id` is what the offer was read with; None where it needs none. Of two sales at once the
    second waits for the first and finds the coupon used. Raises OfferNotUsable.
    """
    if coupon_id is None:
        return
    used = {"id": coupon_id, "redemption_id": redemption_id, "now": now}
    if _CONSUME.first(session, used) is None:
        raise OfferNotUsable(reason="coupon_needed")


def return_coupon(session: Session, *, redemption_id: UUID) -> None:
    """Give the coupon of a sale that is undone whole back to its member; no coupon, no change.

    It keeps its last day: one whose day has passed meanwhile expires like any other.
    """
    _RETURN.all(session, {"redemption_id": redemption_id})


def end_due_coupons(session: Session, *, now: datetime, rows: int) -> int:
    """End the coupons whose time is over, at most `rows`; return how many.

    Their pieces go back: on sale, to the next in line, or aside, as their release says. Locks the
    coupons, passing over what a sale holds right now, then the rows of the pieces.
    """
    due = session.scalars(
        select(Coupon)
        .where(Coupon.state.in_(_LIVE), Coupon.until <= now)
        .order_by(Coupon.release_id, Coupon.id)
        .limit(rows)
        .with_for_update(skip_locked=True)
    ).all()
    releases = _releases(session, CouponRelease.id.in_({each.release_id for each in due}))
    for coupon in due:
        won = coupon.state is CouponState.OFFERED
        target = CouponState.LAPSED if won else CouponState.EXPIRED
        coupon.state = move(COUPON_MOVES, coupon.state, target)
        coupon.ended_at = now
    session.flush()
    for coupon in due:
        return_limits(session, source_id=coupon.id)
        if releases[coupon.release_id].rerelease is Rerelease.BY_HAND:
            _set_aside(session, coupon)
    return len(due)


_SHRINK = text(
    """
    WITH shrunk AS (
        UPDATE limits l SET max = max - 1
        FROM limit_takes t
        WHERE t.source_id = :coupon_id AND l.rule_id = t.rule_id AND l.scope_id = t.scope_id
            AND l.win = t.win AND l.stripe = t.stripe
        RETURNING l.rule_id
    )
    UPDATE coupon_releases SET set_aside = set_aside + 1
    WHERE id = (SELECT rule_id FROM shrunk)
    """
)


def _set_aside(session: Session, coupon: Coupon) -> None:
    """Take a piece that came back out of what is on sale, for a release of its own."""
    session.execute(_SHRINK, {"coupon_id": coupon.id})


def pass_on_pieces(session: Session, *, release_id: UUID, now: datetime) -> int:
    """Offer what came back of a draw to the next in the order drawn; return to how many.

    Locks the release, then the row of its pieces.
    """
    release = lock_release(session, release_id=release_id)
    if release.state is not ReleaseState.DRAWN or release.rerelease is Rerelease.BY_HAND:
        return 0
    return offer_to_the_next(session, release=release, now=now)


def end_release_if_over(session: Session, *, release_id: UUID, now: datetime) -> bool:
    """End a release from which nothing can come any more; return whether. Locks the release."""
    release = lock_release(session, release_id=release_id)
    in_hand = session.scalars(
        select(Coupon.id).where(Coupon.release_id == release.id, Coupon.state.in_(_LIVE)).limit(1)
    ).first()
    is_grab = release.mode is ReleaseMode.GRAB and release.state is ReleaseState.PUBLISHED
    is_drawn = release.state is ReleaseState.DRAWN
    passes_on = is_drawn and release.rerelease is Rerelease.BY_ITSELF
    if not (is_grab or is_drawn) or now < release.closes_at or in_hand is not None:
        return False
    if passes_on and has_waiting(session, release=release):
        return False
    release.state = move(RELEASE_MOVES, release.state, ReleaseState.ENDED)
    release.version += 1
    session.flush()
    return True


def _releases(session: Session, which: ColumnElement[bool]) -> dict[UUID, CouponRelease]:
    return {each.id: each for each in session.scalars(select(CouponRelease).where(which))}
