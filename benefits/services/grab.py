"""Getting a piece: at the second it opens, ten thousand at a time, or from the reserve at a desk.

A grab is two statements. The first reads everything that decides; the second takes a piece and
writes the coupon, or does neither. The pieces of one release are spread over rows of `limits`,
and a grab takes a row that nobody else holds at that moment: docs/decisions/0026.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from audit.services import record
from benefits.errors import (
    CouponNotForYou,
    NoPiecesLeft,
    ReleaseNotFound,
    ReleaseNotOpen,
    ReleaseOtherWay,
)
from benefits.models import CouponOrigin, CouponState, ReleaseMode, ReleaseState
from benefits.rules import MemberFacts, Reason, evaluate, reason
from benefits.services.releases import ON_SALE, RESERVE
from kernel.actors import Actor
from kernel.clock import shanghai_date, shanghai_day
from kernel.db import Statement, TryAgain
from kernel.refusals import RequestKeyReused
from members.models import STANDING, MembershipStatus

# What was gone a moment ago is not looked for again so soon: pieces come back by the minute.
_REMEMBERED = timedelta(seconds=2)
_REMEMBERED_MAX = 1_000


class SoldOut:
    """Which releases had nothing left a moment ago, so that the crowd behind it costs little."""

    def __init__(self) -> None:
        self._until: dict[UUID, datetime] = {}

    def note(self, release_id: UUID, *, now: datetime) -> None:
        if len(self._until) >= _REMEMBERED_MAX:
            self._until.clear()
        self._until[release_id] = now + _REMEMBERED

    def knows(self, release_id: UUID, *, now: datetime) -> bool:
        until = self._until.get(release_id)
        return until is not None and now < until

    def forget(self) -> None:
        self._until.clear()


SOLD_OUT = SoldOut()


@dataclass(frozen=True)
class GrabAnswer:
    """A member's piece of a release; `replayed` when they had it already."""

    coupon_id: UUID
    release_id: UUID
    offer_id: UUID
    title_zh: str
    title_en: str
    state: CouponState
    granted_at: datetime
    until: datetime
    replayed: bool


_MINE = Statement(
    """
    SELECT k.id AS coupon_id, k.state AS coupon_state, k.granted_at, k.until, k.offer_id,
        o.title_zh, o.title_en
    FROM coupons k JOIN offers o ON o.id = k.offer_id
    WHERE k.release_id = :release_id AND k.member_id = :member_id
    """
)
_FACTS = Statement(
    """
    SELECT r.mode, r.state, r.opens_at, r.closes_at, r.use_within_days, r.stripes, r.offer_id,
        o.title_zh, o.title_en, o.state AS offer_state,
        p.state AS programme_state, p.starts_on, p.ends_on, p.eligibility,
        m.status, m.joined_on, m.born_on, m.employment, m.is_migrant, m.hardship_level,
        u.path AS union_path,
        EXISTS (SELECT FROM cards c WHERE c.member_id = m.id AND c.state = 'active') AS has_card,
        k.id AS coupon_id, k.state AS coupon_state, k.granted_at, k.until
    FROM coupon_releases r
    JOIN offers o ON o.id = r.offer_id
    JOIN programmes p ON p.id = o.programme_id
    JOIN members m ON m.id = :member_id
    JOIN union_orgs u ON u.id = m.union_id
    LEFT JOIN coupons k ON k.release_id = r.id AND k.member_id = m.id
    WHERE r.id = :release_id AND r.state <> 'draft' AND r.published_at IS NOT NULL
    """
)

