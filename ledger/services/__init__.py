"""Verbs of the books: load the chart, open a month, post, reverse, owe."""

from ledger.services.chart import LoadedDefaults, load_defaults
from ledger.services.payables import make_payable, move_payable, move_payables
from ledger.services.periods import close_period, ensure_period, lock_period
from ledger.services.posting import (
    POSTING,
    SourceKey,
    post,
    post_merged,
    post_reversal,
    posting_parameters,
)
from ledger.services.posting_many import Entry, Mirror, post_many, post_mirrors

__all__ = [
    "POSTING",
    "Entry",
    "LoadedDefaults",
    "Mirror",
    "SourceKey",
    "close_period",
    "ensure_period",
    "load_defaults",
    "lock_period",
    "make_payable",
    "move_payable",
    "move_payables",
    "post",
    "post_many",
    "post_merged",
    "post_mirrors",
    "post_reversal",
    "posting_parameters",
]
