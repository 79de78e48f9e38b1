"""Reads of the accounts that members are paid to. Nothing here is unsealed."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, cast, or_, select
from sqlalchemy.orm import Session

from aid.models import AidClaim
from finance.models import PayoutAccount
from members.models import Member, UnionOrg
from members.queries import search_indexes, within

# The consent without which no account is kept and nobody is paid (members/data/consents.json).
PAYOUT_CONSENT = "payout_account"
FOUND_MAX = 20

_CLAIM_TAIL = re.compile(r"[0-9a-f]{8}")


def payout_account_of(session: Session, *, member_id: UUID) -> PayoutAccount | None:
    return session.scalars(
        select(PayoutAccount).where(PayoutAccount.member_id == member_id)
    ).one_or_none()


@dataclass(frozen=True)
class PayeeLine:
    """A member as the desk finds them, masked, and the account they are paid to, if any."""

    member_id: UUID
    name_masked: str
    union_name: str
    account_masked: str | None
    bank_name: str | None
    bank_code: str | None


def find_payees(session: Session, *, paths: Sequence[str], typed: str) -> list[PayeeLine]:
    """Return members within `paths` by phone, document or name, or by the end of a claim's number.

    At most FOUND_MAX. A claim's number is shown by its last eight characters.
    """
    matches: list[ColumnElement[bool]] = []
    indexes = search_indexes(typed)
    if indexes:
        matches.append(
            or_(
                Member.name_index.in_(indexes),
                Member.document_index.in_(indexes),
                Member.phone_index.in_(indexes),
            )
        )
    if _CLAIM_TAIL.fullmatch(typed.strip().lower()):
        tail = cast(AidClaim.id, Text).endswith(typed.strip().lower())
        matches.append(Member.id.in_(select(AidClaim.member_id).where(tail)))
    if not matches:
        return []
    query = _payees(paths).where(or_(*matches)).order_by(Member.id).limit(FOUND_MAX)
    return [PayeeLine(*row) for row in session.execute(query)]


def payee_within(session: Session, *, paths: Sequence[str], member_id: UUID) -> PayeeLine | None:
    row = session.execute(_payees(paths).where(Member.id == member_id)).one_or_none()
    return PayeeLine(*row) if row else None


def _payees(paths: Sequence[str]) -> Select[UUID, str, str, str, str, str | None]:
    return (
        select(
            Member.id,
            Member.name_masked,
            UnionOrg.name,
            PayoutAccount.account_masked,
            PayoutAccount.bank_name,
            PayoutAccount.bank_code,
        )
        .join(UnionOrg, UnionOrg.id == Member.union_id)
        .outerjoin(PayoutAccount, PayoutAccount.member_id == Member.id)
        .where(within(paths))
    )
