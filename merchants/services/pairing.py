"""Pairing a device: a code from the desk, once, makes a till of it."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import case, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from audit.services import record
from kernel.actors import Actor, ActorKind
from kernel.errors import Refusal
from kernel.ids import new_id
from kernel.secrets import blind_index, new_token, token_hash
from kernel.states import move
from merchants.errors import (
    MerchantNotActive,
    PairingCodeInvalid,
    PublicKeyInvalid,
    SiteNotFound,
    SiteNotOpen,
    TerminalNotFound,
    TooManyTries,
)
from merchants.models import (
    CLERK_MOVES,
    Clerk,
    ClerkState,
    Merchant,
    MerchantKind,
    MerchantState,
    PairingCode,
    PairingFailure,
    Site,
    SiteState,
    Terminal,
)
from merchants.queries import pairing_code_index, union_path_of
from merchants.rules import (
    PAIRING_CODE_LENGTH,
    READABLE,
    TERMINAL_CODE_LENGTH,
    grouped_code,
    network_of,
    public_key_point,
)
from merchants.services.register import record_at_site

PAIRING_LIFETIME = timedelta(minutes=15)
PAIRING_TRIES_MAX = 5
PAIRING_WINDOW = timedelta(minutes=15)
_SEEN_EVERY = timedelta(minutes=1)


def issue_pairing_code(
    session: Session,
    *,
    site_id: UUID,
    actor: Actor,
    now: datetime,
    lifetime: timedelta = PAIRING_LIFETIME,
    clerk_id: UUID | None = None,
) -> str:
    """Return a code that pairs one device with the site until `now + lifetime`.

    With `clerk_id` the device will be that clerk's, and is shut out when long unused.

    This is the only time that anybody sees it: what is kept finds it again and cannot show it.
    Raises SiteNotFound, SiteNotOpen, MerchantNotActive.
    """
    site = session.get(Site, site_id)
    if site is None:
        raise SiteNotFound
    if site.state is not SiteState.OPEN:
        raise SiteNotOpen
    merchant = session.get_one(Merchant, site.merchant_id)
    if merchant.state is not MerchantState.ACTIVE:
        raise MerchantNotActive(state=merchant.state)
    # Old counts are of no use to anybody, and the table would only grow.
    session.execute(delete(PairingFailure).where(PairingFailure.started_at <= now - PAIRING_WINDOW))
    code = _readable(PAIRING_CODE_LENGTH)
    session.add(
        PairingCode(
            site_id=site_id,
            code_index=pairing_code_index(code),
            created_by=actor.id if actor.kind is ActorKind.STAFF else None,
            manager_id=actor.id if actor.kind is ActorKind.MANAGER else None,
            clerk_id=clerk_id,
            created_at=now,
            expires_at=now + lifetime,
        )
    )
    session.flush()
    record_at_site(session, site, merchant, "site.pairing_code_issued", actor=actor, now=now)
    return grouped_code(code)


@dataclass(frozen=True, slots=True)
class Pairing:
    """A new till as it hears about itself, and its token, which is shown this once."""

    terminal_id: UUID
    code: str
    merchant: str
    site: str
    kind: MerchantKind
    token: str = field(repr=False)


def pair_terminal(
    session: Session,
    *,
    pairing_code: str,
    name: str,
    public_key: Mapping[str, object],
    address: str,
    now: datetime,
) -> Pairing | Refusal:
    """Make a till of the device that shows a usable code.

    A wrong code is returned as a refusal, not raised: raising would roll back its count. The view
    raises it once the transaction has committed. Five wrong ones in a quarter of an hour from one
    network address, and everything from there is TooManyTries until it is over. Locks that count,
    then the code, then its clerk: of two devices with one code, one hears PairingCodeInvalid.

    Raises PublicKeyInvalid, before anything is counted.
    """
    point = public_key_point(public_key)
    if point is None:
        raise PublicKeyInvalid
    counted_by = blind_index("pairing_address", network_of(address))
    if not _take_try(session, address_index=counted_by, now=now):
        return TooManyTries()
    code = _lock_code(session, pairing_code)
    if code is None or not code.is_usable(now):
        return PairingCodeInvalid()
    site = session.get_one(Site, code.site_id)
    merchant = session.get_one(Merchant, site.merchant_id)
    if site.state is not SiteState.OPEN or merchant.state is not MerchantState.ACTIVE:
        return PairingCodeInvalid()

    clerk = _lock_clerk(session, code.clerk_id)
    if clerk is not None and clerk.state is ClerkState.ENDED:
        return PairingCodeInvalid()

    token = "uct_" + new_token()
    terminal = Terminal(
        id=new_id(),
        site_id=site.id,
        merchant_id=merchant.id,
        code=_new_terminal_code(session),
        name=name,
        token_hash=token_hash(token),
        public_key=point,
        seq=0,
        paired_at=now,
        clerk_id=code.clerk_id,
    )
    session.add(terminal)
    session.flush()
    code.used_at = now
    code.terminal_id = terminal.id
    if clerk is not None and clerk.state is ClerkState.INVITED:
        clerk.state = move(CLERK_MOVES, clerk.state, ClerkState.ACTIVE)
    # The try was taken before the code was known to be right.
    session.execute(
        update(PairingFailure)
        .where(PairingFailure.address_index == counted_by)
        .values(tries=PairingFailure.tries - 1)
    )
    actor = Actor(ActorKind.TERMINAL, id=terminal.id, merchant_id=merchant.id, site_id=site.id)
    _record(session, terminal, merchant, "terminal.paired", actor=actor, now=now)
    return Pairing(terminal.id, terminal.code, merchant.name, site.name, merchant.kind, token)


def _take_try(session: Session, *, address_index: bytes, now: datetime) -> bool:
    """Count one try of an address and lock its count; False when the window's tries are used up.

    One conditional statement, so that devices guessing at once cannot share a try.
    """
    over = PairingFailure.started_at <= now - PAIRING_WINDOW
    taken = (
        insert(PairingFailure)
        .values(address_index=address_index, started_at=now, tries=1)
        .on_conflict_do_update(
            index_elements=[PairingFailure.address_index],
            set_={
                "tries": case((over, 1), else_=PairingFailure.tries + 1),
                "started_at": case((over, now), else_=PairingFailure.started_at),
            },
            where=or_(over, PairingFailure.tries < PAIRING_TRIES_MAX),
        )
        .returning(PairingFailure.tries)
    )
    return session.execute(taken).first() is not None


def _lock_code(session: Session, typed: str) -> PairingCode | None:
    query = select(PairingCode).where(PairingCode.code_index == pairing_code_index(typed))
    locked = query.with_for_update().execution_options(populate_existing=True)
    return session.scalars(locked).one_or_none()


def _lock_clerk(session: Session, clerk_id: UUID | None) -> Clerk | None:
    if clerk_id is None:
        return None
    return session.get_one(Clerk, clerk_id, with_for_update=True, populate_existing=True)


def unpair_terminal(
    session: Session, *, terminal_id: UUID, actor: Actor, now: datetime
) -> Terminal:
    """Take a till's token away: its next request is refused. Twice changes nothing.

    Locks the terminal. Raises TerminalNotFound.
    """
    terminal = session.get(Terminal, terminal_id, with_for_update=True, populate_existing=True)
    if terminal is None:
        raise TerminalNotFound
    if terminal.unpaired_at is not None:
        return terminal
    terminal.unpaired_at = now
    session.flush()
    merchant = session.get_one(Merchant, terminal.merchant_id)
    _record(session, terminal, merchant, "terminal.unpaired", actor=actor, now=now)
    return terminal


def note_terminal_seen(session: Session, *, terminal_id: UUID, now: datetime) -> None:
    """Keep when a till last asked about itself, to the minute: a till asks far more often."""
    session.execute(
        update(Terminal)
        .where(
            Terminal.id == terminal_id,
            or_(Terminal.last_seen_at.is_(None), Terminal.last_seen_at <= now - _SEEN_EVERY),
        )
        .values(last_seen_at=now)
    )


def _readable(length: int) -> str:
    return "".join(secrets.choice(READABLE) for _ in range(length))


def _new_terminal_code(session: Session) -> str:
    """Return a till's code that no till has had. Two at once: the unique constraint decides."""
    while True:
        code = _readable(TERMINAL_CODE_LENGTH)
        if session.scalar(select(Terminal.id).where(Terminal.code == code)) is None:
            return code


def _record(
    session: Session,
    terminal: Terminal,
    merchant: Merchant,
    action: str,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    record(
        session,
        actor=actor,
        action=action,
        object_type="terminal",
        object_id=terminal.id,
        union_path=union_path_of(session, union_id=merchant.union_id),
        now=now,
        merchant_id=merchant.id,
        site_id=terminal.site_id,
        code=terminal.code,
    )
