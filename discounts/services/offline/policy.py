"""The numbers that a deployment decides for its tills without a network."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from audit.services import record
from discounts.models import OfflinePolicy
from kernel.actors import Actor


def change_offline_policy(
    session: Session, *, actor: Actor, now: datetime, **wanted: int | None
) -> OfflinePolicy:
    """Change the numbers that are given, and return all. Leases say them from their next issue.

    Locks the policy's row. A number out of range is an IntegrityError: the caller bounds it.
    """
    policy = session.get_one(OfflinePolicy, 1, with_for_update=True, populate_existing=True)
    changed: dict[str, Any] = {name: value for name, value in wanted.items() if value is not None}
    for name, value in changed.items():
        setattr(policy, name, value)
    session.flush()
    if changed:
        record(
            session,
            actor=actor,
            action="offline_policy.changed",
            object_type="offline_policy",
            object_id=None,
            now=now,
            **changed,
        )
    return policy
