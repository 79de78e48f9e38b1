"""What finance does: verbs that flush and never commit."""

from finance.services.disputes import (
    answer_dispute,
    confirm_dispute,
    raise_dispute,
    send_back_dispute,
)
from finance.services.statements import (
    Voice,
    agree_statement,
    approve_statement,
    issue_statement,
    open_statements,
)

__all__ = [
    "Voice",
    "agree_statement",
    "answer_dispute",
    "approve_statement",
    "confirm_dispute",
    "issue_statement",
    "open_statements",
    "raise_dispute",
    "send_back_dispute",
]
