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
