"""The numbers that a deployment decides for its cards."""

from datetime import datetime

from sqlalchemy.orm import Session

from audit.services import record
from cards.models import CardPolicy
from kernel.actors import Actor


def change_policy(
    session: Session,
    *,
    devices_max: int | None = None,
    credential_days: int | None = None,
    phone_cooldown_hours: int | None = None,
    confirm_every_days: int | None = None,
    actor: Actor,
    now: datetime,
) -> CardPolicy:
    """Change what is given and leave the rest; what is issued already stays as it is.

    `confirm_every_days` of 0 asks for no confirmation any more. Locks the policy. A number outside
    its range is an IntegrityError: the caller checks.
    """
    policy = session.get_one(CardPolicy, 1, with_for_update=True)
    if devices_max is not None:
        policy.devices_max = devices_max
    if credential_days is not None:
        policy.credential_days = credential_days
    if phone_cooldown_hours is not None:
        policy.phone_cooldown_hours = phone_cooldown_hours
    if confirm_every_days is not None:
        policy.confirm_every_days = confirm_every_days or None
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
        phone_cooldown_hours=policy.phone_cooldown_hours,
        confirm_every_days=policy.confirm_every_days or 0,
    )
    return policy
