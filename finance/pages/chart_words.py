"""The words of the chart of accounts and of budgets, in English; the catalogue translates them."""

from flask_babel import get_locale

from kernel.i18n import N_
from ledger.models import (
    Account,
    AccountKind,
    BudgetChangeKind,
    BudgetChangeState,
    BudgetLine,
    PostingEvent,
)

ACCOUNT_KIND_WORDS = {
    AccountKind.ASSET: N_("Asset"),
    AccountKind.LIABILITY: N_("Liability"),
    AccountKind.INCOME: N_("Income"),
    AccountKind.EXPENSE: N_("Expense"),
    AccountKind.FUND: N_("Fund balance"),
}
EVENT_WORDS = {
    PostingEvent.CAPTURED: N_("A sale is captured"),
    PostingEvent.APPROVED: N_("A claim is approved"),
    PostingEvent.COMPLETED: N_("A course is completed"),
    PostingEvent.PAID: N_("The bank has paid"),
    PostingEvent.OFFLINE_RISK: N_("A sale without a network that no limit bears"),
}
CHANGE_KIND_WORDS = {
    BudgetChangeKind.ALLOCATION: N_("More for a line"),
    BudgetChangeKind.VIREMENT: N_("From one line to another"),
    BudgetChangeKind.RELEASE: N_("Less of a line"),
}
CHANGE_STATE_WORDS = {
    BudgetChangeState.PROPOSED: N_("To be decided"),
    BudgetChangeState.APPROVED: N_("Approved"),
    BudgetChangeState.REFUSED: N_("Refused"),
}
CHANGE_STATE_KINDS = {
    BudgetChangeState.PROPOSED: "wait",
    BudgetChangeState.APPROVED: "yes",
    BudgetChangeState.REFUSED: "no",
}


def named(thing: Account | BudgetLine) -> str:
    """Return the name of an account or a line in the reader's language."""
    return thing.name_zh if str(get_locale()).startswith("zh") else thing.name_en


def coded(thing: Account | BudgetLine) -> str:
    return f"{thing.code} {named(thing)}"