# The row that is taken begins with the member's own, so that few want the same; one that somebody
# else holds is passed over, and its condition is looked at again once it is locked.
_TAKE = """
    WITH free AS (
        SELECT stripe FROM limits
        WHERE rule_id = :release_id AND scope_id = :release_id AND win = :win
            AND held + used < max
        ORDER BY (stripe + CAST(:spread AS int)) % CAST(:stripes AS int)
        LIMIT 1
        FOR UPDATE {wait}
    ), piece AS (
        UPDATE limits l SET used = l.used + 1
        FROM free
        WHERE l.rule_id = :release_id AND l.scope_id = :release_id AND l.win = :win
            AND l.stripe = free.stripe
        RETURNING l.stripe
    ), remembered AS (
        INSERT INTO limit_takes
            (source_id, rule_id, scope_id, win, stripe, unit, quantity, returned, is_held)
        SELECT :id, :release_id, :release_id, :win, stripe, 'uses', 1, 0, false FROM piece
        ON CONFLICT DO NOTHING
    ), given AS (
        INSERT INTO coupons
            (id, release_id, offer_id, member_id, origin, state, granted_at, until, given_by)
        SELECT :id, :release_id, :offer_id, :member_id, :origin, 'live', :now, :until,
            CAST(:given_by AS uuid)
        FROM piece
        ON CONFLICT DO NOTHING
        RETURNING id
    )
    SELECT (SELECT count(*) FROM piece) AS taken, (SELECT id FROM given) AS coupon_id
"""
_TAKE_A_FREE_ROW = Statement(_TAKE.format(wait="SKIP LOCKED"))
# Only when all rows that hold something are held themselves: what is left is decided by waiting.
_TAKE_BY_WAITING = Statement(_TAKE.format(wait=""))
_OF_SOMETHING_ELSE = Statement("SELECT true FROM coupons WHERE id = :id")


def grab_coupon(
    session: Session, *, member_id: UUID, release_id: UUID, grab_id: UUID, now: datetime
) -> GrabAnswer:
    """Give a member one piece of a release that is open, or the one they have already.

    Whoever taps again, or on another phone, hears of the same piece. Locks one row of the pieces.
    Raises ReleaseNotFound, ReleaseNotOpen, ReleaseOtherWay, CouponNotForYou, NoPiecesLeft,
    RequestKeyReused; and TryAgain when the same member got one in this moment.
    """
    if SOLD_OUT.knows(release_id, now=now):
        mine = _MINE.first(session, {"release_id": release_id, "member_id": member_id})
        if mine is None:
            raise NoPiecesLeft
        return _answer(mine, release_id, replayed=True)
    facts = facts_for(session, release_id=release_id, member_id=member_id)
    if facts.coupon_id is not None:
        return _answer(facts, release_id, replayed=True)
    if facts.mode != ReleaseMode.GRAB:
        raise ReleaseOtherWay(mode=facts.mode)
    refuse_closed(facts, now=now)
    refuse_unentitled(facts, now=now)
    answer = _take(session, facts, _want(facts, release_id, member_id, grab_id, now=now))
    if answer is None:
        SOLD_OUT.note(release_id, now=now)
        raise NoPiecesLeft
    return answer


def hand_coupon(
    session: Session, *, actor: Actor, member_id: UUID, release_id: UUID, now: datetime, id_: UUID
) -> GrabAnswer:
    """Hand a member without a phone a piece of the reserve, at a desk.

    From the opening on until the reserve is empty, also after the closing. Raises ReleaseNotFound,
    ReleaseNotOpen, CouponNotForYou, NoPiecesLeft; TryAgain as grab_coupon() does.
    """
    facts = facts_for(session, release_id=release_id, member_id=member_id)
    if facts.coupon_id is not None:
        return _answer(facts, release_id, replayed=True)
    if now < facts.opens_at or facts.state == ReleaseState.ENDED:
        raise ReleaseNotOpen(**_opening(facts))
    refuse_unentitled(facts, now=now)
    wanted = _want(facts, release_id, member_id, id_, now=now) | {
        "win": RESERVE,
        "stripes": 1,
        "origin": CouponOrigin.DESK.value,
        "given_by": actor.staff_id,
    }
    answer = _take(session, facts, wanted)
    if answer is None:
        raise NoPiecesLeft
    record(
        session,
        actor=actor,
        action="coupon.handed",
        object_type="coupon",
        object_id=answer.coupon_id,
        member_id=member_id,
        union_path=facts.union_path,
        now=now,
    )
    return answer


