"""Proofs, as programs and auditors take them away: of one record, and of two checkpoints."""

from typing import Any

from sqlalchemy.orm import Session

from audit.queries import jwk_of
from audit.rules import signed_by
from proof.errors import RecordNotLogged
from proof.models import Checkpoint, ProofLeaf
from proof.queries.log import TreeReader, checkpoint_at, newest_checkpoint, record_of
from proof.rules import consistency_path, inclusion_path, leaf_hash


def proof_of(session: Session, leaf: ProofLeaf) -> dict[str, Any]:
    """Return the proof that the record of `leaf` is in the log that was signed last.

    `as_logged` says whether the record is what it was when it was logged: if not, the proof does
    not verify. Raises RecordNotLogged until a checkpoint covers it.
    """
    newest = newest_checkpoint(session)
    if newest is None or newest.size <= leaf.seq:
        raise RecordNotLogged
    path = inclusion_path(TreeReader(session), seq=leaf.seq, size=newest.size)
    record = record_of(session, leaf)
    return {
        "kind": leaf.kind,
        "id": leaf.record_key,
        "number": leaf.seq,
        "logged_at": leaf.logged_at,
        "record": record or "",
        "as_logged": record is not None and leaf_hash(record.encode()) == leaf.hash,
        "leaf_hash": leaf.hash.hex(),
        "path": [step.hex() for step in path],
        "checkpoint": newest.token,
        "keys": [key_of(session, newest)],
    }


def consistency_of(session: Session, *, first: int, second: int) -> dict[str, Any]:
    """Return the proof that the log of checkpoint `second` begins with that of `first`.

    Raises NoSuchCheckpoint.
    """
    sizes = sorted((first, second))
    old, new = (checkpoint_at(session, size=size) for size in sizes)
    path = consistency_path(TreeReader(session), first=old.size, second=new.size)
    return {
        "first": old.token,
        "second": new.token,
        "path": [step.hex() for step in path],
        # The log outlives its keys: each checkpoint is verified with the one that signed it.
        "keys": list(dict.fromkeys(key_of(session, each) for each in (old, new))),
    }


def key_of(session: Session, checkpoint: Checkpoint) -> str:
    """Return the public key that signed a checkpoint, as the text its thumbprint is made of."""
    return jwk_of(session, thumbprint=signed_by(checkpoint.token))
