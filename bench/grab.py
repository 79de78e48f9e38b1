"""The grab: 10,000 pieces at one second, 50,000 claimants, over HTTP. Exactly 10,000 are given.

The claimants are rows made in bulk beside the demo's people: members with a card in use and a phone
that has signed in. Their sealed columns are copies of one person's, which nobody opens.
"""

import secrets
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from sqlalchemy import func, insert, inspect, select
from sqlalchemy.orm import Session

from bench.limits import wanted_offer
from bench.load import Measured, burst, request_bytes
from bench.servers import Server
from benefits.models import Coupon, ReleaseMode
from benefits.queries import limit_residuals
from benefits.services import ReleaseFacts, plan_release, publish_release
from cards.models import Card, CardState
from cards.rules import card_number
from kernel.actors import SYSTEM
from kernel.clock import utc_now
from kernel.db import transaction
from kernel.ids import new_id
from kernel.secrets import token_hash
from members.models import Member, MemberSession, MembershipStatus

PIECES = 10_000
CLAIMANTS = 50_000
CLIENTS = 32
_BATCH = 5_000
_MASK = "测*"  # how the claimants of other runs are found again
_FIRST_SERIAL = 800_000_000

Line = dict[str, Any]


def _columns(row: Any, **other: Any) -> dict[str, Any]:
    """Return a row's columns as they are stored, some of them other."""
    names = [column.key for column in inspect(type(row)).columns]
    return {name: getattr(row, name) for name in names} | other


def _make_members(session: Session, count: int, first: int) -> list[uuid.UUID]:
    if count == 0:
        return []  # an INSERT of no rows would be one of defaults
    of_somebody = select(Member).join(Card, Card.member_id == Member.id).limit(1)
    active = (Member.status == MembershipStatus.ACTIVE, Card.state == CardState.ACTIVE)
    member = session.scalars(of_somebody.where(*active)).one()
    card = session.scalars(
        select(Card).where(Card.member_id == member.id, Card.state == CardState.ACTIVE)
    ).one()
    ids = [new_id() for _ in range(count)]
    session.execute(
        insert(Member),
        [
            _columns(
                member,
                id=member_id,
                name_masked=_MASK,
                document_index=secrets.token_bytes(32),
                phone_index=secrets.token_bytes(32),
            )
            for member_id in ids
        ],
    )
    session.execute(
        insert(Card),
        [
            _columns(
                card,
                id=new_id(),
                member_id=member_id,
                number=card_number(_FIRST_SERIAL + first + place, year=2026),
            )
            for place, member_id in enumerate(ids)
        ],
    )
    return ids


def _claimants(count: int) -> Iterator[str]:
    """Yield the tokens of so many members, each with a session of this run."""
    with transaction() as session:
        query = select(Member.id).where(Member.name_masked == _MASK).limit(count)
        known = list(session.scalars(query))
    for start in range(0, count, _BATCH):
        ids, now = known[start : start + _BATCH], utc_now()
        tokens = [f"ucm_{secrets.token_urlsafe(32)}" for _ in range(min(_BATCH, count - start))]
        with transaction() as session:
            ids += _make_members(session, len(tokens) - len(ids), start + len(ids))
            session.execute(
                insert(MemberSession),
                [
                    {
                        "member_id": member_id,
                        "token_hash": token_hash(token),
                        "created_at": now,
                        "expires_at": now + timedelta(hours=6),
                    }
                    for member_id, token in zip(ids, tokens, strict=True)
                ],
            )
        yield from tokens


def _release(pieces: int) -> uuid.UUID:
    """Publish a release that opened a moment ago."""
    wanted = wanted_offer(uses=pieces, stripes=1)
    planned = utc_now()
    # Announced a minute before it opens, as the service insists; by now it has.
    with transaction() as session:
        release = plan_release(
            session,
            actor=SYSTEM,
            offer_id=wanted.offer_id,
            facts=ReleaseFacts(
                pieces=pieces,
                reserve_pieces=0,
                opens_at=planned - timedelta(minutes=1),
                closes_at=planned + timedelta(hours=1),
                use_within_days=7,
                mode=ReleaseMode.GRAB,
            ),
            now=planned - timedelta(minutes=2),
        )
        publish_release(
            session,
            actor=SYSTEM,
            release_id=release.id,
            version=release.version,
            now=planned - timedelta(minutes=2),
        )
        return release.id


def grab(*, pieces: int = PIECES, claimants: int = CLAIMANTS) -> list[Line]:
    tokens = list(_claimants(claimants))
    release_id = _release(pieces)
    path = f"/api/v1/coupon-releases/{release_id}/grabs"
    requests = [
        request_bytes("POST", path, token=token, body={"id": str(uuid.uuid4())}) for token in tokens
    ]
    with Server("wsgi:app") as server:
        before = server.cpu_seconds()
        seen = burst(server.port, [requests[client::CLIENTS] for client in range(CLIENTS)])
        cpu_ms = (server.cpu_seconds() - before) * 1000 / len(requests)
    with transaction() as session:
        given = select(func.count(), func.count(Coupon.member_id.distinct())).where(
            Coupon.release_id == release_id
        )
        coupons, members = session.execute(given).one()
        residuals = len(limit_residuals(session))
    counted = {
        "given": coupons,
        "oversold": max(0, coupons - pieces) + residuals,
        "double": coupons - members,
    }
    return [_line(seen, pieces, counted) | {"cpu_ms": round(cpu_ms, 3)}]


def _line(seen: Measured, pieces: int, counted: Line) -> Line:
    coupons = counted["given"]
    told = seen.statuses.get(201, 0)
    refused = seen.statuses.get(409, 0)
    return {
        "case": "grab",
        "clients": CLIENTS,
        "pieces": pieces,
        "claimants": len(seen.seconds),
        **counted,
        "refused": refused,
        "rps": round(seen.rate, 1),
        "p50_ms": round(seen.percentile_ms(50), 2),
        "p99_ms": round(seen.percentile_ms(99), 2),
        "errors": len(seen.seconds) - told - refused,
        "lost": max(0, told - coupons) + max(0, min(pieces, len(seen.seconds)) - coupons),
    }
