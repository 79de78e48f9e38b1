"""The records of a stretch of the log, as they are now, beside what was logged of them."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from proof.models import RecordKind
from proof.queries.sources import SOURCES


class Line(NamedTuple):
    """A leaf with what its record says now; None where there is no such record any more."""

    seq: int
    hash: bytes
    kind: RecordKind
    key: str
    body: str | None


_LOGGED = {source.kind: text(source.logged) for source in SOURCES}


def lines_between(
    session: Session, *, start: int, end: int, kinds: Iterable[RecordKind] = RecordKind
) -> list[Line]:
    """Return the lines of the leaves in [start, end) of these kinds, one statement a kind."""
    lines = [
        Line(row.seq, bytes(row.hash), kind, row.key, row.body)
        for kind in kinds
        for row in session.execute(_LOGGED[kind], {"start": start, "end": end})
    ]
    lines.sort(key=lambda line: line.seq)
    return lines
