"""How finance says no."""

from kernel.errors import Refusal
from kernel.i18n import N_
from kernel.refusals import PreparedByYou as PreparedByYou  # noqa: PLC0414 (one code, two packages)


class StatementNotFound(Refusal):
    status = 404
    code = "statement_not_found"
    title = N_("There is no such statement, or it is not yours to see.")


class StatementDaysWrong(Refusal):
    """Facts: `latest_ends_on`, and `days_max`, how many days one statement may cover."""

    status = 422
    code = "statement_days_wrong"
    title = N_(
        "These days cannot be stated: begin before the end, at most a quarter, nothing after today."
    )


class StatementsOverlap(Refusal):
    status = 409
    code = "statements_overlap"
    title = N_("There is a statement for some of these days. What came since goes to the next one.")


class StatementNotAnswered(Refusal):
    status = 409
    code = "statement_not_answered"
    title = N_("The merchant has not agreed to this statement yet.")


class DisputesUndecided(Refusal):
    status = 409
    code = "disputes_undecided"
    title = N_("Some lines are disputed. Finance answers them first; then the statement is agreed.")


class InvoicesMissing(Refusal):
    status = 409
    code = "invoices_missing"
    title = N_(
        "The invoices of this statement do not come to what is paid. The merchant enters them, and"
        " finance accepts them; then it is approved."
    )


class InvoiceNotAsked(Refusal):
    status = 409
    code = "invoice_not_asked"
    title = N_("No invoice is asked for this statement, or it is approved already.")


class InvoiceMismatch(Refusal):
    """Facts: `field` (amount, buyer_uscc or issued_on) and what was `expected` there."""

    status = 409
    code = "invoice_mismatch"
    title = N_(
        "The invoice does not fit the statement. Look at its buyer, its amount and its day; have it"
        " made out anew where it is wrong."
    )


class InvoiceTaken(Refusal):
    status = 409
    code = "invoice_taken"
    title = N_("This invoice number was entered already, here or at another merchant's.")


class InvoiceNotFound(Refusal):
    status = 404
    code = "invoice_not_found"
    title = N_("There is no such invoice, or it is not yours to see.")


class EvidenceRefused(Refusal):
    """Facts: `bytes_max` and `files_max`."""

    status = 422
    code = "evidence_refused"
    title = N_("Add a photo (JPEG, PNG) or a PDF of at most 5 MB, at most five for a line.")


class DisputeDecided(Refusal):
    status = 409
    code = "dispute_decided"
    title = N_("This dispute is decided. Ask the union's finance if something is still wrong.")


class EvidenceNotFound(Refusal):
    status = 404
    code = "evidence_not_found"
    title = N_("There is no such file, or it is not yours to see.")


class DisputeTooLate(Refusal):
    """Facts: `days_max`, how many days after its issue a statement takes disputes."""

    status = 409
    code = "dispute_too_late"
    title = N_("This statement is too old to be disputed. Ask finance to look into it.")


class LineAlreadyDisputed(Refusal):
    status = 409
    code = "line_already_disputed"
    title = N_("This line was disputed already; finance's answer is final.")


class StatementLineNotFound(Refusal):
    status = 404
    code = "statement_line_not_found"
    title = N_("This statement has no such line.")


class DisputeNotFound(Refusal):
    status = 404
    code = "dispute_not_found"
    title = N_("There is no such dispute, or it is not yours to see.")


class AdjustmentTooLarge(Refusal):
    """Facts: `left_fen`, how much of the line may be taken back at most."""

    status = 409
    code = "adjustment_too_large"
    title = N_("A line can be lowered by what is left of it; one below zero, not at all.")


class PaymentBatchNotFound(Refusal):
    status = 404
    code = "payment_batch_not_found"
    title = N_("There is no such payment batch.")


class BankLineNotFound(Refusal):
    status = 404
    code = "bank_line_not_found"
    title = N_("There is no such bank line.")


class BankFileRefused(Refusal):
    """A bank file that is not taken in, and nothing of it. Each subclass says what to do."""

    status = 422
    code = "bank_file_refused"
    title = N_("This bank file cannot be taken in.")


class BankFileWithoutLines(BankFileRefused):
    code = "bank_file_without_lines"
    title = N_("The file has a heading but no lines below it. Choose days on which money moved.")


class BankXmlUnknown(BankFileRefused):
    code = "bank_xml_unknown"
    title = N_(
        "This XML is no bank statement with its balances (ISO 20022 camt.053)."
        " Ask the bank for one, or for a table."
    )


class BankAccountMissing(BankFileRefused):
    code = "bank_account_missing"
    title = N_(
        "The file does not say whose account it is. Download it again with the account number."
    )


class BankAccountsMixed(BankFileRefused):
    """The fact `line` is the first that is of another account."""

    code = "bank_accounts_mixed"
    title = N_("The file has lines of several accounts. Download one file for each account.")


class BankCurrencyOther(BankFileRefused):
    """The fact `currency` is what the file says."""

    code = "bank_currency_other"
    title = N_("The file is of an account in another currency. Only yuan (CNY) can be taken in.")


class BankLineUnreadable(BankFileRefused):
    """The facts `line` and `column` say where, as the file numbers and names them."""

    code = "bank_line_unreadable"
    title = N_("A cell of the file cannot be understood. Download the file again, unchanged.")


class BankLineInFuture(BankFileRefused):
    """The facts `line` and `day`."""

    code = "bank_line_in_future"
    title = N_("The file has a line from the future. Check the date, or wait for the bank's file.")


