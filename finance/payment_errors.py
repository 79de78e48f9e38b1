"""How payments are refused: signatures, tiers, and the files for the bank."""

from kernel.errors import Refusal
from kernel.i18n import N_


class SignedByYou(Refusal):
    status = 409
    code = "signed_by_you"
    title = N_("Somebody else must do this: you have signed this batch already.")


class BatchNotChecked(Refusal):
    status = 409
    code = "batch_not_checked"
    title = N_("A batch of this amount is checked first. Ask somebody who checks payments.")


class BatchNeedsNoCheck(Refusal):
    status = 409
    code = "batch_needs_no_check"
    title = N_("A batch of this amount needs no check. It can be confirmed now.")


class TiersWaiting(Refusal):
    status = 409
    code = "tiers_waiting"
    title = N_("Other amounts are proposed already. Confirm or withdraw them first.")


class TiersNotFound(Refusal):
    status = 404
    code = "tiers_not_found"
    title = N_("There is no such proposal, or it was decided already.")


class PayingAccountMissing(Refusal):
    """The fact `book`."""

    status = 409
    code = "paying_account_missing"
    title = N_("This layout names the account that pays. Enter it in the payment settings first.")


class PaymentFileUnfit(Refusal):
    """The facts: `detail`, and the `reference` of the payment that does not fit, if it is one."""

    status = 409
    code = "payment_file_unfit"
    title = N_("This batch does not fit that layout of the bank file. Choose another one.")


class RunGoingOn(Refusal):
    status = 409
    code = "run_going_on"
    title = N_("A payment run of this book is going on. Wait until it is finished.")


class PaymentRunNotFound(Refusal):
    status = 404
    code = "payment_run_not_found"
    title = N_("There is no such payment run.")


class BankRefusalNotFound(Refusal):
    status = 404
    code = "bank_refusal_not_found"
    title = N_("There is no such declaration.")


class NotWaitingAtTheBank(Refusal):
    status = 409
    code = "not_waiting_at_the_bank"
    title = N_("This payment does not wait at the bank any more. Look at what became of it.")


class BankLineNamesPayment(Refusal):
    status = 409
    code = "bank_line_names_payment"
    title = N_("A bank line carries this payment's reference. Match that line instead.")


class RefusedOnAnotherDay(Refusal):
    status = 409
    code = "refused_on_another_day"
    title = N_("The bank's day lies between the day on which it was sent and today.")


class RefusalDeclared(Refusal):
    status = 409
    code = "refusal_declared"
    title = N_("Somebody has declared this already. Another person confirms it.")


class DeclaredByYou(Refusal):
    status = 409
    code = "declared_by_you"
    title = N_("Somebody else must confirm this: you declared it yourself.")


class PaidAnew(Refusal):
    status = 409
    code = "paid_anew"
    title = N_(
        "The next payment for this is on its way. Cancel its batch first, or let this stand."
    )
