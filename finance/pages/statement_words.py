"""What statements and disputes are called at the desk, and how their states look."""

from finance.models import DisputeState, InvoiceState, StatementState
from finance.queries.statement_lines import LineKind
from finance.schemas.statements import Verdict
from kernel.i18n import N_

STATE_WORDS = {
    StatementState.OPEN: N_("Being prepared"),
    StatementState.ISSUED: N_("With the merchant"),
    StatementState.AGREED: N_("Agreed"),
    StatementState.DISPUTED: N_("Disputed"),
    StatementState.APPROVED: N_("Approved"),
    StatementState.PAID: N_("Paid"),
}
STATE_KINDS = {
    StatementState.OPEN: "",
    StatementState.ISSUED: "wait",
    StatementState.AGREED: "wait",
    StatementState.DISPUTED: "no",
    StatementState.APPROVED: "wait",
    StatementState.PAID: "yes",
}
# Whose turn it is, under the heading of a statement.
STATE_TURNS = {
    StatementState.OPEN: N_("The merchant does not see it yet: look it through, then issue it."),
    StatementState.ISSUED: N_("The merchant's turn: to agree at a till, or to dispute lines."),
    StatementState.AGREED: N_("A second person approves it; then it can be paid."),
    StatementState.DISPUTED: N_("Disputed lines wait for an answer."),
    StatementState.APPROVED: N_("It can be paid: it waits for a payment and its bank line."),
    StatementState.PAID: N_("Nothing is left to do."),
}
DISPUTE_WORDS = {
    DisputeState.OPEN: N_("Waits for an answer"),
    DisputeState.ANSWERED: N_("Waits for a second person"),
    DisputeState.ACCEPTED: N_("Adjusted"),
    DisputeState.REJECTED: N_("The line stands"),
}
DISPUTE_KINDS = {
    DisputeState.OPEN: "no",
    DisputeState.ANSWERED: "wait",
    DisputeState.ACCEPTED: "yes",
    DisputeState.REJECTED: "",
}
LINE_WORDS = {
    LineKind.SALE: N_("Sale"),
    LineKind.TAKEN_BACK: N_("Taken back"),
    LineKind.ADJUSTMENT: N_("Adjustment"),
}
VERDICT_WORDS = {
    Verdict.STANDS: N_("The line stands"),
    Verdict.MORE: N_("The merchant gets more"),
    Verdict.LESS: N_("The merchant gets less"),
}
INVOICE_WORDS = {
    InvoiceState.WAITING: N_("Waits to be checked"),
    InvoiceState.ACCEPTED: N_("Accepted"),
    InvoiceState.RETURNED: N_("Returned"),
}
INVOICE_KINDS = {
    InvoiceState.WAITING: "wait",
    InvoiceState.ACCEPTED: "yes",
    InvoiceState.RETURNED: "no",
}
