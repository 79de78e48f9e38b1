"""Reads of tills and of the codes that pair them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from kernel.actors import Actor, ActorKind
from kernel.db import Statement
from kernel.secrets import blind_index
from merchants.models import (
    Merchant,
    MerchantKind,
    MerchantState,
    PairingCode,
    Site,
    Terminal,
)
from merchants.rules import normal_pairing_code


@dataclass(frozen=True)
class TerminalFacts:
    """What a till may know about itself."""

    terminal_id: UUID
    code: str
    name: str
    merchant: str
    site: str
    kind: MerchantKind
    merchant_id: UUID
    site_id: UUID
    merchant_state: MerchantState
    seq: int
    paired_at: datetime

    @property
    def may_redeem(self) -> bool:
        return self.merchant_state is MerchantState.ACTIVE


def terminal_facts(session: Session, *, terminal_id: UUID) -> TerminalFacts:
    """Return what stands on a till's own screen. Raises NoResultFound for an unknown id."""
    query = (
        select(
            Terminal.id,
            Terminal.code,
            Terminal.name,
            Merchant.name,
            Site.name,
            Merchant.kind,
            Merchant.id,
            Site.id,
            Merchant.state,
            Terminal.seq,
            Terminal.paired_at,
        )
        .join(Site, Site.id == Terminal.site_id)
        .join(Merchant, Merchant.id == Terminal.merchant_id)
        .where(Terminal.id == terminal_id)
    )
    return TerminalFacts(*session.execute(query).one())


def pairing_code_index(typed: str) -> bytes:
    """Return by what a pairing code is found, however it was typed."""
    return blind_index("pairing_code", normal_pairing_code(typed))


def pairing_code_is_usable(session: Session, *, code: str, now: datetime) -> bool:
    """Say whether a code would still pair a device. Counts no try: for who made the code."""
    query = select(PairingCode).where(PairingCode.code_index == pairing_code_index(code))
    found = session.scalars(query).one_or_none()
    return found is not None and found.is_usable(now)


# This statement runs before every request of every till.
TERMINAL_BY_TOKEN = Statement(
    """
    SELECT t.id, t.merchant_id, t.site_id, t.code, m.state, t.clerk_id,
        coalesce(t.last_seen_at, t.paired_at) AS seen_at
    FROM terminals t
    JOIN sites s ON s.id = t.site_id
    JOIN merchants m ON m.id = t.merchant_id
    WHERE t.token_hash = :token_hash AND t.unpaired_at IS NULL AND s.state = 'open'
        AND m.state IN ('active', 'suspended')
    """
)


def terminal_by_token(connection: Connection, *, token_hash: bytes) -> Actor | None:
    """Return which till a token belongs to, or None when it is unpaired or out of business.

    Nobody answers for a closed site or a merchant that has ended. A suspended merchant's till is
    somebody who may look and not redeem: the actor says so. One statement, no lock.
    """
    row = TERMINAL_BY_TOKEN.first(connection, {"token_hash": token_hash})
    if row is None:
        return None
    return Actor(
        ActorKind.TERMINAL,
        id=row.id,
        merchant_id=row.merchant_id,
        site_id=row.site_id,
        is_suspended=row.state == MerchantState.SUSPENDED,
        code=row.code,
        clerk_id=row.clerk_id,
        seen_at=row.seen_at,
    )
