"""Verbs of the books: load the chart, open a month, post, reverse, owe."""

from ledger.services.chart import LoadedDefaults, load_defaults
from ledger.services.payables import make_payable
from ledger.services.periods import ensure_period
from ledger.services.posting import (
    POSTING,
    SourceKey,
    post,
    post_reversal,
    posting_parameters,
)

__all__ = [
    "POSTING",
    "LoadedDefaults",
    "SourceKey",
    "ensure_period",
    "load_defaults",
    "make_payable",
    "post",
    "post_reversal",
    "posting_parameters",
]
