"""Statements over a whole month: more time and memory than what a page asks may take."""

from sqlalchemy import text
from sqlalchemy.orm import Session

# Sorts and hashes of a million rows stay in memory; a page's own, of a few rows, take none of it.
_ROOM = text(
    "SELECT set_config('statement_timeout', '15min', true), set_config('work_mem', '128MB', true)"
)


def make_room(session: Session) -> None:
    """Let the statements of this transaction, from here on, take long and use memory."""
    session.execute(_ROOM)