def use_until(now: datetime, *, days: int) -> datetime:
    """Return the end of the Shanghai day that comes `days` after today."""
    return shanghai_day(shanghai_date(now) + timedelta(days=days))[1]


def facts_for(session: Session, *, release_id: UUID, member_id: UUID) -> Any:
    """Return all that decides about a member and a published release. Raises ReleaseNotFound."""
    facts = _FACTS.first(session, {"release_id": release_id, "member_id": member_id})
    if facts is None:
        raise ReleaseNotFound
    return facts


def refuse_closed(facts: Any, *, now: datetime) -> None:
    """Raise ReleaseNotOpen before the opening, from the closing on, and after the end."""
    is_open = facts.state == ReleaseState.PUBLISHED and facts.opens_at <= now < facts.closes_at
    if not is_open:
        raise ReleaseNotOpen(**_opening(facts))


def refuse_unentitled(facts: Any, *, now: datetime) -> None:
    """Raise CouponNotForYou with the first reason why this member cannot use such a coupon."""
    against = reasons_against(facts, now=now)
    if against:
        raise CouponNotForYou(reason=against[0].code, **against[0].facts)


def reasons_against(facts: Any, *, now: datetime) -> tuple[Reason, ...]:
    """Return what speaks against this member today: the same rules as at the till."""
    if not facts.has_card or MembershipStatus(facts.status) not in STANDING:
        return (reason("card_not_usable"),)
    day = shanghai_date(now)
    over = facts.ends_on is not None and day >= facts.ends_on
    # A programme that begins later may release its coupons before.
    if facts.programme_state != "running" or facts.offer_state == "ended" or over:
        return (reason("programme_not_running"),)
    member = MemberFacts(
        union_path=facts.union_path,
        status=facts.status,
        joined_on=facts.joined_on,
        born_on=facts.born_on,
        employment=facts.employment,
        is_migrant=facts.is_migrant,
        hardship_level=facts.hardship_level,
    )
    return evaluate(facts.eligibility, member, day=day).reasons


def _want(
    facts: Any, release_id: UUID, member_id: UUID, coupon_id: UUID, *, now: datetime
) -> dict[str, Any]:
    return {
        "id": coupon_id,
        "release_id": release_id,
        "offer_id": facts.offer_id,
        "member_id": member_id,
        "win": ON_SALE,
        "stripes": facts.stripes,
        "spread": member_id.int % facts.stripes,
        "origin": CouponOrigin.GRAB.value,
        "now": now,
        "until": use_until(now, days=facts.use_within_days),
        "given_by": None,
    }


def _take(session: Session, facts: Any, wanted: dict[str, Any]) -> GrabAnswer | None:
    """Take a piece and write the coupon, both or neither; None where nothing is left."""
    found = _TAKE_A_FREE_ROW.first(session, wanted)
    if not found.taken:
        found = _TAKE_BY_WAITING.first(session, wanted)
    if not found.taken:
        return None
    if found.coupon_id is None:
        # The piece goes back with the transaction: the id, or this member's place, is taken.
        if _OF_SOMETHING_ELSE.first(session, {"id": wanted["id"]}):
            raise RequestKeyReused
        raise TryAgain
    return GrabAnswer(
        coupon_id=wanted["id"],
        release_id=wanted["release_id"],
        offer_id=facts.offer_id,
        title_zh=facts.title_zh,
        title_en=facts.title_en,
        state=CouponState.LIVE,
        granted_at=wanted["now"],
        until=wanted["until"],
        replayed=False,
    )


def _answer(found: Any, release_id: UUID, *, replayed: bool) -> GrabAnswer:
    return GrabAnswer(
        coupon_id=found.coupon_id,
        release_id=release_id,
        offer_id=found.offer_id,
        title_zh=found.title_zh,
        title_en=found.title_en,
        state=CouponState(found.coupon_state),
        granted_at=found.granted_at,
        until=found.until,
        replayed=replayed,
    )


def _opening(facts: Any) -> dict[str, object]:
    return {"opens_at": facts.opens_at.isoformat(), "closes_at": facts.closes_at.isoformat()}
