"""The words of payments, in English; the catalogue holds the translation."""

from flask_babel import gettext

from finance.models import BankRefusalState, BatchState, PayeeAccount, PaymentState
from finance.queries.payments import Missing
from finance.rules.payment_files import STATEMENT
from kernel.i18n import N_
from ledger.models import Book

BOOK_WORDS = {
    Book.UNION: N_("The union's own book"),
    Book.MUTUAL_AID: N_("The mutual-aid book"),
}
BATCH_WORDS = {
    BatchState.PREPARED: N_("To be confirmed"),
    BatchState.CHECKED: N_("Checked, to be confirmed"),
    BatchState.APPROVED_ONCE: N_("Confirmed by one of two"),
    BatchState.APPROVED: N_("Confirmed, to be sent"),
    BatchState.SENT: N_("At the bank"),
    BatchState.CANCELLED: N_("Cancelled, not sent"),
}
BATCH_KINDS = {
    BatchState.PREPARED: "wait",
    BatchState.CHECKED: "wait",
    BatchState.APPROVED_ONCE: "wait",
    BatchState.APPROVED: "wait",
    BatchState.SENT: "yes",
    BatchState.CANCELLED: "",
}
PAYMENT_WORDS = {
    PaymentState.PREPARED: N_("Not sent yet"),
    PaymentState.SENT: N_("At the bank"),
    PaymentState.PAID: N_("Paid, the bank says so"),
    PaymentState.RETURNED: N_("Sent back by the bank"),
    PaymentState.REFUSED: N_("Refused by the bank"),
    PaymentState.CANCELLED: N_("Cancelled, not sent"),
}
PAYMENT_KINDS = {
    PaymentState.PREPARED: "wait",
    PaymentState.SENT: "wait",
    PaymentState.PAID: "yes",
    PaymentState.RETURNED: "no",
    PaymentState.REFUSED: "no",
    PaymentState.CANCELLED: "",
}
PAYEE_ACCOUNT_WORDS = {
    PayeeAccount.FIRST: N_("first payment"),
    PayeeAccount.SAME: N_("as before"),
    PayeeAccount.CHANGED: N_("another account"),
}
REFUSAL_WORDS = {
    BankRefusalState.DECLARED: N_("To be confirmed"),
    BankRefusalState.CONFIRMED: N_("Confirmed, owed again"),
    BankRefusalState.WITHDRAWN: N_("Withdrawn"),
    BankRefusalState.REVOKED: N_("Carried out after all"),
}
REFUSAL_KINDS = {
    BankRefusalState.DECLARED: "wait",
    BankRefusalState.CONFIRMED: "no",
    BankRefusalState.WITHDRAWN: "",
    BankRefusalState.REVOKED: "yes",
}
# What is missing, and who mends it.
MISSING_WORDS = {
    Missing.NO_ACCOUNT: N_("No account is known."),
    Missing.SUSPENDED: N_("The merchant is suspended. It is paid once it is active again."),
    Missing.NEW: N_("The merchant is new. It is paid from the day on its statement on."),
    Missing.HELD: N_("The merchant's payout is held. It is paid once the hold is lifted."),
    Missing.NO_CONSENT: N_("The member does not agree that the account is used for paying."),
    Missing.DECEASED: N_("The member has died. Settle it with the heirs."),
}
_SOURCE_WORDS = {
    "aid_claim": N_("Mutual-aid claim"),
    "enrolment": N_("Course subsidy"),
}


def source_words(source: str, statement_number: int | None) -> str:
    """Return what a payment is for, in the reader's language."""
    if source == STATEMENT:
        return str(gettext("Statement %(number)s", number=statement_number))
    return str(gettext(_SOURCE_WORDS.get(source, N_("Something else"))))
