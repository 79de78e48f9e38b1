"""Refusals about approvals of programmes, and about what a union may spend on a member."""

from kernel.errors import Refusal
from kernel.i18n import N_


class ProposedByYou(Refusal):
    status = 409
    code = "proposed_by_you"
    title = N_(
        "You asked for this yourself. Another programme designer or a finance approver of the city"
        " decides."
    )


class ProgrammeNotADraft(Refusal):
    """Facts: `state`."""

    status = 409
    code = "programme_not_a_draft"
    title = N_("Only a draft can be changed. Ask whoever approves it to send it back.")


class ProgrammeAwaitsApproval(Refusal):
    """Facts: `programme`, its code."""

    status = 409
    code = "programme_awaits_approval"
    title = N_(
        "Nothing of this programme can be given before a second person approves it: ask a programme"
        " designer or a finance approver of the city."
    )


class OccasionUnknown(Refusal):
    status = 422
    code = "occasion_unknown"
    title = N_("No spend rule is in force for this occasion. Choose another, or propose a rule.")


class CashNotGiven(Refusal):
    status = 422
    code = "cash_not_given"
    title = N_(
        "A union gives no cash and no shopping cards. Choose goods, a voucher of named merchants,"
        " or a transfer to the member's own account."
    )


class InstrumentNotAllowed(Refusal):
    """Facts: `instruments`, those that the occasion's rule allows."""

    status = 422
    code = "instrument_not_allowed"
    title = N_("The spend rule of this occasion does not allow this. Its page says what may be.")


class CeilingNeedsAmount(Refusal):
    """Facts: `ceiling_fen`."""

    status = 422
    code = "ceiling_needs_amount"
    title = N_("This occasion has a ceiling: say how much one member may get in a year at most.")


class AboveCeiling(Refusal):
    """Facts: `ceiling_fen`, `committed_fen` by programmes approved before, `left_fen`."""

    status = 409
    code = "above_ceiling"
    title = N_(
        "With what is approved already, a member could get more in a year than the occasion's"
        " ceiling. Ask for less, or end another programme first."
    )


class SchemesSayHowMuch(Refusal):
    status = 422
    code = "schemes_say_how_much"
    title = N_("What mutual aid pays is said by its scheme. Leave the amount empty.")


class OfferOtherInstrument(Refusal):
    """Facts: `instrument`, the programme's."""

    status = 422
    code = "offer_other_instrument"
    title = N_(
        "This offer gives something else than its programme says. Goods are an offer of goods"
        " picked up; a programme that transfers money has no offers at tills."
    )


class CeilingStays(Refusal):
    status = 409
    code = "ceiling_stays"
    title = N_("This amount was approved with its programme. For another, draft a programme anew.")


class SpendRuleNotFound(Refusal):
    status = 404
    code = "spend_rule_not_found"
    title = N_("There is no such spend rule.")


class SpendRuleWaits(Refusal):
    status = 409
    code = "spend_rule_waits"
    title = N_("A change of this occasion's rule waits already. It is decided first.")


class ProgrammesAboveRule(Refusal):
    """Facts: `committed_fen`."""

    status = 409
    code = "programmes_above_rule"
    title = N_(
        "Programmes that were approved pass this ceiling, or give without an amount. End them"
        " first, or propose a higher ceiling."
    )
