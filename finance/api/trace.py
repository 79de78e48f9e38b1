"""The chain of an amount for programs: from any object on it, in both directions."""

from typing import Any
from uuid import UUID

from flask.typing import ResponseReturnValue

from finance.queries.trace import chain, may_trace
from finance.queries.trace_kinds import TraceKind
from finance.schemas.trace import TraceQuery, TraceResponse
from kernel.db import transaction
from kernel.web import Blueprint, NotAllowed, current_actor, decode_id_cursor, encode_cursor

api = Blueprint("finance_trace_api", __name__, description="Finance: from a scan to a bank line")

_KINDS = ",".join(TraceKind)


@api.get(f"/trace/<any({_KINDS}):kind>/<uuid:object_id>")
@api.arguments(TraceQuery, location="query")
@api.response(200, TraceResponse)
def show_trace(query: dict[str, Any], kind: str, object_id: UUID) -> ResponseReturnValue:
    """Follow an amount from any object to its scans and to its bank lines."""
    after = decode_id_cursor(query["after"]) if "after" in query else None
    if not may_trace(current_actor()):
        raise NotAllowed
    with transaction() as session:
        found = chain(session, kind=TraceKind(kind), id=object_id, after=after)
    next_cursor = encode_cursor(str(found.next_after)) if found.next_after else None
    return {
        "at": found.at,
        "nodes": found.nodes,
        "edges": found.edges,
        "rows": found.rows,
        "next_cursor": next_cursor,
    }
