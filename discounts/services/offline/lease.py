"""The lease: what one till may grant without a network, signed.

It names only what is fit for it: offers that the till can judge by itself, whose number of pieces
nobody counts. Issued for a day, renewed by whoever asks, replaced when half of it is over or what
it grants has changed.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from benefits.models import LimitScope, LimitUnit
from benefits.queries import OfferLine, Scopes, offers_at
from benefits.rules import ALWAYS
from cards.queries import live_status_lists
from cards.services.keys import current_trust
from cards.uc1.keys import private_key_from_bytes
from cards.uc1.terms import Assurance, KeyUse
from discounts.models import Lease, OfflinePolicy, OfflineRecord
from discounts.queries import chain_end, ends_of_versions, newest_lease, offline_policy
from kernel.actors import Till
from kernel.clock import shanghai_date, unix
from kernel.jws import write_jws
from kernel.secrets import blind_index

_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
# The till computes the split of these by itself.
_KINDS = frozenset({"percent", "full_reduction", "fixed_price"})
# How many there are of something, a till without a network cannot know.
_SHARED = frozenset({LimitScope.PROGRAMME, LimitScope.OFFER, LimitScope.MERCHANT, LimitScope.SITE})
_NOBODY = UUID(int=0)
# Long after the last hour in which a sale under it could come, which a policy sets to 72 at most.
LEASE_KEPT = timedelta(days=30)
_PURGED_AT_ONCE = 5_000


@dataclass(frozen=True)
class SignedLease:
    """A lease as the till gets it."""

    lease: Lease
    jws: str
    key: ec.EllipticCurvePublicKey


def lease_key() -> ec.EllipticCurvePrivateKey:
    """Return the key that signs leases: from the service's own keys, the same in each process.

    It is derived, not stored (docs/decisions/0029): whoever reads the database signs no lease.
    """
    return _derived(blind_index("offline", "lease key"))


@cache
def _derived(seed: bytes) -> ec.EllipticCurvePrivateKey:
    scalar = int.from_bytes(seed) % (_P256_ORDER - 1) + 1
    return private_key_from_bytes(scalar.to_bytes(32))


def grant_lease(session: Session, *, till: Till, now: datetime) -> SignedLease:
    """Return what the till may grant from now on. Raises IssuerKeysMissing."""
    offers = _fit_offers(session, till=till, now=now)
    policy = offline_policy(session)
    ends = ends_of_versions(
        session,
        version_ids=[offer.version_id for offer in offers],
        merchant_id=till.merchant_id,
        today=shanghai_date(now),
    )
    valid_to = {
        str(version): unix(end) if (end := ends.get(version)) is not None else None
        for version in (offer.version_id for offer in offers)
    }
    lease = newest_lease(session, terminal_id=till.terminal_id)
    if lease is None or not _still_says(lease, policy, valid_to, now=now):
        lease = Lease(
            terminal_id=till.terminal_id,
            issued_at=now,
            renewed_at=now,
            expires_at=now + timedelta(hours=policy.lease_hours),
            per_sale_fen=policy.per_sale_fen,
            per_day_fen=policy.per_day_fen,
            per_day_sales=policy.per_day_sales,
            offers=valid_to,
        )
        session.add(lease)
    lease.renewed_at = max(now, lease.renewed_at)
    session.flush()
    payload = _payload(session, till=till, lease=lease, offers=offers, now=now)
    key = lease_key()
    signed = write_jws(key, json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode())
    return SignedLease(lease, signed, key.public_key())


def purge_leases(session: Session, *, now: datetime) -> int:
    """Forget some leases that ended long ago and that no record names; return how many.

    One that a record names is part of what was judged and is kept as long as the record.
    """
    is_named = select(OfflineRecord.id).where(OfflineRecord.lease_id == Lease.id).exists()
    old = (
        select(Lease.id)
        .where(Lease.expires_at < now - LEASE_KEPT, ~is_named)
        .order_by(Lease.expires_at)
        .limit(_PURGED_AT_ONCE)
    )
    gone = session.scalars(delete(Lease).where(Lease.id.in_(old)).returning(Lease.id))
    return len(gone.all())


def _fit_offers(session: Session, *, till: Till, now: datetime) -> list[OfferLine]:
    scopes = Scopes(till.merchant_id, till.site_id, till.terminal_id, _NOBODY)
    day = shanghai_date(now)
    return [offer for offer in offers_at(session, scopes=scopes, now=now) if _is_fit(offer, day)]


def _is_fit(offer: OfferLine, day: Any) -> bool:
    """Say whether a till can judge this offer with what it knows, all but the member's own."""
    is_running = offer.programme_state == "running" and offer.starts_on <= day
    counts_pieces = any(
        line.unit == LimitUnit.USES and line.scope in _SHARED for line in offer.limits
    )
    return (
        is_running
        and Assurance.POSSESSION.value in offer.assurances
        and not offer.needs_challenge
        and not offer.needs_coupon
        and offer.terms.kind in _KINDS
        and offer.conditions == ALWAYS
        and not counts_pieces
    )


def _still_says(
    lease: Lease, policy: OfflinePolicy, valid_to: dict[str, int | None], *, now: datetime
) -> bool:
    """Say whether a lease is young enough, and grants what a new one would."""
    half = (lease.expires_at - lease.issued_at) / 2
    granted = (lease.per_sale_fen, lease.per_day_fen, lease.per_day_sales)
    return (
        now < lease.issued_at + half
        and lease.offers == valid_to
        and granted == (policy.per_sale_fen, policy.per_day_fen, policy.per_day_sales)
    )


def _payload(
    session: Session, *, till: Till, lease: Lease, offers: list[OfferLine], now: datetime
) -> dict[str, Any]:
    trust = current_trust(session, now=now)
    bases = [key for key in trust.keys.values() if key.use is KeyUse.CARD]
    numbers = live_status_lists(session, now=now)
    end = chain_end(session, terminal_id=till.terminal_id)
    return {
        "lease_id": str(lease.id),
        "terminal_id": str(till.terminal_id),
        "aud": till.code,
        "iat": unix(lease.renewed_at),
        "exp": unix(lease.expires_at),
        "per_sale_fen": lease.per_sale_fen,
        "per_day_fen": lease.per_day_fen,
        "per_day_sales": lease.per_day_sales,
        "offers": [_offer(offer, lease.offers[str(offer.version_id)]) for offer in offers],
        "status_lists": sorted({key.status_uri(number) for key in bases for number in numbers}),
        "next_seq": end.next_seq,
        "last": end.last,
    }


def _offer(offer: OfferLine, valid_to: int | None) -> dict[str, Any]:
    terms = offer.terms
    return {
        "offer_id": str(offer.offer_id),
        "offer_version": str(offer.version_id),
        "number": offer.version_number,
        "title_zh": offer.title_zh,
        "title_en": offer.title_en,
        "kind": terms.kind,
        "member_rate_bp": terms.member_rate_bp,
        "threshold_fen": terms.threshold_fen,
        "reduction_fen": terms.reduction_fen,
        "list_fen": terms.list_fen,
        "member_fen": terms.member_fen,
        "union_share_bp": terms.union_share_bp,
        "union_max_fen": terms.union_max_fen,
        # Paper can be copied and a slice needs the phone online: neither is taken offline.
        "assurances": [Assurance.POSSESSION.value],
        "needs_challenge": offer.needs_challenge,
        "valid_to": valid_to,
    }
