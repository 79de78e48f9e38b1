"""Schemes as data, what a claim comes to under them, and whether it may be made. Pure functions."""

from aid.rules.coverage import CoverDays, EventFacts, cover_end, coverage_reasons
from aid.rules.formulas import (
    Calculation,
    History,
    LineAmounts,
    Step,
    calculate,
)
from aid.rules.papers import (
    ENDINGS,
    PAPER_BYTES_MAX,
    PaperLine,
    content_mark,
    media_type_of,
    plain_number,
)
from aid.rules.parts import Words
from aid.rules.reasons import REASONS, aid_reason
from aid.rules.schemes import (
    ApprovalTier,
    SchemeFile,
    Terms,
    read_scheme_file,
    read_terms,
)

__all__ = [
    "ENDINGS",
    "PAPER_BYTES_MAX",
    "REASONS",
    "ApprovalTier",
    "Calculation",
    "CoverDays",
    "EventFacts",
    "History",
    "LineAmounts",
    "PaperLine",
    "SchemeFile",
    "Step",
    "Terms",
    "Words",
    "aid_reason",
    "calculate",
    "content_mark",
    "cover_end",
    "coverage_reasons",
    "media_type_of",
    "plain_number",
    "read_scheme_file",
    "read_terms",
]
