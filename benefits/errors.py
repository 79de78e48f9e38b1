from kernel.errors import Refusal
from kernel.i18n import N_


class LimitReached(Refusal):
    """Facts: `limit` (rule id), `scope`, `window`, `next_step`, and `next_at` when it frees."""

    status = 409
    code = "limit_reached"
    title = N_("Nothing is left of this benefit here and now.")


class OfferNotUsable(Refusal):
    """Facts: `reason` and `next_step`, as the list of offers shows them."""

    status = 409
    code = "offer_not_usable"
    title = N_("This offer cannot be used here now.")


class OfferNotFound(Refusal):
    status = 404
    code = "offer_not_found"
    title = N_("There is no such offer at this till.")


class BenefitNotFound(Refusal):
    status = 404
    code = "benefit_not_found"
    title = N_("This benefit is not in force any more. Go back to the list of benefits.")


class ProgrammeNotFound(Refusal):
    status = 404
    code = "programme_not_found"
    title = N_("There is no such programme.")


class OfferVersionsOverlap(Refusal):
    status = 409
    code = "offer_versions_overlap"
    title = N_("Another version of this offer is in force at that time.")


class OfferTermsWrong(Refusal):
    """Facts: `field` and `reason`."""

    status = 422
    code = "offer_terms_wrong"
    title = N_("These terms do not make an offer. Check the amounts and the shares.")


class ProgrammeCodeTaken(Refusal):
    status = 409
    code = "programme_code_taken"
    title = N_("Another programme has this code.")


class ProgrammeTakesNoOffers(Refusal):
    """Facts: `family` and `state`."""

    status = 409
    code = "programme_takes_no_offers"
    title = N_("Offers belong to a discount programme that has not ended.")


class FundPaysNoDiscounts(Refusal):
    """Facts: `fund_source`."""

    status = 422
    code = "fund_pays_no_discounts"
    title = N_("The ledger has no account from which this fund pays discounts.")


class LimitNotFound(Refusal):
    status = 404
    code = "limit_not_found"
    title = N_("There is no such limit.")


class OfferVersionInThePast(Refusal):
    status = 422
    code = "offer_version_in_the_past"
    title = N_("New terms cannot begin in the past: what was redeemed then had other terms.")


class OfferVersionHasNoTime(Refusal):
    status = 422
    code = "offer_version_has_no_time"
    title = N_("The terms end before they begin.")


class StripedLimitOnlyGrows(Refusal):
    status = 409
    code = "striped_limit_only_grows"
    title = N_("This limit is spread over several counters, so it can only be raised.")
