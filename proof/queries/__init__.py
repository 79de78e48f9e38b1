"""Reads of the log: the tree, its records as they are now, and where one of them stands."""

from proof.queries.log import (
    PAGE_ROWS,
    TreeReader,
    checkpoint_at,
    checkpoints,
    faults,
    find_leaf,
    leaves_of,
    log_size,
    newest_checkpoint,
    record_of,
    records_not_as_logged,
    sizes_by_kind,
    watch_row,
)
from proof.queries.proofs import consistency_of, proof_of
from proof.queries.stretches import Line, lines_between

__all__ = [
    "PAGE_ROWS",
    "Line",
    "TreeReader",
    "checkpoint_at",
    "checkpoints",
    "consistency_of",
    "faults",
    "find_leaf",
    "leaves_of",
    "lines_between",
    "log_size",
    "newest_checkpoint",
    "proof_of",
    "record_of",
    "records_not_as_logged",
    "sizes_by_kind",
    "watch_row",
]
