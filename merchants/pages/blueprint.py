"""The blueprint that the modules beside this one fill, and what they share."""

from uuid import UUID

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue

from kernel.actors import Role
from kernel.i18n import N_
from kernel.pages import see_other
from kernel.web import current_actor
from merchants.models import AgreementState, ManagerState, MerchantKind, MerchantState, SiteState
from merchants.queries import MerchantReach

pages = Blueprint(
    "merchants_pages", __name__, url_prefix="/desk/merchants", template_folder="../templates"
)

KIND_WORDS = {
    MerchantKind.MERCHANT: N_("Merchant"),
    MerchantKind.SERVICE_SITE: N_("Service organisation"),
}
STATE_WORDS = {
    MerchantState.APPLIED: N_("Applied"),
    MerchantState.REFUSED: N_("Application refused"),
    MerchantState.ACTIVE: N_("In business"),
    MerchantState.SUSPENDED: N_("Suspended"),
    MerchantState.ENDED: N_("Ended"),
}
SITE_WORDS = {
    SiteState.PROPOSED: N_("Proposed"),
    SiteState.OPEN: N_("Open for business"),
    SiteState.CLOSED: N_("Closed"),
}
MANAGER_WORDS = {
    ManagerState.APPLIED: N_("Applied"),
    ManagerState.INVITED: N_("Invited"),
    ManagerState.ACTIVE: N_("In use"),
    ManagerState.ENDED: N_("Ended"),
}
AGREEMENT_WORDS = {
    AgreementState.DRAFT: N_("Draft"),
    AgreementState.ACTIVE: N_("Signed"),
    AgreementState.ENDED: N_("Ended"),
}


def reading_reach() -> MerchantReach:
    """Return what the caller may see: a site worker only the union's own service sites."""
    actor = current_actor()
    return MerchantReach(
        paths=actor.paths(Role.PROGRAMME_DESIGNER, Role.AUDITOR),
        site_paths=actor.paths(Role.SITE_WORKER),
    )


def changing_reach() -> MerchantReach:
    return MerchantReach(paths=current_actor().paths(Role.PROGRAMME_DESIGNER))


def pairing_reach() -> MerchantReach:
    """Return where the caller may pair and unpair tills."""
    actor = current_actor()
    return MerchantReach(
        paths=actor.paths(Role.PROGRAMME_DESIGNER), site_paths=actor.paths(Role.SITE_WORKER)
    )


def back_to(merchant_id: UUID, sentence: str) -> ResponseReturnValue:
    return see_other(url_for("merchants_pages.merchant", merchant_id=merchant_id), sentence)
