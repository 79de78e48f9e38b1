from kernel.errors import Refusal
from kernel.i18n import N_


class AlreadyPosted(Refusal):
    status = 409
    code = "already_posted"
    title = N_("This is in the books already. It is booked once; a mistake is reversed.")


class PeriodClosed(Refusal):
    status = 409
    code = "period_closed"
    title = N_("The books of this month are closed. Book it in an open month.")


class PostingRuleMissing(Refusal):
    status = 409
    code = "posting_rule_missing"
    title = N_("The books have no accounts for this use of this fund. Finance must add them first.")


class JournalNotFound(Refusal):
    status = 404
    code = "journal_not_found"
    title = N_("There is no such entry in the books.")


class ReversalIsFinal(Refusal):
    status = 409
    code = "reversal_is_final"
    title = N_("This entry reverses another one, and a reversal is final. Book it anew instead.")


class ReversalExceedsOriginal(Refusal):
    status = 409
    code = "reversal_exceeds_original"
    title = N_("This is more than what is left of the original entry.")


class AccountNotFound(Refusal):
    status = 404
    code = "account_not_found"
    title = N_("There is no such account in the chart.")


class AccountCodeTaken(Refusal):
    status = 409
    code = "account_code_taken"
    title = N_("Another account has this code. Give a code of its own.")


class AccountInUse(Refusal):
    status = 409
    code = "account_in_use"
    title = N_("A posting rule or a budget line names this account. Change that first.")


class PostingRuleNotFound(Refusal):
    status = 404
    code = "posting_rule_not_found"
    title = N_("There is no such posting rule.")


class PostingRuleExists(Refusal):
    status = 409
    code = "posting_rule_exists"
    title = N_("There is a rule for this family, fund and event. Change that one.")


class AccountsDoNotFit(Refusal):
    status = 409
    code = "accounts_do_not_fit"
    title = N_("Choose two different accounts in use, both of the book that the fund belongs to.")


class BudgetLineNotFound(Refusal):
    status = 404
    code = "budget_line_not_found"
    title = N_("There is no such budget line.")


class BudgetCodeTaken(Refusal):
    status = 409
    code = "budget_code_taken"
    title = N_("The year's budget has a line of this code. Give a code of its own.")


class NotAnExpense(Refusal):
    status = 409
    code = "not_an_expense"
    title = N_("A budget line needs an expense account in use, of the book of its fund.")


class BudgetChangeNotFound(Refusal):
    status = 404
    code = "budget_change_not_found"
    title = N_("There is no such budget change.")


class LinesDoNotPair(Refusal):
    status = 409
    code = "lines_do_not_pair"
    title = N_("Choose two different lines of one year and one fund: funds never mix.")


class BudgetLineTooSmall(Refusal):
    status = 409
    code = "budget_line_too_small"
    title = N_("The line does not have so much left that is neither spent nor promised elsewhere.")


class FundsDiffer(Refusal):
    status = 409
    code = "funds_differ"
    title = N_("The programme is paid from another fund than this line. Choose a line of its fund.")


class ProgrammeHasCosts(Refusal):
    status = 409
    code = "programme_has_costs"
    title = N_("Costs of this programme are booked for the year already. Its line stays.")
