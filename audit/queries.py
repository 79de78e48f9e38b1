"""Reads of the audit trail, newest first, a page at a time."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, or_, select, tuple_
from sqlalchemy.orm import Session

from audit.models import AuditEntry, AuditKey

PAGE_ROWS = 50


class Place(NamedTuple):
    """Where a page ended: the next one holds what is older."""

    occurred_at: datetime
    id: UUID


def place_of(entry: AuditEntry) -> Place:
    return Place(entry.occurred_at, entry.id)


def entries(
    session: Session,
    *,
    paths: Sequence[str],
    with_unscoped: bool = False,
    action: str | None = None,
    actor_id: UUID | None = None,
    before: Place | None = None,
    limit: int = PAGE_ROWS,
) -> list[AuditEntry]:
    """Return entries of the unions `paths` and below.

    `with_unscoped` adds those that belong to no union (keys, settings): for the whole city's
    auditor. `action` may be a prefix ending in a dot, such as "card.".
    """
    reach = [_within(path) for path in paths]
    if with_unscoped:
        reach.append(AuditEntry.union_path.is_(None))
    if not reach:
        return []
    query = select(AuditEntry).where(or_(*reach))
    if action is not None:
        exact = AuditEntry.action == action
        query = query.where(
            AuditEntry.action.startswith(action, autoescape=True) if action.endswith(".") else exact
        )
    if actor_id is not None:
        query = query.where(AuditEntry.actor_id == actor_id)
    return _page(session, query, before=before, limit=limit)


def looks_at_member(
    session: Session, *, member_id: UUID, before: Place | None = None, limit: int = PAGE_ROWS
) -> list[AuditEntry]:
    """Return each time somebody opened personal data of a member, with the purpose they gave.

    The member may read this list (security.md).
    """
    query = select(AuditEntry).where(
        AuditEntry.member_id == member_id, AuditEntry.purpose.is_not(None)
    )
    return _page(session, query, before=before, limit=limit)


class PublicKey(NamedTuple):
    """What everybody may know of a key; `signs_from` None: a second person has not approved it."""

    thumbprint: str
    jwk: str
    signs_from: datetime | None


def signing_key(session: Session) -> AuditKey | None:
    """Return the key that signs now."""
    query = select(AuditKey).where(AuditKey.signs_from.is_not(None))
    newest = query.order_by(AuditKey.signs_from.desc(), AuditKey.id.desc()).limit(1)
    return session.scalars(newest).first()


def waiting_key(session: Session) -> AuditKey | None:
    """Return the key that waits for a second person."""
    return session.scalars(select(AuditKey).where(AuditKey.signs_from.is_(None))).one_or_none()


def public_keys(session: Session) -> list[PublicKey]:
    """Return every key that has signed, the oldest first, and last the one that waits."""
    query = select(AuditKey.thumbprint, AuditKey.public_jwk, AuditKey.signs_from)
    rows = session.execute(query.order_by(AuditKey.signs_from.asc().nulls_last(), AuditKey.id))
    return [PublicKey(*row) for row in rows]


def jwk_of(session: Session, *, thumbprint: str) -> str:
    return session.scalars(
        select(AuditKey.public_jwk).where(AuditKey.thumbprint == thumbprint)
    ).one()


def _within(path: str) -> ColumnElement[bool]:
    below = AuditEntry.union_path.startswith(path + "/", autoescape=True)
    return or_(AuditEntry.union_path == path, below)


def _page(
    session: Session, query: Select[AuditEntry], *, before: Place | None, limit: int
) -> list[AuditEntry]:
    # Many entries share a moment (an import), so the id decides between them.
    place = tuple_(AuditEntry.occurred_at, AuditEntry.id)
    if before is not None:
        query = query.where(place < tuple_(before.occurred_at, before.id))
    query = query.order_by(AuditEntry.occurred_at.desc(), AuditEntry.id.desc()).limit(limit)
    return list(session.scalars(query))
