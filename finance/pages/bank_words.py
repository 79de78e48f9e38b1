"""The words of bank lines, matches and exceptions, and who may work there."""

from finance.models import DiscrepancyCode, DiscrepancyState
from finance.rules.matching import MatchReason
from kernel.actors import Role
from kernel.i18n import N_

UNDOERS = (Role.FINANCE_CHECKER, Role.FINANCE_APPROVER)
WORKERS = (Role.FINANCE_MAKER, *UNDOERS)

# code: (what it is called, what it means and what to do)
CODE_WORDS = {
    DiscrepancyCode.PLATFORM_ONLY: (
        N_("Ours, not the bank's"),
        N_("We sent it and the bank does not show it yet. Ask the bank after three working days."),
    ),
    DiscrepancyCode.EXTERNAL_ONLY: (
        N_("The bank's, not ours"),
        N_("The bank shows it and we know of nothing. Find out what it was for."),
    ),
    DiscrepancyCode.AMOUNT_MISMATCH: (
        N_("Amounts differ"),
        N_("It carries our reference and another amount. Match the part that is right."),
    ),
    DiscrepancyCode.DUPLICATE: (
        N_("Paid twice"),
        N_("The payment had been proven already. Ask the bank to return the second one."),
    ),
    DiscrepancyCode.CROSS_DAY: (
        N_("Another day"),
        N_("Both sides have it, on different days."),
    ),
    DiscrepancyCode.REFUND_UNPAIRED: (
        N_("Return without its payment"),
        N_("Something came back and we do not know which payment. Match it by hand."),
    ),
    DiscrepancyCode.INELIGIBLE_AT_TIME: (
        N_("Not entitled at the time"),
        N_("The card was lost or frozen when it was used offline."),
    ),
    DiscrepancyCode.OVER_CAP: (
        N_("Beyond a limit"),
        N_("A limit was passed while a till was offline."),
    ),
    DiscrepancyCode.INVOICE_MISMATCH: (
        N_("Invoice differs"),
        N_("The invoice's buyer, tax number or amount is not the statement's."),
    ),
    DiscrepancyCode.BANK_FEE: (
        N_("Bank's fee"),
        N_("The bank charged for its service. Book it, then resolve it here."),
    ),
    DiscrepancyCode.ALLOCATION: (
        N_("Allocated funds"),
        N_("A higher union sent money. Book it, then resolve it here."),
    ),
}
STATE_WORDS = {
    DiscrepancyState.OPEN: N_("Unexplained"),
    DiscrepancyState.RESOLVED: N_("Resolved"),
}
STATE_KINDS = {DiscrepancyState.OPEN: "wait", DiscrepancyState.RESOLVED: "yes"}
REASON_WORDS = {
    MatchReason.REFERENCE: N_("our reference and the whole amount"),
    MatchReason.REFERENCE_PART: N_("our reference, another amount"),
    MatchReason.AMOUNT_AND_PAYEE: N_("the amount and the payee's name"),
    MatchReason.AMOUNT_AND_ACCOUNT: N_("the amount and the end of the account"),
    MatchReason.AMOUNT: N_("the amount only"),
    MatchReason.PAYEE_PART: N_("the payee, another amount"),
    MatchReason.BY_HAND: N_("found by a person"),
}
PROFILE_WORDS = {
    "two_columns": N_("Paid out and received in two columns"),
    "one_column_with_a_word": N_("One amount, its direction in words"),
    "signed_amount": N_("One amount with its sign"),
}
