"""The words of a chain: what its things and their states are called."""

from aid.pages import STATE_WORDS as CLAIM_WORDS
from finance.queries.trace_kinds import Stage, TraceKind
from kernel.i18n import N_
from training.pages.blueprint import ENROLMENT_WORDS

STAGE_WORDS = {
    Stage.SCAN: N_("Scan"),
    Stage.VOUCHER: N_("Voucher"),
    Stage.STATEMENT: N_("Statement"),
    Stage.PAYMENT: N_("Payment"),
    Stage.BANK: N_("Bank"),
}
# What an empty column means: why nothing is there, and what would bring it.
EMPTY_WORDS = {
    Stage.SCAN: N_("No scan, claim or course is behind it."),
    Stage.VOUCHER: N_("Nothing is booked: nobody owes anything."),
    Stage.STATEMENT: N_("On no statement yet, or paid without one."),
    Stage.PAYMENT: N_("Not paid yet."),
    Stage.BANK: N_("No bank line proves it yet."),
}
KIND_WORDS = {
    TraceKind.REDEMPTION: N_("Receipt"),
    TraceKind.REVERSAL: N_("Taken back"),
    TraceKind.TRADE: N_("Trade at the channel"),
    TraceKind.CLAIM: N_("Mutual-aid claim"),
    TraceKind.ENROLMENT: N_("Place on a course"),
    TraceKind.JOURNAL: N_("Voucher"),
    TraceKind.STATEMENT: N_("Statement"),
    TraceKind.INVOICE: N_("Invoice"),
    TraceKind.DISPUTE: N_("Dispute"),
    TraceKind.PAYMENT: N_("Payment"),
    TraceKind.BATCH: N_("Payment batch"),
    TraceKind.MATCH: N_("Match"),
    TraceKind.BANK_LINE: N_("Bank line"),
}
# kind: state: (its word, its mark)
STATE_WORDS: dict[TraceKind, dict[str, tuple[str, str]]] = {
    TraceKind.REDEMPTION: {
        "held": (N_("On hold"), "wait"),
        "captured": (N_("Captured"), "yes"),
        "voided": (N_("Voided"), ""),
        "expired": (N_("Expired"), ""),
        "partly_reversed": (N_("Partly taken back"), "wait"),
        "reversed": (N_("Taken back whole"), ""),
    },
    TraceKind.REVERSAL: {
        "void": (N_("Voided on the day"), ""),
        "reversal": (N_("Taken back later"), ""),
    },
    # What the bill says, and whether it agrees with the sale.
    TraceKind.TRADE: {
        "sale_agrees": (N_("Paid, as we say"), "yes"),
        "sale_open": (N_("Paid, not as we say"), "no"),
        "refund_agrees": (N_("Given back, as we say"), "yes"),
        "refund_open": (N_("Given back, not as we say"), "no"),
        "revoked_agrees": (N_("Revoked, as we say"), "yes"),
        "revoked_open": (N_("Revoked, not as we say"), "no"),
    },
    TraceKind.CLAIM: {state.value: (word, "") for state, word in CLAIM_WORDS.items()},
    TraceKind.ENROLMENT: {state.value: (word, "") for state, word in ENROLMENT_WORDS.items()},
    TraceKind.JOURNAL: {
        "booked": (N_("Booked"), "yes"),
        "reversal": (N_("Red ink"), ""),
    },
    TraceKind.STATEMENT: {
        "open": (N_("Being prepared"), "wait"),
        "issued": (N_("With the merchant"), "wait"),
        "agreed": (N_("Agreed"), "wait"),
        "disputed": (N_("Disputed"), "no"),
        "approved": (N_("Approved"), "wait"),
        "paid": (N_("Paid"), "yes"),
    },
    TraceKind.INVOICE: {
        "waiting": (N_("Waits to be accepted"), "wait"),
        "accepted": (N_("Accepted"), "yes"),
        "returned": (N_("Returned to the merchant"), "no"),
    },
    TraceKind.DISPUTE: {
        "open": (N_("Waits for an answer"), "wait"),
        "answered": (N_("Answered, to be confirmed"), "wait"),
        "accepted": (N_("Accepted"), "yes"),
        "rejected": (N_("The line stands"), ""),
    },
    TraceKind.PAYMENT: {
        "prepared": (N_("Not sent yet"), "wait"),
        "sent": (N_("At the bank"), "wait"),
        "paid": (N_("Paid"), "yes"),
        "returned": (N_("Returned by the bank"), "no"),
        "refused": (N_("Refused by the bank"), "no"),
        "cancelled": (N_("Cancelled, not sent"), ""),
    },
    TraceKind.BATCH: {
        "prepared": (N_("To be confirmed"), "wait"),
        "checked": (N_("Checked, to be confirmed"), "wait"),
        "approved_once": (N_("Confirmed by one of two"), "wait"),
        "approved": (N_("Confirmed, to be sent"), "wait"),
        "sent": (N_("At the bank"), "yes"),
        "cancelled": (N_("Cancelled, not sent"), ""),
    },
    TraceKind.MATCH: {
        "live": (N_("Holds"), "yes"),
        "undone": (N_("Undone"), ""),
    },
    TraceKind.BANK_LINE: {
        "matched": (N_("Explained"), "yes"),
        "partly_matched": (N_("Partly explained"), "wait"),
        "unmatched": (N_("Unexplained"), "wait"),
    },
}
