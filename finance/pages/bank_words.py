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
        N_(
            "The bank booked it on a day before we sent it, and not about midnight. Ask who had it"
            " paid, then match it by hand."
        ),
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
# What to do about it where it is not between us and the bank: what is done unless a person knows
# better.
ACTION_WORDS = {
    DiscrepancyCode.PLATFORM_ONLY: N_(
        "We have the sale and the payment channel has no trade of it. Hold the payout, ask the"
        " merchant within three working days, then take the sale back."
    ),
    DiscrepancyCode.EXTERNAL_ONLY: N_(
        "The channel or a till has a sale and we have none. A late sale of a till without a network"
        " is matched by itself; one that came too late the merchant bears."
    ),
    DiscrepancyCode.AMOUNT_MISMATCH: N_(
        "Order amount or subsidy differ. Work the sale out again by the offer's version of that"
        " time."
    ),
    DiscrepancyCode.DUPLICATE: N_("The sale was counted already. The first one is kept."),
    DiscrepancyCode.CROSS_DAY: N_(
        "The same sale on two days. Within five minutes of midnight it is matched by itself;"
        " beyond that, ask whose clock is wrong."
    ),
    DiscrepancyCode.REFUND_UNPAIRED: N_(
        "The channel gave money back and the sale stands here. Hold the payout until the sale is"
        " taken back."
    ),
    DiscrepancyCode.INELIGIBLE_AT_TIME: N_(
        "The card could not be used any more and the till could not know. The policy on offline"
        " losses has said who bears it."
    ),
    DiscrepancyCode.OVER_CAP: N_(
        "A limit was passed while a till was offline. The agreement says whether the merchant or"
        " the programme bears it."
    ),
    DiscrepancyCode.INVOICE_MISMATCH: N_(
        "The invoice is not for what the statement comes to. Return it to the merchant."
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
    MatchReason.REFERENCE_EARLY: N_("our reference and the whole amount, before we sent it"),
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
    "camt053": N_("ISO 20022 statement (camt.053)"),
}
