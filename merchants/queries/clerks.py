"""Reads of a merchant's clerks and of their tills."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from merchants.errors import ClerkNotFound, SiteNotFound, TerminalNotFound
from merchants.models import CLERK_NAME, Clerk, ClerkState, Site, Terminal


@dataclass(frozen=True)
class ClerkRow:
    """One clerk, as their manager sees them."""

    id: UUID
    name: str
    site: str
    state: ClerkState
    invited_at: datetime
    last_contact_at: datetime | None  # of any till of theirs that is paired


def clerks_of(session: Session, *, merchant_id: UUID) -> list[ClerkRow]:
    """Return the clerks who have not ended, by site, the newest first."""
    contact = (
        select(func.max(func.coalesce(Terminal.last_seen_at, Terminal.paired_at)))
        .where(Terminal.clerk_id == Clerk.id, Terminal.unpaired_at.is_(None))
        .scalar_subquery()
    )
    query = (
        select(Clerk, Site.name, contact)
        .join(Site, Site.id == Clerk.site_id)
        .where(Clerk.merchant_id == merchant_id, Clerk.state != ClerkState.ENDED)
        .order_by(Site.name, Clerk.invited_at.desc(), Clerk.id)
    )
    return [
        ClerkRow(
            clerk.id,
            CLERK_NAME.open(clerk.id, clerk.name_sealed),
            site,
            clerk.state,
            clerk.invited_at,
            contact_at,
        )
        for clerk, site, contact_at in session.execute(query)
    ]


@dataclass(frozen=True)
class TillRow:
    """One paired till, where it stands and whose it is (None: paired at the desk)."""

    id: UUID
    name: str
    code: str
    site: str
    clerk: str | None
    paired_at: datetime
    last_seen_at: datetime | None


def tills_of_merchant(session: Session, *, merchant_id: UUID) -> list[TillRow]:
    """Return the paired tills, by site and name."""
    query = (
        select(Terminal, Site.name, Clerk)
        .join(Site, Site.id == Terminal.site_id)
        .outerjoin(Clerk, Clerk.id == Terminal.clerk_id)
        .where(Terminal.merchant_id == merchant_id, Terminal.unpaired_at.is_(None))
        .order_by(Site.name, Terminal.name, Terminal.id)
    )
    return [
        TillRow(
            till.id,
            till.name,
            till.code,
            site,
            CLERK_NAME.open(clerk.id, clerk.name_sealed) if clerk else None,
            till.paired_at,
            till.last_seen_at,
        )
        for till, site, clerk in session.execute(query)
    ]


def clerk_in(session: Session, *, clerk_id: UUID, merchant_id: UUID) -> Clerk:
    """Return a clerk of this merchant. Raises ClerkNotFound for any other."""
    clerk = session.get(Clerk, clerk_id)
    if clerk is None or clerk.merchant_id != merchant_id or clerk.state is ClerkState.ENDED:
        raise ClerkNotFound
    return clerk


def clerk_name(clerk: Clerk) -> str:
    return CLERK_NAME.open(clerk.id, clerk.name_sealed)


def site_in(session: Session, *, site_id: UUID, merchant_id: UUID) -> Site:
    """Return a site of this merchant. Raises SiteNotFound for any other."""
    site = session.get(Site, site_id)
    if site is None or site.merchant_id != merchant_id:
        raise SiteNotFound
    return site


def terminal_in(session: Session, *, terminal_id: UUID, merchant_id: UUID) -> Terminal:
    """Return a till of this merchant. Raises TerminalNotFound for any other."""
    terminal = session.get(Terminal, terminal_id)
    if terminal is None or terminal.merchant_id != merchant_id:
        raise TerminalNotFound
    return terminal
