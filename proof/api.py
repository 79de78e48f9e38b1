"""Checkpoints and proofs for programs; `proof/verifier.py --proof` takes the proofs as they are."""

from typing import Any

from flask.typing import ResponseReturnValue
from marshmallow import ValidationError

from audit.queries import public_keys
from finance.queries.trace import may_trace
from kernel.db import transaction
from kernel.web import Blueprint, NotAllowed, current_actor, decode_cursor, encode_cursor
from proof.errors import NoSuchCheckpoint
from proof.queries import PAGE_ROWS, checkpoints, consistency_of, find_leaf, proof_of
from proof.schemas import (
    CheckpointsAnswer,
    CheckpointsQuery,
    ConsistencyProof,
    ConsistencyQuery,
    KeysAnswer,
    RecordProof,
)

api = Blueprint("proof_api", __name__, description="Proof: what was logged, and that it stands")

_SIZE_MAX = 2**62


def _insist_on_the_city() -> None:
    """Raise NotAllowed: the log is of the whole city."""
    if not may_trace(current_actor()):
        raise NotAllowed


@api.get("/proof/checkpoints")
@api.arguments(CheckpointsQuery, location="query")
@api.response(200, CheckpointsAnswer)
def list_checkpoints(query: dict[str, Any]) -> ResponseReturnValue:
    """List what was signed of the log, the newest first."""
    _insist_on_the_city()
    before = _size_of(query["after"]) if "after" in query else None
    with transaction() as session:
        found = checkpoints(session, before=before)
    items = [
        {"size": each.size, "root": each.root.hex(), "token": each.token, "made_at": each.made_at}
        for each in found[:PAGE_ROWS]
    ]
    more = len(found) > PAGE_ROWS
    return {
        "items": items,
        "next_cursor": encode_cursor(str(found[PAGE_ROWS - 1].size)) if more else None,
    }


def _size_of(cursor: str) -> int:
    (size,) = decode_cursor(cursor, parts=1)
    if not (size.isascii() and size.isdigit() and int(size[:20]) < _SIZE_MAX):
        raise ValidationError({"after": ["Not a cursor of this list."]})
    return int(size)


@api.get("/proof/keys")
@api.response(200, KeysAnswer)
def list_keys() -> ResponseReturnValue:
    """List the public keys that sign checkpoints and certificates, the oldest first."""
    with transaction() as session:
        found = public_keys(session)
    return {"items": [each._asdict() for each in found]}


@api.get("/proof/records/<kind>/<record_key>")
@api.response(200, RecordProof)
def show_proof(kind: str, record_key: str) -> ResponseReturnValue:
    """Prove that one record is in the log that was signed last."""
    _insist_on_the_city()
    with transaction() as session:
        return proof_of(session, find_leaf(session, kind=kind, key=record_key))


@api.get("/proof/consistency")
@api.arguments(ConsistencyQuery, location="query")
@api.response(200, ConsistencyProof)
def show_consistency(query: dict[str, Any]) -> ResponseReturnValue:
    """Prove that the log of one checkpoint begins with that of another: it only grew."""
    _insist_on_the_city()
    sizes = [query.get(name, 0) for name in ("first", "second")]
    if not all(0 < size < _SIZE_MAX for size in sizes):
        raise NoSuchCheckpoint
    with transaction() as session:
        return consistency_of(session, first=sizes[0], second=sizes[1])
