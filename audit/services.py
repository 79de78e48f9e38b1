"""Writing the audit trail."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from audit.models import AuditEntry
from audit.rules import plain_facts
from kernel.actors import Actor

_MEMBER = "member"


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
    """Write down what `actor` did to each of many objects, as `record` would, in a few inserts."""
    session.add_all(
        AuditEntry(
            occurred_at=now,
            actor_kind=actor.kind,
            actor_id=actor.id,
            action=action,
            object_type=object_type,
            object_id=each.object_id,
            union_path=each.union_path,
            facts=plain_facts(each.facts),
        )
        for each in objects
    )
    session.flush()
