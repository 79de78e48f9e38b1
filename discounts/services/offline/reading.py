"""What a till sent: which of it was signed by which till, before anything is judged."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from cards.uc1.keys import key_from_point
from discounts.models import Lease
from discounts.rules import SignedSale, read_sale
from kernel.actors import Till
from kernel.jws import Jws, read_jws
from merchants.models import Terminal


@dataclass(frozen=True)
class SentRecord:
    """A record whose signature holds. `terminal_id` signed it; `lease_id` is None if unknown."""

    sale: SignedSale
    terminal_id: UUID
    lease_id: UUID | None
    jws: str
    facts_digest: bytes

    @property
    def record_hash(self) -> bytes:
        return hashlib.sha256(self.jws.encode()).digest()


@dataclass(frozen=True)
class Unread:
    """A record that is kept nowhere, since nobody signed it: anybody could have made it up."""

    reason: str
    sale: SignedSale | None


def read_records(
    session: Session, *, till: Till, records: Sequence[str]
) -> list[SentRecord | Unread]:
    """Return what each of `records` is, in the order given. Reads only.

    The lease that a record names says whose key signs it: the sender's own, or that of a till of
    the same merchant which has been unpaired since and can send nothing itself.
    """
    opened = [_open(text) for text in records]
    leases = _leases(session, {sale.lease_id for _, sale in opened if sale is not None})
    points = _points(session, till, {lease.terminal_id for lease in leases.values()})
    return [
        _signed(text, jws, sale, till=till, leases=leases, points=points)
        for text, (jws, sale) in zip(records, opened, strict=True)
    ]


def _open(text: str) -> tuple[Jws | None, SignedSale | None]:
    jws = read_jws(text)
    return jws, None if jws is None else read_sale(jws.payload)


def _signed(
    text: str,
    jws: Jws | None,
    sale: SignedSale | None,
    *,
    till: Till,
    leases: dict[UUID, Lease],
    points: dict[UUID, bytes],
) -> SentRecord | Unread:
    if jws is None or sale is None:
        return Unread("record_malformed", None)
    lease = leases.get(sale.lease_id)
    if lease is not None and lease.terminal_id not in points:
        lease = None  # of a stranger's till, or of one that can send its own
    signer = till.terminal_id if lease is None else lease.terminal_id
    if not jws.is_signed_by(key_from_point(points[signer])):
        return Unread("record_unsigned", sale)
    return SentRecord(
        sale=sale,
        terminal_id=signer,
        lease_id=None if lease is None else lease.id,
        jws=text,
        facts_digest=hashlib.sha256(jws.payload).digest(),
    )


def _leases(session: Session, ids: set[UUID]) -> dict[UUID, Lease]:
    return {lease.id: lease for lease in session.scalars(select(Lease).where(Lease.id.in_(ids)))}


def _points(session: Session, till: Till, leased: set[UUID]) -> dict[UUID, bytes]:
    """Return the keys of the sender and of its merchant's unpaired tills among `leased`."""
    query = select(Terminal.id, Terminal.public_key).where(
        Terminal.id.in_(leased | {till.terminal_id}),
        Terminal.merchant_id == till.merchant_id,
        (Terminal.id == till.terminal_id) | Terminal.unpaired_at.is_not(None),
    )
    return {row.id: row.public_key for row in session.execute(query)}
