"""The numbers that a deployment decides for its cards."""

from datetime import datetime

from sqlalchemy.orm import Session

from audit.services import record
from cards.models import CardPolicy
from kernel.actors import Actor
from kernel.money import Fen


def change_policy(
    session: Session,
    *,
    devices_max: int | None = None,
    credential_days: int | None = None,
    phone_cooldown_hours: int | None = None,
    confirm_every_days: int | None = None,
    paper_days: int | None = None,
    paper_has_hint: bool | None = None,
    paper_kept_days: int | None = None,
    static_daily_fen: Fen | None = None,
    actor: Actor,
    now: datetime,
) -> CardPolicy:
    """Change what is given and leave the rest; what is issued already stays as it is.

    `confirm_every_days` of 0 asks for no confirmation any more. Locks the policy. A number outside
    its range is an IntegrityError: the caller checks.
    """
    policy = session.get_one(CardPolicy, 1, with_for_update=True)
    wanted = {
        "devices_max": devices_max,
        "credential_days": credential_days,
        "phone_cooldown_hours": phone_cooldown_hours,
        "paper_days": paper_days,
        "paper_has_hint": paper_has_hint,
        "paper_kept_days": paper_kept_days,
        "static_daily_fen": static_daily_fen,
    }
    for name, value in wanted.items():
        if value is not None:
            setattr(policy, name, value)
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
        **{name: getattr(policy, name) for name in wanted},
        confirm_every_days=policy.confirm_every_days or 0,
    )
    return policy
