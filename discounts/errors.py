from kernel.errors import Refusal
from kernel.i18n import N_


class HoldExpired(Refusal):
    status = 409
    code = "hold_expired"
    title = N_("This was held for ten minutes and is free again. Scan the card once more.")


class NotReversible(Refusal):
    """Facts: `reason` and, for an amount, `left_fen`."""

    status = 409
    code = "not_reversible"
    title = N_("This sale cannot be taken back like that.")


class RedemptionNotFound(Refusal):
    status = 404
    code = "redemption_not_found"
    title = N_("This till has no such sale.")


class TillSuspended(Refusal):
    status = 409
    code = "till_suspended"
    title = N_("This merchant's agreement is suspended: cards can be looked at, nothing redeemed.")


class ReceiptNotFound(Refusal):
    """One answer for a code that is wrong, misread or of no receipt: a guess must teach nothing."""

    status = 404
    code = "receipt_not_found"
    title = N_("There is no receipt with this code. Check its 25 letters and digits.")


class OfflineRecordNotFound(Refusal):
    status = 404
    code = "offline_record_not_found"
    title = N_("There is no such sale without a network within your reach. Look in the list.")


class RecordNotFound(Refusal):
    status = 404
    code = "record_not_found"
    title = N_("There is no such record of yours.")


class NothingToRate(Refusal):
    status = 409
    code = "nothing_to_rate"
    title = N_("Only a purchase that stands can be rated.")


class RatingSettled(Refusal):
    status = 409
    code = "rating_settled"
    title = N_("A rating can be changed for seven days; yours is older and stays as it is.")


class NothingToReport(Refusal):
    status = 409
    code = "nothing_to_report"
    title = N_("Only a purchase can be reported. If something else is wrong, ask your union.")


class AlreadyReported(Refusal):
    status = 409
    code = "already_reported"
    title = N_("You have reported this purchase already; your union looks into it.")


class ReportNotFound(Refusal):
    status = 404
    code = "report_not_found"
    title = N_("There is no such report within your reach.")


class ReportAnswered(Refusal):
    status = 409
    code = "report_answered"
    title = N_("Somebody has answered this report meanwhile. Reload to read the answer.")
