"""Reads of a merchant's managers, their sessions and their clerks."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, func, select
from sqlalchemy.orm import Session

from kernel.actors import Actor, ActorKind, Role
from kernel.db import Statement
from kernel.masks import mask_name, mask_phone
from merchants.errors import ManagerNotFound
from merchants.models import (
    MANAGER_NAME,
    MANAGER_PHONE,
    ManagerSession,
    ManagerState,
    Merchant,
    MerchantManager,
    MerchantState,
    Site,
    SiteState,
)
from merchants.queries.register import MerchantReach, merchant_ids_within, merchant_within

ROWS_MAX = 200
_MANAGER_BY_TOKEN = Statement(
    """
    SELECT s.id AS session_id, s.last_seen_at, g.id, m.id AS merchant_id, m.name, m.state
    FROM manager_sessions s
    JOIN merchant_managers g ON g.id = s.manager_id
    JOIN merchants m ON m.id = g.merchant_id
    WHERE s.token_hash = :token_hash AND s.revoked_at IS NULL AND s.expires_at > :now
        AND g.state = 'active'
    """
)


@dataclass(frozen=True)
class SignedInManager:
    """The manager a session belongs to, and when it was last noted as in use."""

    actor: Actor
    last_seen_at: datetime


def manager_by_token(
    connection: Connection, *, token_hash: bytes, now: datetime
) -> SignedInManager | None:
    """Return whose session a token opens, or None. The actor's name is the merchant's.

    A merchant that is suspended, or with which business has ended, keeps its managers: they must
    read what was settled. The actor says that nothing may be arranged.
    """
    row = _MANAGER_BY_TOKEN.first(connection, {"token_hash": token_hash, "now": now})
    if row is None:
        return None
    actor = Actor(
        ActorKind.MANAGER,
        id=row.id,
        session_id=row.session_id,
        merchant_id=row.merchant_id,
        is_suspended=row.state != MerchantState.ACTIVE,
        name=row.name,
    )
    return SignedInManager(actor, row.last_seen_at)


@dataclass(frozen=True)
class ManagerRow:
    """One manager of a merchant, as the other managers and the desk see them."""

    id: UUID
    name: str
    masked_name: str
    masked_phone: str
    state: ManagerState
    created_at: datetime
    last_seen_at: datetime | None


def managers_of(session: Session, *, merchant_id: UUID) -> list[ManagerRow]:
    """Return those who look after a merchant or are to, the longest first.

    The whole name is for their colleagues, the masked one for the desk.
    """
    last_seen = (
        select(func.max(ManagerSession.last_seen_at))
        .where(ManagerSession.manager_id == MerchantManager.id)
        .scalar_subquery()
    )
    query = (
        select(MerchantManager, last_seen)
        .where(
            MerchantManager.merchant_id == merchant_id,
            MerchantManager.state != ManagerState.ENDED,
        )
        .order_by(MerchantManager.created_at, MerchantManager.id)
    )
    return [
        ManagerRow(
            each.id,
            name := MANAGER_NAME.open(each.id, each.name_sealed),
            mask_name(name),
            mask_phone(MANAGER_PHONE.open(each.id, each.phone_sealed)),
            each.state,
            each.created_at,
            seen,
        )
        for each, seen in session.execute(query)
    ]


def manager_in(session: Session, *, manager_id: UUID, merchant_id: UUID) -> MerchantManager:
    """Return a manager of this merchant. Raises ManagerNotFound for any other."""
    found = session.get(MerchantManager, manager_id)
    if found is None or found.merchant_id != merchant_id or found.state is ManagerState.ENDED:
        raise ManagerNotFound
    return found


@dataclass(frozen=True)
class ManagedMerchant:
    """A merchant that one person looks after, and as which manager."""

    manager_id: UUID
    merchant_id: UUID
    name: str
    state: ManagerState


def merchants_of_phone(session: Session, *, phone_index: bytes) -> list[ManagedMerchant]:
    """Return what whoever has this phone may look after, what they have begun with first."""
    query = (
        select(MerchantManager.id, Merchant.id, Merchant.name, MerchantManager.state)
        .join(Merchant, Merchant.id == MerchantManager.merchant_id)
        .where(
            MerchantManager.phone_index == phone_index,
            MerchantManager.state.in_([ManagerState.ACTIVE, ManagerState.INVITED]),
        )
        .order_by(MerchantManager.state, MerchantManager.created_at, MerchantManager.id)
    )
    return [ManagedMerchant(*row) for row in session.execute(query)]


def newest_application(session: Session, *, phone_index: bytes) -> Merchant | None:
    """Return the merchant for which whoever has this phone applied last, if that did not succeed.

    Applied or refused; what became of it they are told when they sign in.
    """
    query = (
        select(Merchant)
        .join(MerchantManager, MerchantManager.merchant_id == Merchant.id)
        .where(
            MerchantManager.phone_index == phone_index,
            MerchantManager.invited_by.is_(None),
            Merchant.state.in_([MerchantState.APPLIED, MerchantState.REFUSED]),
        )
        .order_by(MerchantManager.created_at.desc(), MerchantManager.id.desc())
        .limit(1)
    )
    return session.scalars(query).one_or_none()


def open_manager_sessions(
    session: Session, *, manager_id: UUID, now: datetime
) -> list[ManagerSession]:
    query = select(ManagerSession).where(
        ManagerSession.manager_id == manager_id,
        ManagerSession.revoked_at.is_(None),
        ManagerSession.expires_at > now,
    )
    return list(session.scalars(query.order_by(ManagerSession.last_seen_at.desc())))


def merchant_of(session: Session, *, merchant_id: UUID) -> Merchant:
    """Return the merchant that the caller acts for: it exists, or they could not."""
    return session.get_one(Merchant, merchant_id)


def find_manager(session: Session, *, manager_id: UUID, reach: MerchantReach) -> MerchantManager:
    """Return a manager whose merchant the caller reaches. Raises ManagerNotFound for any other."""
    found = session.get(MerchantManager, manager_id)
    if found is None or found.state is ManagerState.ENDED:
        raise ManagerNotFound
    if merchant_within(session, merchant_id=found.merchant_id, reach=reach) is None:
        raise ManagerNotFound
    return found


def applications_within(session: Session, *, reach: MerchantReach) -> list[Merchant]:
    """Return who applied and waits for an answer, the longest first."""
    query = select(Merchant).where(
        Merchant.state == MerchantState.APPLIED, Merchant.id.in_(merchant_ids_within(reach))
    )
    return list(session.scalars(query.order_by(Merchant.created_at, Merchant.id).limit(ROWS_MAX)))


@dataclass(frozen=True)
class ProposedSite:
    """A site that a merchant at work would like to open."""

    id: UUID
    name: str
    address: str
    district: str
    created_at: datetime
    merchant_id: UUID
    merchant: str


def proposed_sites_within(session: Session, *, reach: MerchantReach) -> list[ProposedSite]:
    """Return proposed sites of merchants at work, the longest first."""
    query = (
        select(
            Site.id,
            Site.name,
            Site.address,
            Site.district,
            Site.created_at,
            Merchant.id,
            Merchant.name,
        )
        .join(Merchant, Merchant.id == Site.merchant_id)
        .where(
            Site.state == SiteState.PROPOSED,
            Merchant.state.in_([MerchantState.ACTIVE, MerchantState.SUSPENDED]),
            Merchant.id.in_(merchant_ids_within(reach)),
        )
        .order_by(Site.created_at, Site.id)
        .limit(ROWS_MAX)
    )
    return [ProposedSite(*row) for row in session.execute(query)]


def applications_waiting(session: Session, actor: Actor) -> int:
    """Return how many applications and proposed sites the caller could answer."""
    reach = MerchantReach(paths=actor.paths(Role.PROGRAMME_DESIGNER))
    merchants = applications_within(session, reach=reach)
    return len(merchants) + len(proposed_sites_within(session, reach=reach))
