"""What finance does: verbs that flush and never commit."""

from finance.services.disputes import (
    answer_dispute,
    confirm_dispute,
    dispute_until,
    raise_dispute,
    send_back_dispute,
    takes_disputes,
)
from finance.services.evidence import (
    OpenEvidence,
    add_evidence,
    add_evidence_later,
    open_evidence,
)
from finance.services.invoices import accept_invoice, enter_invoice, return_invoice
from finance.services.opening import open_due_statements, open_statements
from finance.services.statements import (
    Voice,
    agree_by_silence,
    agree_statement,
    approve_statement,
    approve_statements,
    issue_statement,
    issue_statements,
)

__all__ = [
    "OpenEvidence",
    "Voice",
    "accept_invoice",
    "add_evidence",
    "add_evidence_later",
    "agree_by_silence",
    "agree_statement",
    "answer_dispute",
    "approve_statement",
    "approve_statements",
    "confirm_dispute",
    "dispute_until",
    "enter_invoice",
    "issue_statement",
    "issue_statements",
    "open_due_statements",
    "open_evidence",
    "open_statements",
    "raise_dispute",
    "return_invoice",
    "send_back_dispute",
    "takes_disputes",
]
