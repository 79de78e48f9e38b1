"""Writing the audit trail, and signing what others hold the service to."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from audit.errors import AuditKeyNotFound, AuditKeySigns, AuditKeyWaits
from audit.models import AUDIT_KEY_PRIVATE, AuditEntry, AuditKey
from audit.queries import signing_key, waiting_key
from audit.rules import plain_facts
from kernel.actors import SYSTEM, Actor
from kernel.bulk import insert_columns
from kernel.ids import new_id
from kernel.jws import jwk_text, jwk_thumbprint, key_from_scalar, new_key, scalar_of, write_jws
from kernel.refusals import PreparedByYou

_MEMBER = "member"
_KEYS_LOCK = select(func.pg_advisory_xact_lock(func.hashtext("audit.keys")))


def record(
    session: Session,
    *,
    actor: Actor,
    action: str,
    object_type: str,
    object_id: UUID | None,
    now: datetime,
    member_id: UUID | None = None,
    purpose: str | None = None,
    union_path: str | None = None,
    **facts: object,
) -> AuditEntry:
    """Write down what `actor` did, in the transaction in which it was done.

    `action` is a dotted code such as "card.frozen". `member_id` names the person whose data it was
    about; it is implied when the object is a member. `purpose` is given when somebody opened a
    full value, and only then: the member can read those entries. `union_path` is the union for
    whose auditors the entry is.

    Raises ValueError if a fact is anything but a code, an id, an amount or a time.
    """
    entry = AuditEntry(
        occurred_at=now,
        actor_kind=actor.kind,
        actor_id=actor.id,
        action=action,
        object_type=object_type,
        object_id=object_id,
        member_id=object_id if object_type == _MEMBER and member_id is None else member_id,
        purpose=purpose,
        union_path=union_path,
        facts=plain_facts(facts),
    )
    session.add(entry)
    session.flush()
    return entry


@dataclass(frozen=True)
class About:
    """One of many objects to which the same was done, with the facts that are its own."""

    object_id: UUID
    union_path: str | None
    facts: dict[str, Any] = field(default_factory=dict)


def record_each(
    session: Session,
    *,
    actor: Actor,
    action: str,
    object_type: str,
    objects: Iterable[About],
    now: datetime,
) -> None:
    """Write down what `actor` did to each of many objects, as `record` would, in one INSERT."""
    session.flush()
    written = list(objects)
    count = len(written)
    if not count:
        return
    columns: dict[str, list[Any]] = {
        "id": [new_id() for _ in written],
        "occurred_at": [now] * count,
        "actor_kind": [actor.kind.value] * count,
        "actor_id": [actor.id] * count,
        "action": [action] * count,
        "object_type": [object_type] * count,
        "object_id": [each.object_id for each in written],
        "union_path": [each.union_path for each in written],
        "facts": [json.dumps(plain_facts(each.facts), ensure_ascii=False) for each in written],
    }
    insert_columns(session, AuditEntry, columns)


def sign(session: Session, *, claims: Mapping[str, object], now: datetime) -> str:
    """Return `claims` as a compact JWS (ES256), with the signing key's thumbprint as `key`.

    Anybody verifies it with the key that queries.public_keys publishes. The first call makes one.
    """
    key = signing_key(session) or _first_key(session, now=now)
    private = key_from_scalar(AUDIT_KEY_PRIVATE.open_bytes(key.id, key.private_sealed))
    payload = {**claims, "key": key.thumbprint}
    text = json.dumps(payload, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return write_jws(private, text.encode())


def _first_key(session: Session, *, now: datetime) -> AuditKey:
    """Make the key with which the service begins; of two who begin at once, the second uses it."""
    session.execute(_KEYS_LOCK)
    return signing_key(session) or _add_key(session, actor=SYSTEM, maker_id=None, now=now)


def propose_signing_key(session: Session, *, actor: Actor, now: datetime) -> AuditKey:
    """Make the next key: it signs once another person approves it. Asking twice is asking once.

    Raises AuditKeyWaits: somebody else's waits already.
    """
    session.execute(_KEYS_LOCK)
    waiting = waiting_key(session)
    if waiting is None:
        return _add_key(session, actor=actor, maker_id=actor.staff_id, now=now)
    if waiting.maker_id != actor.staff_id:
        raise AuditKeyWaits(thumbprint=waiting.thumbprint)
    return waiting


def approve_signing_key(
    session: Session, *, actor: Actor, thumbprint: str, now: datetime
) -> AuditKey:
    """Let a key sign from now on. What the ones before have signed stays good.

    Raises AuditKeyNotFound, AuditKeySigns, PreparedByYou.
    """
    query = select(AuditKey).where(AuditKey.thumbprint == thumbprint).with_for_update()
    key = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if key is None:
        raise AuditKeyNotFound
    if key.signs_from is not None:
        raise AuditKeySigns
    if key.maker_id == actor.staff_id:
        raise PreparedByYou
    key.approver_id, key.signs_from = actor.staff_id, now
    session.flush()
    _note_key(session, actor, "audit_key.approved", key, now)
    return key


def _add_key(session: Session, *, actor: Actor, maker_id: UUID | None, now: datetime) -> AuditKey:
    private = new_key()
    key_id = new_id()
    key = AuditKey(
        id=key_id,
        thumbprint=jwk_thumbprint(private.public_key()),
        public_jwk=jwk_text(private.public_key()),
        private_sealed=AUDIT_KEY_PRIVATE.seal(key_id, scalar_of(private)),
        created_at=now,
        maker_id=maker_id,
        signs_from=now if maker_id is None else None,
    )
    session.add(key)
    session.flush()
    _note_key(session, actor, "audit_key.made", key, now)
    return key


def _note_key(session: Session, actor: Actor, action: str, key: AuditKey, now: datetime) -> None:
    record(
        session,
        actor=actor,
        action=action,
        object_type="audit_key",
        object_id=key.id,
        now=now,
        thumbprint=key.thumbprint,
    )
