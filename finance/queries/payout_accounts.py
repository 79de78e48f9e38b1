"""Reads of the accounts that members are paid to. Nothing here is unsealed."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from finance.models import PayoutAccount

# The consent without which no account is kept and nobody is paid (members/data/consents.json).
PAYOUT_CONSENT = "payout_account"


def payout_account_of(session: Session, *, member_id: UUID) -> PayoutAccount | None:
    return session.scalars(
        select(PayoutAccount).where(PayoutAccount.member_id == member_id)
    ).one_or_none()
