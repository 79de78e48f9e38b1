"""Verbs of the log: append, sign, look again, export."""

from proof.services.exporting import EXPORT_ROWS, begin_export, export_stretch
from proof.services.log import (
    append_records,
    count_waiting,
    look_again,
    make_checkpoint,
    start_over,
)

__all__ = [
    "EXPORT_ROWS",
    "append_records",
    "begin_export",
    "count_waiting",
    "export_stretch",
    "look_again",
    "make_checkpoint",
    "start_over",
]
