"""The numbers that a deployment decides for its cards."""

from datetime import datetime

from sqlalchemy.orm import Session

from audit.services import record
from cards.models import CardPolicy
from kernel.actors import Actor


def change_policy(
    session: Session,
    *,
    devices_max: int | None,
    credential_days: int | None,
    actor: Actor,
    now: datetime,
) -> CardPolicy:
    """Change what is given and leave the rest; what is issued already stays as it is.

    Locks the policy. A number outside its range is an IntegrityError: the caller checks.
    """
    policy = session.get_one(CardPolicy, 1, with_for_update=True)
    if devices_max is not None:
        policy.devices_max = devices_max
    if credential_days is not None:
        policy.credential_days = credential_days
    session.flush()
    record(
        session,
        actor=actor,
        action="card_policy.changed",
        object_type="card_policy",
        object_id=None,
        now=now,
        devices_max=policy.devices_max,
        credential_days=policy.credential_days,
    )
    return policy