class BalanceChainBroken(BankFileRefused):
    """The facts: `line`, and in yuan the balance `expected` there and the one `found`."""

    code = "balance_chain_broken"
    title = N_(
        "The balances do not follow from one another: a line is missing or was changed."
        " Download the file again, unchanged."
    )


class BankTotalsDiffer(BankFileRefused):
    """The facts: `line` of the total, and in yuan what it says and what the lines come to."""

    code = "bank_totals_differ"
    title = N_(
        "The file's total is not what its lines come to: a line is missing or was changed."
        " Download the file again, unchanged."
    )


class BankLinesMissing(BankFileRefused):
    """The facts: the balance `expected` in yuan where the known lines end, the one `found`."""

    status = 409
    code = "bank_lines_missing"
    title = N_(
        "Lines are missing between this file and those known of the account."
        " Take in a file of the days between first."
    )


class BankLinesDiffer(BankFileRefused):
    """The facts `first_on` and `last_on` are the days of the file."""

    status = 409
    code = "bank_lines_differ"
    title = N_(
        "For the same days, the file says other lines than one taken in before."
        " Ask the bank which is right."
    )


class PayoutHeld(Refusal):
    """The fact `payees`: the merchants, by name, whose payout is held."""

    status = 409
    code = "payout_held"
    title = N_(
        "The payout of a merchant in here is held. Leave it out, or have the hold lifted by"
        " another person than who set it."
    )


class PaymentNotFound(Refusal):
    status = 404
    code = "payment_not_found"
    title = N_("There is no such payment.")


class MatchNotFound(Refusal):
    status = 404
    code = "match_not_found"
    title = N_("There is no such match.")


class DiscrepancyNotFound(Refusal):
    status = 404
    code = "discrepancy_not_found"
    title = N_("There is no such exception.")


class MatchAmountMissing(Refusal):
    status = 422
    code = "match_amount_missing"
    title = N_("Say for how much the line is about this payment.")


class MatchExceedsLine(Refusal):
    """The fact `left` is in yuan."""

    status = 409
    code = "match_exceeds_line"
    title = N_("That is more than is left of the bank line. Reload to see how much that is.")


class MatchExceedsPayment(Refusal):
    """The fact `left` is in yuan."""

    status = 409
    code = "match_exceeds_payment"
    title = N_("That is more than the payment is about. Reload to see how much is left of it.")


class PaymentNotSent(Refusal):
    status = 409
    code = "payment_not_sent"
    title = N_("This payment is not at the bank, so no bank line can be about it.")


class MatchedByYou(Refusal):
    status = 409
    code = "matched_by_you"
    title = N_("Somebody else must undo this match: you made it yourself.")


class MatchUndone(Refusal):
    status = 409
    code = "match_undone"
    title = N_("This match has been undone already.")


class ReturnFirst(Refusal):
    status = 409
    code = "return_first"
    title = N_("The bank sent this payment back. Undo the match of the return first.")


class PaidAgainMeanwhile(Refusal):
    status = 409
    code = "paid_again_meanwhile"
    title = N_("The next payment for this is on its way, so the return must stay. Cancel it first.")


class ExceptionNoteMissing(Refusal):
    status = 422
    code = "exception_note_missing"
    title = N_("Write down what was found, so that others can follow.")


class MonthNotOver(Refusal):
    status = 409
    code = "month_not_over"
    title = N_("This month is not over yet. Close it from the first day of the next one.")


class EarlierMonthOpen(Refusal):
    status = 409
    code = "earlier_month_open"
    title = N_("An earlier month is still open. Close the months in their order.")


class MonthAlreadyClosed(Refusal):
    status = 409
    code = "month_already_closed"
    title = N_("This month is closed already. Its certificate says by whom and when.")


class CloseAlreadyAsked(Refusal):
    status = 409
    code = "close_already_asked"
    title = N_("Somebody else has asked for this month to be closed. You may close it.")


class CloseNotAsked(Refusal):
    status = 409
    code = "close_not_asked"
    title = N_("Nobody has asked for this month to be closed yet. Ask; then another person closes.")


class ResidualsNotZero(Refusal):
    status = 409
    code = "residuals_not_zero"
    title = N_("Some sums do not agree, so the month stays open. Each is named below.")


class CertificateNotFound(Refusal):
    status = 404
    code = "certificate_not_found"
    title = N_("This month has no certificate: it is not closed.")


class PayoutAccountNotFound(Refusal):
    status = 404
    code = "payout_account_not_found"
    title = N_("No account is known for this member yet.")


class PayoutAccountInvalid(Refusal):
    """The fact `detail` says what is wrong with the number."""

    status = 422
    code = "payout_account_invalid"
    title = N_(
        "This is not an account number: 16 to 19 digits that begin with 62. Check it on the card."
    )


class PayoutConsentMissing(Refusal):
    """The fact `consents` names the texts to agree to, as purpose and version."""

    status = 409
    code = "payout_consent_missing"
    title = N_("First the member must agree that the union uses the account for paying.")


class NothingToPay(Refusal):
    """The fact `left_out` counts what is owed and cannot be paid yet."""

    status = 409
    code = "nothing_to_pay"
    title = N_("There is nothing to pay now. What cannot be paid yet says what it needs.")


class NoLongerOwed(Refusal):
    status = 409
    code = "no_longer_owed"
    title = N_("Some of what you chose is being paid already. Reload and choose again.")


class PaymentFileChanged(Refusal):
    status = 409
    code = "payment_file_changed"
    title = N_(
        "This file is not the one that was sent: its layout or its data changed since."
        " Do not upload it; ask the administrator."
    )


class TraceNotFound(Refusal):
    status = 404
    code = "trace_not_found"
    title = N_("There is nothing of this kind with this number.")
