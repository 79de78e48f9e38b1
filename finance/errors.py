"""How finance says no."""

from kernel.errors import Refusal
from kernel.i18n import N_


class StatementNotFound(Refusal):
    status = 404
    code = "statement_not_found"
    title = N_("There is no such statement, or it is not yours to see.")


class PaymentBatchNotFound(Refusal):
    status = 404
    code = "payment_batch_not_found"
    title = N_("There is no such payment batch.")


class BankLineNotFound(Refusal):
    status = 404
    code = "bank_line_not_found"
    title = N_("There is no such bank line.")


class PreparedByYou(Refusal):
    status = 409
    code = "prepared_by_you"
    title = N_("Somebody else must do this: you prepared it yourself.")
