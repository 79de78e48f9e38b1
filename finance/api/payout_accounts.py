"""JSON endpoints of the account to which a member is paid."""

from typing import Any

from flask.typing import ResponseReturnValue

from finance.errors import PayoutAccountNotFound
from finance.models import PayoutAccount
from finance.queries.payout_accounts import payout_account_of
from finance.schemas.payout_accounts import PayoutAccountBody, PayoutAccountResponse
from finance.services.payout_accounts import set_payout_account
from kernel.clock import utc_now
from kernel.db import transaction
from kernel.web import Blueprint, current_actor

api = Blueprint("payout_accounts_api", __name__, description="Where a member is paid to")


@api.get("/members/me/payout-account")
@api.response(200, PayoutAccountResponse)
def show_payout_account() -> ResponseReturnValue:
    """Say to which account I am paid; its number is never shown in full."""
    with transaction() as session:
        account = payout_account_of(session, member_id=current_actor().member_id)
    if account is None:
        raise PayoutAccountNotFound
    return _shown(account)


@api.put("/members/me/payout-account")
@api.arguments(PayoutAccountBody)
@api.response(200, PayoutAccountResponse)
def save_payout_account(body: dict[str, Any]) -> ResponseReturnValue:
    """Give the account in my own name to which I am paid from now on; the same again is fine."""
    actor = current_actor()
    with transaction() as session:
        account = set_payout_account(
            session, actor=actor, member_id=actor.member_id, now=utc_now(), **body
        )
    return _shown(account)


def _shown(account: PayoutAccount) -> dict[str, Any]:
    return {
        "account_masked": account.account_masked,
        "bank_name": account.bank_name,
        "bank_code": account.bank_code,
        "set_at": account.set_at,
        "set_at_desk": account.set_by_staff_id is not None,
        "version": account.version,
    }
