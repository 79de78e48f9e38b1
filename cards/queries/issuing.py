"""Reads of keys, trust lists and status lists."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cards.models import (
    Credential,
    CredentialState,
    IssuerKey,
    IssuerKeyState,
    StatusListRow,
    TrustListRow,
)

_TRUSTED = (IssuerKeyState.PUBLISHED, IssuerKeyState.SIGNING, IssuerKeyState.RETIRED)


def signing_keys(session: Session) -> list[IssuerKey]:
    """Return the key in use of each kind, the root's among them."""
    query = select(IssuerKey).where(IssuerKey.state == IssuerKeyState.SIGNING)
    return list(session.scalars(query.order_by(IssuerKey.key_use)))


def signing_key_sealed(
    session: Session, *, use: int, now: datetime
) -> tuple[UUID, bytes, bytes] | None:
    """Return id, kid and sealed scalar of the key that signs `use`; None also when it has ended."""
    query = select(IssuerKey.id, IssuerKey.kid, IssuerKey.private_sealed).where(
        IssuerKey.key_use == use,
        IssuerKey.state == IssuerKeyState.SIGNING,
        IssuerKey.expires_at > now,
    )
    row = session.execute(query).one_or_none()
    return None if row is None else (row.id, row.kid, row.private_sealed)


def issuer_key(session: Session, *, kid: bytes) -> IssuerKey | None:
    query = select(IssuerKey).where(IssuerKey.kid == kid)
    return session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def issuer_key_in(session: Session, *, use: int, state: IssuerKeyState) -> IssuerKey | None:
    """Return the one key of a use that signs, or that is published and waits for its turn."""
    assert state in {IssuerKeyState.SIGNING, IssuerKeyState.PUBLISHED}
    query = select(IssuerKey).where(IssuerKey.key_use == use, IssuerKey.state == state)
    return session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def due_keys(session: Session, *, now: datetime) -> list[IssuerKey]:
    """Return the published keys whose turn has come."""
    query = select(IssuerKey).where(
        IssuerKey.state == IssuerKeyState.PUBLISHED, IssuerKey.signs_from <= now
    )
    return list(session.scalars(query.order_by(IssuerKey.key_use)))


def last_expiry(session: Session, *, kid: bytes) -> datetime | None:
    """Return when the last credential that a key signed expires. Reads every credential."""
    return session.scalar(select(func.max(Credential.expires_at)).where(Credential.kid == kid))


def trusted_keys(session: Session, *, now: datetime) -> list[IssuerKey]:
    """Return what belongs into a trust list: every key but the root that may still be met."""
    query = select(IssuerKey).where(
        IssuerKey.key_use > 0, IssuerKey.state.in_(_TRUSTED), IssuerKey.expires_at > now
    )
    return list(session.scalars(query.order_by(IssuerKey.key_use, IssuerKey.created_at)))


def all_issuer_keys(session: Session) -> list[IssuerKey]:
    query = select(IssuerKey).order_by(IssuerKey.key_use, IssuerKey.created_at)
    return list(session.scalars(query))


def newest_trust_list(session: Session) -> TrustListRow | None:
    query = select(TrustListRow).order_by(TrustListRow.seq.desc()).limit(1)
    return session.scalars(query).one_or_none()


def status_list(session: Session, *, number: int) -> StatusListRow | None:
    return session.get(StatusListRow, number)


def live_status_lists(session: Session, *, now: datetime) -> list[int]:
    """Return the numbers of the lists on which some credential may still be accepted."""
    query = select(StatusListRow.number).where(
        StatusListRow.ends_at.is_(None) | (StatusListRow.ends_at > now)
    )
    return list(session.scalars(query.order_by(StatusListRow.number)))


def status_entries(session: Session, *, number: int) -> dict[int, CredentialState]:
    """Return every entry of a list that is not valid."""
    query = select(Credential.status_index, Credential.state).where(
        Credential.status_list == number, Credential.state != CredentialState.VALID
    )
    return {row.status_index: row.state for row in session.execute(query)}


def has_status_changes(session: Session, *, number: int, since: datetime) -> bool:
    query = select(
        select(Credential.cti)
        .where(
            Credential.status_list == number,
            Credential.state != CredentialState.VALID,
            Credential.changed_at > since,
        )
        .exists()
    )
    return bool(session.scalar(query))
