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


# --- Coupons


class ReleaseNotFound(Refusal):
    status = 404
    code = "release_not_found"
    title = N_("There is no such release of coupons.")


class ReleaseFactsWrong(Refusal):
    """Facts: `field`."""

    status = 422
    code = "release_facts_wrong"
    title = N_("These numbers and moments do not make a release of coupons.")


class OfferTakesNoCoupons(Refusal):
    status = 409
    code = "offer_takes_no_coupons"
    title = N_("An offer that has ended takes no coupons.")


class ReleaseNotOpen(Refusal):
    """Facts: `opens_at`, `closes_at`."""

    status = 409
    code = "release_not_open"
    title = N_("This release is not open now. Its page says when it opens and closes.")


class ReleaseOtherWay(Refusal):
    """Facts: `mode`."""

    status = 409
    code = "release_other_way"
    title = N_("These coupons are given out in another way. Reload the page of coupons.")


class NoPiecesLeft(Refusal):
    status = 409
    code = "no_pieces_left"
    title = N_("All pieces are taken. Look again later: what others leave may come back.")


class CouponNotForYou(Refusal):
    """Facts: `reason`, and as the API says it `reason_text` and `next_step`."""

    status = 409
    code = "coupon_not_for_you"
    title = N_("This coupon is not for you at the moment.")


class CouponNotFound(Refusal):
    status = 404
    code = "coupon_not_found"
    title = N_("There is no such coupon of yours.")


class CouponNotClaimable(Refusal):
    """Facts: `state`, `until`."""

    status = 409
    code = "coupon_not_claimable"
    title = N_("The time to claim this coupon is over. It went to the next in line.")


class NothingToRelease(Refusal):
    status = 409
    code = "nothing_to_release"
    title = N_("Every piece is taken or used: there is nothing to release again.")


class EntriesStillOpen(Refusal):
    """Facts: `closes_at`."""

    status = 409
    code = "entries_still_open"
    title = N_("Members can still enter this draw. Its list is made once that is over.")


class ListTooLate(Refusal):
    """Facts: `seed_known_at`."""

    status = 409
    code = "list_too_late"
    title = N_("The seed may be known already. Name another one for later, then make the list.")


class SeedNotYetKnown(Refusal):
    """Facts: `seed_known_at`."""

    status = 409
    code = "seed_not_yet_known"
    title = N_("The seed of this draw is not known yet. Come back at the moment named for it.")


class SeedNeedsAnother(Refusal):
    status = 409
    code = "seed_needs_another"
    title = N_("You typed the seed already. Somebody else types it as well; then lots are drawn.")


class SeedDiffers(Refusal):
    status = 409
    code = "seed_differs"
    title = N_(
        "This is not what the first person typed. Look at the public source together; what was"
        " typed is forgotten, so type it again."
    )


class EntrantListChanged(Refusal):
    status = 409
    code = "entrant_list_changed"
    title = N_("The entrants are no longer those whose hash was published. Call the auditor.")


class CardNumberUnknown(Refusal):
    status = 422
    code = "card_number_unknown"
    title = N_("None of your unions' members has a card with this number. Check the number.")


class SignNeedsOpenSite(Refusal):
    """Facts: `state`."""

    status = 409
    code = "sign_needs_open_site"
    title = N_("This site is not open. Its sign can be printed once the union has opened it.")


class SignNeedsAgreement(Refusal):
    status = 409
    code = "sign_needs_agreement"
    title = N_("No agreement is in force now. Ask the union for a new one, then print the sign.")


class ProposalNotFound(Refusal):
    status = 404
    code = "proposal_not_found"
    title = N_("There is no such proposal.")


class ProposalDaysWrong(Refusal):
    """Facts: `field`."""

    status = 422
    code = "proposal_days_wrong"
    title = N_("Choose a first day from today on, and a last day that is not before it.")


class ProposalsTooMany(Refusal):
    """Facts: `waiting_max`."""

    status = 409
    code = "proposals_too_many"
    title = N_("Too many of your proposals wait already. Withdraw one, or wait for an answer.")


class ProposalOver(Refusal):
    status = 409
    code = "proposal_over"
    title = N_("The days it was proposed for are over. Refuse it, and ask for another one.")
