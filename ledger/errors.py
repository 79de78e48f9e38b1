from kernel.errors import Refusal
from kernel.i18n import N_


class AlreadyPosted(Refusal):
    status = 409
    code = "already_posted"
    title = N_("This is in the books already. It is booked once; a mistake is reversed.")


class PeriodClosed(Refusal):
    status = 409
    code = "period_closed"
    title = N_("The books of this month are closed. Book it in an open month.")


class PostingRuleMissing(Refusal):
    status = 409
    code = "posting_rule_missing"
    title = N_("The books have no accounts for this use of this fund. Finance must add them first.")


class JournalNotFound(Refusal):
    status = 404
    code = "journal_not_found"
    title = N_("There is no such entry in the books.")


class ReversalIsFinal(Refusal):
    status = 409
    code = "reversal_is_final"
    title = N_("This entry reverses another one, and a reversal is final. Book it anew instead.")


class ReversalExceedsOriginal(Refusal):
    status = 409
    code = "reversal_exceeds_original"
    title = N_("This is more than what is left of the original entry.")
