"""Writing the log: new records become leaves, checkpoints are signed, and old ones looked at again.

Off the hot path: a sale writes nothing here. The sequencer comes by every minute and takes what is
new, one sequencer at a time. docs/decisions/0033.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from audit.services import sign
from kernel.clock import SHANGHAI, unix
from proof.models import Checkpoint, FaultKind, ProofFault, ProofLeaf, ProofNode, ProofWatch
from proof.queries import (
    TreeReader,
    lines_between,
    log_size,
    newest_checkpoint,
    sizes_by_kind,
    watch_row,
)
from proof.queries.sources import SOURCES
from proof.rules import KEPT_LEVELS, fold, leaf_hash, root_of

LOG_NAME = "union-card"
# A transaction commits within seconds of the moment that its rows carry.
_OVERLAP = timedelta(minutes=10)
_BATCH_ROWS = 20_000
_LOOK_ROWS = 80 * 256  # whole kept nodes
_FAN_OUT = 1 << KEPT_LEVELS
_LOCK = func.pg_advisory_xact_lock(func.hashtext("proof.log"))

_APPEND = """
    INSERT INTO proof_leaves (seq, kind, record_key, hash, logged_at)
    SELECT :size + row_number() OVER (ORDER BY at, key) - 1, '{kind}', key,
        sha256('\\x00'::bytea || convert_to(body, 'UTF8')), :now
    FROM ({fresh}) AS fresh
    """
_APPENDS = [
    (source, text(_APPEND.format(kind=source.kind, fresh=source.fresh))) for source in SOURCES
]
_COUNTS = [(source, text(source.count)) for source in SOURCES]


def append_records(session: Session, *, now: datetime, all_of_them: bool = False) -> int:
    """Log records that are new, a batch of each kind; return how many.

    Called until it returns 0. `all_of_them` looks at every record there is, not only at those since
    the last time: for what came late.
    """
    session.execute(select(_LOCK))
    watch = watch_row(session)
    since = watch.logged_until if watch.logged_until and not all_of_them else _BEGINNING
    before = size = log_size(session)
    given = {"since": since, "since_id": _first_id(since), "rows": _BATCH_ROWS, "now": now}
    for _, statement in _APPENDS:
        size += session.execute(statement, {**given, "size": size}).rowcount  # type: ignore[attr-defined]
    if size == before:
        watch.logged_until = max(since, now - _OVERLAP)
    _keep_nodes(session, before=before, size=size)
    session.flush()
    return int(size - before)


_BEGINNING = datetime(2020, 1, 1, tzinfo=SHANGHAI)


def _first_id(moment: datetime) -> UUID:
    """Return the lowest UUIDv7 that is made at `moment`."""
    return UUID(int=unix(moment) * 1000 << 80 | 7 << 76 | 2 << 62)


def _keep_nodes(session: Session, *, before: int, size: int) -> None:
    """Write the nodes of every eighth level that new leaves have completed."""
    fetch = TreeReader(session)
    level = KEPT_LEVELS
    while size >> level:
        for position in range(before >> level, size >> level):
            children = _children(session, fetch, level=level, position=position)
            session.add(ProofNode(level=level, position=position, hash=fold(children)))
        session.flush()
        level += KEPT_LEVELS


def _children(session: Session, fetch: TreeReader, *, level: int, position: int) -> list[bytes]:
    start = position * _FAN_OUT
    if level == KEPT_LEVELS:
        query = select(ProofLeaf.hash).where(
            ProofLeaf.seq >= start, ProofLeaf.seq < start + _FAN_OUT
        )
        return list(session.scalars(query.order_by(ProofLeaf.seq)))
    below = level - KEPT_LEVELS
    return [fetch(below, start + number) for number in range(_FAN_OUT)]


def make_checkpoint(session: Session, *, now: datetime) -> Checkpoint | None:
    """Sign the log as it is, if it has grown since the newest checkpoint."""
    session.execute(select(_LOCK))
    size = log_size(session)
    newest = newest_checkpoint(session)
    if size == (newest.size if newest else 0):
        return None
    root = root_of(TreeReader(session), size)
    claims = {"log": LOG_NAME, "size": size, "root": root.hex(), "at": unix(now)}
    token = sign(session, claims=claims, now=now)
    checkpoint = Checkpoint(size=size, root=root, token=token, made_at=now)
    session.add(checkpoint)
    session.flush()
    return checkpoint


def count_waiting(session: Session, *, now: datetime) -> int:
    """Note and return how many records have no leaf, whenever they were made."""
    counted = sizes_by_kind(session)
    waiting: int = sum(
        max(0, session.scalars(statement).one() - counted.get(source.kind, 0))
        for source, statement in _COUNTS
    )
    watch = watch_row(session)
    watch.waiting, watch.looked_at = waiting, now
    session.flush()
    return waiting


def start_over(session: Session) -> None:
    """Let the next look begin at the first leaf."""
    session.get_one(ProofWatch, 1, with_for_update=True).next_seq = 0
    session.flush()


def look_again(session: Session, *, now: datetime, rows: int = _LOOK_ROWS) -> int:
    """Compare the next stretch of the log with its records; return how many leaves were compared.

    Notes which are not as logged. At the end of the log a round is over, and 0 is returned.
    """
    watch = session.get_one(ProofWatch, 1, with_for_update=True, populate_existing=True)
    start = watch.next_seq
    end = min(start + rows, log_size(session))
    if start >= end:
        watch.next_seq, watch.round_ended_at = 0, now
        session.flush()
        return 0
    session.execute(delete(ProofFault).where(ProofFault.seq >= start, ProofFault.seq < end))
    wrong = dict.fromkeys(_broken_nodes(session, start=start, end=end), FaultKind.TREE)
    for line in lines_between(session, start=start, end=end):
        if line.body is None:
            wrong[line.seq] = FaultKind.GONE
        elif leaf_hash(line.body.encode()) != line.hash:
            wrong[line.seq] = FaultKind.CHANGED
    found = [{"seq": seq, "fault": fault, "found_at": now} for seq, fault in wrong.items()]
    if found:
        session.execute(insert(ProofFault), found)
    watch.next_seq = end
    session.flush()
    return end - start


def _broken_nodes(session: Session, *, start: int, end: int) -> Iterator[int]:
    """Yield the first leaf of each kept node that ends in (start, end] and is not over its leaves.

    At the end of the log, the whole is held against the newest signed root too.
    """
    fetch = TreeReader(session)
    level = KEPT_LEVELS
    while end >> level:
        for position in range(start >> level, end >> level):
            children = _children(session, fetch, level=level, position=position)
            kept = session.get(ProofNode, (level, position), populate_existing=True)
            if len(children) != _FAN_OUT or kept is None or fold(children) != kept.hash:
                yield max(start, (((position + 1) << level) - 1) >> KEPT_LEVELS << KEPT_LEVELS)
        level += KEPT_LEVELS
    newest = newest_checkpoint(session)
    if newest is not None and start < newest.size <= end:
        try:
            holds = root_of(fetch, newest.size) == newest.root
        except LookupError:
            holds = False
        if not holds:
            yield max(start, (newest.size - 1) >> KEPT_LEVELS << KEPT_LEVELS)
