"""The numbers that a deployment decides for its tills without a network."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from audit.services import record
from discounts.models import OfflinePolicy
from kernel.actors import Actor
from kernel.refusals import refuse_stale


def change_offline_policy(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    version: int | None = None,
    **wanted: int | None,
) -> OfflinePolicy:
    """Change the numbers that are given, and return all. Leases say them from their next issue.

    `version` is the one that the editor saw; a command sees none. Locks the policy's row. Raises
    EditConflict. A number out of range is an IntegrityError: the caller bounds it.
    """
    policy = session.get_one(OfflinePolicy, 1, with_for_update=True, populate_existing=True)
    if version is not None:
        refuse_stale(policy.version, version)
    changed: dict[str, Any] = {
        name: value
        for name, value in wanted.items()
        if value is not None and value != getattr(policy, name)
    }
    if not changed:
        return policy
    before = {f"{name}_before": getattr(policy, name) for name in changed}
    for name, value in changed.items():
        setattr(policy, name, value)
    policy.version += 1
    session.flush()
    record(
        session,
        actor=actor,
        action="offline_policy.changed",
        object_type="offline_policy",
        object_id=None,
        now=now,
        **changed,
        **before,
    )
    return policy
