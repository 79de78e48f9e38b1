"""The issuer's keys: made on the first run, sealed, named in the trust list, held by each process.

A key use signs one kind of thing (8.5 of the format): 1 phones' credentials, 2 paper, 3 slices,
4 status lists; the root, here 0, signs nothing but trust lists.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from sqlalchemy import URL, Connection, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from audit.services import record
from cards.errors import IssuerKeysMissing
from cards.models import (
    ISSUER_KEY_PRIVATE,
    SLICE_LIST,
    IssuerKey,
    IssuerKeyState,
    StatusListRow,
    StatusSeries,
    TrustListRow,
)
from cards.queries import newest_trust_list, signing_key_sealed, signing_keys, trusted_keys
from cards.uc1.answers import Refused
from cards.uc1.keys import (
    Signer,
    compressed,
    key_from_point,
    new_private_key,
    private_key_bytes,
    private_key_from_bytes,
)
from cards.uc1.terms import KeyUse
from cards.uc1.trust import TrustKey, TrustList, build_trust_list, verify_trust_list
from kernel.actors import Actor
from kernel.clock import unix
from kernel.ids import new_id

ROOT_USE = 0
TRUST_LIST_LIFE = timedelta(days=30)
TRUST_LIST_RENEWED_AFTER = timedelta(days=1)
# How long a process goes on with what it read: a dropped key is refused after at most this.
KEYS_HELD = timedelta(seconds=5)
# A verifier whose clock is behind must not meet a key that opens in its future.
_CLOCK_SKEW = timedelta(minutes=5)
_KEYS_LOCK = func.hashtext("cards.issuer_keys")
# Rotation retires a key much earlier; this is how long one may live that nobody rotates.
_KEY_LIVES = {
    ROOT_USE: timedelta(days=3650),
    KeyUse.CARD: timedelta(days=400),
    KeyUse.PAPER: timedelta(days=365 + 800),
    KeyUse.SLICE: timedelta(days=400),
    KeyUse.STATUS: timedelta(days=400),
}


def ensure_issuer_keys(session: Session, *, base_url: str, actor: Actor, now: datetime) -> int:
    """Make the keys that are missing and publish them; return how many were made.

    Waits for whoever does the same. `base_url` is where the service is reached: the trust list
    says under which address its status lists are.
    """
    one_at_a_time(session)
    held = {key.key_use for key in signing_keys(session)}
    missing = [use for use in _KEY_LIVES if int(use) not in held]
    for use in missing:
        make_key(
            session,
            use=int(use),
            state=IssuerKeyState.SIGNING,
            signs_from=now,
            actor=actor,
            now=now,
        )
    session.execute(
        insert(StatusListRow)
        .values(number=SLICE_LIST, series=StatusSeries.SLICE, period="always", is_full=False)
        .on_conflict_do_nothing()
    )
    if missing:
        publish_trust_list(session, base_url=base_url, actor=actor, now=now)
    else:
        renew_trust_list(session, base_url=base_url, actor=actor, now=now)
    return len(missing)


def publish_trust_list(
    session: Session, *, base_url: str, actor: Actor, now: datetime
) -> TrustListRow:
    """Sign a list of every key that is trusted now and put it in force: the next number.

    Raises IssuerKeysMissing.
    """
    one_at_a_time(session)
    newest = newest_trust_list(session)
    seq = newest.seq + 1 if newest else 1
    exp = now + TRUST_LIST_LIFE
    token = build_trust_list(
        _root_signer(session),
        sub=f"{base_url}/api/v1/trust-list",
        seq=seq,
        iat=unix(now),
        exp=unix(exp),
        keys=[_trust_key(key, base_url) for key in trusted_keys(session, now=now)],
    )
    row = TrustListRow(seq=seq, token=token, issued_at=now, expires_at=exp)
    session.add(row)
    session.flush()
    record(
        session,
        actor=actor,
        action="trust_list.published",
        object_type="trust_list",
        object_id=None,
        now=now,
        seq=seq,
    )
    forget_issuer_keys()
    return row


def renew_trust_list(
    session: Session, *, base_url: str, actor: Actor, now: datetime
) -> TrustListRow | None:
    """Publish again what is a day old, or names another address than `base_url`.

    Daily, so that a phone that has not been online for a week can tell that its list is stale.
    """
    one_at_a_time(session)
    newest = newest_trust_list(session)
    if newest is not None and now < newest.issued_at + TRUST_LIST_RENEWED_AFTER:
        trust = _read_trust(newest, root_key=_root_key(session))
        if trust.sub == f"{base_url}/api/v1/trust-list":
            return None
    return publish_trust_list(session, base_url=base_url, actor=actor, now=now)


@dataclass(frozen=True, slots=True)
class _HeldTrust:
    database: URL
    read_at: datetime
    trust: TrustList
    token: bytes
    root_key: EllipticCurvePublicKey


class _Held:
    """What this process has read: replaced whole, so that threads never see half of it."""

    trust: _HeldTrust | None = None
    opened: Mapping[bytes, Signer] = MappingProxyType({})


def forget_issuer_keys() -> None:
    """Read keys and trust list anew at their next use."""
    _Held.trust = None
    _Held.opened = MappingProxyType({})


def current_trust(session: Session, *, now: datetime) -> TrustList:
    """Return the trust list in force, at most five seconds old. Raises IssuerKeysMissing.

    No statement when this process has one: a scan asks for it.
    """
    return _trust(session, now).trust


def held_trust(connection: Connection, *, now: datetime) -> TrustList | None:
    """Return the trust list that this process holds, if it is fresh; never asks the database."""
    held = _Held.trust
    if held is None or held.database != connection.engine.url:
        return None
    return held.trust if timedelta(0) <= now - held.read_at < KEYS_HELD else None


def root_public_key(session: Session, *, now: datetime) -> EllipticCurvePublicKey:
    """Return the key that verifies trust lists. Raises IssuerKeysMissing."""
    return _trust(session, now).root_key


def trust_list_token(session: Session, *, now: datetime) -> bytes:
    """Return the signed list in force, as served. Raises IssuerKeysMissing."""
    return _trust(session, now).token


def current_signer(session: Session, *, use: KeyUse, now: datetime) -> Signer:
    """Return the key that signs `use` now. Raises IssuerKeysMissing.

    Which one it is, is asked each time: a key that was retired a moment ago signs nothing more.
    Only the opened key is kept.
    """
    found = signing_key_sealed(session, use=int(use), now=now)
    if found is None:
        raise IssuerKeysMissing(use=int(use))
    row_id, kid, sealed = found
    signer = _Held.opened.get(kid)
    if signer is None:
        signer = _open_key(row_id, kid, sealed)
        _Held.opened = MappingProxyType({**_Held.opened, kid: signer})
    return signer


def keep_keys_still(session: Session) -> None:
    """Let no key or trust list change until the transaction ends; many may ask for that at once.

    Taken before any row is locked, as whoever changes keys does.
    """
    session.execute(select(func.pg_advisory_xact_lock_shared(_KEYS_LOCK)))


def trust_in_force(session: Session, *, now: datetime) -> TrustList:
    """Return the newest trust list as it is this moment, not as it was held.

    Raises IssuerKeysMissing.
    """
    return _read_anew(session, now).trust


def _trust(session: Session, now: datetime) -> _HeldTrust:
    database = session.get_bind().engine.url
    held = _Held.trust
    if held is None or held.database != database:
        return _read_anew(session, now)
    is_fresh = timedelta(0) <= now - held.read_at < KEYS_HELD
    return held if is_fresh else _read_anew(session, now)


def _read_anew(session: Session, now: datetime) -> _HeldTrust:
    database = session.get_bind().engine.url
    held = _Held.trust
    row = newest_trust_list(session)
    if row is None:
        raise IssuerKeysMissing
    if held is not None and held.token == row.token:
        fresh = _HeldTrust(database, now, held.trust, held.token, held.root_key)
    else:
        root_key = _root_key(session)
        trust = _read_trust(row, root_key=root_key)
        fresh = _HeldTrust(database, now, trust, row.token, root_key)
    _Held.trust = fresh
    return fresh


def _read_trust(row: TrustListRow, *, root_key: EllipticCurvePublicKey) -> TrustList:
    # As of its own moment: whether it has expired is asked at each use, with its own answer.
    trust = verify_trust_list(row.token, root_key=root_key, now=unix(row.issued_at))
    if isinstance(trust, Refused):
        raise TypeError(f"trust list {row.seq} does not verify: {trust.code} {trust.detail}")
    return trust


def make_key(
    session: Session,
    *,
    use: int,
    state: IssuerKeyState,
    signs_from: datetime,
    actor: Actor,
    now: datetime,
) -> IssuerKey:
    """Store a fresh key. It is trusted once a list that names it has been published.

    The caller holds one_at_a_time().
    """
    signer = Signer.of(new_private_key())
    row_id = new_id()
    row = IssuerKey(
        id=row_id,
        key_use=use,
        kid=signer.kid,
        public_key=compressed(signer.key.public_key()),
        private_sealed=ISSUER_KEY_PRIVATE.seal(row_id, private_key_bytes(signer.key)),
        state=state,
        signs_from=signs_from,
        not_before=now - _CLOCK_SKEW,
        expires_at=signs_from + _KEY_LIVES[use],
        created_at=now,
    )
    session.add(row)
    session.flush()
    record(
        session,
        actor=actor,
        action="issuer_key.created",
        object_type="issuer_key",
        object_id=row_id,
        now=now,
        use=use,
        kid=signer.kid.hex(),
        state=state.value,
    )
    return row


def _open_key(row_id: UUID, kid: bytes, sealed: bytes) -> Signer:
    return Signer(private_key_from_bytes(ISSUER_KEY_PRIVATE.open_bytes(row_id, sealed)), kid)


def _root_signer(session: Session) -> Signer:
    row = _root_row(session)
    return _open_key(row.id, row.kid, row.private_sealed)


def _root_key(session: Session) -> EllipticCurvePublicKey:
    return key_from_point(_root_row(session).public_key)


def _root_row(session: Session) -> IssuerKey:
    for row in signing_keys(session):
        if row.key_use == ROOT_USE:
            return row
    raise IssuerKeysMissing(use=ROOT_USE)


def _trust_key(row: IssuerKey, base_url: str) -> TrustKey:
    return TrustKey.of(
        key_from_point(row.public_key),
        use=KeyUse(row.key_use),
        nbf=unix(row.not_before),
        exp=unix(row.expires_at),
        status_base=f"{base_url}/api/v1/status/",
    )


def one_at_a_time(session: Session) -> None:
    """Wait until nobody else makes keys or lists; held until the transaction ends."""
    session.execute(select(func.pg_advisory_xact_lock(_KEYS_LOCK)))
