"""The till's log of what was refused."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from discounts.models import RedemptionRefusal
from kernel.errors import Refusal


def note_refusal(
    session: Session, *, terminal_id: UUID, redemption_id: UUID, refusal: Refusal, now: datetime
) -> None:
    """Remember that a sale was refused and why, after its own transaction was rolled back."""
    reason = refusal.facts.get("reason")
    session.add(
        RedemptionRefusal(
            terminal_id=terminal_id,
            redemption_id=redemption_id,
            code=refusal.code,
            reason=str(reason) if reason else None,
            created_at=now,
        )
    )
    session.flush()
