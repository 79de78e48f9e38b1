"""How the desk says long work in words."""

from finance.models import Outcome, WorkKind, WorkStage
from kernel.i18n import N_

KIND_WORDS = {
    WorkKind.BANK_FILE: N_("Taking in a bank file"),
    WorkKind.TRADE_BILL: N_("Taking in a trade bill"),
    WorkKind.OPENING: N_("Opening statements"),
    WorkKind.CLOSING: N_("Closing a month"),
}
STAGE_WORDS = {
    WorkStage.READ: N_("Reading the file"),
    WorkStage.WRITE: N_("Writing down what is new"),
    WorkStage.MATCH: N_("Matching"),
    WorkStage.NAME: N_("Naming the exceptions"),
    WorkStage.COLLECT: N_("Collecting what is owed to each merchant"),
    WorkStage.NOTE: N_("Noting each statement"),
    WorkStage.COMPARE: N_("Comparing the sums"),
    WorkStage.SIGN: N_("Signing the certificate"),
    WorkStage.VOUCHERS: N_("Writing the vouchers"),
}
NOT_BEGUN = N_("Waiting for a worker")
OUTCOME_WORDS = {
    Outcome.DONE: N_("Finished"),
    Outcome.REFUSED: N_("Refused"),
    Outcome.CANCELLED: N_("Cancelled"),
    Outcome.FAILED: N_("Failed"),
}
OUTCOME_KINDS = {
    Outcome.DONE: "yes",
    Outcome.REFUSED: "no",
    Outcome.CANCELLED: "",
    Outcome.FAILED: "no",
}
ANSWER_WORDS = {
    WorkKind.BANK_FILE: N_(
        "%(lines)s lines, %(new)s of them new: %(matched)s matched by their reference,"
        " %(named)s put down as exceptions."
    ),
    WorkKind.TRADE_BILL: N_(
        "%(trades)s trades, %(new)s of them new: %(matched)s agree with our sales,"
        " %(named)s put down as exceptions."
    ),
    WorkKind.OPENING: N_("%(opened)s statements are open. Look through each, then issue it."),
    WorkKind.CLOSING: N_("%(month)s is closed. Nothing is booked into it any more."),
}
