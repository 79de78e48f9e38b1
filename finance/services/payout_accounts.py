"""The account to which the union pays a member."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.services import record
from finance.errors import PayoutAccountInvalid, PayoutConsentMissing
from finance.models import MEMBER_ACCOUNT, PayoutAccount
from finance.queries.payout_accounts import PAYOUT_CONSENT
from kernel.actors import Actor, ActorKind
from kernel.db import TryAgain
from kernel.ids import new_id
from kernel.masks import mask_bank_account
from kernel.refusals import refused_by
from kernel.secrets import blind_index
from kernel.text import Refused, single_spaced
from members.models import Member
from members.queries import union_path_of
from members.services import missing_consents
from merchants.rules import read_account

PAYOUT_ACCOUNT_FIELD = "payout_account"


def set_payout_account(
    session: Session,
    *,
    actor: Actor,
    member_id: UUID,
    account_number: str,
    bank_name: str,
    bank_code: str | None = None,
    now: datetime,
) -> PayoutAccount:
    """Keep the account in the member's own name to which they are paid from now on.

    By the member, or by staff for a member within their reach: the caller has looked. `bank_code`
    is the branch's 联行号; without one, that of the same account stays. The same again changes
    nothing. Payments that were prepared keep the account they had. Locks the account.

    Raises PayoutAccountInvalid, PayoutConsentMissing; and TryAgain when the member's first account
    was given in this moment.
    """
    number = read_account(account_number)
    if isinstance(number, Refused):
        raise PayoutAccountInvalid(detail=number.detail)
    missing = missing_consents(session, member_id=member_id, purposes=[PAYOUT_CONSENT])
    if missing:
        raise PayoutConsentMissing(
            consents=[{"purpose": text.purpose, "version": text.version} for text in missing]
        )
    account = session.scalars(
        select(PayoutAccount)
        .where(PayoutAccount.member_id == member_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    bank_name = single_spaced(bank_name)
    index = blind_index(PAYOUT_ACCOUNT_FIELD, number)
    if account is None:
        account = PayoutAccount(id=new_id(), member_id=member_id)
        session.add(account)
    else:
        is_same = (account.account_index, account.bank_name) == (index, bank_name)
        bank_code = bank_code or (account.bank_code if is_same else None)
        if is_same and account.bank_code == bank_code:
            return account
        account.version += 1
    account.account_sealed = MEMBER_ACCOUNT.seal(account.id, number)
    account.account_masked = mask_bank_account(number)
    account.account_index = index
    account.bank_name = bank_name
    account.bank_code = bank_code
    account.set_by_staff_id = actor.id if actor.kind is ActorKind.STAFF else None
    account.set_at = now
    with refused_by({"uq_payout_accounts_member_id": TryAgain}):
        session.flush()
    member = session.get_one(Member, member_id)
    record(
        session,
        actor=actor,
        action="payout_account.set",
        object_type="payout_account",
        object_id=account.id,
        member_id=member_id,
        union_path=union_path_of(session, union_id=member.union_id),
        now=now,
        version=account.version,
    )
    return account
