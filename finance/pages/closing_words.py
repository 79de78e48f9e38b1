"""The words of the close certificate: its identities and the terms of their sides."""

from finance.models import DiscrepancyCode
from finance.pages.bank_words import CODE_WORDS
from finance.queries.closing import SENT_NOT_SEEN
from finance.queries.closing_steps import StepName
from kernel.i18n import N_

# name: (what agrees, what a difference means and where to look)
IDENTITY_WORDS = {
    "debits_minus_credits_fen": (
        N_("Debits and credits"),
        N_("A journal does not balance. Nothing of the program can write one: ask who did."),
    ),
    "redemptions_fen": (
        N_("Sales and the books"),
        N_("A sale was captured and not booked with its amount, or booked and never captured."),
    ),
    "reversals_fen": (
        N_("Reversals and the books"),
        N_("Something was taken back and not booked with its amount, or booked alone."),
    ),
    "adjustments_fen": (
        N_("Disputes and the books"),
        N_("An accepted dispute is not booked with the amount that two people decided."),
    ),
    "awards_fen": (
        N_("Claims and courses, and what is owed for them"),
        N_("An approved claim or a completed course is owed with another amount, or not at all."),
    ),
    "payables_fen": (
        N_("What members are owed, and the books"),
        N_("A payable is not what its journal says, or a journal for a member has no payable."),
    ),
    "programme_costs_fen": (
        N_("Programmes and the books"),
        N_("A sale is booked on another programme than the one it was sold under."),
    ),
    "budget_lines_fen": (
        N_("Budget lines"),
        N_(
            "A budget line does not come to what it carried in, was given and spent: the month"
            " before, or a sale, is booked otherwise."
        ),
    ),
    "programmes_fen": (
        N_("Budgets and live sales"),
        N_("A limit in yuan remembers another amount than its sale used."),
    ),
    "uses": (
        N_("Counted uses and live sales"),
        N_("A limit counts a use whose sale is over, or none for one that lives."),
    ),
    "merchants_fen": (
        N_("What merchants sold, and their statements"),
        N_("What a merchant sold is neither on a statement nor waiting for one."),
    ),
    "statements_fen": (
        N_("Statements and their lines"),
        N_("A statement says another sum than its lines come to."),
    ),
    "carried_fen": (
        N_("Carried from statement to statement"),
        N_("A statement takes over another amount than the one before left."),
    ),
    "payments_fen": (
        N_("What is approved, and what is paid or owed"),
        N_("Something approved has no payment of its amount and is not owed either."),
    ),
    "sent_fen": (
        N_("What was sent, and what the bank shows"),
        N_("A batch was sent with another amount than its payments were matched or wait for."),
    ),
    "bank_balance_fen": (
        N_("Bank balances"),
        N_("An account's opening balance and its lines do not come to its closing balance."),
    ),
    "bank_chain": (
        N_("The chain of bank lines"),
        N_("A bank line does not follow from the balance before it: a line is missing or changed."),
    ),
    "bank_exceptions_fen": (
        N_("Unmatched bank lines and exceptions"),
        N_("A bank line is unmatched and no exception names it."),
    ),
    "bank_ledger_fen": (
        N_("Bank accounts in the books, and matches"),
        N_("The books say another bank balance than the matched bank lines do."),
    ),
    "merchants_owed_fen": (
        N_("What merchants are still owed"),
        N_("The books owe a merchant another amount than its statements and payments leave."),
    ),
    "members_owed_fen": (
        N_("What members are still owed"),
        N_("The books owe a member another amount than payables and payments leave."),
    ),
    "balances_fen": (
        N_("Balances kept and the books"),
        N_("The books say another balance than was kept when the last month was closed."),
    ),
    "vouchers_fen": (
        N_("Vouchers and the books"),
        N_("The vouchers of a closed month come to another amount than its balances moved."),
    ),
    "limits": (
        N_("Limits and what was taken of them"),
        N_("A limit counts another amount than sales and seats took of it."),
    ),
    "receipt_gaps": (
        N_("Receipts without gaps"),
        N_("A till's receipts of a day are not numbered from 1 without gaps."),
    ),
}
TERM_WORDS = {
    "carried_in": N_("carried in"),
    "held_before": N_("held at the month's beginning"),
    "allocated": N_("allocated"),
    "moved": N_("moved between lines"),
    "debits": N_("debits"),
    "credits": N_("credits"),
    "captured": N_("captured"),
    "booked": N_("booked"),
    "taken_back": N_("taken back"),
    "adjusted": N_("adjusted after disputes"),
    "awarded": N_("claims and courses"),
    "held": N_("held by tills"),
    "released": N_("returned to the fund"),
    "sold": N_("as sold"),
    "kept": N_("kept with the month"),
    "vouchers": N_("vouchers"),
    "claims": N_("approved claims"),
    "courses": N_("completed courses"),
    "payables": N_("payables"),
    "taken": N_("taken of limits"),
    "live_redemptions": N_("live sales"),
    "stated": N_("on statements"),
    "not_yet_stated": N_("not yet on a statement"),
    "lines": N_("lines"),
    "statements": N_("statements"),
    "carried_out": N_("carried out"),
    "approved_statements": N_("approved statements"),
    "live_payments": N_("live payments"),
    "owed": N_("still owed"),
    "sent": N_("sent"),
    "returned": N_("returned"),
    "matched": N_("matched"),
    "not_yet_seen": N_("sent and not yet seen"),
    "refused_by_the_bank": N_("refused by the bank"),
    "opening": N_("opening balances"),
    "closing": N_("closing balances"),
    "following_the_one_before": N_("following the line before"),
    "unmatched": N_("unmatched"),
    "open_exceptions": N_("open exceptions"),
    "explained": N_("explained by a person"),
    "books": N_("the books"),
    "on_statements": N_("on statements"),
    "carried": N_("carried on"),
    "paid": N_("paid"),
    "limits": N_("limits"),
    "as_taken": N_("as taken"),
    "till_days": N_("days of tills"),
    "without_gaps": N_("without gaps"),
}
# name: (what is done, what is still to do)
STEP_WORDS = {
    StepName.OVER: (N_("The month is over."), N_("The month is not over yet.")),
    StepName.EARLIER: (
        N_("All earlier months are closed."),
        N_("An earlier month is open: close it first."),
    ),
    StepName.BANK: (
        N_("Bank files reach the end of the month."),
        N_("Bank accounts without a file that reaches the end of the month: import one."),
    ),
    StepName.NOT_STATED: (
        N_("Everything that merchants sold is on a statement."),
        N_("Sales that are on no statement yet."),
    ),
    StepName.STATED: (
        N_("No statement waits for its merchant."),
        N_("Funds of statements that merchants have not agreed to."),
    ),
    StepName.DISPUTES: (N_("No dispute is undecided."), N_("Disputes that nobody decided.")),
    StepName.AGREED: (
        N_("No agreed statement waits for approval."),
        N_("Agreed statements to approve."),
    ),
    StepName.TO_PAY: (N_("Nothing approved is unpaid."), N_("Approved, and to be paid.")),
    StepName.AT_THE_BANK: (
        N_("Everything that was sent is proven by the bank."),
        N_("Sent, and not proven by a bank line."),
    ),
    StepName.EXCEPTIONS: (
        N_("Every open exception has an owner."),
        N_("Exceptions without an owner: take them on."),
    ),
    StepName.VOUCHERS: (
        N_("The vouchers are what accounting packages take."),
        N_("Rules of accounting packages that the vouchers break."),
    ),
    StepName.SUMS: (
        N_("All sums agree."),
        N_("Sums that do not agree: they are named below, with what to look for."),
    ),
    StepName.ASKED: (
        N_("Somebody of finance asked for the month to be closed."),
        N_("Somebody of finance asks for the month to be closed."),
    ),
}
SCOPE_WORDS = {"month": N_("of this month"), "to_date": N_("to date")}
NAMED_WORDS = {
    **{code.value: CODE_WORDS[code][0] for code in DiscrepancyCode},
    SENT_NOT_SEEN: N_("Sent and not yet seen"),
}
