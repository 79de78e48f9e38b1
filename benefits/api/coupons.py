"""JSON endpoints of coupons: what is released, taking a piece, entering a draw, what is mine."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from flask.typing import ResponseReturnValue
from flask_babel import get_locale, gettext

from benefits.errors import CouponNotForYou
from benefits.models import CouponState, ReleaseMode, ReleaseState
from benefits.queries import OwnCoupon, own_coupon, own_coupons, own_releases
from benefits.rules import Reason, reason
from benefits.schemas import (
    CouponListQuery,
    CouponRequest,
    CouponResponse,
    EntryResponse,
    OwnCouponPage,
    OwnCouponResponse,
    ReleasePage,
)
from benefits.services import claim_coupon, enter_draw, grab_coupon, reasons_against
from kernel.clock import utc_now
from kernel.db import transaction
from kernel.web import (
    REPLAYED_HEADER,
    Blueprint,
    current_actor,
    decode_id_cursor,
    encode_cursor,
)

api = Blueprint("coupons_api", __name__, description="Coupons: grabbed or drawn, and used up")


@api.get("/members/me/coupon-releases")
@api.arguments(CouponListQuery, location="query")
@api.response(200, ReleasePage)
def list_releases(query: dict[str, Any]) -> ResponseReturnValue:
    """List what is or was released lately, the newest first: when, how, and whether I may."""
    now = utc_now()
    with transaction() as session:
        rows = own_releases(
            session,
            member_id=current_actor().member_id,
            now=now,
            rows=query["rows"],
            after=decode_id_cursor(query["cursor"]) if "cursor" in query else None,
        )
    return {
        "items": [_release(row, now) for row in rows],
        "next_cursor": _cursor((row.release_id for row in rows), query["rows"]),
    }


@api.post("/coupon-releases/<uuid:release_id>/grabs")
@api.arguments(CouponRequest)
@api.response(201, CouponResponse)
def grab(body: dict[str, Any], release_id: UUID) -> ResponseReturnValue:
    """Take a piece of a release that is open. Asked again, the answer is the piece I have."""
    try:
        with transaction() as session:
            answer = grab_coupon(
                session,
                member_id=current_actor().member_id,
                release_id=release_id,
                grab_id=body["id"],
                now=utc_now(),
            )
    except CouponNotForYou as refusal:
        raise _explained(refusal) from None
    said = {
        "id": answer.coupon_id,
        "release_id": answer.release_id,
        "offer_id": answer.offer_id,
        "title": _titled(answer.title_zh, answer.title_en),
        "state": answer.state,
        "granted_at": answer.granted_at,
        "until": answer.until,
    }
    return said, 201, _replayed(replayed=answer.replayed)


@api.post("/coupon-releases/<uuid:release_id>/entries")
@api.arguments(CouponRequest)
@api.response(201, EntryResponse)
def enter(body: dict[str, Any], release_id: UUID) -> ResponseReturnValue:
    """Take part in a draw. Asked again, the answer is the entry I have."""
    try:
        with transaction() as session:
            answer = enter_draw(
                session,
                member_id=current_actor().member_id,
                release_id=release_id,
                entry_id=body["id"],
                now=utc_now(),
            )
    except CouponNotForYou as refusal:
        raise _explained(refusal) from None
    entry = answer.entry
    said = {
        "id": entry.id,
        "release_id": entry.release_id,
        "code": entry.code,
        "created_at": entry.created_at,
    }
    return said, 201, _replayed(replayed=answer.replayed)


@api.get("/members/me/coupons")
@api.arguments(CouponListQuery, location="query")
@api.response(200, OwnCouponPage)
def list_coupons(query: dict[str, Any]) -> ResponseReturnValue:
    """List my coupons, the newest first, each with until when it counts."""
    with transaction() as session:
        found = own_coupons(
            session,
            member_id=current_actor().member_id,
            rows=query["rows"],
            after=decode_id_cursor(query["cursor"]) if "cursor" in query else None,
        )
    now = utc_now()
    return {
        "items": [_coupon(each, now) for each in found],
        "next_cursor": _cursor((each.coupon.id for each in found), query["rows"]),
    }


@api.post("/members/me/coupons/<uuid:coupon_id>/claim")
@api.response(200, OwnCouponResponse)
def claim(coupon_id: UUID) -> ResponseReturnValue:
    """Take up a coupon that I won. Asked again, the answer is the coupon."""
    member_id = current_actor().member_id
    with transaction() as session:
        claim_coupon(session, member_id=member_id, coupon_id=coupon_id, now=utc_now())
        found = own_coupon(session, member_id=member_id, coupon_id=coupon_id)
    return _coupon(found, utc_now())


def _coupon(each: OwnCoupon, now: datetime) -> dict[str, Any]:
    coupon = each.coupon
    return {
        "id": coupon.id,
        "release_id": coupon.release_id,
        "offer_id": coupon.offer_id,
        "title": _titled(each.title_zh, each.title_en),
        "origin": coupon.origin,
        "state": _state_now(coupon.state, coupon.until, now),
        "granted_at": coupon.granted_at,
        "until": coupon.until,
        "use_within_days": each.use_within_days,
    }


def _state_now(state: CouponState, until: datetime, now: datetime) -> CouponState:
    """Return the state as it counts: a minute may pass before the worker writes that it ended."""
    if now < until:
        return state
    ends = {CouponState.LIVE: CouponState.EXPIRED, CouponState.OFFERED: CouponState.LAPSED}
    return ends.get(state, state)


def _release(row: Any, now: datetime) -> dict[str, Any]:
    against = reasons_against(row, now=now)
    first = against[0] if against else None
    coupon = row.coupon_state
    return {
        "release_id": row.release_id,
        "offer_id": row.offer_id,
        "title": _titled(row.title_zh, row.title_en),
        "mode": ReleaseMode(row.mode),
        "phase": _phase(row, now),
        "pieces": row.pieces,
        "reserve_pieces": row.reserve_pieces,
        "is_gone": row.mode == ReleaseMode.GRAB and not row.has_pieces,
        "opens_at": row.opens_at,
        "closes_at": row.closes_at,
        "server_now": now,
        "use_within_days": row.use_within_days,
        "claim_within_hours": row.claim_within_hours,
        "eligible": first is None,
        "reason": first.code if first else None,
        "reason_text": gettext(first.text) if first else None,
        "next_step": _next_step(first) if first else None,
        "seed_source": _titled(row.seed_source_zh, row.seed_source_en),
        "seed_known_at": row.seed_known_at,
        "list_hash": row.list_hash,
        "entrant_count": row.entrant_count,
        "seed": row.seed,
        "coupon_id": row.coupon_id,
        "coupon_state": _state_now(CouponState(coupon), row.until, now) if coupon else None,
        "coupon_until": row.until,
        "entry_id": row.entry_id,
        "entry_code": row.entry_code,
        "entry_rank": row.entry_rank,
    }


def _phase(row: Any, now: datetime) -> str:
    if row.state != ReleaseState.PUBLISHED:
        return str(row.state)
    if now < row.opens_at:
        return "announced"
    return "open" if now < row.closes_at else "closed"


def _explained(refusal: CouponNotForYou) -> CouponNotForYou:
    """Return the refusal with what is the case and what to do, in the caller's language."""
    facts = dict(refusal.facts)
    found = reason(str(facts.pop("reason")), **facts)
    refusal.facts |= {"reason_text": gettext(found.text), "next_step": _next_step(found)}
    return refusal


def _next_step(found: Reason) -> str:
    return str(gettext(found.next_step, **found.facts))


def _titled(zh: Any, en: Any) -> Any:
    return zh if str(get_locale()).startswith("zh") else en


def _replayed(*, replayed: bool) -> dict[str, str]:
    return {REPLAYED_HEADER: "true"} if replayed else {}


def _cursor(ids: Iterable[UUID], rows: int) -> str | None:
    given = list(ids)
    return encode_cursor(str(given[-1])) if len(given) == rows else None
