"""Reads of the log itself."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kernel.actors import Actor
from proof.errors import NoSuchCheckpoint, RecordNotLogged
from proof.models import Checkpoint, ProofFault, ProofLeaf, ProofNode, ProofWatch, RecordKind
from proof.queries.stretches import lines_between
from proof.rules import KEPT_LEVELS, fold

PAGE_ROWS = 50


class TreeReader:
    """Fetches nodes of the tree: kept ones as they are, those between from what is kept below."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def __call__(self, level: int, position: int) -> bytes:
        kept = level - level % KEPT_LEVELS
        count = 1 << (level - kept)
        start = position * count
        if kept:
            query = (
                select(ProofNode.hash)
                .where(
                    ProofNode.level == kept,
                    ProofNode.position >= start,
                    ProofNode.position < start + count,
                )
                .order_by(ProofNode.position)
            )
        else:
            query = (
                select(ProofLeaf.hash)
                .where(ProofLeaf.seq >= start, ProofLeaf.seq < start + count)
                .order_by(ProofLeaf.seq)
            )
        hashes = self._session.scalars(query).all()
        if len(hashes) != count:
            raise LookupError(f"the tree has a hole at level {kept}, {start}")
        return fold(hashes)


def log_size(session: Session) -> int:
    last = session.scalar(select(func.max(ProofLeaf.seq)))
    return 0 if last is None else last + 1


def sizes_by_kind(session: Session) -> dict[RecordKind, int]:
    query = select(ProofLeaf.kind, func.count().label("leaves")).group_by(ProofLeaf.kind)
    return {row.kind: row.leaves for row in session.execute(query)}


def newest_checkpoint(session: Session) -> Checkpoint | None:
    return session.scalars(select(Checkpoint).order_by(Checkpoint.size.desc()).limit(1)).first()


def checkpoint_at(session: Session, *, size: int) -> Checkpoint:
    """Return the checkpoint of this size. Raises NoSuchCheckpoint."""
    found = session.get(Checkpoint, size)
    if found is None:
        raise NoSuchCheckpoint
    return found


def checkpoints(
    session: Session, *, before: int | None = None, limit: int | None = PAGE_ROWS + 1
) -> list[Checkpoint]:
    """Return checkpoints, the newest first; of those smaller than `before`."""
    query = select(Checkpoint).order_by(Checkpoint.size.desc()).limit(limit)
    if before is not None:
        query = query.where(Checkpoint.size < before)
    return list(session.scalars(query))


def find_leaf(session: Session, *, kind: str, key: str) -> ProofLeaf:
    """Return the leaf of a record of a RecordKind. Raises RecordNotLogged."""
    if kind not in set(RecordKind):
        raise RecordNotLogged
    query = select(ProofLeaf).where(ProofLeaf.kind == RecordKind(kind), ProofLeaf.record_key == key)
    found = session.scalars(query).first()
    if found is None:
        raise RecordNotLogged
    return found


def leaves_of(session: Session, *, key: str) -> list[ProofLeaf]:
    """Return every leaf of what has this id: a statement is issued, and approved."""
    query = select(ProofLeaf).where(
        ProofLeaf.kind.in_(list(RecordKind)), ProofLeaf.record_key == key.lower()
    )
    return list(session.scalars(query.order_by(ProofLeaf.seq)))


def record_of(session: Session, leaf: ProofLeaf) -> str | None:
    """Return what the record of `leaf` says now; None if it is gone."""
    (line,) = lines_between(session, start=leaf.seq, end=leaf.seq + 1, kinds=[leaf.kind])
    return line.body


def faults(session: Session, *, limit: int = PAGE_ROWS) -> list[tuple[ProofFault, ProofLeaf]]:
    """Return records that are not as logged, in the order of the log."""
    query = (
        select(ProofFault, ProofLeaf)
        .join(ProofLeaf, ProofLeaf.seq == ProofFault.seq)
        .order_by(ProofFault.seq)
        .limit(limit)
    )
    return [(fault, leaf) for fault, leaf in session.execute(query)]


def records_not_as_logged(session: Session, _actor: Actor) -> int:
    """Count the records that are not as logged, for the desk's home."""
    return session.scalars(select(func.count()).select_from(ProofFault)).one()


def watch_row(session: Session) -> ProofWatch:
    return session.get_one(ProofWatch, 1, populate_existing=True)
