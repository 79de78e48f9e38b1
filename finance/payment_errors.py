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
